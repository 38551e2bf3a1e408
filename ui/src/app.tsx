// The frame around every page: navigation, theme, time zone.

import { useEffect } from 'preact/hooks';
import { api } from './api';
import { AlertsPage } from './pages/alerts';
import { ExplorePage } from './pages/explore';
import { RulesPage } from './pages/rules';
import { StatusPage } from './pages/status';
import { TargetsPage } from './pages/targets';
import { Empty } from './parts/notice';
import { usePolled } from './poll';
import { Link, usePlace, type Place } from './router';
import { SettingsContext, useSettingsState, type Theme } from './settings';

const PAGES = [
  { path: '/explore', title: 'Explore' },
  { path: '/alerts', title: 'Alerts' },
  { path: '/rules', title: 'Rules' },
  { path: '/targets', title: 'Targets' },
  { path: '/status', title: 'Status' },
];

function page(place: Place) {
  switch (place.path) {
    case '/alerts': return <AlertsPage />;
    case '/rules': return <RulesPage />;
    case '/targets': return <TargetsPage />;
    case '/status': return <StatusPage />;
    case '/':
    case '/explore':
    case '/graph': return <ExplorePage search={place.search} />;
    default:
      return (
        <Empty title={`There is no page ${place.path}`}>
          <p><Link to="/explore">Go to Explore</Link></p>
        </Empty>
      );
  }
}

export function App() {
  const settings = useSettingsState();
  const place = usePlace();
  const build = usePolled(api.buildInfo);
  const active = place.path === '/' || place.path === '/graph' ? '/explore' : place.path;
  const title = PAGES.find((each) => each.path === active)?.title;
  useEffect(() => {
    document.title = title ? `${title} · Tidemark` : 'Tidemark';
  }, [title]);

  return (
    <SettingsContext.Provider value={settings}>
      <a class="skip" href="#main">Skip to content</a>
      <header class="top">
        <div class="top-inner">
          <Link to="/explore" class="brand" aria-label="Tidemark, go to Explore">
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <rect width="32" height="32" rx="7" />
              <path d="M4 13c4 0 4-4 8-4s4 4 8 4 4-4 8-4M4 23c4 0 4-4 8-4s4 4 8 4 4-4 8-4" />
            </svg>
            <span>Tidemark</span>
          </Link>
          <nav aria-label="Pages">
            {PAGES.map((each) => (
              <Link key={each.path} to={each.path} aria-current={each.path === active ? 'page' : undefined}>
                {each.title}
              </Link>
            ))}
          </nav>
          <div class="top-tools">
            <button
              type="button"
              class="tool"
              aria-pressed={settings.utc}
              title={settings.utc ? 'Times are in UTC; switch to this browser’s zone' : 'Times are in this browser’s zone; switch to UTC'}
              onClick={() => settings.setUtc(!settings.utc)}
            >
              UTC
            </button>
            <ThemeButton theme={settings.theme} dark={settings.dark} onChange={settings.setTheme} />
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1}>{page(place)}</main>
      <footer class="foot">
        {build.data?.version ? `Version ${build.data.version}` : '\u00a0'}
        {/^[\da-f]{7,}$/.test(build.data?.revision ?? '') && <span class="muted"> · {build.data!.revision!.slice(0, 10)}</span>}
      </footer>
    </SettingsContext.Provider>
  );
}

/** Light and dark; choosing what the system already has goes back to following it. */
function ThemeButton({ theme, dark, onChange }: { theme: Theme; dark: boolean; onChange(theme: Theme): void }) {
  const toggle = () => {
    const next = dark ? 'light' : 'dark';
    const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    onChange(next === system ? 'system' : next);
  };
  const label = `Switch to ${dark ? 'light' : 'dark'} theme${theme === 'system' ? ' (now following the system)' : ''}`;
  return (
    <button type="button" class="tool icon" data-test="theme" aria-label={label} title={label} onClick={toggle}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        {dark ? (
          <path d="M10 6.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M16 4l-1.4 1.4M5.4 14.6 4 16" />
        ) : (
          <path d="M16.6 12.2A7 7 0 0 1 7.8 3.4a7 7 0 1 0 8.8 8.8Z" />
        )}
      </svg>
    </button>
  );
}
