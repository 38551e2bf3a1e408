import type { ComponentChildren } from 'preact';

export interface Choice<T extends string> { value: T; label: ComponentChildren; count?: number }

interface ChoicesProps<T extends string> {
  label: string;
  value: T;
  choices: Choice<NoInfer<T>>[];
  onChange(value: NoInfer<T>): void;
}

/** A row of mutually exclusive buttons with counts. */
export function Choices<T extends string>(props: ChoicesProps<T>) {
  return (
    <div class="choices" role="group" aria-label={props.label}>
      {props.choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          class="choice"
          aria-pressed={choice.value === props.value}
          onClick={() => props.onChange(choice.value)}
        >
          {choice.label}
          {choice.count !== undefined && <span class="count">{choice.count}</span>}
        </button>
      ))}
    </div>
  );
}

export function SearchBox(props: { label: string; value: string; onChange(value: string): void }) {
  return (
    <input
      class="search"
      type="search"
      placeholder={props.label}
      aria-label={props.label}
      value={props.value}
      onInput={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}

/** True if every word of the needle occurs somewhere in the hay, in any order and case. */
export function matches(needle: string, ...hay: string[]): boolean {
  const text = hay.join('\n').toLowerCase();
  return needle.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
