// What is scraped, and whether it answers.

import { useState } from 'preact/hooks';
import { api, type Target } from '../api';
import { formatElapsed } from '../format';
import { safeLink } from '../links';
import { Choices, matches, SearchBox, type Choice } from '../parts/filter';
import { Empty, Failure, Loading } from '../parts/notice';
import { Ago, LabelList, State, type Tone } from '../parts/text';
import { usePolled } from '../poll';

const REFRESH_MILLIS = 10_000;
const TARGETS_SHOWN = 200;

type Health = 'all' | 'up' | 'down' | 'unknown';

const toneOf = (health: string): Tone => (health === 'up' ? 'good' : health === 'down' ? 'bad' : 'idle');
const textOf = (health: string) => ({ up: 'Up', down: 'Down', unknown: 'Not yet scraped' })[health] ?? health;

export function TargetsPage() {
  const { data, error } = usePolled(api.targets, REFRESH_MILLIS);
  const [health, setHealth] = useState<Health>('all');
  const [needle, setNeedle] = useState('');
  const targets = data?.activeTargets ?? [];
  const count = (each: Health) => targets.filter((target) => target.health === each).length;
  const dropped = Object.values(data?.droppedTargetCounts ?? {}).reduce((sum, n) => sum + n, 0) || (data?.droppedTargets?.length ?? 0);
  const pools = new Map<string, Target[]>();
  for (const target of targets) {
    if (health !== 'all' && target.health !== health) continue;
    if (needle && !matches(needle, target.scrapePool, target.scrapeUrl, target.lastError, ...Object.values(target.labels))) continue;
    pools.set(target.scrapePool, [...(pools.get(target.scrapePool) ?? []), target]);
  }

  const choices: Choice<Health>[] = [
    { value: 'all', label: 'All', count: targets.length },
    { value: 'up', label: <State tone="good" text="Up" />, count: count('up') },
    { value: 'down', label: <State tone="bad" text="Down" />, count: count('down') },
  ];
  if (count('unknown') > 0) choices.push({ value: 'unknown', label: <State tone="idle" text="New" />, count: count('unknown') });

  return (
    <>
      <div class="page-head">
        <h1>Targets</h1>
        <Choices
          label="Health"
          value={health}
          onChange={setHealth}
          choices={choices}
        />
        <SearchBox label="Filter by address, job or label" value={needle} onChange={setNeedle} />
      </div>
      {error && <Failure error={error} stale={data !== undefined} />}
      {!data && !error && <Loading />}
      {data && targets.length === 0 && (
        <Empty title="Nothing is scraped yet">
          <p>Add a job to <code>scrape_configs</code> in <code>tidemark.yml</code> and reload:</p>
          <pre>{'scrape_configs:\n  - job_name: my-service\n    static_configs:\n      - targets: ["localhost:8080"]'}</pre>
        </Empty>
      )}
      {targets.length > 0 && pools.size === 0 && (
        <Empty title={needle ? 'No target matches the filter' : `No target is ${health}`}>
          <p><button type="button" class="link" onClick={() => { setNeedle(''); setHealth('all'); }}>Show all targets</button></p>
        </Empty>
      )}
      {[...pools].map(([pool, members]) => <Pool key={pool} name={pool} targets={members} />)}
      {dropped > 0 && <p class="more">{dropped} discovered {dropped === 1 ? 'target was' : 'targets were'} dropped by relabelling.</p>}
    </>
  );
}

function Pool({ name, targets }: { name: string; targets: Target[] }) {
  const [limit, setLimit] = useState(TARGETS_SHOWN);
  const up = targets.filter((target) => target.health === 'up').length;
  // What is broken comes first: it is why this page is open.
  const ordered = [...targets].sort((a, b) => Number(a.health === 'up') - Number(b.health === 'up'));
  return (
    <section class="group">
      <h2>{name} <span class={`count ${up < targets.length ? 'bad' : ''}`}>{up} of {targets.length} up</span></h2>
      <div class="card scroll">
        <table class="stackable fixed">
          <thead>
            <tr>
              <th class="w-state">State</th>
              <th>Endpoint</th>
              <th>Labels</th>
              <th class="number w-time">Last scrape</th>
              <th class="number w-took">Took</th>
            </tr>
          </thead>
          <tbody>
            {ordered.slice(0, limit).map((target) => {
              const link = safeLink(target.scrapeUrl);
              return (
                <tr key={target.scrapeUrl + JSON.stringify(target.labels)}>
                  <td data-label="State"><State tone={toneOf(target.health)} text={textOf(target.health)} /></td>
                  <td data-label="Endpoint" class="wrap">
                    {link ? <a href={link} target="_blank" rel="noopener noreferrer">{target.scrapeUrl}</a> : target.scrapeUrl}
                    {target.lastError && <div class="bad-text">{target.lastError}</div>}
                    {target.discoveredLabels && (
                      <details>
                        <summary>Before relabelling</summary>
                        <LabelList labels={target.discoveredLabels} />
                      </details>
                    )}
                  </td>
                  <td data-label="Labels" class="wrap"><LabelList labels={target.labels} /></td>
                  <td data-label="Last scrape" class="number"><Ago time={target.lastScrape} /></td>
                  <td data-label="Took" class="number">{target.lastScrapeDuration > 0 ? formatElapsed(target.lastScrapeDuration * 1000) : '–'}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {ordered.length > limit && (
        <p class="more">
          Showing {limit} of {ordered.length} targets. <button type="button" class="link" onClick={() => setLimit(limit * 5)}>Show more</button>
        </p>
      )}
    </section>
  );
}
