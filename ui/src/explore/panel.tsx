// One query with its controls and its answer.

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, isAbort, type Answer, type QueryData } from '../api';
import { formatCount, formatElapsed, plural } from '../format';
import { errorTitle, Notice } from '../parts/notice';
import { TimeControls } from './controls';
import { Graph, NoData, type GraphData } from './graph';
import { QueryInput } from './query-input';
import { locate, window as windowOf, type PanelState, type Place, type Tab } from './state';
import { ResultTable } from './table';

type Outcome =
  | { kind: 'graph'; answer: Answer<QueryData>; expr: string; data: GraphData }
  | { kind: 'table'; answer: Answer<QueryData>; expr: string };

interface Refusal { title: string; message: string; expr: string; place?: Place }

// Answers that come sooner replace what is shown without a sign of work, which would only flicker.
const SLOW_MILLIS = 250;

interface Props {
  panel: PanelState;
  index: number;
  removable: boolean;
  autofocus: boolean;
  /** Grows at every automatic refresh. */
  tick: number;
  onChange(panel: PanelState): void;
  onRemove(): void;
}

export function Panel({ panel, index, removable, autofocus, tick, onChange, onRemove }: Props) {
  const [draft, setDraft] = useState(panel.expr);
  const [given, setGiven] = useState({ text: panel.expr });
  const sent = useRef(panel.expr);
  const [round, setRound] = useState(0);
  const [running, setRunning] = useState(false);
  const [slow, setSlow] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const [refusal, setRefusal] = useState<Refusal>();
  const abort = useRef<AbortController | undefined>(undefined);

  useEffect(() => {
    if (panel.expr === sent.current) return;
    sent.current = panel.expr;
    setDraft(panel.expr);
    setGiven({ text: panel.expr });
  }, [panel.expr]);

  useEffect(() => {
    if (!panel.expr.trim()) {
      setOutcome(undefined);
      setRefusal(undefined);
      return;
    }
    const control = new AbortController();
    abort.current = control;
    setRunning(true);
    run(panel, control.signal)
      .then((next) => {
        setOutcome(next);
        setRefusal(undefined);
      })
      .catch((error: Error) => {
        if (control.signal.aborted || isAbort(error)) return;
        setRefusal({
          title: errorTitle(error),
          message: error.message,
          expr: panel.expr,
          place: error instanceof ApiError ? locate(error.message, panel.expr) : undefined,
        });
      })
      .finally(() => {
        if (abort.current === control) setRunning(false);
      });
    return () => control.abort();
  }, [panel.expr, panel.tab, panel.rangeMillis, panel.endMillis, panel.stepMillis, round]);

  useEffect(() => {
    setSlow(false);
    if (!running) return;
    const timer = window.setTimeout(() => setSlow(true), SLOW_MILLIS);
    return () => window.clearTimeout(timer);
  }, [running]);

  // A run that takes longer than the refresh interval is left alone, else it would never end.
  useEffect(() => {
    if (tick > 0 && !running && panel.endMillis === undefined) setRound((n) => n + 1);
  }, [tick]);

  const execute = () => {
    sent.current = draft;
    if (draft !== panel.expr) onChange({ ...panel, expr: draft });
    else setRound((n) => n + 1);
  };
  const cancel = () => {
    abort.current?.abort();
    setRunning(false);
  };
  const zoom = (fromMillis: number, toMillis: number) => {
    const rangeMillis = Math.max(1000, Math.round((toMillis - fromMillis) / 1000) * 1000);
    onChange({ ...panel, rangeMillis, endMillis: Math.round(toMillis / 1000) * 1000 });
  };
  const number = `Query ${index + 1}`;
  const fresh = outcome && outcome.kind === panel.tab ? outcome : undefined;

  return (
    <section class="card panel" aria-label={number}>
      <div class="query-row">
        <QueryInput
          text={draft}
          given={given}
          label={`${number}, PromQL`}
          autofocus={autofocus}
          error={refusal?.place && refusal.expr === draft ? { place: refusal.place, message: refusal.message } : undefined}
          onChange={setDraft}
          onExecute={execute}
        />
        <div class="query-buttons">
          {slow ? (
            <button type="button" class="button run" onClick={cancel}>Cancel</button>
          ) : (
            <button type="button" class="button primary run" onClick={execute} title="Enter">Execute</button>
          )}
          {removable && (
            <button type="button" class="button icon" aria-label={`Remove ${number}`} title={`Remove ${number}`} onClick={onRemove}>
              <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
            </button>
          )}
        </div>
      </div>
      <div class={`progress ${slow ? 'on' : ''}`} aria-hidden="true" />
      <div class="panel-bar">
        <Tabs value={panel.tab} onChange={(tab) => onChange({ ...panel, tab })} />
        <TimeControls panel={panel} onChange={onChange} />
        <p class="stats" role="status">{slow ? 'Running…' : refusal ? '' : fresh ? stats(fresh) : ''}</p>
      </div>
      <div class="panel-body">
        {refusal && <Rejected refusal={refusal} />}
        {!refusal && fresh?.answer.warnings.map((text) => <Notice key={text} kind="warning" title={warningTitle(text)}>{text}</Notice>)}
        {!refusal && fresh?.answer.infos.map((text) => <Notice key={text} kind="info">{text}</Notice>)}
        {!refusal && fresh && (
          <div class={slow ? 'answer stale' : 'answer'}>
            {sizeOf(fresh.answer.data) === 0 ? (
              <NoData expr={fresh.expr} instant={fresh.kind === 'table'} />
            ) : fresh.kind === 'graph' ? (
              <Graph
                data={fresh.data}
                stacked={panel.stacked}
                onZoom={zoom}
              />
            ) : (
              <ResultTable data={fresh.answer.data} />
            )}
          </div>
        )}
        {!refusal && !fresh && (
          <div class="answer-space">{!panel.expr.trim() && 'Write a query and press Enter.'}</div>
        )}
      </div>
    </section>
  );
}

async function run(panel: PanelState, signal: AbortSignal): Promise<Outcome> {
  const { expr } = panel;
  if (panel.tab === 'table') {
    return { kind: 'table', expr, answer: await api.query(expr, panel.endMillis ?? Date.now(), signal) };
  }
  const { start, end, step } = windowOf(panel, Date.now());
  const answer = await api.queryRange(expr, start, end, step, signal);
  const matrix = answer.data.resultType === 'matrix' ? answer.data.result : [];
  return { kind: 'graph', expr, answer, data: { matrix, start, end, step } };
}

// A query over several nodes goes on without those that did not answer; whoever reads the graph must not overlook that.
const warningTitle = (text: string) => (/\bpartial\b/i.test(text) ? 'The answer is partial' : undefined);

const sizeOf = (data: QueryData) => (data.resultType === 'vector' || data.resultType === 'matrix' ? data.result.length : 1);

function stats({ answer }: Outcome): string {
  const { data } = answer;
  const parts = [plural(sizeOf(data), 'series', 'series')];
  if (data.resultType === 'matrix') {
    const samples = data.result.reduce((sum, item) => sum + (item.values?.length ?? 0) + (item.histograms?.length ?? 0), 0);
    parts.push(`${formatCount(samples)} samples`);
  }
  parts.push(formatElapsed(answer.elapsedMillis));
  return parts.join(' · ');
}

function Rejected({ refusal: { title, message, expr, place } }: { refusal: Refusal }) {
  const line = place && expr.split('\n')[place.line - 1];
  return (
    <Notice kind="error" title={title}>
      <div>{message}</div>
      {place && line !== undefined && (
        <pre class="excerpt">
          {line}
          {'\n'}
          {' '.repeat(place.column - 1)}<b>{'^'.repeat(Math.max(1, place.to - place.from))}</b>
        </pre>
      )}
    </Notice>
  );
}

function Tabs({ value, onChange }: { value: Tab; onChange(tab: Tab): void }) {
  return (
    <div class="choices" role="group" aria-label="Show as">
      {(['graph', 'table'] as const).map((tab) => (
        <button key={tab} type="button" class="choice" aria-pressed={tab === value} onClick={() => tab !== value && onChange(tab)}>
          {tab === 'graph' ? 'Graph' : 'Table'}
        </button>
      ))}
    </div>
  );
}
