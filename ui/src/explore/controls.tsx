// Range, end, step and stacking of one panel.

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDuration, formatTime, parseDuration, parseWallTime } from '../format';
import { useSettings } from '../settings';
import { autoStep, neighbourRange, RANGE_CHOICES, type PanelState } from './state';

interface Props { panel: PanelState; onChange(panel: PanelState): void }

export function TimeControls({ panel, onChange }: Props) {
  const { utc } = useSettings();
  const graph = panel.tab === 'graph';
  const shift = (direction: 1 | -1) => {
    const now = Date.now();
    const end = (panel.endMillis ?? now) + direction * (graph ? panel.rangeMillis / 2 : 300_000);
    onChange({ ...panel, endMillis: end >= now ? undefined : Math.round(end / 1000) * 1000 });
  };
  return (
    <div class="controls">
      {graph && (
        <div class="field" role="group" aria-label="Range">
          <Step label="Narrower range" sign="−" onClick={() => onChange({ ...panel, rangeMillis: neighbourRange(panel.rangeMillis, -1) })} />
          <DurationInput
            label="Range"
            value={formatDuration(panel.rangeMillis)}
            choices={RANGE_CHOICES}
            onCommit={(millis) => millis !== undefined && onChange({ ...panel, rangeMillis: millis })}
          />
          <Step label="Wider range" sign="+" onClick={() => onChange({ ...panel, rangeMillis: neighbourRange(panel.rangeMillis, 1) })} />
        </div>
      )}
      <div class="field end" role="group" aria-label={graph ? 'End time' : 'Evaluation time'}>
        <Step label="Earlier" sign="‹" onClick={() => shift(-1)} />
        <TimeInput
          label={graph ? 'End time' : 'Evaluation time'}
          millis={panel.endMillis}
          utc={utc}
          onCommit={(endMillis) => onChange({ ...panel, endMillis })}
        />
        <Step label="Later" sign="›" disabled={panel.endMillis === undefined} onClick={() => shift(1)} />
        <button type="button" class="step now" disabled={panel.endMillis === undefined} onClick={() => onChange({ ...panel, endMillis: undefined })}>
          Now
        </button>
      </div>
      {graph && (
        <>
          <label class="field labelled">
            <span>Step</span>
            <DurationInput
              label="Step; empty means automatic"
              value={panel.stepMillis === undefined ? '' : formatDuration(panel.stepMillis)}
              placeholder={`auto ${formatDuration(autoStep(panel.rangeMillis))}`}
              choices={[]}
              onCommit={(millis) => onChange({ ...panel, stepMillis: millis })}
            />
          </label>
          <label class="check">
            <input type="checkbox" checked={panel.stacked} onChange={(event) => onChange({ ...panel, stacked: event.currentTarget.checked })} />
            Stacked
          </label>
        </>
      )}
    </div>
  );
}

function Step({ label, sign, disabled, onClick }: { label: string; sign: string; disabled?: boolean; onClick(): void }) {
  return (
    <button type="button" class="step" aria-label={label} title={label} disabled={disabled} onClick={onClick}>
      {sign}
    </button>
  );
}

/** A time as text, `2026-03-01 12:30:00`, or empty for now; the button beside it opens the browser's own calendar. */
function TimeInput(props: { label: string; millis?: number; utc: boolean; onCommit(millis?: number): void }) {
  const value = props.millis === undefined ? '' : formatTime(props.millis, props.utc);
  const [text, setText] = useState(value);
  const picker = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  const zone = props.utc ? ' (UTC)' : '';
  const bad = text.trim() !== '' && parseWallTime(text, props.utc) === undefined;
  const commit = () => {
    if (bad) setText(value);
    else if (text !== value) props.onCommit(parseWallTime(text, props.utc));
  };
  return (
    <>
      <input
        class="when"
        type="text"
        autocomplete="off"
        placeholder="now"
        aria-label={`${props.label}${zone}; empty means now`}
        title={bad ? 'Not a time; write for example 2026-03-01 12:30' : `${props.label}${zone}; empty means now`}
        aria-invalid={bad}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      <span class="picker">
        <button type="button" class="step" aria-label="Choose from a calendar" title="Choose from a calendar" onClick={() => picker.current?.showPicker()}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2v3M10.5 2v3" /></svg>
        </button>
        <input
          ref={picker}
          type="datetime-local"
          step={1}
          tabIndex={-1}
          aria-hidden="true"
          value={formatTime(props.millis ?? Date.now(), props.utc).replace(' ', 'T')}
          onChange={(event) => props.onCommit(parseWallTime(event.currentTarget.value, props.utc))}
        />
      </span>
    </>
  );
}

/** Takes effect on Enter or when left; an unreadable text is marked and changes nothing. */
function DurationInput(props: { label: string; value: string; placeholder?: string; choices: string[]; onCommit(millis?: number): void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const bad = text.trim() !== '' && parseDuration(text) === undefined;
  const commit = (now: string) => {
    if (now === props.value || (now.trim() !== '' && parseDuration(now) === undefined)) return;
    props.onCommit(parseDuration(now));
  };
  const list = props.choices.length > 0 ? 'ranges' : undefined;
  return (
    <>
      <input
        class="duration"
        type="text"
        autocomplete="off"
        aria-label={props.label}
        aria-invalid={bad}
        title={bad ? 'Not a duration; write for example 90s, 15m or 1h30m' : props.label}
        placeholder={props.placeholder}
        list={list}
        value={text}
        onInput={(event) => {
          const now = event.currentTarget.value;
          setText(now);
          if (props.choices.includes(now)) commit(now);
        }}
        onBlur={() => (bad ? setText(props.value) : commit(text))}
        onKeyDown={(event) => event.key === 'Enter' && commit(event.currentTarget.value)}
      />
      {list && <datalist id={list}>{props.choices.map((each) => <option key={each} value={each} />)}</datalist>}
    </>
  );
}
