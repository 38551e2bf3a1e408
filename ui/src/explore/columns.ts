// From an API answer to what a chart draws: one shared array of times, one array of values a series.

import type { MatrixItem } from '../api';

export interface Columns {
  /** Seconds, ascending, one per step. */
  times: number[];
  /** Values aligned to `times`; null where a series has no drawable sample. */
  values: (number | null)[][];
  /** Native histogram series, which lines cannot show. */
  histograms: number;
}

export function toColumns(matrix: MatrixItem[], startMillis: number, endMillis: number, stepMillis: number): Columns {
  const count = Math.max(0, Math.floor((endMillis - startMillis) / stepMillis) + 1);
  const times = Array.from({ length: count }, (_, i) => (startMillis + i * stepMillis) / 1000);
  let histograms = 0;
  const values = matrix.map((item) => {
    const column: (number | null)[] = new Array(count).fill(null);
    for (const [seconds, text] of item.values ?? []) {
      const i = Math.round((seconds * 1000 - startMillis) / stepMillis);
      const value = Number(text);
      if (i >= 0 && i < count && Number.isFinite(value)) column[i] = value;
    }
    if (item.histograms?.length && !item.values?.length) histograms++;
    return column;
  });
  return { times, values, histograms };
}

/** Running sums, hidden series left out; a series keeps its own gaps but never lowers those above it. */
export function stack(values: (number | null)[][], hidden: ReadonlySet<number>): (number | null)[][] {
  const sums = new Array<number>(values[0]?.length ?? 0).fill(0);
  return values.map((column, i) => {
    if (hidden.has(i)) return column.map(() => null);
    return column.map((value, at) => {
      if (value === null) return null;
      sums[at]! += value;
      return sums[at]!;
    });
  });
}

/** Indices whose neighbours are both missing: a line cannot show these, so they get a dot. */
export function lonePoints(column: ArrayLike<number | null | undefined>): number[] {
  const lone: number[] = [];
  for (let i = 0; i < column.length; i++) {
    if (column[i] != null && column[i - 1] == null && column[i + 1] == null) lone.push(i);
  }
  return lone;
}

export function lastValue(column: (number | null)[]): number | null {
  for (let i = column.length - 1; i >= 0; i--) if (column[i] !== null) return column[i]!;
  return null;
}

// Hues far apart first; from the ninth series on the golden angle keeps neighbours distinct.
const HUES = [235, 55, 155, 20, 300, 195, 95, 345];

/** Line colour of a series. Lightness is fixed per theme, which keeps every line above 3:1 against the page. */
export function seriesColor(index: number, dark: boolean): string {
  const hue = index < HUES.length ? HUES[index]! : (index * 137.508) % 360;
  return dark ? `oklch(0.76 0.13 ${hue.toFixed(0)})` : `oklch(0.54 0.15 ${hue.toFixed(0)})`;
}
