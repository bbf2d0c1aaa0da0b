import type { Column, ColumnView, Report, Summary, View } from "../api/report";
import { isNumber } from "./format";
import { effectRatio, headline } from "./measurement";
import type { UrlState } from "./urlState";
import { type Standing, severity, standingOf } from "./verdict";

/** A column with what its row of the table needs, computed once. */
export interface ColumnRow {
  column: Column;
  standing: Standing;
  views: View[];
  ratio: number | null;
  missing: { reference: number | null; current: number | null; change: number | null };
  /** Lower-case text the filter looks into. */
  text: string;
}

export function rate(summary: Summary | undefined, part: "missing" | "invalid"): number | null {
  if (!summary || !(summary.rows > 0) || !isNumber(summary[part])) return null;
  return summary[part] / summary.rows;
}

/** Own properties only: a column may be called `constructor`. */
export function own<T>(record: Record<string, T> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}

export function viewsOf(report: Report, name: string): View[] {
  const view: ColumnView | undefined = own(report.columns, name);
  return view?.views ?? [];
}

export function buildRows(report: Report): ColumnRow[] {
  return report.check.columns.map((column) => {
    const views = viewsOf(report, column.name);
    const reference = rate(views[0]?.reference_summary, "missing");
    const current = rate(views[0]?.current_summary, "missing");
    const change = reference === null || current === null ? null : current - reference;
    return {
      column,
      standing: standingOf(column),
      views,
      ratio: effectRatio(headline(column.measurements)),
      missing: { reference, current, change },
      text: `${column.name} ${column.role} ${column.type}`.toLowerCase(),
    };
  });
}

/** How much a reader should care: the verdict, then the effect weighted by importance. */
function findingOrder(a: ColumnRow, b: ColumnRow): number {
  const weight = (row: ColumnRow) =>
    (row.ratio ?? -1) *
    (row.ratio !== null && isNumber(row.column.importance) ? row.column.importance : 1);
  return severity(a.standing) - severity(b.standing) || weight(a) - weight(b);
}

/** Rows without the number sort last in both directions: unknown is neither small nor large. */
function numberOrder(a: number | null, b: number | null, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return descending ? b - a : a - b;
}

export function sortRows(rows: readonly ColumnRow[], state: UrlState): ColumnRow[] {
  const flip = state.descending ? -1 : 1;
  const byName = (a: ColumnRow, b: ColumnRow) =>
    a.column.name.localeCompare(b.column.name, "en", { numeric: true });
  const orders: Record<UrlState["sort"], (a: ColumnRow, b: ColumnRow) => number> = {
    finding: (a, b) => flip * findingOrder(a, b),
    name: (a, b) => flip * byName(a, b),
    role: (a, b) => flip * a.column.role.localeCompare(b.column.role, "en"),
    effect: (a, b) => numberOrder(a.ratio, b.ratio, state.descending),
    missing: (a, b) => numberOrder(a.missing.change, b.missing.change, state.descending),
  };
  const order = orders[state.sort];
  return rows.toSorted((a, b) => order(a, b) || byName(a, b));
}

export function filterRows(rows: readonly ColumnRow[], state: UrlState): ColumnRow[] {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (state.verdicts.length === 0 || state.verdicts.includes(row.standing)) &&
      (state.role === "" || row.column.role === state.role) &&
      words.every((word) => row.text.includes(word)),
  );
}

export function countStandings(rows: readonly ColumnRow[]): Map<Standing, number> {
  const counts = new Map<Standing, number>();
  for (const row of rows) counts.set(row.standing, (counts.get(row.standing) ?? 0) + 1);
  return counts;
}
