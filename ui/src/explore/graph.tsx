// Chart, tooltip and legend of one panel.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MatrixItem } from '../api';
import { formatTime, formatValue, plural } from '../format';
import { Empty, Notice } from '../parts/notice';
import { SeriesName, seriesText } from '../parts/text';
import { useSettings } from '../settings';
import type { Chart } from './chart';
import { lastValue, seriesColor, toColumns } from './columns';

export interface GraphData { matrix: MatrixItem[]; start: number; end: number; step: number }

const SERIES_SHOWN = 100;
const SERIES_SHOWN_MAX = 1000;

interface Props { data: GraphData; stacked: boolean; onZoom(startMillis: number, endMillis: number): void }

export function Graph({ data, stacked, onZoom }: Props) {
  const { dark, utc } = useSettings();
  const [limit, setLimit] = useState(SERIES_SHOWN);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [broken, setBroken] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const clock = useRef<HTMLSpanElement>(null);
  const rows = useRef<(HTMLSpanElement | null)[]>([]);
  const chart = useRef<Chart | undefined>(undefined);
  const hiddenNow = useRef(hidden);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;

  const shown = useMemo(() => data.matrix.slice(0, limit), [data, limit]);
  const columns = useMemo(() => toColumns(shown, data.start, data.end, data.step), [shown, data]);
  const names = useMemo(() => shown.map((item) => seriesText(item.metric)), [shown]);

  // Hidden series are numbers within one answer; another set of series starts with all of them shown.
  const shape = names.join('\n');
  const shapeBefore = useRef(shape);
  if (shapeBefore.current !== shape) {
    shapeBefore.current = shape;
    if (hidden.size > 0) setHidden(new Set());
  }
  hiddenNow.current = hidden;

  const drawnColumns = useRef(columns);
  const showValues = useRef<((at: number | undefined, nearest: number | undefined) => void) | undefined>(undefined);
  const columnsNow = useRef(columns);
  columnsNow.current = columns;

  useEffect(() => {
    let gone = false;
    // The legend follows the pointer at its own pace: text is written into the rows without rendering the page again.
    const onCursor = (at: number | undefined, nearest: number | undefined) => {
      const { values, times } = columnsNow.current;
      values.forEach((column, i) => {
        const value = at === undefined ? lastValue(column) : column[at];
        const row = rows.current[i];
        if (row) row.textContent = value == null ? '–' : formatValue(value);
      });
      if (clock.current) {
        clock.current.textContent = at === undefined ? 'Last values' : `Values at ${formatTime(times[at]! * 1000, utc)}`;
      }
      const value = at !== undefined && nearest !== undefined ? values[nearest]?.[at] : undefined;
      if (tip.current) {
        tip.current.hidden = value == null;
        // On the half of the chart where the pointer is not.
        tip.current.classList.toggle('left', (at ?? 0) > times.length / 2);
        if (value != null) {
          tip.current.textContent = `${formatValue(value)}  ${names[nearest!]}`;
          tip.current.style.setProperty('--line-color', seriesColor(nearest!, dark));
        }
      }
    };
    import('./chart').then(({ createChart }) => {
      if (gone || !box.current) return;
      chart.current = createChart(box.current, {
        columns: columnsNow.current, stacked, dark, utc, hidden: hiddenNow.current, onCursor, onZoom: (from, to) => zoom.current(from, to),
      });
      box.current.dataset.drawn = 'true';
    }, () => setBroken(true));
    drawnColumns.current = columnsNow.current;
    showValues.current = onCursor;
    onCursor(undefined, undefined);
    return () => {
      gone = true;
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [shape, stacked, dark, utc]);

  useEffect(() => {
    if (drawnColumns.current === columns) return;
    drawnColumns.current = columns;
    chart.current?.update(columns);
    showValues.current?.(chart.current?.cursor(), undefined);
  }, [columns]);

  useEffect(() => chart.current?.show(hidden), [hidden]);

  const toggle = (i: number, only: boolean) => {
    const next = new Set(hidden);
    if (only) {
      const alone = shown.length - hidden.size === 1 && !hidden.has(i);
      next.clear();
      if (!alone) shown.forEach((_, each) => each !== i && next.add(each));
    } else if (!next.delete(i)) next.add(i);
    setHidden(next);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    chart.current?.moveCursor(event.shiftKey ? steps * 10 : steps);
  };

  const beyond = data.matrix.length - shown.length;
  return (
    <div class="graph">
      {columns.histograms > 0 && (
        <Notice kind="info" title="Native histograms are not drawn as lines">
          {plural(columns.histograms, 'series', 'series')} of this answer hold histograms. Draw a number of them instead, for example with
          histogram_quantile() or histogram_avg(), or see the table.
        </Notice>
      )}
      {broken && (
        <Notice kind="error" title="The chart could not be loaded">
          Its code did not arrive from the server. The legend has the last values; reload the page for the chart.
        </Notice>
      )}
      <div class="plot-frame">
        <div
          class="plot"
          ref={box}
          role="img"
          tabIndex={0}
          aria-label={`Line chart of ${plural(shown.length, 'series', 'series')}. Arrow keys move the crosshair; the legend below has the values.`}
          onKeyDown={onKeyDown}
        />
        <div class="plot-tip" ref={tip} hidden />
      </div>
      <div class="legend-head">
        <span ref={clock}>Last values</span>
        <span class="muted hint">Click a name to show or hide it, Ctrl+click to see it alone; drag across the chart to zoom.</span>
      </div>
      <ul class="legend" aria-label="Series">
        {shown.map((item, i) => (
          <li key={names[i]}>
            <button
              type="button"
              class="legend-row"
              aria-pressed={!hidden.has(i)}
              title={names[i]}
              onClick={(event) => toggle(i, event.ctrlKey || event.metaKey)}
              onMouseEnter={() => !hidden.has(i) && chart.current?.highlight(i)}
              onMouseLeave={() => chart.current?.highlight(undefined)}
            >
              <span class="swatch" style={{ background: seriesColor(i, dark) }} />
              <span class="legend-name"><SeriesName labels={item.metric} /></span>
              <span class="legend-value" ref={(row) => { rows.current[i] = row; }} />
            </button>
          </li>
        ))}
      </ul>
      {beyond > 0 && (
        <p class="more">
          Showing the first {shown.length} of {plural(data.matrix.length, 'series', 'series')}.{' '}
          {limit < SERIES_SHOWN_MAX ? (
            <button type="button" class="link" onClick={() => setLimit(SERIES_SHOWN_MAX)}>
              Show up to {SERIES_SHOWN_MAX}
            </button>
          ) : (
            'Narrow the query, for example with topk() or sum by (…), to see the others.'
          )}
        </p>
      )}
    </div>
  );
}

export function NoData({ expr, instant }: { expr: string; instant: boolean }) {
  return (
    <Empty title={instant ? 'No series match at this time' : 'No series match in this time range'}>
      <p>
        Check the names and label values in <code>{expr.length > 120 ? `${expr.slice(0, 120)}…` : expr}</code>,{' '}
        {instant ? 'or choose another time' : 'widen the range, or move its end'}. While you type, the editor lists the metrics and labels that exist.
      </p>
    </Empty>
  );
}
