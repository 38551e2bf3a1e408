// The answer of an instant query, one row a series.

import { useMemo, useState } from 'preact/hooks';
import type { NativeHistogram, QueryData, Sample } from '../api';
import { formatTime, plural } from '../format';
import { SeriesName, seriesText } from '../parts/text';
import { useSettings } from '../settings';

const ROWS_SHOWN = 200;
const SAMPLES_SHOWN = 100;

interface Row { key: string; name: preact.JSX.Element; lines: string[]; value: number; note?: string }

const histogramText = (h: NativeHistogram) => `histogram: count ${h.count}, sum ${h.sum}`;

function rowsOf(data: QueryData, utc: boolean): Row[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.map((item) => ({
        key: seriesText(item.metric),
        name: <SeriesName labels={item.metric} />,
        lines: [item.value ? item.value[1] : item.histogram ? histogramText(item.histogram[1]) : ''],
        value: Number(item.value?.[1] ?? item.histogram?.[1].count),
      }));
    case 'matrix':
      return data.result.map((item) => {
        const samples: [number, string][] = [
          ...(item.values ?? []),
          ...(item.histograms ?? []).map(([at, h]): Sample => [at, histogramText(h)]),
        ];
        return {
          key: seriesText(item.metric),
          name: <SeriesName labels={item.metric} />,
          lines: samples.slice(-SAMPLES_SHOWN).map(([at, value]) => `${value}  @ ${formatTime(at * 1000, utc)}`),
          value: Number(samples.at(-1)?.[1]),
          note: samples.length > SAMPLES_SHOWN ? `the last ${SAMPLES_SHOWN} of ${plural(samples.length, 'sample')}` : undefined,
        };
      });
    case 'scalar':
    case 'string':
      return [{ key: '', name: <span class="muted">{data.resultType}</span>, lines: [data.result[1]], value: Number(data.result[1]) }];
  }
}

type Order = 'given' | 'name' | 'falling' | 'rising';

export function ResultTable({ data }: { data: QueryData }) {
  const { utc } = useSettings();
  const [order, setOrder] = useState<Order>('given');
  const [limit, setLimit] = useState(ROWS_SHOWN);
  const rows = useMemo(() => {
    const all = rowsOf(data, utc);
    if (order === 'name') return all.sort((a, b) => (a.key < b.key ? -1 : 1));
    if (order === 'given') return all;
    const sign = order === 'rising' ? 1 : -1;
    // Values that are no numbers go last in either direction.
    return all.sort((a, b) => (Number.isNaN(a.value) ? 1 : Number.isNaN(b.value) ? -1 : sign * (a.value - b.value)));
  }, [data, order, utc]);

  return (
    <div class="result-table">
      <table>
        <thead>
          <tr>
            <th aria-sort={order === 'name' ? 'ascending' : 'none'}>
              <button type="button" class="sort" onClick={() => setOrder(order === 'name' ? 'given' : 'name')}>Series</button>
            </th>
            <th class="number" aria-sort={order === 'falling' ? 'descending' : order === 'rising' ? 'ascending' : 'none'}>
              <button type="button" class="sort" onClick={() => setOrder(order === 'falling' ? 'rising' : 'falling')}>Value</button>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, limit).map((row) => (
            <tr key={row.key}>
              <td class="wrap">{row.name}</td>
              <td class="number">
                {row.note && <div class="muted">{row.note}</div>}
                {row.lines.map((line, i) => <div key={i}>{line}</div>)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > limit && (
        <p class="more">
          Showing {limit} of {plural(rows.length, 'row')}.{' '}
          <button type="button" class="link" onClick={() => setLimit(limit * 5)}>Show more</button>
        </p>
      )}
    </div>
  );
}
