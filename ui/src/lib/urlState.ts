import { isStanding, type Standing } from "./verdict";

export const SORT_KEYS = ["finding", "name", "role", "effect", "missing"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** What a link to the report carries: everything else is the reader's own. */
export interface UrlState {
  query: string;
  verdicts: Standing[];
  role: string;
  sort: SortKey;
  descending: boolean;
  /** The column whose details are open. */
  column: string | null;
  /** The column whose history is open under the heatmap. */
  history: string | null;
}

export const DEFAULT_STATE: UrlState = {
  query: "",
  verdicts: [],
  role: "",
  sort: "finding",
  descending: true,
  column: null,
  history: null,
};

/** Text columns read best from A, measures from the largest. */
export const startsDescending = (key: SortKey) => key !== "name" && key !== "role";

const isSortKey = (text: string): text is SortKey => SORT_KEYS.some((key) => key === text);

/** Reads a location hash. What is not understood is left out: a link never breaks the page. */
export function parseHash(hash: string): UrlState {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const sortText = params.get("sort") ?? "";
  const name = sortText.replace(/^-/, "");
  const sort = isSortKey(name) ? name : DEFAULT_STATE.sort;
  return {
    query: params.get("q") ?? "",
    verdicts: (params.get("verdict") ?? "").split(",").filter(isStanding),
    role: params.get("role") ?? "",
    sort,
    descending: isSortKey(name) ? sortText.startsWith("-") : startsDescending(sort),
    column: params.get("column"),
    history: params.get("history"),
  };
}

/** The shortest hash that `parseHash` reads back; empty for the default state. */
export function formatHash(state: UrlState): string {
  const params = new URLSearchParams();
  if (state.query) params.set("q", state.query);
  if (state.verdicts.length > 0) params.set("verdict", state.verdicts.join(","));
  if (state.role) params.set("role", state.role);
  if (state.sort !== DEFAULT_STATE.sort || state.descending !== startsDescending(state.sort)) {
    params.set("sort", `${state.descending ? "-" : ""}${state.sort}`);
  }
  if (state.column !== null) params.set("column", state.column);
  if (state.history !== null) params.set("history", state.history);
  const text = params.toString();
  return text === "" ? "" : `#${text}`;
}
