// Queries and their answers; the address always describes what is on the page.

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type ApiError } from '../api';
import { Panel } from '../explore/panel';
import { decodePanels, emptyPanel, encodePanels, EXAMPLE_METRICS, exampleQueries, PANELS_MAX, type PanelState } from '../explore/state';
import { Empty, Failure } from '../parts/notice';
import { go, rewrite } from '../router';

// A server may hold a million names; the examples need a few.
const NAMES_MAX = 1000;
// How often an empty server is asked whether its first sample has come.
const FIRST_SAMPLE_MILLIS = 5000;
const REFRESHES = [['Off', 0], ['5s', 5000], ['15s', 15_000], ['1m', 60_000]] as const;

interface Entry { key: number; panel: PanelState }

export function ExplorePage({ search }: { search: string }) {
  const keys = useRef(0);
  const asEntries = (panels: PanelState[]): Entry[] => panels.map((panel) => ({ key: keys.current++, panel }));
  const [entries, setEntries] = useState<Entry[]>(() => asEntries(decodePanels(search)));
  const [names, setNames] = useState<string[]>();
  const [attempt, setAttempt] = useState(0);
  const [failure, setFailure] = useState<ApiError>();
  const written = useRef(search);
  const [refreshMillis, setRefreshMillis] = useState(0);
  const [tick, setTick] = useState(0);

  useEffect(() => {
    if (refreshMillis === 0) return;
    const timer = window.setInterval(() => !document.hidden && setTick((n) => n + 1), refreshMillis);
    return () => window.clearInterval(timer);
  }, [refreshMillis]);

  // Back, forward and links from other pages: what they say replaces what is shown.
  useEffect(() => {
    if (search === written.current) return;
    written.current = search;
    setEntries(asEntries(decodePanels(search)));
  }, [search]);

  useEffect(() => {
    const abort = new AbortController();
    const find = async () => {
      const own = await api.metricNames(EXAMPLE_METRICS, NAMES_MAX, abort.signal);
      if (own.data.length > 0) return own.data;
      return (await api.metricNames(undefined, NAMES_MAX, abort.signal)).data;
    };
    let timer = 0;
    find().then(
      (found) => {
        setNames(found);
        setFailure(undefined);
        if (found.length === 0) timer = window.setTimeout(() => setAttempt((n) => n + 1), FIRST_SAMPLE_MILLIS);
      },
      (error) => !abort.signal.aborted && setFailure(error),
    );
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [attempt]);

  const examples = exampleQueries(names ?? []);

  // Nothing asked yet: answer the most telling question about the engine itself.
  useEffect(() => {
    const untouched = entries.length === 0 || (entries.length === 1 && entries[0]!.panel === emptyPanel && examples.length > 0);
    if (!untouched || (!names && !failure)) return;
    setEntries(asEntries([examples[0] ? { ...emptyPanel, expr: examples[0].expr } : emptyPanel]));
  }, [names, failure, entries]);

  const show = (next: Entry[], asked: boolean) => {
    setEntries(next);
    const address = `/explore?${encodePanels(next.map((entry) => entry.panel))}`;
    written.current = address.slice(address.indexOf('?'));
    if (asked) go(address);
    else rewrite(address);
  };
  const change = (key: number, panel: PanelState) => {
    const before = entries.find((entry) => entry.key === key)?.panel;
    show(entries.map((entry) => (entry.key === key ? { key, panel } : entry)), before?.expr !== panel.expr);
  };
  const add = (expr: string) => {
    const like = entries.at(-1)?.panel ?? emptyPanel;
    show([...entries, ...asEntries([{ ...like, expr }])], true);
  };
  const ask = (expr: string) => {
    const first = entries[0];
    if (entries.length === 1 && first) change(first.key, { ...first.panel, expr });
    else add(expr);
  };

  return (
    <>
      <h1 class="hidden-title">Explore</h1>
      {failure && <Failure error={failure} onRetry={() => setAttempt((n) => n + 1)} />}
      {names?.length === 0 && <FirstSteps />}
      {entries.length === 0 && <section class="card panel panel-space" aria-hidden="true" />}
      {entries.map(({ key, panel }, i) => (
        <Panel
          key={key}
          index={i}
          panel={panel}
          tick={tick}
          removable={entries.length > 1}
          autofocus={panel.expr === '' && (names?.length ?? 0) > 0}
          onChange={(next) => change(key, next)}
          onRemove={() => show(entries.filter((entry) => entry.key !== key), true)}
        />
      ))}
      <div class="explore-foot">
        <button type="button" class="button" disabled={entries.length >= PANELS_MAX || entries.length === 0} onClick={() => add('')}>
          Add query
        </button>
        <label class="field labelled" title="Run the queries that end now again and again">
          <span>Refresh</span>
          <select value={String(refreshMillis)} onChange={(event) => setRefreshMillis(Number(event.currentTarget.value))}>
            {REFRESHES.map(([name, millis]) => <option key={name} value={String(millis)}>{name}</option>)}
          </select>
        </label>
        {examples.length > 0 && (
          <div class="examples">
            <span class="muted">Try</span>
            {examples.map(({ title, expr }) => (
              <button key={expr} type="button" class="link" title={expr} onClick={() => ask(expr)}>{title}</button>
            ))}
          </div>
        )}
      </div>
    </>
  );
}

function FirstSteps() {
  return (
    <Empty title="No series are stored yet">
      <p>Let Tidemark scrape a target: add it to <code>scrape_configs</code> in <code>tidemark.yml</code> and reload. Or push a first sample:</p>
      <pre>{`echo 'demo_temperature{room="hall"} 21.5' | curl --data-binary @- ${location.origin}/api/v1/import/prometheus`}</pre>
    </Empty>
  );
}
