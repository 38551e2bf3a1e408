// The Prometheus HTTP API as this page uses it: one function an endpoint, failures as ApiError.

export type Labels = Record<string, string>;
export type Sample = [seconds: number, value: string];
export interface NativeHistogram { count: string; sum: string; buckets?: [number, string, string, string][] }
export interface VectorItem { metric: Labels; value?: Sample; histogram?: [number, NativeHistogram] }
export interface MatrixItem { metric: Labels; values?: Sample[]; histograms?: [number, NativeHistogram][] }
export type QueryData =
  | { resultType: 'vector'; result: VectorItem[] }
  | { resultType: 'matrix'; result: MatrixItem[] }
  | { resultType: 'scalar' | 'string'; result: Sample };

export interface Alert { labels: Labels; annotations: Labels; state: string; activeAt?: string; value: string }
export interface Rule {
  type: 'alerting' | 'recording';
  name: string;
  query: string;
  labels?: Labels;
  health: string;
  lastError?: string;
  evaluationTime: number;
  lastEvaluation: string;
  state?: string;
  duration?: number;
  keepFiringFor?: number;
  annotations?: Labels;
  alerts?: Alert[];
}
export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  limit?: number;
  rules: Rule[];
  evaluationTime?: number;
  lastEvaluation?: string;
}
export interface Target {
  discoveredLabels?: Labels;
  labels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl?: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: string;
  scrapeInterval?: string;
  scrapeTimeout?: string;
}
export interface Targets { activeTargets: Target[]; droppedTargets?: unknown[]; droppedTargetCounts?: Record<string, number> }
export interface NameValue { name: string; value: number }
export interface TsdbStatus {
  headStats?: Record<string, number>;
  seriesCountByMetricName?: NameValue[];
  labelValueCountByLabelName?: NameValue[];
  memoryInBytesByLabelName?: NameValue[];
  seriesCountByLabelValuePair?: NameValue[];
}

export interface BudgetRow {
  service?: string;
  metric?: string;
  label?: string;
  /** Series, or values of a label. */
  active: number;
  /** Null for none. */
  budget: number | null;
  state: 'ok' | 'near' | 'over';
  newInPeriod: number;
  /** Absent, as the next, for labels. */
  newInHour?: number;
  newInDay?: number;
  widestLabel?: string;
  unused?: boolean;
}
export interface Quarantined {
  kind: 'node' | 'service' | 'metric' | 'label';
  service?: string;
  metric?: string;
  label?: string;
  active: number;
  budget: number | null;
  since: number;
  refusedSamples: number;
  refusedSeries: number | null;
  example: string;
}
export interface Budgets {
  now: number;
  node: BudgetRow;
  services: BudgetRow[];
  metrics: BudgetRow[];
  labels: BudgetRow[];
  quarantined: Quarantined[];
}

export interface System {
  name: string;
  concern: string;
  kind: string;
  address: string;
  /** Absent, as all below, for an embedded part. */
  circuit?: 'closed' | 'half-open' | 'open';
  since?: number;
  attempts?: number;
  failures?: number;
  refused?: number;
  lastFailure?: string;
  lastFailureAt?: number | null;
}
export interface Node {
  id: string;
  address: string;
  roles: string[];
  replicaSet: number | null;
  presence: 'live' | 'silent' | 'gone';
  startedAt: number;
  version: string;
  heardAt: number;
  shards: number;
  lag: number | null;
}
export interface Owner { replicaSet: number; node: string; applied: number; lag: number | null }
export interface Shard { shard: number; end: number | null; owners: Owner[] }
export interface Lease { name: string; token: number; since: number }
export interface Cluster {
  /** The server's clock; all times are its. */
  now: number;
  self: { id: string; replicaSets: number; knownAt: number; trouble: string };
  systems: System[];
  nodes: Node[];
  shards: Shard[];
  leases: { count: number; held: Lease[] };
}

export interface Answer<T> { data: T; warnings: string[]; infos: string[]; elapsedMillis: number }

/** What the server refused and why; `type` is the API's errorType, or `unreachable` or `unexpected`. */
export class ApiError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.type = type;
    this.status = status;
  }
}

export const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';

// Servers bound the length of a request line (4 KiB is common), so a long query travels in a body.
const URL_LENGTH_MAX = 2000;

async function call<T>(path: string, params: Record<string, string>, signal?: AbortSignal): Promise<Answer<T>> {
  const form = new URLSearchParams(params).toString();
  const started = performance.now();
  let response: Response;
  let text: string;
  try {
    response =
      form.length > URL_LENGTH_MAX
        ? await fetch(path, { method: 'POST', body: new URLSearchParams(params), signal })
        : await fetch(form ? `${path}?${form}` : path, { signal });
    text = await response.text();
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('unreachable', 'The server did not answer. Is it running, and is the network up?', 0);
  }
  const elapsedMillis = performance.now() - started;
  let body: { status?: string; data?: T; errorType?: string; error?: string; warnings?: string[]; infos?: string[] };
  try {
    body = JSON.parse(text);
  } catch {
    const excerpt = text.trim().slice(0, 200);
    throw new ApiError('unexpected', `${path} answered ${response.status} without JSON${excerpt ? `: ${excerpt}` : '.'}`, response.status);
  }
  if (body.status !== 'success' || body.data === undefined) {
    throw new ApiError(body.errorType ?? 'unexpected', body.error ?? `${path} answered ${response.status}.`, response.status);
  }
  return { data: body.data, warnings: body.warnings ?? [], infos: body.infos ?? [], elapsedMillis };
}

const seconds = (millis: number) => String(millis / 1000);

export const api = {
  query: (query: string, timeMillis: number, signal: AbortSignal) =>
    call<QueryData>('/api/v1/query', { query, time: seconds(timeMillis) }, signal),
  queryRange: (query: string, startMillis: number, endMillis: number, stepMillis: number, signal: AbortSignal) =>
    call<QueryData>(
      '/api/v1/query_range',
      { query, start: seconds(startMillis), end: seconds(endMillis), step: seconds(stepMillis) },
      signal,
    ),
  /** Names of stored metrics, at most `limit`, those that match the selector only. */
  metricNames: (selector: string | undefined, limit: number, signal?: AbortSignal) =>
    call<string[]>(
      '/api/v1/label/__name__/values',
      { ...(selector ? { 'match[]': selector } : {}), limit: String(limit) },
      signal,
    ),
  rules: (signal?: AbortSignal) => call<{ groups: RuleGroup[] }>('/api/v1/rules', {}, signal),
  alertRules: (signal?: AbortSignal) => call<{ groups: RuleGroup[] }>('/api/v1/rules', { type: 'alert' }, signal),
  targets: (signal?: AbortSignal) => call<Targets>('/api/v1/targets', { state: 'active' }, signal),
  cluster: (signal?: AbortSignal) => call<Cluster>('/v1/cluster', {}, signal),
  buildInfo: (signal?: AbortSignal) => call<Record<string, string>>('/api/v1/status/buildinfo', {}, signal),
  runtimeInfo: (signal?: AbortSignal) => call<Record<string, unknown>>('/api/v1/status/runtimeinfo', {}, signal),
  flags: (signal?: AbortSignal) => call<Record<string, string>>('/api/v1/status/flags', {}, signal),
  budgets: (signal?: AbortSignal) => call<Budgets>('/api/v1/status/cardinality', { limit: '10' }, signal),
  tsdb: (signal?: AbortSignal) => call<TsdbStatus>('/api/v1/status/tsdb', {}, signal),
  config: (signal?: AbortSignal) => call<{ yaml: string }>('/api/v1/status/config', {}, signal),
};
