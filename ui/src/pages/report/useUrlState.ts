import { useCallback, useEffect, useState } from "react";
import { formatHash, parseHash, type UrlState } from "../../lib/urlState";

/** Filters and open parts live in the hash, so that a copied link shows the same. */
export function useUrlState(): [UrlState, (change: Partial<UrlState>) => void] {
  const [state, setState] = useState(() => parseHash(location.hash));
  useEffect(() => {
    const read = () => setState(parseHash(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  useEffect(() => {
    const hash = formatHash(state);
    if (hash === location.hash) return;
    // Replaced, not pushed: typing into the filter must not fill the history. Some viewers forbid it.
    try {
      history.replaceState(null, "", hash === "" ? location.pathname + location.search : hash);
    } catch {
      // The page works the same without a link.
    }
  }, [state]);
  const change = useCallback((next: Partial<UrlState>) => {
    setState((previous) => ({ ...previous, ...next }));
  }, []);
  return [state, change];
}
