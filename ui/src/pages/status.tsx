// The engine about itself: the systems and nodes it works with, build, runtime, storage, flags, configuration. A part the server does not offer says so, the others stay.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, type NameValue, type TsdbStatus } from '../api';
import { formatBytes, formatCount, formatTime, parseTime } from '../format';
import { matches, SearchBox } from '../parts/filter';
import { Failure, Loading, Notice } from '../parts/notice';
import { Ago } from '../parts/text';
import { usePolled, type Polled } from '../poll';
import { useSettings } from '../settings';
import { BudgetParts } from './budgets';
import { ClusterParts } from './cluster';

const REFRESH_MILLIS = 15_000;
const CLUSTER_REFRESH_MILLIS = 5_000;

export function StatusPage() {
  const cluster = usePolled(api.cluster, CLUSTER_REFRESH_MILLIS);
  const build = usePolled(api.buildInfo);
  const runtime = usePolled(api.runtimeInfo, REFRESH_MILLIS);
  const tsdb = usePolled(api.tsdb, REFRESH_MILLIS);
  const budgets = usePolled(api.budgets, REFRESH_MILLIS);
  const config = usePolled(api.config);
  const flags = usePolled(api.flags);
  return (
    <>
      <div class="page-head"><h1>Status</h1></div>
      {cluster.data ? (
        <>
          {cluster.error && <Failure error={cluster.error} stale />}
          <ClusterParts cluster={cluster.data} atMillis={cluster.atMillis!} />
        </>
      ) : (
        <Part title="Cluster" source={cluster}>{() => null}</Part>
      )}
      <div class="columns">
        <Part title="Build" source={build}>{(data) => <Facts facts={data} />}</Part>
        <Part title="Runtime" source={runtime}>{(data) => <Facts facts={data} />}</Part>
      </div>
      <Part title="Head" source={tsdb}>{(data) => <Head stats={data.headStats ?? {}} />}</Part>
      {budgets.data && <BudgetParts budgets={budgets.data} atMillis={budgets.atMillis!} />}
      {tsdb.data && <Cardinality tsdb={tsdb.data} />}
      <Part title="Configuration" source={config}>
        {(data) => <pre class="config" tabIndex={0} aria-label="Configuration as YAML">{data.yaml || '# empty: every setting has its default'}</pre>}
      </Part>
      <Part title="Flags" source={flags}>{(data) => <Flags flags={data} />}</Part>
    </>
  );
}

function Part<T>({ title, source, children }: { title: string; source: Polled<T>; children(data: T): ComponentChildren }) {
  const { data, error } = source;
  return (
    <section class="group">
      <h2>{title}</h2>
      {error && !data && 'status' in error && error.status === 404 ? (
        <Notice kind="info" title="Not offered by this server" />
      ) : (
        error && <Failure error={error} stale={data !== undefined} />
      )}
      {data && children(data)}
      {!data && !error && <Loading />}
    </section>
  );
}

const words = (key: string) =>
  key.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[_-]/g, ' ').replace(/^./, (first) => first.toUpperCase());

function Facts({ facts }: { facts: Record<string, unknown> }) {
  const known = Object.entries(facts).filter(([, value]) => value !== '' && typeof value !== 'object');
  return (
    <div class="card">
      <dl class="pairs">
        {known.map(([key, value]) => (
          <div key={key}>
            <dt>{words(key)}</dt>
            <dd><Fact value={value} /></dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Fact({ value }: { value: unknown }) {
  if (typeof value === 'number') return <>{plainNumber(value)}</>;
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return <Moment time={value} />;
  return <>{String(value)}</>;
}

// Go's "no limit" is the largest 64-bit number, which JSON turns into this.
const plainNumber = (value: number) => (value >= 2 ** 62 ? 'no limit' : formatCount(value));

function Moment({ time }: { time: string }) {
  const { utc } = useSettings();
  const millis = parseTime(time);
  if (millis === undefined) return <>never</>;
  return <>{formatTime(millis, utc)} <span class="muted">(<Ago time={time} />)</span></>;
}

function Head({ stats }: { stats: Record<string, number> }) {
  const { utc } = useSettings();
  // An empty head reports the extreme 64-bit times.
  const time = (millis: number | undefined) => (millis === undefined || Math.abs(millis) > 8.64e15 ? '–' : formatTime(millis, utc));
  const tiles: [string, string][] = [
    ['Series', formatCount(stats.numSeries ?? 0)],
    ['Label pairs', formatCount(stats.numLabelPairs ?? 0)],
    ['Chunks', formatCount(stats.chunkCount ?? 0)],
    ['Oldest sample', time(stats.minTime)],
    ['Newest sample', time(stats.maxTime)],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => <div key={name} class="card"><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function Cardinality({ tsdb }: { tsdb: TsdbStatus }) {
  const tables: [string, NameValue[] | undefined, (n: number) => string][] = [
    ['Series by metric', tsdb.seriesCountByMetricName, formatCount],
    ['Values by label', tsdb.labelValueCountByLabelName, formatCount],
    ['Memory by label', tsdb.memoryInBytesByLabelName, formatBytes],
    ['Series by label pair', tsdb.seriesCountByLabelValuePair, formatCount],
  ];
  return (
    <section class="group">
      <h2>Cardinality</h2>
      <div class="columns">
        {tables.map(([title, rows, text]) => <Top key={title} title={title} rows={rows ?? []} text={text} />)}
      </div>
    </section>
  );
}

function Top({ title, rows, text }: { title: string; rows: NameValue[]; text(n: number): string }) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  return (
    <div class="card">
      <h3 class="card-title">{title}</h3>
      {rows.length === 0 && <p class="muted pad">Nothing counted yet.</p>}
      <ol class="bars">
        {rows.map((row) => (
          <li key={row.name} style={{ '--share': `${(100 * row.value) / most}%` }}>
            <span class="bar-name mono" title={row.name}>{row.name}</span>
            <span class="bar-value">{text(row.value)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Flags({ flags }: { flags: Record<string, string> }) {
  const [needle, setNeedle] = useState('');
  const found = Object.entries(flags).filter(([key, value]) => !needle || matches(needle, key, value));
  if (Object.keys(flags).length === 0) return <p class="muted">No flags are set.</p>;
  return (
    <details class="card fold">
      <summary>{Object.keys(flags).length} flags</summary>
      <div class="fold-body">
        <SearchBox label="Filter flags" value={needle} onChange={setNeedle} />
        <dl class="pairs mono">
          {found.map(([key, value]) => <div key={key}><dt>{key}</dt><dd>{value || '""'}</dd></div>)}
        </dl>
      </div>
    </details>
  );
}
