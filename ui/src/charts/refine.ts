import type { NumericView } from "../api/report";
import { isNumber } from "../lib/format";

export type SideName = "reference" | "current";

/** Bins of one side; `edges` has one more than `mass`. */
export interface SideBins {
  edges: number[];
  mass: number[];
}

/** A place and the mass of the bins below it. */
type Knot = readonly [x: number, mass: number];

/** Quantiles as knots: the rows at single values are taken out, for they are not in the bins. */
function quantileKnots(view: NumericView, side: SideName): Knot[] {
  const atoms = view.points;
  const bins = view[side].reduce((a, b) => a + b, 0);
  const n = bins + atoms.reduce((a, point) => a + point[side], 0);
  const known = new Set(atoms.map((point) => point.x));
  return view.quantiles.p.flatMap((p, i): Knot[] => {
    const x = view.quantiles[side][i];
    if (!isNumber(x) || !isNumber(p) || known.has(x)) return [];
    const below = atoms.reduce((a, point) => (point.x < x ? a + point[side] : a), 0);
    return [[x, p * n - below]];
  });
}

/**
 * The bins are the reference's quantiles, so what moved far lies in one wide bin at the end. The
 * side's own minimum, maximum and quantiles say more: they split bins. Mass per bin is kept.
 */
export function refine(view: NumericView, side: SideName): SideBins {
  const summary = side === "reference" ? view.reference_summary : view.current_summary;
  const knots = quantileKnots(view, side);
  const edges: number[] = view.edges.slice(0, 1);
  const mass: number[] = [];
  let total = 0;
  view[side].forEach((m, i) => {
    const [low, high] = [view.edges[i] ?? 0, view.edges[i + 1] ?? 0];
    const ends: Knot[] = [];
    // Nothing lies beyond the side's own extremes; a bin they cut is empty there.
    if (m > 0 && isNumber(summary.min) && summary.min > low && summary.min < high)
      ends.push([summary.min, total]);
    if (m > 0 && isNumber(summary.max) && summary.max > low && summary.max < high)
      ends.push([summary.max, total + m]);
    const inside = knots.filter(([x, at]) => x > low && x < high && at > total && at < total + m);
    let from = total;
    for (const [x, at] of [...inside, ...ends].toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
      const last = edges.at(-1) ?? low;
      if (x <= last || at < from || x >= high) continue;
      edges.push(x);
      mass.push(at - from);
      from = at;
    }
    edges.push(high);
    mass.push(total + m - from);
    total += m;
  });
  return { edges, mass };
}
