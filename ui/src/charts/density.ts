import { scaleLinear } from "d3-scale";
import type { Atom, NumericView } from "../api/report";
import { type Axis, linearAxis, logAxis, type ScaleKind } from "./axis";
import { buildEcdf, type Ecdf, isDrawable, quantile, totals } from "./ecdf";
import { refine, type SideName } from "./refine";

/** A value that fewer rows share is no atom, however few rows there are: it joins its bin. */
const ATOM_ROWS = 5;

/** Whole numbers with more atoms than this read better as one histogram than as a fence of stems. */
const STEMS_MAX = 15;

/** The tails beyond these shares of either side may leave a linear axis; how much left is said. */
const TAIL = 0.01;

export interface Density {
  axis: Axis;
  /** Bins of equal width on the axis, in the column's values. */
  edges: number[];
  /** Share of the side's rows in each bin; null when the side has no rows. */
  reference: number[] | null;
  current: number[] | null;
  /** Share of the side's rows beyond the axis. */
  outside: { reference: number; current: number };
  atoms: { x: number; reference: number | null; current: number | null }[];
  binMax: number;
  atomMax: number;
  ecdf: Ecdf;
}

/**
 * Moves the mass of bins into other bins, spread evenly inside each. Mass is conserved: what falls
 * outside `targets` is in `below` and `above`. Both edge lists ascend; a bin without width is a point.
 */
export function spread(
  edges: readonly number[],
  mass: readonly number[],
  targets: readonly number[],
): { bins: number[]; below: number; above: number } {
  const bins = new Array<number>(Math.max(0, targets.length - 1)).fill(0);
  const [first, last] = [targets[0] ?? 0, targets.at(-1) ?? 0];
  let [below, above, start] = [0, 0, 0];
  mass.forEach((m, i) => {
    const [low, high] = [edges[i], edges[i + 1]];
    if (low === undefined || high === undefined || m === 0) return;
    const width = high - low;
    const part = (a: number, b: number) => (b > a ? (m * (b - a)) / width : 0);
    if (!(width > 0)) {
      if (low < first) below += m;
      else if (low > last) above += m;
      else bins[binOf(targets, low)] = (bins[binOf(targets, low)] ?? 0) + m;
      return;
    }
    below += part(low, Math.min(high, first));
    above += part(Math.max(low, last), high);
    while (start < bins.length - 1 && (targets[start + 1] ?? 0) <= low) start += 1;
    for (let j = start; j < bins.length && (targets[j] ?? 0) < high; j += 1) {
      const share = part(Math.max(low, targets[j] ?? 0), Math.min(high, targets[j + 1] ?? 0));
      bins[j] = (bins[j] ?? 0) + share;
    }
  });
  return { bins, below, above };
}

/** The bin of a value: half-open, the last one closed. */
function binOf(targets: readonly number[], x: number): number {
  let i = 0;
  while (i < targets.length - 2 && (targets[i + 1] ?? 0) <= x) i += 1;
  return i;
}

function fullRange(ecdf: Ecdf): [number, number] {
  return [ecdf.x[0] ?? 0, ecdf.x.at(-1) ?? 1];
}

/** Where nearly all rows of both sides are; everything when that is not much wider. */
export function centralRange(ecdf: Ecdf): [number, number] {
  const sides = ["reference", "current"] as const;
  const ends = (p: number) =>
    sides.map((side) => quantile(ecdf, side, p)).filter((x) => x !== null);
  const full = fullRange(ecdf);
  const low = Math.min(...ends(TAIL));
  const high = Math.max(...ends(1 - TAIL));
  if (!(high > low)) return full;
  return full[1] - full[0] <= 1.6 * (high - low) ? full : [low, high];
}

/** Logarithmic by default only where a linear axis would show one spike: long positive tails. */
export function preferredScale(view: NumericView): ScaleKind {
  if (!isDrawable(view) || view.format === "timestamp_us" || view.format === "date_days")
    return "linear";
  const ecdf = buildEcdf(view);
  const side = ecdf.reference.n > 0 ? "reference" : "current";
  const [low, middle, high] = [0.01, 0.5, 0.99].map((p) => quantile(ecdf, side, p) ?? 0);
  const positive = (low ?? 0) >= 0 && (middle ?? 0) > 0;
  return positive && (high ?? 0) / (middle ?? 1) > 12 ? "log" : "linear";
}

/** What counts as near zero on a logarithmic axis: a low quantile of the sizes of the edges. */
function nearZero(view: NumericView): number {
  const sizes = [...view.edges, ...view.points.map((point) => point.x)]
    .map(Math.abs)
    .filter((x) => x > 0)
    .toSorted((a, b) => a - b);
  return sizes[Math.floor(sizes.length * 0.1)] ?? 1;
}

function makeAxis(view: NumericView, ecdf: Ecdf, kind: ScaleKind): Axis {
  return kind === "log"
    ? logAxis(fullRange(ecdf), nearZero(view))
    : linearAxis(centralRange(ecdf), view.format);
}

/** Round bin edges on a linear axis, so that `40 to 42.5` can be said; even steps elsewhere. */
function targetEdges(view: NumericView, axis: Axis, count: number): number[] {
  const time = view.format === "timestamp_us" || view.format === "date_days";
  if (axis.kind === "linear" && !time) {
    const [low, high] = axis.domain;
    const ticks = scaleLinear().domain([low, high]).ticks(count);
    let step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
    if (view.format === "integer") step = Math.max(1, Math.round(step));
    const first = Math.floor(low / step + 1e-9);
    const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
    return Array.from({ length: last - first + 1 }, (_, i) =>
      Number(((first + i) * step).toPrecision(12)),
    );
  }
  return Array.from({ length: count + 1 }, (_, i) => axis.inverse(i / count));
}

interface SideShares {
  bins: number[] | null;
  outside: number;
}

/** One side's shares in the bins of the axis; values that are no atoms go into their bin. */
function sideShares(view: NumericView, name: SideName, frame: BinFrame): SideShares {
  const { axis, edges, isAtom } = frame;
  const n = totals(view)[name];
  if (n === 0) return { bins: null, outside: 0 };
  const own = refine(view, name);
  const { bins, below, above } = spread(
    own.edges.map(axis.forward),
    own.mass,
    edges.map(axis.forward),
  );
  let outside = below + above;
  for (const point of view.points) {
    const bin = binOf(edges, point.x);
    if (!onAxis(axis, point.x)) outside += point[name];
    else if (!isAtom(point)) bins[bin] = (bins[bin] ?? 0) + point[name];
  }
  return { bins: bins.map((mass) => mass / n), outside: outside / n };
}

interface BinFrame {
  axis: Axis;
  edges: readonly number[];
  isAtom: (point: Atom) => boolean;
}

const onAxis = ({ domain }: Axis, x: number) => x >= domain[0] && x <= domain[1];

/**
 * Which single values are drawn apart. A few heavy ones are (the zeros of a rainfall); but where bins
 * are single whole numbers anyway, or the atoms are many, atoms and bins make one histogram.
 */
function atomRule(view: NumericView, edges: readonly number[]): (point: Atom) => boolean {
  const heavy = view.points.filter(
    (point) => Math.max(point.reference, point.current) >= ATOM_ROWS,
  );
  const binned = [...view.reference, ...view.current].some((mass) => mass > 0);
  const step = (edges[1] ?? 0) - (edges[0] ?? 0);
  const dense = view.format === "integer" && binned && (step <= 1 || heavy.length > STEMS_MAX);
  const set = new Set(dense ? [] : heavy);
  return (point) => set.has(point);
}

/** What the distribution chart and the sparkline draw; null when neither side has values. */
export function buildDensity(view: NumericView, kind: ScaleKind, count: number): Density | null {
  if (!isDrawable(view)) return null;
  const ecdf = buildEcdf(view);
  const planned = makeAxis(view, ecdf, kind);
  const edges = targetEdges(view, planned, Math.max(4, Math.round(count)));
  // Round edges reach a little further than the data.
  const axis =
    planned.kind === "linear"
      ? linearAxis([edges[0] ?? 0, edges.at(-1) ?? 1], view.format)
      : planned;
  const isAtom = atomRule(view, edges);
  const reference = sideShares(view, "reference", { axis, edges, isAtom });
  const current = sideShares(view, "current", { axis, edges, isAtom });
  const n = totals(view);
  const atoms = view.points
    .filter((point) => isAtom(point) && onAxis(axis, point.x))
    .map((point) => ({
      x: point.x,
      reference: n.reference > 0 ? point.reference / n.reference : null,
      current: n.current > 0 ? point.current / n.current : null,
    }));
  return {
    axis,
    edges,
    reference: reference.bins,
    current: current.bins,
    outside: { reference: reference.outside, current: current.outside },
    atoms,
    binMax: Math.max(0, ...(reference.bins ?? []), ...(current.bins ?? [])),
    atomMax: Math.max(0, ...atoms.flatMap((atom) => [atom.reference ?? 0, atom.current ?? 0])),
    ecdf,
  };
}
