import type { NumericView } from "../api/report";
import { refine, type SideBins, type SideName } from "./refine";

/** Both cumulative distributions over common places; at an atom they jump from `before` to `after`. */
export interface Ecdf {
  x: number[];
  reference: Curve;
  current: Curve;
}

export interface Curve {
  /** Rows the curve is made of; 0 means there is no curve. */
  n: number;
  before: number[];
  after: number[];
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export function totals(view: NumericView): { reference: number; current: number } {
  return {
    reference: sum(view.reference) + sum(view.points.map((point) => point.reference)),
    current: sum(view.current) + sum(view.points.map((point) => point.current)),
  };
}

/** Edges may be missing or not finite when a side is empty; such a view has no distribution. */
export function isDrawable(view: NumericView): boolean {
  const edgesOk =
    view.edges.every(Number.isFinite) && view.points.every((p) => Number.isFinite(p.x));
  const n = totals(view);
  return edgesOk && n.reference + n.current > 0;
}

function places(view: NumericView, sides: readonly SideBins[]): number[] {
  const bins = view.edges.length > 1 ? sides.flatMap((side) => side.edges) : [];
  return [...new Set([...bins, ...view.points.map((point) => point.x)])].toSorted((a, b) => a - b);
}

/** Mass that sits on single values: atoms, and bins without width. */
function jumps(view: NumericView, bins: SideBins, side: SideName): Map<number, number> {
  const at = new Map<number, number>();
  const add = (x: number, mass: number) => at.set(x, (at.get(x) ?? 0) + mass);
  for (const point of view.points) add(point.x, point[side]);
  bins.mass.forEach((mass, i) => {
    const [low, high] = [bins.edges[i], bins.edges[i + 1]];
    if (low !== undefined && low === high) add(low, mass);
  });
  return at;
}

function curve(view: NumericView, bins: SideBins, x: readonly number[], side: SideName): Curve {
  const n = totals(view)[side];
  const at = jumps(view, bins, side);
  const before: number[] = [];
  const after: number[] = [];
  let bin = 0;
  let mass = 0;
  x.forEach((place, i) => {
    const previous = x[i - 1];
    if (previous !== undefined) {
      bin = seek(bins, bin, place);
      mass += between(bins, previous, place, bin);
    }
    before.push(n > 0 ? mass / n : 0);
    mass += at.get(place) ?? 0;
    after.push(n > 0 ? mass / n : 0);
  });
  return { n, before, after };
}

/** The bin that ends at or after the place: places only grow, so the search goes on from the last. */
function seek({ edges, mass }: SideBins, bin: number, place: number): number {
  let index = bin;
  while (index < mass.length - 1 && (edges[index + 1] ?? Infinity) < place) index += 1;
  return index;
}

/** Mass of one bin between two neighbouring places, spread evenly inside the bin. */
function between({ edges, mass }: SideBins, low: number, high: number, bin: number): number {
  const [start, end] = [edges[bin], edges[bin + 1]];
  if (start === undefined || end === undefined || !(end > start)) return 0;
  const overlap = Math.min(high, end) - Math.max(low, start);
  return overlap > 0 ? ((mass[bin] ?? 0) * overlap) / (end - start) : 0;
}

export function buildEcdf(view: NumericView): Ecdf {
  const [a, b] = [refine(view, "reference"), refine(view, "current")];
  const x = places(view, [a, b]);
  return { x, reference: curve(view, a, x, "reference"), current: curve(view, b, x, "current") };
}

/** The value below which the share `p` of one side lies. */
export function quantile(ecdf: Ecdf, side: "reference" | "current", p: number): number | null {
  const { n, before, after } = ecdf[side];
  if (n === 0) return null;
  for (let i = 0; i < ecdf.x.length; i += 1) {
    const place = ecdf.x[i] ?? 0;
    const [low, high] = [before[i] ?? 0, after[i] ?? 0];
    if (p > high && i < ecdf.x.length - 1) continue;
    if (p >= low || i === 0) return place;
    const [start, mass] = [ecdf.x[i - 1] ?? place, after[i - 1] ?? 0];
    return start + ((place - start) * (p - mass)) / (low - mass);
  }
  return null;
}

/** The share of one side at or below `x`. */
export function shareBelow(ecdf: Ecdf, side: "reference" | "current", x: number): number {
  const { before, after } = ecdf[side];
  let i = -1;
  while (i + 1 < ecdf.x.length && (ecdf.x[i + 1] ?? 0) <= x) i += 1;
  if (i < 0) return 0;
  const [start, end] = [ecdf.x[i] ?? x, ecdf.x[i + 1]];
  const low = after[i] ?? 0;
  if (end === undefined || end === start) return low;
  return low + (((before[i + 1] ?? low) - low) * (x - start)) / (end - start);
}
