import { scaleLinear } from "d3-scale";
import type { NumericView } from "../api/report";
import type { TableData } from "../components/DataTable";
import { formatPoints, formatShare, formatShareTick, formatValue, isNumber } from "../lib/format";
import type { YTick } from "./AxisLines";
import { formatBin, type ScaleKind } from "./axis";
import type { CursorPoint } from "./cursor";
import { buildDensity, type Density } from "./density";
import { shareBelow } from "./ecdf";
import { type Point, stepPath } from "./paths";

export type DistributionMode = "density" | "ecdf";

export const MARGIN = { left: 48, right: 8, top: 8, axis: 24 };
const MAIN = 224;
const STEMS = 64;
const GAP = 20;
/** Pixels of one bin: fine enough to see shape, coarse enough not to draw noise. */
const BIN_WIDTH = 10;

export interface Panel {
  top: number;
  bottom: number;
  ticks: YTick[];
  label: string;
}

export interface DistributionModel {
  points: CursorPoint[];
  width: number;
  height: number;
  density: Density | null;
  main: Panel | null;
  stems: Panel | null;
  reference: string | null;
  current: string | null;
  atoms: { x: number; reference: number | null; current: number | null }[];
}

/** A panel that begins at zero, with a few round ticks. */
export function sharePanel(top: number, bottom: number, max: number, label: string) {
  const scale = scaleLinear()
    .domain([0, max > 0 ? max : 1])
    .range([bottom, top])
    .nice(3);
  const ticks = scale.ticks(3).map((share) => ({ y: scale(share), label: formatShareTick(share) }));
  return { panel: { top, bottom, ticks, label }, y: (share: number) => scale(share) };
}

const xOf = (density: Density, width: number) => (x: number) =>
  MARGIN.left + density.axis.forward(x) * (width - MARGIN.left - MARGIN.right);

function empty(width: number): DistributionModel {
  const none = { main: null, stems: null, reference: null, current: null, density: null };
  return { points: [], width, height: MAIN, atoms: [], ...none };
}

function densityPoints(
  density: Density,
  view: NumericView,
  x: (v: number) => number,
): CursorPoint[] {
  const bins = density.edges.slice(1).flatMap((high, i) => {
    const low = density.edges[i] ?? high;
    const shares = [density.reference?.[i] ?? null, density.current?.[i] ?? null];
    const title = formatBin(low, high, view.format);
    return [{ x: (x(low) + x(high)) / 2, title, values: shares.map(formatShare) }];
  });
  const atoms = density.atoms.map((atom) => ({
    x: x(atom.x),
    title: `exactly ${formatValue(atom.x, view.format)}`,
    values: [formatShare(atom.reference), formatShare(atom.current)],
  }));
  const binMass = density.binMax > 0 ? bins : [];
  return [...binMass, ...atoms].toSorted((a, b) => a.x - b.x);
}

export function buildDistribution(
  view: NumericView,
  kind: ScaleKind,
  width: number,
): DistributionModel {
  const inner = Math.max(40, width - MARGIN.left - MARGIN.right);
  const density = buildDensity(view, kind, inner / BIN_WIDTH);
  if (!density) return empty(width);
  const x = xOf(density, width);
  const hasBins = density.binMax > 0;
  const hasAtoms = density.atoms.length > 0;
  const stemHeight = hasBins ? STEMS : MAIN;
  const stemTop = MARGIN.top + 12;
  const stems = hasAtoms
    ? sharePanel(stemTop, stemTop + stemHeight, density.atomMax, "Single values, share of rows")
    : null;
  const mainTop = stems ? stems.panel.bottom + GAP + 12 : stemTop;
  const main = hasBins
    ? sharePanel(mainTop, mainTop + MAIN, density.binMax, "Share of rows per bin")
    : null;
  const bottom = main?.panel.bottom ?? stems?.panel.bottom ?? MAIN;
  const outline = (shares: number[] | null) =>
    main && shares ? stepPath(density.edges.map(x), shares.map(main.y), main.panel.bottom) : null;
  const place = (share: number | null) => (stems && share !== null ? stems.y(share) : null);
  return {
    points: densityPoints(density, view, x),
    width,
    height: bottom + MARGIN.axis,
    density,
    main: main?.panel ?? null,
    stems: stems?.panel ?? null,
    reference: outline(density.reference),
    current: outline(density.current),
    atoms: density.atoms.map((atom) => ({
      x: x(atom.x),
      reference: place(atom.reference),
      current: place(atom.current),
    })),
  };
}

export interface EcdfModel {
  points: CursorPoint[];
  width: number;
  height: number;
  density: Density | null;
  panel: Panel | null;
  reference: Point[];
  current: Point[];
}

const STEPS = 48;

export function buildEcdfChart(view: NumericView, kind: ScaleKind, width: number): EcdfModel {
  const density = buildDensity(view, kind, 24);
  const height = MARGIN.top + 12 + MAIN + STEMS + MARGIN.axis;
  if (!density)
    return { points: [], width, height, density, panel: null, reference: [], current: [] };
  const { panel, y } = sharePanel(
    MARGIN.top + 12,
    height - MARGIN.axis,
    1,
    "Share of rows at or below",
  );
  const x = xOf(density, width);
  const { ecdf, axis } = density;
  const [low, high] = axis.domain;
  const curve = (side: "reference" | "current"): Point[] => {
    if (ecdf[side].n === 0) return [];
    const inside = ecdf.x.flatMap((place, i): Point[] => {
      if (place < low || place > high) return [];
      return [
        [x(place), y(ecdf[side].before[i] ?? 0)],
        [x(place), y(ecdf[side].after[i] ?? 0)],
      ];
    });
    const end = (place: number): Point => [x(place), y(shareBelow(ecdf, side, place))];
    return [end(low), ...inside, end(high)];
  };
  const points = Array.from({ length: STEPS + 1 }, (_, i): CursorPoint => {
    const place = axis.inverse(i / STEPS);
    const share = (side: "reference" | "current") =>
      ecdf[side].n > 0 ? formatShare(shareBelow(ecdf, side, place)) : "–";
    const title = `≤ ${formatValue(place, view.format)}`;
    return { x: x(place), title, values: [share("reference"), share("current")] };
  });
  return {
    points,
    width,
    height,
    density,
    panel,
    reference: curve("reference"),
    current: curve("current"),
  };
}

/** The same distribution in about two dozen rows. */
export function distributionTable(view: NumericView, kind: ScaleKind): TableData {
  const density = buildDensity(view, kind, 20);
  const change = (a: number | null, b: number | null) =>
    formatPoints(isNumber(a) && isNumber(b) ? b - a : null);
  const line = (label: string, a: number | null, b: number | null) => [
    label,
    formatShare(a),
    formatShare(b),
    change(a, b),
  ];
  const atoms = (density?.atoms ?? []).map((atom) =>
    line(`exactly ${formatValue(atom.x, view.format)}`, atom.reference, atom.current),
  );
  const edges = density && density.binMax > 0 ? density.edges : [];
  const bins = edges.slice(1).map((high, i) => {
    const label = formatBin(edges[i] ?? high, high, view.format);
    return line(label, density?.reference?.[i] ?? null, density?.current?.[i] ?? null);
  });
  return {
    columns: [
      { label: "Values" },
      { label: "Reference", numeric: true },
      { label: "Current", numeric: true },
      { label: "Change", numeric: true },
    ],
    rows: [...atoms, ...bins],
  };
}

/** `0.4 % of reference and 1.2 % of current rows lie beyond this axis.` */
export function outsideNote(view: NumericView, kind: ScaleKind): string | undefined {
  const density = buildDensity(view, kind, 16);
  if (!density) return undefined;
  const { reference, current } = density.outside;
  if (Math.max(reference, current) < 0.0001) return undefined;
  const rows = `${formatShare(reference)} of reference and ${formatShare(current)} of current rows`;
  const dates = view.format === "timestamp_us" || view.format === "date_days";
  return `${rows} lie beyond this axis${dates ? "." : "; the log scale shows them all."}`;
}
