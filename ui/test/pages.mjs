// Opens every page of a running server in a real browser and checks what a person would see.
//   node ui/test/pages.mjs BASE_URL SCREENSHOT_DIR [--expect-alert NAME]
// The browser is $CHROMIUM or /usr/bin/chromium. One line a check, last line "N passed, N failed"; exit code 1 if any failed.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const args = process.argv.slice(2);
const flag = args.indexOf('--expect-alert');
const expectedAlert = flag >= 0 ? args.splice(flag, 2)[1] : undefined;
const [base, shots] = args;
if (!base || !shots || (flag >= 0 && !expectedAlert)) {
  console.error('usage: node ui/test/pages.mjs BASE_URL SCREENSHOT_DIR [--expect-alert NAME]');
  process.exit(2);
}
const origin = new URL(base).origin;
mkdirSync(shots, { recursive: true });

const WAIT_MILLIS = 15_000;
// A generous bound for a shared, busy machine without a graphics card; people notice about half of it.
const FREEZE_MILLIS_MAX = 1000;
const PAYLOAD_BYTES_MAX = 500_000;
const MARKUP = '<img src=x onerror="window.__ran=1"><script>window.__ran=1</script>';

let passed = 0;
let failed = 0;
async function check(name, body) {
  const started = Date.now();
  try {
    const note = await body();
    passed++;
    console.log(`ok    ${name}${typeof note === 'string' ? `: ${note}` : ''} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${plain(error).split('\n').slice(0, 3).join(' ')}`);
  }
}
// Without the colours playwright puts into its messages.
function plain(error) {
  return String(error.message ?? error).replace(/\x1b\[\d+m/g, '');
}
function expect(condition, message) {
  if (!condition) throw new Error(message);
}

const profile = mkdtempSync(join(tmpdir(), 'pages-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
  viewport: { width: 1280, height: 900 },
  colorScheme: 'light',
});
context.setDefaultTimeout(WAIT_MILLIS);

// Anything the browser complains about, with the place; a check at the end wants none. Answers a check provokes on purpose
// (a refused query) are announced here first.
const complaints = [];
const foreign = [];
let refusalsExpected = 0;
function watch(page) {
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    if (refusalsExpected > 0 && /status of 4\d\d/.test(message.text())) return;
    complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== origin) foreign.push(request.url());
  });
}
await context.addInitScript(() => {
  document.addEventListener('securitypolicyviolation', (event) => console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`));
});

const page = context.pages()[0] ?? (await context.newPage());
watch(page);
const open = async (path, on = page) => {
  await on.goto(origin + path, { waitUntil: 'load' });
  await on.locator('main > *').first().waitFor();
};
const shot = (name, on = page) =>
  on.screenshot({ path: join(shots, `${name}.png`), fullPage: true }).catch((error) => {
    failed++;
    console.log(`FAIL  screenshot ${name}: ${plain(error).split('\n')[0]}`);
  });
const editor = (on = page) => on.locator('.panel').first().locator('.cm-content');
const graphDrawn = async (on = page) => {
  await on.locator('.plot[data-drawn] canvas').first().waitFor();
  await on.locator('.legend-row').first().waitFor();
};
// The question that the page asks by itself may be a rate of the server's own, of which there is nothing before its second scrape of itself.
const exampleDrawn = async (path) => {
  for (let tries = 0; tries < 60 && (await page.locator('.empty').count()) > 0; tries++) {
    await page.waitForTimeout(500);
    await open(path);
    await page.locator('.legend-row, .empty').first().waitFor();
  }
  await graphDrawn();
};
const ask = async (query, on = page) => {
  await editor(on).waitFor();
  await editor(on).fill(query);
  await on.keyboard.press('Control+Enter');
  await on.getByRole('button', { name: 'Execute' }).first().waitFor();
};
const fulfil = (data) => (route) => route.fulfill({ json: { status: 'success', data } });

let firstLoadBytes = 0;
const sizes = [];
page.on('response', (response) => {
  if (new URL(response.url()).pathname.startsWith('/api/')) return;
  sizes.push(response.body().then((body) => (firstLoadBytes += gzipSync(body).length), () => {}));
});

await check('explore answers a question by itself', async () => {
  await open('/');
  await page.locator('.legend-row, .empty').first().waitFor();
  await editor().waitFor();
  const text = await editor().textContent();
  expect(text.length > 0, 'no example query');
  return text;
});

await check('first load with editor and chart stays below 500 KB', async () => {
  await Promise.all(sizes);
  expect(firstLoadBytes > 0, 'nothing was measured');
  expect(firstLoadBytes < PAYLOAD_BYTES_MAX, `${firstLoadBytes} bytes`);
  return `${Math.round(firstLoadBytes / 1000)} KB gzipped`;
});

await check('completion offers functions and metrics, Enter takes one', async () => {
  await open('/explore');
  await editor().waitFor();
  await editor().fill('');
  await editor().pressSequentially('coun', { delay: 30 });
  const list = page.locator('.cm-tooltip-autocomplete li');
  await list.first().waitFor();
  const wanted = list.filter({ hasText: /^count/ }).first();
  await wanted.waitFor();
  await shot('completion-light');
  const offered = await list.count();
  const label = await wanted.locator('.cm-completionLabel').textContent();
  await page.waitForTimeout(150); // the editor ignores Enter for a moment after the list opens
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.cm-content')?.textContent.length > 4);
  const text = await editor().textContent();
  expect(text.startsWith('count'), `the editor holds ${text}`);
  return `${offered} offered, took ${label}`;
});

await check('completion lists a metric of this server', async () => {
  const names = (await (await page.request.get(`${origin}/api/v1/label/__name__/values`)).json()).data;
  expect(names.length > 0, 'the server has no metrics');
  const name = names.find((each) => each.length > 8) ?? names[0];
  await editor().fill('');
  await editor().pressSequentially(name.slice(0, Math.max(4, name.length - 3)), { delay: 10 });
  await page.locator('.cm-tooltip-autocomplete .cm-completionLabel').filter({ hasText: name }).first().waitFor();
  await page.keyboard.press('Escape');
  return name;
});

await check('Ctrl+Enter draws a graph with data and legend', async () => {
  await ask('sum by (job) (up) or vector(1)');
  await graphDrawn();
  const colours = await page.locator('.plot canvas').first().evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const spread = Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
      if (data[i + 3] > 200 && spread > 60) coloured++;
    }
    return coloured;
  });
  expect(colours > 10, `only ${colours} coloured pixels on the canvas`);
  const rows = await page.locator('.legend-row').count();
  const stats = await page.locator('.stats').first().textContent();
  expect(/series/.test(stats) && /m?s$/.test(stats), `the summary reads ${stats}`);
  return `${rows} legend rows, ${colours} coloured pixels, ${stats}`;
});

await check('crosshair shows values, by mouse and by keyboard', async () => {
  const plot = page.locator('.plot .u-over').first();
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2);
  await page.locator('.legend-head', { hasText: 'Values at' }).first().waitFor();
  await page.mouse.move(1, 1);
  await page.locator('.plot').first().focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('.legend-head', { hasText: 'Values at' }).first().waitFor();
});

await check('the address carries the query and opens it again', async () => {
  const address = page.url();
  expect(address.includes('g0.expr='), address);
  const second = await context.newPage();
  watch(second);
  await second.goto(address);
  await graphDrawn(second);
  const text = await editor(second).textContent();
  await second.close();
  expect(text.includes('vector(1)'), text);
});

await check('range, stacking and step change the graph', async () => {
  const range = page.locator('input.duration').first();
  await range.fill('15m');
  await range.press('Enter');
  await page.waitForFunction(() => location.search.includes('range_input=15m'));
  await page.getByLabel('Stacked').check();
  await page.waitForFunction(() => location.search.includes('stacked'));
  await graphDrawn();
  await page.getByLabel('Stacked').uncheck();
});

await check('table has rows', async () => {
  await page.getByRole('button', { name: 'Table' }).first().click();
  await page.locator('.result-table tbody tr').first().waitFor();
  return `${await page.locator('.result-table tbody tr').count()} rows`;
});
await shot('table-light');

await check('a refused query says why and where', async () => {
  refusalsExpected++;
  await ask('sum(up');
  await page.locator('.notice.error').first().waitFor();
  const text = await page.locator('.notice.error').first().textContent();
  expect(/parse error|expected|unclosed|unexpected/i.test(text), text);
  await shot('error-light');
  return text.replace(/\s+/g, ' ').slice(0, 120);
});

await check('Enter runs a name that is typed in full although it is offered', async () => {
  await editor().fill('');
  const names = await page.request.get(`${origin}/api/v1/query`, { params: { query: 'count by (__name__) ({__name__=~".+"})' } });
  const name = (await names.json()).data.result.map((item) => item.metric.__name__).filter((each) => /^[a-z_]+$/.test(each)).sort()[0];
  await editor().pressSequentially(name, { delay: 20 });
  await page.locator('.cm-tooltip-autocomplete li[aria-selected] .cm-completionLabel').filter({ hasText: name }).waitFor();
  await page.waitForTimeout(150);
  await page.keyboard.press('Enter');
  await page.locator('.result-table tbody tr', { hasText: name }).first().waitFor();
  return name;
});

await check('an empty answer says what to do', async () => {
  await ask('no_such_metric_anywhere');
  await page.locator('.empty', { hasText: 'No series match' }).waitFor();
  await shot('empty-light');
});

await check('a running query can be cancelled', async () => {
  await page.route('**/api/v1/query*', () => {}); // never answered
  await editor().fill('up');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Execute' }).waitFor();
  await page.unroute('**/api/v1/query*');
});

await check('panels can be added and removed', async () => {
  await page.getByRole('button', { name: 'Add query' }).click();
  await page.locator('.panel').nth(1).waitFor();
  await page.getByRole('button', { name: 'Remove Query 2' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.panel').length === 1);
});

await check('markup in a label value is inert text in graph, legend, tooltip and table', async () => {
  await open('/explore');
  const query = `label_replace(vector(1), "evil", ${JSON.stringify(MARKUP)}, "", "")`;
  await ask(query);
  // The page has drawn a question of its own before.
  await page.locator('.legend', { hasText: '<img src=x' }).waitFor();
  await graphDrawn();
  const box = await page.locator('.plot .u-over').first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.getByRole('button', { name: 'Table' }).first().click();
  await page.locator('.result-table tbody tr').first().waitFor();
  expect((await page.locator('.result-table').textContent()).includes('<img src=x'), 'the table does not show the text');
  expect(await page.evaluate(() => window.__ran === undefined && !document.querySelector('main img, main script')), 'markup came alive');
});

await check('100 series of 1 000 points are drawn without a freeze', async () => {
  const end = Math.floor(Date.now() / 15_000) * 15;
  const result = Array.from({ length: 100 }, (_, s) => ({
    metric: { __name__: 'load', series: String(s) },
    values: Array.from({ length: 1000 }, (_, i) => [end - (999 - i) * 15, String(s + 10 * Math.sin(i / 40 + s))]),
  }));
  await page.route('**/api/v1/query_range*', fulfil({ resultType: 'matrix', result }));
  await page.goto(`${origin}/explore?g0.expr=load&g0.range_input=15000s&g0.step_input=15s`);
  await graphDrawn();
  // The longest time in which the page could not have answered a key: first drawing, crosshair across the chart, stacking.
  const box = await page.locator('.plot .u-over').first().boundingBox();
  for (let i = 1; i < 20; i++) await page.mouse.move(box.x + (box.width * i) / 20, box.y + (box.height * i) / 20);
  await shot('hundred-series-light');
  await page.getByLabel('Stacked').check();
  await graphDrawn();
  const millis = await page.evaluate(
    () =>
      new Promise((done) => {
        let longest = 0;
        const observer = new PerformanceObserver((list) => list.getEntries().forEach((entry) => (longest = Math.max(longest, entry.duration))));
        observer.observe({ type: 'longtask', buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(longest), 50)));
      }),
  );
  expect((await page.locator('.legend-row').count()) === 100, 'not 100 legend rows');
  await shot('hundred-series-stacked-light');
  await page.unroute('**/api/v1/query_range*');
  expect(millis < FREEZE_MILLIS_MAX, `the page stood still for ${Math.round(millis)} ms`);
  return `longest task ${Math.round(millis)} ms`;
});

await check('more than 100 series are limited with a note', async () => {
  const end = Math.floor(Date.now() / 15_000) * 15;
  const result = Array.from({ length: 250 }, (_, s) => ({ metric: { series: String(s) }, values: [[end, String(s)]] }));
  await page.route('**/api/v1/query_range*', fulfil({ resultType: 'matrix', result }));
  await page.goto(`${origin}/explore?g0.expr=many`);
  await page.locator('.more', { hasText: 'first 100 of 250' }).waitFor();
  await page.unroute('**/api/v1/query_range*');
});

const PAGES = [
  ['explore', '/explore', '.legend-row, .empty'],
  ['alerts', '/alerts', '.alert, .empty'],
  ['rules', '/rules', 'table, .empty'],
  ['targets', '/targets', 'table, .empty'],
  ['status', '/status', '.tiles, .notice'],
];
// What the server's own test wrote down of a cluster in trouble.
const CLUSTER = JSON.parse(readFileSync(new URL('cluster.json', import.meta.url), 'utf8'));

for (const [name, path, wanted] of PAGES) {
  await check(`${name} opens directly and shows its content`, async () => {
    await open(path);
    await page.locator(wanted).first().waitFor();
    if (name === 'explore') await exampleDrawn(path);
    if (name === 'status') await page.locator('.config, .notice').first().waitFor();
    const errors = await page.locator('.notice.error').allTextContents();
    expect(errors.length === 0, errors.join(' | '));
    await shot(`${name}-light`);
    return page.title();
  });
}

if (expectedAlert) {
  await check(`alert ${expectedAlert} is firing`, async () => {
    await open('/alerts');
    const alert = page.locator('.alert.firing', { hasText: expectedAlert }).first();
    await alert.waitFor({ timeout: 60_000 });
    await alert.locator('.instance').first().waitFor();
    return (await alert.locator('.instance-head').first().textContent()).trim();
  });
}

await check('markup and script links in alerts stay text', async () => {
  const labels = { alertname: MARKUP, severity: 'critical', evil: MARKUP };
  const annotations = { summary: MARKUP, runbook_url: 'javascript:window.__ran=1', good: 'https://runbooks.example.com/x' };
  const rule = {
    type: 'alerting', name: MARKUP, query: 'up == 0', labels: {}, annotations, health: 'ok', evaluationTime: 0.001, duration: 60, state: 'firing',
    lastEvaluation: new Date().toISOString(), alerts: [{ labels, annotations, state: 'firing', activeAt: new Date().toISOString(), value: '1e+00' }],
  };
  await page.route('**/api/v1/rules*', fulfil({ groups: [{ name: MARKUP, file: 'rules.yml', interval: 15, rules: [rule] }] }));
  for (const path of ['/alerts', '/rules']) {
    await open(path);
    await page.getByText('<img src=x').first().waitFor();
    expect((await page.locator('main a[href^="javascript:"]').count()) === 0, 'a javascript: link');
    expect(await page.evaluate(() => window.__ran === undefined && !document.querySelector('main img, main script')), 'markup came alive');
    if (path === '/alerts') expect((await page.locator('main a[href^="https://runbooks.example.com/"]').count()) === 1, 'the https link is missing');
  }
  await page.unroute('**/api/v1/rules*');
});

await check('status tells what this server works with', async () => {
  if ((await page.request.get(`${origin}/v1/cluster`)).status() === 404) return 'not offered by this server';
  await open('/status');
  const rows = page.locator('[data-test=systems] tbody tr');
  await rows.first().waitFor();
  for (const cell of await rows.locator('td:first-child').allTextContents()) expect(/^(Open|Half open|Closed|Embedded)/.test(cell), `a circuit reads ${cell}`);
  const self = page.locator('[data-test=nodes] tbody tr', { hasText: 'this node' });
  expect((await self.count()) === 1, 'this node is not in the table of nodes');
  expect((await self.locator('td').first().textContent()) === 'Live', 'this node is not live');
  const cells = page.locator('[data-test=shards] .cell');
  expect((await cells.count()) > 0, 'no shards');
  return `${await rows.count()} systems, ${await page.locator('[data-test=nodes] tbody tr').count()} nodes, ${await cells.count()} shards`;
});

await check('status of a cluster in trouble: the broken comes first, in words', async () => {
  await page.route('**/v1/cluster', fulfil(CLUSTER));
  await open('/status');
  const systems = page.locator('[data-test=systems]');
  await systems.getByText('3 of 6 away').waitFor();
  const circuits = await systems.locator('tbody td:first-child').allTextContents();
  expect(circuits.map((text) => text.replace(/(calls|one) .*/, '')).join() === 'Open,Open,Half open,Closed,Closed,Closed,Embedded', circuits.join());
  const redis = await systems.locator('tbody tr', { hasText: 'redis' }).textContent();
  expect(/10\.0\.0\.5:6379\d+s ago/.test(redis) && redis.includes('redis gave no answer within 1000 ms'), redis);
  const first = await page.locator('[data-test=nodes] tbody tr').first().textContent();
  expect(/^Gonestorage-1b/.test(first), first);
  await page.locator('.notice.warning', { hasText: 'registry of nodes does not answer' }).waitFor();
  const shapes = await systems.locator('tbody td:first-child path').evaluateAll((paths) => new Set(paths.map((path) => path.getAttribute('d'))).size);
  expect(shapes === 3, `${shapes} shapes`);
  await shot('cluster-light');
});

await check('the shard grid has a cell for each, walks by keyboard and has a table beside it', async () => {
  const shards = page.locator('[data-test=shards]');
  expect((await shards.locator('.cell').count()) === 144, 'not 3 × 48 cells');
  const second = shards.getByRole('group', { name: 'Replica set 1' });
  await second.getByRole('button').first().focus();
  await page.keyboard.press('ArrowRight');
  expect(/^Shard 1: behind · storage-1a/.test(await page.evaluate(() => document.activeElement.getAttribute('aria-label'))), 'not on shard 1');
  await shards.locator('.cell-text', { hasText: 'Shard 1: behind' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  expect(/^Shard 47: no owner/.test(await page.evaluate(() => document.activeElement.getAttribute('aria-label'))), 'not on shard 47');
  await page.keyboard.press('Shift+Tab');
  expect((await page.evaluate(() => document.activeElement.textContent)) === '0', 'one step back does not leave the grid');
  await shards.getByText('Shards as a table').click();
  await shards.locator('.shard-table tbody tr').nth(47).waitFor();
  expect((await shards.locator('.shard-table tbody tr').count()) === 48, 'not 48 rows');
  expect((await shards.locator('.shard-table tbody tr').nth(17).textContent()).includes('No owner'), 'row 17');
  await shot('cluster-table-light');
});

await check('a shard that nobody answers for is said on top', async () => {
  const lost = structuredClone(CLUSTER);
  lost.shards[4].owners = [];
  lost.shards[5].owners = lost.shards[5].owners.map((owner) => ({ ...owner, node: 'storage-1b' }));
  await page.route('**/v1/cluster', fulfil(lost));
  await open('/status');
  await page.locator('.notice.error', { hasText: '2 shards without a live owner' }).filter({ hasText: '4, 5' }).waitFor();
});

await check('markup in names and failures of the cluster stays text', async () => {
  const evil = structuredClone(CLUSTER);
  evil.systems[1] = { ...evil.systems[1], name: MARKUP, address: MARKUP, lastFailure: MARKUP, lastFailureAt: evil.now };
  evil.nodes[0] = { ...evil.nodes[0], id: MARKUP, roles: [MARKUP], address: MARKUP };
  evil.shards[0].owners[0].node = MARKUP;
  evil.self.trouble = MARKUP;
  await page.route('**/v1/cluster', fulfil(evil));
  await open('/status');
  await page.getByText('<img src=x').first().waitFor();
  expect(await page.evaluate(() => window.__ran === undefined && !document.querySelector('main img, main script')), 'markup came alive');
});

await check('the status of the cluster renews itself and outlives a lost answer', async () => {
  await page.route('**/v1/cluster', fulfil(CLUSTER));
  await open('/status');
  await page.locator('[data-test=systems]').getByText('3 of 6 away').waitFor();
  const well = { ...CLUSTER, systems: CLUSTER.systems.map((system) => (system.circuit ? { ...system, circuit: 'closed' } : system)) };
  await page.route('**/v1/cluster', fulfil(well));
  await page.locator('[data-test=systems]').getByText('all 6 answer').waitFor();
  await page.route('**/v1/cluster', (route) => route.fulfill({ status: 503, body: 'starting' }));
  const before = complaints.length;
  await page.locator('.notice.error', { hasText: 'last answer' }).waitFor();
  await page.locator('[data-test=systems]').getByText('all 6 answer').waitFor();
  complaints.splice(before, complaints.length, ...complaints.slice(before).filter((each) => !/status of 503/.test(each)));
  await page.unroute('**/v1/cluster');
});

await check('a partial answer says so above its graph and its table', async () => {
  const warning = 'shards 3, 7 did not answer: storage-1b: connection refused; the result is partial';
  const end = Math.floor(Date.now() / 15_000) * 15;
  const partial = (data) => (route) => route.fulfill({ json: { status: 'success', data, warnings: [warning] } });
  await page.route('**/api/v1/query_range*', partial({ resultType: 'matrix', result: [{ metric: { a: 'b' }, values: [[end - 60, '1'], [end, '2']] }] }));
  await page.route('**/api/v1/query?*', partial({ resultType: 'vector', result: [] }));
  await page.goto(`${origin}/explore?g0.expr=up`);
  const notice = page.locator('.notice.warning[role=status]', { hasText: 'The answer is partial' }).filter({ hasText: 'shards 3, 7' });
  await notice.waitFor();
  await graphDrawn();
  expect((await notice.boundingBox()).y < (await page.locator('.plot').boundingBox()).y, 'the warning is not above the graph');
  await shot('partial-light');
  await page.getByRole('button', { name: 'Table' }).first().click();
  await page.locator('.empty').waitFor();
  await notice.waitFor();
  await page.unroute('**/api/v1/query_range*');
  await page.unroute('**/api/v1/query?*');
});

await check('an expression on the rules page leads to Explore', async () => {
  await open('/rules');
  const link = page.locator('a.expr').first();
  if ((await link.count()) === 0) return 'no rules on this server';
  await link.click();
  await page.waitForURL('**/explore?g0.expr=*');
  await editor().waitFor();
});

await check('lost connection is said, and the last answer stays', async () => {
  await open('/alerts');
  await page.locator('.alert, .empty').first().waitFor();
  await page.route('**/api/v1/rules*', (route) => route.fulfill({ status: 503, body: 'starting' }));
  refusalsExpected++;
  const before = complaints.length;
  await page.locator('.notice.error').first().waitFor();
  await page.unroute('**/api/v1/rules*');
  await page.locator('.notice.error').first().waitFor({ state: 'detached' });
  complaints.splice(before, complaints.length, ...complaints.slice(before).filter((each) => !/status of 503/.test(each)));
});

await check('dark mode is chosen and remembered', async () => {
  await open('/explore');
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.locator('[data-test=theme]').click();
  expect((await paper()) !== light, 'the colours did not change');
  await page.reload();
  expect((await paper()) !== light, 'forgotten after a reload');
});
for (const [name, path, wanted] of PAGES) {
  await check(`${name} in dark mode`, async () => {
    await open(path);
    await page.locator(wanted).first().waitFor();
    if (name === 'explore') await exampleDrawn(path);
    if (name === 'status') await page.locator('.config, .notice').first().waitFor();
    await shot(`${name}-dark`);
    if (name === 'explore') {
      await editor().fill('sum by (job) (ra');
      await page.locator('.cm-tooltip-autocomplete li').first().waitFor();
      await shot('completion-dark');
    }
  });
}
await check('a cluster in trouble in dark mode', async () => {
  await page.route('**/v1/cluster', fulfil(CLUSTER));
  await open('/status');
  await page.locator('[data-test=shards] .cell').first().waitFor();
  await page.locator('.config, .notice').first().waitFor();
  await shot('cluster-dark');
});
await page.locator('[data-test=theme]').click();

await page.setViewportSize({ width: 360, height: 740 });
await check('a cluster in trouble fits 360 pixels', async () => {
  await open('/status');
  await page.locator('[data-test=shards] .cell').first().waitFor();
  await page.locator('[data-test=shards]').getByText('Shards as a table').click();
  await page.locator('.shard-table').waitFor();
  await shot('cluster-360');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width <= 360, `the page is ${width} pixels wide`);
  await page.unroute('**/v1/cluster');
});
for (const [name, path, wanted] of PAGES) {
  await check(`${name} fits 360 pixels`, async () => {
    await open(path);
    await page.locator(wanted).first().waitFor();
    if (name === 'explore') await exampleDrawn(path);
    if (name === 'status') await page.locator('.config, .notice').first().waitFor();
    await shot(`${name}-360`);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width <= 360, `the page is ${width} pixels wide`);
  });
}

await check('the keyboard reaches navigation and editor', async () => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await open('/status');
  await page.keyboard.press('Tab');
  expect((await page.evaluate(() => document.activeElement.textContent)) === 'Skip to content', 'no skip link first');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect((await page.evaluate(() => document.activeElement.textContent)) === 'Explore', 'navigation is not next');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/explore*');
});

await check('nothing is fetched from elsewhere', async () => expect(foreign.length === 0, foreign.slice(0, 3).join(', ')));
await check('no console error, no policy violation', async () => expect(complaints.length === 0, `${complaints.length}: ${complaints.slice(0, 3).join(' | ')}`));

await context.close();
rmSync(profile, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
