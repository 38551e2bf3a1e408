import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, type Answer } from './api';

export interface Polled<T> {
  /** The last good answer; stays while later attempts fail. */
  data?: T;
  error?: Error;
  /** When `data` arrived. */
  atMillis?: number;
  refresh(): void;
}

/** Loads once, then every `everyMillis` (0: never again) while the page is visible; one request at a time. */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<Answer<T>>, everyMillis = 0): Polled<T> {
  const [state, setState] = useState<{ data?: T; error?: Error; atMillis?: number }>({});
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const run = async () => {
      try {
        const answer = await latest.current(abort.signal);
        setState({ data: answer.data, atMillis: Date.now() });
      } catch (error) {
        if (isAbort(error)) return;
        setState((before) => ({ ...before, error: error as Error }));
      }
      schedule();
    };
    const schedule = () => {
      if (everyMillis > 0 && !abort.signal.aborted && !document.hidden) timer = window.setTimeout(run, everyMillis);
    };
    const onVisibility = () => {
      window.clearTimeout(timer);
      if (!document.hidden && everyMillis > 0) void run();
    };
    document.addEventListener('visibilitychange', onVisibility);
    void run();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [everyMillis, round]);

  const refresh = useCallback(() => setRound((n) => n + 1), []);
  return { ...state, refresh };
}

const listeners = new Set<() => void>();
let timer = 0;

/** One timer for the whole page, running only while somebody listens. */
function onEverySecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ||= window.setInterval(() => document.hidden || listeners.forEach((each) => each()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = 0;
  };
}

/** A text made from the present time, renewed every second; only the text itself renders again, and only if it changed. */
export function useTimedText(textAt: (nowMillis: number) => string): string {
  const [, setRound] = useState(0);
  const text = textAt(Date.now());
  const shown = useRef({ text, textAt });
  shown.current = { text, textAt };
  useEffect(
    () =>
      onEverySecond(() => {
        if (shown.current.textAt(Date.now()) !== shown.current.text) setRound((n) => n + 1);
      }),
    [],
  );
  return text;
}
