import type { Column, Verdict } from "../api/report";

/** A column nothing was judged of (an id, a timestamp) is none of the four verdicts. */
export type Standing = Verdict | "not_judged";

/** Worst first: also the order of chips, legends and counts. */
export const STANDINGS: readonly Standing[] = [
  "critical",
  "warning",
  "unknown",
  "ok",
  "not_judged",
];

const WORDS: Record<Standing, string> = {
  critical: "Critical",
  warning: "Warning",
  unknown: "Unknown",
  ok: "OK",
  not_judged: "Not judged",
};

export function standingWord(standing: Standing): string {
  return WORDS[standing] ?? WORDS.unknown;
}

export function isStanding(text: string): text is Standing {
  return Object.hasOwn(WORDS, text);
}

/** Larger is worse. */
export function severity(standing: Standing): number {
  const index = STANDINGS.indexOf(standing);
  return index < 0 ? 0 : STANDINGS.length - index;
}

/** Roles that are described, not judged. */
const DESCRIBED = new Set(["id", "timestamp"]);

/**
 * A column without a measurement that decides was described, not judged. But unknown stays unknown
 * where nothing at all could be measured: that is news, not a choice.
 */
export function standingOf(
  column: Pick<Column, "verdict" | "measurements"> & { role?: string },
): Standing {
  const { verdict, measurements } = column;
  if (measurements.some((m) => m.alarm)) return verdict;
  const described = measurements.length > 0 || DESCRIBED.has(column.role ?? "");
  if (verdict === "ok" || (verdict === "unknown" && described)) return "not_judged";
  return verdict;
}
