import { useEffect, useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

const KEY = "wk-theme";
const listeners = new Set<() => void>();

/** Storage may be refused (file URLs, private windows): the choice then lasts as long as the page. */
function store(choice: ThemeChoice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Nothing to do: the attribute below is what the page goes by.
  }
}

export function themeChoice(): ThemeChoice {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function setTheme(choice: ThemeChoice): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  store(choice);
  for (const listener of listeners) listener();
}

const dark = () => matchMedia("(prefers-color-scheme: dark)");
const printing = () => matchMedia("print");

/** The theme that is shown now. Paper is light. */
export function currentTheme(): Theme {
  if (printing().matches) return "light";
  const choice = themeChoice();
  if (choice !== "system") return choice;
  return dark().matches ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
  const queries = [dark(), printing()];
  listeners.add(listener);
  for (const query of queries) query.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    for (const query of queries) query.removeEventListener("change", listener);
  };
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, themeChoice);
}

/** Calls back right before the page is printed and after it was. */
export function usePrint(onChange: (printing: boolean) => void): void {
  useEffect(() => {
    const before = () => onChange(true);
    const after = () => onChange(false);
    const query = printing();
    const change = () => onChange(query.matches);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    query.addEventListener("change", change);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
      query.removeEventListener("change", change);
    };
  }, [onChange]);
}
