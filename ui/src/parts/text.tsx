// Small pieces of text that every page shares. All of it goes through JSX, so markup in a label is only ever text.

import type { Labels } from '../api';
import { exploreLink, type Tab } from '../explore/state';
import { formatAgo, formatTime, parseTime } from '../format';
import { tokens } from '../promql';
import { useTimedText } from '../poll';
import { Link } from '../router';
import { useSettings } from '../settings';

/** A metric in PromQL's notation: name, then labels in braces. */
export function SeriesName({ labels }: { labels: Labels }) {
  const { __name__: name, ...rest } = labels;
  const pairs = Object.entries(rest);
  if (!name && pairs.length === 0) return <span class="series-name muted">{'{}'}</span>;
  return (
    <span class="series-name">
      {name && <b>{name}</b>}
      {pairs.length > 0 && '{'}
      {pairs.map(([key, value], i) => (
        <span key={key}>
          {i > 0 && ', '}
          <span class="tok-label">{key}</span>=<span class="tok-string">{JSON.stringify(value)}</span>
        </span>
      ))}
      {pairs.length > 0 && '}'}
    </span>
  );
}

export function seriesText(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return name + (pairs.length > 0 || !name ? `{${pairs.join(', ')}}` : '');
}

export function LabelList({ labels, without = [] }: { labels: Labels; without?: string[] }) {
  const pairs = Object.entries(labels).filter(([key]) => !without.includes(key));
  if (pairs.length === 0) return <span class="muted">no labels</span>;
  return (
    <ul class="labels">
      {pairs.map(([key, value]) => (
        <li key={key}>
          <span class="label-key">{key}</span>
          <span class="label-value">{value}</span>
        </li>
      ))}
    </ul>
  );
}

/** An expression, coloured, leading to Explore. */
export function ExprLink({ expr, tab }: { expr: string; tab?: Tab }) {
  return (
    <Link to={exploreLink(expr, tab)} class="expr" title="Open in Explore">
      <code>
        {tokens(expr).map((token, i) => (
          <span key={i} class={`tok-${token.kind}`}>
            {token.text}
          </span>
        ))}
      </code>
    </Link>
  );
}

/** "3m 5s ago", counting on by itself, with the full time on hover. */
export function Ago({ time }: { time: string | number | undefined }) {
  const { utc } = useSettings();
  const millis = typeof time === 'number' ? time : parseTime(time);
  const text = useTimedText((now) => (millis === undefined ? '' : formatAgo(millis, now)));
  if (millis === undefined) return <span class="muted">never</span>;
  return (
    <time dateTime={new Date(millis).toISOString()} title={formatTime(millis, utc) + (utc ? ' UTC' : '')}>
      {text}
    </time>
  );
}

export type Tone = 'bad' | 'warn' | 'good' | 'idle';

const TRIANGLE = 'M5 .6 9.6 9.4H.4Z';
const DIAMOND = 'M5 0l5 5-5 5-5-5Z';
const CIRCLE = 'M5 .6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8Z';

/** State as a shape and a word: colour is never the only carrier. */
export function State({ tone, text }: { tone: Tone; text: string }) {
  return (
    <span class={`state ${tone}`}>
      <Shape tone={tone} />
      {text}
    </span>
  );
}

export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg class="dot" viewBox="0 0 10 10" aria-hidden="true">
      <path d={tone === 'bad' ? TRIANGLE : tone === 'warn' ? DIAMOND : CIRCLE} />
    </svg>
  );
}
