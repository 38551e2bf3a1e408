// What a shared link carries. The parameter names are Prometheus' own (`g0.expr`, `g0.range_input`, …), so that links made by
// alert sources, runbooks and bookmarks written for Prometheus open here unchanged.

import { formatDuration, formatTime, parseDuration, parseWallTime } from '../format';

export type Tab = 'graph' | 'table';

export interface PanelState {
  expr: string;
  tab: Tab;
  rangeMillis: number;
  /** Undefined means "now", at the moment of each run. */
  endMillis?: number;
  /** Undefined means chosen from the range. */
  stepMillis?: number;
  stacked: boolean;
}

export const PANELS_MAX = 20;
const POINTS_MAX = 11_000;

export const emptyPanel: PanelState = { expr: '', tab: 'graph', rangeMillis: 3_600_000, stacked: false };

export function decodePanels(search: string): PanelState[] {
  const params = new URLSearchParams(search);
  const panels: PanelState[] = [];
  for (let i = 0; i < PANELS_MAX; i++) {
    const of = (name: string) => params.get(`g${i}.${name}`) ?? '';
    if (!params.has(`g${i}.expr`)) break;
    const tab = of('tab');
    panels.push({
      expr: of('expr'),
      tab: tab === '1' || tab === 'table' ? 'table' : 'graph',
      rangeMillis: parseDuration(of('range_input')) ?? emptyPanel.rangeMillis,
      endMillis: parseWallTime(of('end_input'), true),
      stepMillis: parseDuration(of('step_input')),
      stacked: of('stacked') === '1' || of('display_mode') === 'stacked',
    });
  }
  return panels;
}

export function encodePanels(panels: PanelState[]): string {
  const params = new URLSearchParams();
  panels.forEach((panel, i) => {
    params.set(`g${i}.expr`, panel.expr);
    params.set(`g${i}.tab`, panel.tab);
    params.set(`g${i}.range_input`, formatDuration(panel.rangeMillis));
    if (panel.endMillis !== undefined) params.set(`g${i}.end_input`, formatTime(panel.endMillis, true));
    if (panel.stepMillis !== undefined) params.set(`g${i}.step_input`, formatDuration(panel.stepMillis));
    if (panel.stacked) params.set(`g${i}.display_mode`, 'stacked');
  });
  return params.toString();
}

/** The link that opens an expression, for alerts and rules. */
export function exploreLink(expr: string, tab: Tab = 'graph'): string {
  return `/explore?${encodePanels([{ ...emptyPanel, expr, tab }])}`;
}

const STEPS_SECONDS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** A round step that gives a range at most about 600 points: dense enough for a wide screen, light enough for any server. */
export function autoStep(rangeMillis: number): number {
  const wanted = rangeMillis / 1000 / 600;
  const step = STEPS_SECONDS.find((candidate) => candidate >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  return step * 1000;
}

/** Start, end and step of one run; both ends are multiples of the step, so that repeated runs ask for the same times. */
export function window(panel: PanelState, nowMillis: number): { start: number; end: number; step: number } {
  const least = Math.ceil(panel.rangeMillis / POINTS_MAX);
  const step = Math.max(panel.stepMillis ?? autoStep(panel.rangeMillis), least);
  const end = Math.floor((panel.endMillis ?? nowMillis) / step) * step;
  const start = Math.ceil((end - panel.rangeMillis) / step) * step;
  return { start, end, step };
}

const RANGES = ['1m', '5m', '15m', '30m', '1h', '2h', '6h', '12h', '1d', '2d', '1w', '2w', '4w', '8w', '52w'];
export const RANGE_CHOICES = RANGES;

/** The next wider (`+1`) or narrower (`-1`) of the usual ranges. */
export function neighbourRange(rangeMillis: number, direction: 1 | -1): number {
  const sizes = RANGES.map((text) => parseDuration(text)!);
  const next = direction > 0 ? sizes.find((size) => size > rangeMillis) : sizes.findLast((size) => size < rangeMillis);
  return next ?? rangeMillis;
}

export interface Place { line: number; column: number; from: number; to: number }

/** Where in the query an error message points: the API writes `1:7: parse error: …` or `char 7`. */
export function locate(message: string, query: string): Place | undefined {
  const match = /(?:^|[\s"])(\d+):(\d+):/.exec(message);
  if (!match) return undefined;
  const line = Number(match[1]);
  const column = Number(match[2]);
  const lines = query.split('\n');
  const text = lines[line - 1];
  if (text === undefined || column < 1) return undefined;
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const from = before + Math.min(column - 1, text.length);
  const word = /^(?:[\w:]+|.)/.exec(query.slice(from));
  return { line, column, from, to: from + (word ? word[0].length : 0) };
}

/** The metrics `exampleQueries` knows something about. */
export const EXAMPLE_METRICS = '{__name__=~"tidemark_.+|prometheus_(tsdb_head_.+|http_requests_total)|process_.+|up"}';

/** Queries worth a first look, made only from metrics that exist; the most telling first. */
export function exampleQueries(names: string[]): { title: string; expr: string }[] {
  const has = new Set(names);
  const find = (pattern: RegExp) => names.find((name) => pattern.test(name));
  const examples: { title: string; expr: string }[] = [];
  const add = (title: string, expr: string) => examples.push({ title, expr });
  const samples = find(/^tidemark_batch_samples_total$/) ?? find(/^tidemark_.*samples.*_total$/) ?? find(/^prometheus_tsdb_head_samples_appended_total$/);
  if (samples) add('Samples stored per second', `rate(${samples}[1m])`);
  const series = find(/^tidemark_.*head.*series$/) ?? find(/^tidemark_.*series$/) ?? find(/^prometheus_tsdb_head_series$/);
  if (series) add('Live series', series);
  const requests = find(/^tidemark_http_.*requests_total$/) ?? find(/^prometheus_http_requests_total$/);
  if (requests) add('Requests per second', `sum by (code) (rate(${requests}[1m]))`);
  if (has.has('process_resident_memory_bytes')) add('Memory of processes', 'process_resident_memory_bytes');
  if (has.has('process_cpu_seconds_total')) add('CPU of processes', 'rate(process_cpu_seconds_total[1m])');
  if (has.has('up')) add('Targets that answer', 'up');
  const own = names.find((name) => name.startsWith('tidemark_'));
  if (examples.length === 0 && own) add(own, own.endsWith('_total') ? `rate(${own}[1m])` : own);
  if (examples.length === 0 && names[0]) add(names[0], names[0]);
  return examples.slice(0, 5);
}
