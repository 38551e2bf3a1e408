// What this browser remembers: theme and time zone.

import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

export interface Settings {
  theme: Theme;
  dark: boolean;
  utc: boolean;
  setTheme(theme: Theme): void;
  setUtc(utc: boolean): void;
}

const remembered = (key: string): string | undefined => {
  try {
    return localStorage.getItem(`tidemark.${key}`) ?? undefined;
  } catch {
    return undefined; // storage is forbidden here; defaults apply
  }
};

const remember = (key: string, value: string) => {
  try {
    localStorage.setItem(`tidemark.${key}`, value);
  } catch {
    // Storage is forbidden or full: the choice lasts as long as the page.
  }
};

const asTheme = (text: string | undefined): Theme => (text === 'light' || text === 'dark' ? text : 'system');

export function useSettingsState(): Settings {
  const [theme, setThemeState] = useState<Theme>(() => asTheme(remembered('theme')));
  const [utc, setUtcState] = useState(() => remembered('utc') === 'true');
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const update = () => setSystemDark(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  return {
    theme,
    dark: theme === 'system' ? systemDark : theme === 'dark',
    utc,
    setTheme(next) {
      if (next === 'system') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      remember('theme', next);
      setThemeState(next);
    },
    setUtc(next) {
      remember('utc', String(next));
      setUtcState(next);
    },
  };
}

export const SettingsContext = createContext<Settings | undefined>(undefined);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error('useSettings outside of SettingsContext');
  return settings;
}
