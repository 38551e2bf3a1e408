// Numbers, durations and times as people read them. Pure; `now` and the time zone are always passed in.

const UNITS: [string, number][] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** Milliseconds of a PromQL duration such as `1h30m`, or of bare seconds such as `15`; undefined if it is neither or zero. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const millis = Math.round(Number(trimmed) * 1000);
    return millis > 0 ? millis : undefined;
  }
  const match = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(trimmed);
  if (!match) return undefined;
  const millis = UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
  return millis > 0 ? millis : undefined;
}

/** The exact PromQL form of a duration: `5400000` is `1h30m`. Weeks and years only when nothing is left over. */
export function formatDuration(millis: number): string {
  if (!Number.isFinite(millis)) return '–';
  if (millis <= 0) return '0s';
  let rest = Math.round(millis);
  let text = '';
  for (const [unit, size] of UNITS) {
    if ((unit === 'y' || unit === 'w') && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) text += count + unit;
    rest -= count * size;
  }
  return text;
}

/** A measured time with three digits: `0.412 ms`, `23 ms`, `1.24 s`. */
export function formatElapsed(millis: number): string {
  if (!Number.isFinite(millis)) return '–';
  if (millis < 1000) return `${Number(millis.toPrecision(3))} ms`;
  if (millis < 60_000) return `${Number((millis / 1000).toPrecision(3))} s`;
  return formatDuration(Math.round(millis / 1000) * 1000);
}

/** The two largest units of a span: `3d 4h`, `12m 5s`, `8s`. */
export function formatSpan(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const parts: [string, number][] = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3600) % 24],
    ['m', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ];
  const first = parts.findIndex(([, count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => count + unit)
    .join(' ');
}

export function formatAgo(thenMillis: number, nowMillis: number): string {
  const gap = nowMillis - thenMillis;
  if (gap < -1000) return `in ${formatSpan(-gap)}`;
  return gap < 1000 ? 'just now' : `${formatSpan(gap)} ago`;
}

/** Milliseconds of an RFC 3339 text; undefined for Go's zero time, which the API sends for "never". */
export function parseTime(text: string | undefined): number | undefined {
  if (!text || text.startsWith('0001-')) return undefined;
  const millis = Date.parse(text);
  return Number.isNaN(millis) ? undefined : millis;
}

const two = (n: number) => String(n).padStart(2, '0');

/** `2026-03-01 12:30:05`, in UTC or in the browser's zone. */
export function formatTime(millis: number, utc: boolean): string {
  const t = new Date(millis);
  if (utc) return t.toISOString().slice(0, 19).replace('T', ' ');
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/** Reads what `formatTime` wrote (with a space or a `T`, seconds optional); undefined if it is no time. */
export function parseWallTime(text: string, utc: boolean): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?/.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number, number, number, number, number, number,
  ];
  const millis = utc
    ? Date.UTC(year, month - 1, day, hour, minute, second)
    : new Date(year, month - 1, day, hour, minute, second).getTime();
  return Number.isNaN(millis) ? undefined : millis;
}

const SI: [string, number][] = [['T', 1e12], ['G', 1e9], ['M', 1e6], ['k', 1e3]];

/** A sample's value in few characters: `1.234M`, `0.00125`, `3.2e-9`. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e15 || size < 1e-6) return value.toExponential(3).replace(/\.?0+e/, 'e');
  if (size < 1e5) return String(Number(value.toPrecision(6)));
  const [suffix, scale] = SI.find(([, limit]) => size >= limit)!;
  return Number((value / scale).toPrecision(5)) + suffix;
}

/** Labels of an axis: one suffix for all ticks, just enough digits to tell neighbours apart. */
export function formatTicks(ticks: number[]): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  const gap = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : largest;
  if (largest > 0 && (largest >= 1e15 || largest < 1e-4)) {
    const digits = Math.max(0, Math.floor(Math.log10(largest)) - Math.floor(Math.log10(gap || largest)));
    return ticks.map((tick) => (tick === 0 ? '0' : tick.toExponential(Math.min(digits, 6))));
  }
  const [suffix, scale] = SI.find(([, limit]) => largest >= limit) ?? ['', 1];
  let digits = 0;
  while (digits < 9 && !isWhole((gap / scale) * 10 ** digits)) digits++;
  return ticks.map((tick) => (tick === 0 ? '0' : (tick / scale).toFixed(digits) + suffix));
}

const isWhole = (n: number) => Math.abs(n - Math.round(n)) < 1e-6 * Math.max(1, Math.abs(n));

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function plural(count: number, word: string, many = word + 's'): string {
  return `${formatCount(count)} ${count === 1 ? word : many}`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${Number(bytes.toPrecision(4))} ${units[unit]}`;
}
