/** Dark or light: as the system is, until a person wants it otherwise. */

export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEY = "mayfly-theme";

export function savedTheme(): Theme {
  const saved = store()?.getItem(KEY);
  return THEMES.find((theme) => theme === saved) ?? "system";
}

export function saveTheme(theme: Theme): void {
  applyTheme(theme);
  store()?.setItem(KEY, theme);
}

/** `undefined`: the browser keeps nothing for pages; the choice lasts as long as this one then. */
function store(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
