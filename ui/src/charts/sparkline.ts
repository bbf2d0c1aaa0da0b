import type { CategoricalView, NumericView, View } from "../api/report";
import { buildCategories, type CategoryRow } from "./categories";
import { buildDensity, preferredScale } from "./density";
import { stepPath } from "./paths";

export const SPARK = { width: 144, height: 28 };
const BINS = 36;
const BARS = 8;

export interface NumericSpark {
  kind: "numeric";
  reference: string | null;
  current: string | null;
  stems: { x: number; reference: number | null; current: number | null }[];
}

export interface CategoricalSpark {
  kind: "categorical";
  bars: { x: number; width: number; reference: number | null; current: number | null }[];
}

export type Spark = NumericSpark | CategoricalSpark | null;

function numeric(view: NumericView, width: number, height: number): Spark {
  const density = buildDensity(view, preferredScale(view), BINS);
  if (!density) return null;
  // One scale for bins and single values: both are shares of rows.
  const max = Math.max(density.binMax, density.atomMax);
  const y = (share: number) => height - (max > 0 ? (share / max) * (height - 3) : 0);
  const x = (value: number) => 2 + density.axis.forward(value) * (width - 4);
  const outline = (shares: number[] | null) =>
    shares && density.binMax > 0 ? stepPath(density.edges.map(x), shares.map(y), height) : null;
  return {
    kind: "numeric",
    reference: outline(density.reference),
    current: outline(density.current),
    stems: density.atoms.map((atom) => ({
      x: x(atom.x),
      reference: atom.reference === null ? null : y(atom.reference),
      current: atom.current === null ? null : y(atom.current),
    })),
  };
}

/** The categories that changed most, in the order of their reference share. */
function topChanges(view: CategoricalView): CategoryRow[] {
  return buildCategories(view)
    .rows.slice(0, BARS)
    .toSorted((a, b) => (b.reference ?? 0) - (a.reference ?? 0));
}

function categorical(view: CategoricalView, width: number, height: number): Spark {
  const rows = topChanges(view);
  if (rows.length === 0) return null;
  const max = Math.max(...rows.flatMap((row) => [row.reference ?? 0, row.current ?? 0]));
  const tall = (share: number | null) =>
    share === null || max === 0 ? null : (share / max) * (height - 3);
  const step = Math.min(48, (width - 4) / rows.length);
  return {
    kind: "categorical",
    bars: rows.map((row, i) => ({
      x: 2 + i * step,
      width: step - 3,
      reference: tall(row.reference),
      current: tall(row.current),
    })),
  };
}

export function buildSpark(
  view: View | undefined,
  width = SPARK.width,
  height = SPARK.height,
): Spark {
  if (!view) return null;
  return view.kind === "numeric" ? numeric(view, width, height) : categorical(view, width, height);
}
