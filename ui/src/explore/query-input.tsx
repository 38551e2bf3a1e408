import { useEffect, useRef } from 'preact/hooks';
import type { Editor } from './editor';
import type { Place } from './state';

interface Props {
  text: string;
  /** A text from outside (link, example, history) that replaces what is in the editor; a new object each time. */
  given: { text: string };
  label: string;
  error?: { place: Place; message: string };
  autofocus?: boolean;
  onChange(text: string): void;
  onExecute(): void;
}

const HINT = 'PromQL, for example sum by (job) (rate(http_requests_total[5m]))';

/** A plain text area at once; the editor takes its place, at the same size, as soon as its code has arrived. */
export function QueryInput(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const editor = useRef<Editor | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    let gone = false;
    import('./editor').then(
      ({ createEditor }) => {
        if (gone || !box.current) return;
        const focused = document.activeElement === area.current;
        area.current!.hidden = true;
        editor.current = createEditor(box.current, {
          text: latest.current.text,
          label: latest.current.label,
          hint: HINT,
          onChange: (text) => latest.current.onChange(text),
          onExecute: () => latest.current.onExecute(),
        });
        if (focused || latest.current.autofocus) editor.current.focus();
      },
      () => {
        // The editor's code could not be fetched: the text area goes on working.
      },
    );
    return () => {
      gone = true;
      editor.current?.destroy();
    };
  }, []);

  // Only texts from outside go into the editor. Sending back what it reported itself would undo keys typed in between.
  useEffect(() => editor.current?.setText(props.given.text), [props.given]);
  useEffect(() => {
    editor.current?.mark(props.error && { ...props.error.place, message: props.error.message });
  }, [props.error]);

  return (
    <div class="query-input" ref={box}>
      <textarea
        ref={area}
        rows={1}
        aria-label={props.label}
        placeholder={HINT}
        spellcheck={false}
        value={props.text}
        onInput={(event) => props.onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey) return;
          event.preventDefault();
          props.onExecute();
        }}
      />
    </div>
  );
}
