import type { Group, Measurement, Verdict } from "../api/report";
import { effectRatio, headline } from "../lib/measurement";
import { severity } from "../lib/verdict";

/** One column in one group (a period or a segment). */
export interface EffectCell {
  /** What decides here, and all that might have. */
  measurement: Measurement | undefined;
  measurements: readonly Measurement[];
  /** Null is unknown: too few rows, undefined, or the column is absent from the group. */
  ratio: number | null;
  verdict: Verdict | null;
  reason: string;
}

export interface EffectRow {
  name: string;
  cells: EffectCell[];
  worst: number;
  strongest: number;
}

const ABSENT: EffectCell = {
  measurement: undefined,
  measurements: [],
  ratio: null,
  verdict: null,
  reason: "not in this group",
};

/** Columns by groups, the worst column first. */
export function buildEffects(groups: readonly Group[]): EffectRow[] {
  const rows = new Map<string, EffectCell[]>();
  groups.forEach((group, at) => {
    for (const column of group.columns) {
      const cells = rows.get(column.name) ?? new Array<EffectCell>(groups.length).fill(ABSENT);
      const measurement = headline(column.measurements) ?? column.measurements[0];
      cells[at] = {
        measurement,
        measurements: column.measurements,
        ratio: effectRatio(measurement),
        verdict: column.verdict,
        reason: column.reason,
      };
      rows.set(column.name, cells);
    }
  });
  return [...rows]
    .map(([name, cells]) => ({
      name,
      cells,
      worst: Math.max(0, ...cells.map((cell) => (cell.verdict ? severity(cell.verdict) : 0))),
      strongest: Math.max(-1, ...cells.map((cell) => cell.ratio ?? -1)),
    }))
    .toSorted(
      (a, b) => b.strongest - a.strongest || b.worst - a.worst || a.name.localeCompare(b.name),
    );
}

/**
 * One metric over the groups: the one of the strongest effect. Which metric decides may differ from
 * group to group, and different metrics do not belong on one axis.
 */
export function effectSeries(row: EffectRow): (Measurement | undefined)[] | null {
  const strongest = row.cells
    .filter((cell) => cell.measurement)
    .toSorted((a, b) => (b.ratio ?? -1) - (a.ratio ?? -1))[0];
  const metric = strongest?.measurement?.metric;
  if (metric === undefined) return null;
  return row.cells.map((cell) => cell.measurements.find((m) => m.metric === metric));
}

/** Labels longer than this are cut: a name may have 200 letters. */
const LABEL_MAX = 18;

export function shortLabel(label: string): string {
  return label.length > LABEL_MAX ? `${label.slice(0, LABEL_MAX - 1)}…` : label;
}

/** Every how many-th label is printed so that none touches the next; `cell` in pixels. */
export function labelStep(cell: number, labels: readonly string[]): number {
  const longest = Math.max(0, ...labels.map((label) => shortLabel(label).length));
  return Math.max(1, Math.ceil((longest * 6.5 + 12) / Math.max(1, cell)));
}
