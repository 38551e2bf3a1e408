import type { ComponentChildren } from 'preact';
import { ApiError } from '../api';

type Kind = 'error' | 'warning' | 'info';

/** A framed message. Errors and warnings are announced to screen readers. */
export function Notice({ kind, title, children }: { kind: Kind; title?: string; children?: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <strong>{title ?? { error: 'Error', warning: 'Warning', info: 'Note' }[kind]}</strong>
      {children && <div class="notice-text">{children}</div>}
    </div>
  );
}

const TITLES: Record<string, string> = {
  bad_data: 'The request is not valid',
  execution: 'The query failed',
  timeout: 'The query took too long',
  canceled: 'The query was cancelled',
  unavailable: 'The server is not ready',
  unreachable: 'No connection',
  not_found: 'Not found',
  internal: 'The server failed',
};

export function errorTitle(error: Error): string {
  return error instanceof ApiError ? (TITLES[error.type] ?? 'The request failed') : 'The request failed';
}

export function Failure({ error, stale, onRetry }: { error: Error; stale?: boolean; onRetry?(): void }) {
  return (
    <Notice kind="error" title={errorTitle(error)}>
      {error.message}
      {stale && ' What is shown below is the last answer; this page keeps trying.'}
      {onRetry && <> <button type="button" class="link" onClick={onRetry}>Try again</button></>}
    </Notice>
  );
}

/** What to show where nothing is, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading() {
  return <div class="loading" role="status"><span>Loading…</span></div>;
}
