// Real paths through the History API. The server answers each of them with index.html.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const MOVED = 'tidemark:moved';

export interface Place { path: string; search: string }

const here = (): Place => ({ path: location.pathname, search: location.search });

export function go(address: string) {
  history.pushState(null, '', address);
  dispatchEvent(new Event(MOVED));
}

/** Rewrites the address of the present page without a new history entry and without telling anyone. */
export function rewrite(address: string) {
  history.replaceState(null, '', address);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = () => setPlace(here());
    addEventListener('popstate', update);
    addEventListener(MOVED, update);
    return () => {
      removeEventListener('popstate', update);
      removeEventListener(MOVED, update);
    };
  }, []);
  return place;
}

interface LinkProps {
  to: string;
  children: ComponentChildren;
  class?: string;
  title?: string;
  'aria-label'?: string;
  'aria-current'?: 'page';
}

/** An ordinary link (middle click, copy, new tab all work) that stays inside the page on a plain click. */
export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
    scrollTo(0, 0);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
