// The line chart: uPlot behind three verbs (draw, show, place the cursor). Loaded lazily, beside the editor.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTicks } from '../format';
import { lonePoints, seriesColor, stack, type Columns } from './columns';

export interface ChartOptions {
  columns: Columns;
  stacked: boolean;
  hidden: ReadonlySet<number>;
  dark: boolean;
  utc: boolean;
  /** The time index under the crosshair and the series nearest to it; undefined when the pointer has left. */
  onCursor(at: number | undefined, series: number | undefined): void;
  onZoom(startMillis: number, endMillis: number): void;
}

export interface Chart {
  show(hidden: ReadonlySet<number>): void;
  /** New samples of the same series: the crosshair and the highlighted line stay. */
  update(columns: Columns): void;
  highlight(series: number | undefined): void;
  moveCursor(steps: number): void;
  /** The time index under the crosshair, if it is on the chart. */
  cursor(): number | undefined;
  destroy(): void;
}

const HEIGHT = 320;
const HEIGHT_NARROW = 240;

const heightFor = (width: number) => (width < 520 ? HEIGHT_NARROW : HEIGHT);

export function createChart(box: HTMLElement, options: ChartOptions): Chart {
  const { dark, stacked } = options;
  let columns = options.columns;
  const style = getComputedStyle(box);
  const ink = style.color;
  const grid = style.borderTopColor;
  const font = `12px ${style.fontFamily}`;
  let hidden = options.hidden;
  let nearest: number | undefined;

  const drawn = (): uPlot.AlignedData => [columns.times, ...(stacked ? stack(columns.values, hidden) : columns.values)] as uPlot.AlignedData;

  const axis = { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 5 } };
  const width = Math.max(200, box.clientWidth);
  const plot = new uPlot(
    {
      width,
      height: heightFor(width),
      legend: { show: false },
      padding: [12, 22, 0, 0],
      tzDate: (seconds) => (options.utc ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000)),
      focus: { alpha: stacked ? 1 : 0.25 },
      cursor: {
        focus: { prox: 24 },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7 },
      },
      scales: {
        x: { range: (_, min, max) => (min === max ? [min - 30, max + 30] : [min, max]) },
        y: {
          range: (_, min, max) => {
            if (min == null || max == null) return [0, 1];
            if (min === max) return min === 0 ? [0, 1] : [Math.min(0, min * 1.2), Math.max(0, max * 1.2)];
            return uPlot.rangeNum(stacked ? Math.min(0, min) : min, max, 0.08, true) as [number, number];
          },
        },
      },
      axes: [
        { ...axis, space: 70, values: timeLabels(options.utc) },
        {
          ...axis,
          size: (self, values, at, cycle) => {
            const present = (self.axes[at] as uPlot.Axis & { _size?: number })._size;
            if (cycle > 1 && present !== undefined) return present;
            const longest = (values ?? []).reduce((most, each) => Math.max(most, each.length), 1);
            return Math.max(44, Math.ceil(longest * 7.2) + 16);
          },
          values: (_, ticks) => formatTicks(ticks),
        },
      ],
      series: [
        {},
        ...columns.values.map((_, i): uPlot.Series => {
          const color = seriesColor(i, dark);
          return {
            show: !hidden.has(i),
            stroke: color,
            width: 1.5,
            fill: stacked ? color.replace(')', ' / 0.28)') : undefined,
            points: { show: false, size: 5, fill: color, filter: isolated },
          };
        }),
      ],
      bands: stacked ? bandsOf(columns.values.length, hidden) : [],
      hooks: {
        setCursor: [
          (self) => options.onCursor(self.cursor.left != null && self.cursor.left >= 0 ? (self.cursor.idx ?? undefined) : undefined, nearest),
        ],
        setSeries: [(_, at) => { nearest = at == null ? undefined : at - 1; }],
        setSelect: [
          (self) => {
            if (self.select.width < 4) return;
            const from = self.posToVal(self.select.left, 'x');
            const to = self.posToVal(self.select.left + self.select.width, 'x');
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            options.onZoom(from * 1000, to * 1000);
          },
        ],
      },
    },
    drawn(),
    box,
  );

  const resize = new ResizeObserver(() => {
    const next = box.clientWidth;
    if (next > 0 && next !== plot.width) plot.setSize({ width: next, height: heightFor(next) });
  });
  resize.observe(box);

  return {
    show(next) {
      hidden = next;
      plot.batch(() => {
        columns.values.forEach((_, i) => plot.setSeries(i + 1, { show: !hidden.has(i) }));
        if (stacked) {
          plot.delBand();
          for (const band of bandsOf(columns.values.length, hidden)) plot.addBand(band);
          plot.setData(drawn());
        }
      });
    },
    update(next) {
      columns = next;
      plot.setData(drawn());
    },
    highlight(series) {
      plot.setSeries(series === undefined ? null as unknown as number : series + 1, { focus: series !== undefined });
    },
    moveCursor(steps) {
      const last = columns.times.length - 1;
      const from = plot.cursor.left != null && plot.cursor.left >= 0 ? (plot.cursor.idx ?? last) : last + (steps < 0 ? 1 : 0);
      const at = Math.min(last, Math.max(0, from + steps));
      plot.setCursor({ left: plot.valToPos(columns.times[at]!, 'x'), top: plot.over.clientHeight / 2 });
    },
    cursor: () => (plot.cursor.left != null && plot.cursor.left >= 0 ? (plot.cursor.idx ?? undefined) : undefined),
    destroy() {
      resize.disconnect();
      plot.destroy();
    },
  };
}

/** Each visible series is filled down to the visible one before it. */
function bandsOf(count: number, hidden: ReadonlySet<number>): uPlot.Band[] {
  const visible = Array.from({ length: count }, (_, i) => i).filter((i) => !hidden.has(i));
  return visible.slice(1).map((series, i) => ({ series: [series + 1, visible[i]! + 1] }) as uPlot.Band);
}

const isolated = (self: uPlot, at: number) => {
  const lone = lonePoints(self.data[at]!);
  return lone.length > 0 ? lone : null;
};

const two = (n: number) => String(n).padStart(2, '0');

/** Time of day, with the date wherever the day changes; seconds only when ticks are closer than a minute. */
function timeLabels(utc: boolean): uPlot.Axis.Values {
  return (_, ticks, __, ___, gap) => {
    let dayBefore = '';
    return ticks.map((seconds) => {
      const t = utc ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000);
      const day = `${two(t.getMonth() + 1)}-${two(t.getDate())}`;
      const clock = `${two(t.getHours())}:${two(t.getMinutes())}${gap < 60 ? `:${two(t.getSeconds())}` : ''}`;
      const text = gap >= 86_400 ? day : day !== dayBefore ? `${clock}\n${day}` : clock;
      dayBefore = day;
      return text;
    });
  };
}
