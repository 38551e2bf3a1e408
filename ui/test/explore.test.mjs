import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const s = await load('src/explore/state.ts');
const c = await load('src/explore/columns.ts');

const panel = { expr: 'up{job="a&b"} == 1', tab: 'table', rangeMillis: 5_400_000, endMillis: Date.UTC(2026, 0, 2, 3, 4, 5), stepMillis: 15_000, stacked: true };

test('reads back the panels it puts into the address', () => {
  const panels = [panel, { ...s.emptyPanel, expr: 'rate(x[1m])' }];
  const read = s.decodePanels('?' + s.encodePanels(panels));
  assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(panels)));
});

test('opens links made for Prometheus', () => {
  const [first] = s.decodePanels('?g0.expr=up&g0.tab=1&g0.stacked=1&g0.range_input=2h&g0.end_input=2026-01-02%2003%3A04%3A05');
  assert.equal(first.tab, 'table');
  assert.equal(first.rangeMillis, 7_200_000);
  assert.equal(first.stacked, true);
  assert.equal(first.endMillis, panel.endMillis);
});

test('survives hostile addresses', () => {
  const many = Array.from({ length: 100 }, (_, i) => `g${i}.expr=up`).join('&');
  assert.equal(s.decodePanels(many).length, s.PANELS_MAX);
  const [odd] = s.decodePanels('g0.expr=%3Cscript%3E&g0.range_input=javascript:1&g0.end_input=x&g0.step_input=-5');
  assert.deepEqual([odd.rangeMillis, odd.endMillis, odd.stepMillis], [3_600_000, undefined, undefined]);
});

test('asks for aligned times and never for more points than the API allows', () => {
  const w = s.window({ ...s.emptyPanel, rangeMillis: 3_600_000 }, 1_700_000_003_217);
  assert.equal(w.start % w.step, 0);
  assert.equal(w.end % w.step, 0);
  assert.ok(w.end <= 1_700_000_003_217 && w.end - w.start <= 3_600_000);
  for (const rangeMillis of [60_000, 3_600_000, 86_400_000, 365 * 86_400_000, 50 * 365 * 86_400_000]) {
    for (const stepMillis of [undefined, 1000]) {
      const { start, end, step } = s.window({ ...s.emptyPanel, rangeMillis, stepMillis }, 1_700_000_000_000);
      assert.ok((end - start) / step + 1 <= 11_000, `${rangeMillis} ${stepMillis}`);
    }
  }
});

test('finds the place an error speaks of', () => {
  const at = s.locate('invalid parameter "query": 2:3: parse error: unexpected identifier', 'sum(\n  foo bar)');
  assert.deepEqual(at, { line: 2, column: 3, from: 7, to: 10 });
  assert.equal(s.locate('query timed out', 'up'), undefined);
  assert.equal(s.locate('7:1: parse error', 'up'), undefined);
  assert.deepEqual(s.locate('1:4: parse error: unexpected end of input', 'up{'), { line: 1, column: 4, from: 3, to: 3 });
});

test('steps through the usual ranges', () => {
  assert.equal(s.neighbourRange(3_600_000, 1), 7_200_000);
  assert.equal(s.neighbourRange(3_600_000, -1), 1_800_000);
  assert.equal(s.neighbourRange(1, -1), 1);
});

test('offers only examples whose metrics exist', () => {
  assert.deepEqual(s.exampleQueries([]), []);
  assert.equal(s.exampleQueries(['tidemark_samples_appended_total', 'up'])[0].expr, 'rate(tidemark_samples_appended_total[1m])');
  assert.deepEqual(s.exampleQueries(['only']), [{ title: 'only', expr: 'only' }]);
});

test('aligns samples to steps and leaves gaps', () => {
  const matrix = [{ metric: {}, values: [[10, '1'], [20, 'NaN'], [30, '3']] }, { metric: {}, histograms: [[10, {}]] }];
  const { times, values, histograms } = c.toColumns(matrix, 10_000, 30_000, 10_000);
  assert.deepEqual(times, [10, 20, 30]);
  assert.deepEqual(values, [[1, null, 3], [null, null, null]]);
  assert.equal(histograms, 1);
});

test('stacks visible series and keeps their gaps', () => {
  const values = [[1, 2, null], [10, null, 30], [100, 200, 300]];
  assert.deepEqual(c.stack(values, new Set()), [[1, 2, null], [11, null, 30], [111, 202, 330]]);
  assert.deepEqual(c.stack(values, new Set([0]))[2], [110, 200, 330]);
});

test('finds points no line can show', () => {
  assert.deepEqual(c.lonePoints([1, null, 2, 3, null, 4]), [0, 5]);
  assert.deepEqual(c.lonePoints([]), []);
});

test('gives the first 100 series distinct colours', () => {
  assert.ok(new Set(Array.from({ length: 100 }, (_, i) => c.seriesColor(i, true))).size > 90);
});
