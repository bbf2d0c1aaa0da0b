import type { CategoricalView, Category } from "../api/report";

export interface CategoryRow {
  label: string;
  kind: Category["kind"];
  /** Share of the side's non-missing rows; null when the side has none. */
  reference: number | null;
  current: number | null;
  referenceCount: number;
  currentCount: number;
  delta: number | null;
  /** Half of a 95 % interval of the delta: what sampling alone may do. */
  noise: number | null;
}

export interface CategoryModel {
  rows: CategoryRow[];
  n: { reference: number; current: number };
  shareMax: number;
  deltaMax: number;
}

const Z95 = 1.959964;

/** Shares with a little of Laplace's caution, so that a count of zero still has an error. */
function variance(count: number, n: number): number {
  const share = (count + 1) / (n + 2);
  return (share * (1 - share)) / n;
}

/** Categories ranked by how much their share changed. */
export function buildCategories(view: CategoricalView): CategoryModel {
  const count = (side: "reference" | "current") =>
    view.categories.reduce((total, category) => total + category[side], 0);
  const n = { reference: count("reference"), current: count("current") };
  const share = (mass: number, total: number) => (total > 0 ? mass / total : null);
  const rows = view.categories
    .filter((category) => category.reference + category.current > 0 || category.kind === "kept")
    .map((category): CategoryRow => {
      const reference = share(category.reference, n.reference);
      const current = share(category.current, n.current);
      const both = reference !== null && current !== null;
      const error = both
        ? Math.sqrt(
            variance(category.reference, n.reference) + variance(category.current, n.current),
          )
        : 0;
      return {
        label: category.label,
        kind: category.kind,
        reference,
        current,
        referenceCount: category.reference,
        currentCount: category.current,
        delta: both ? current - reference : null,
        noise: both ? Z95 * error : null,
      };
    })
    .toSorted((a, b) => rank(b) - rank(a) || (b.current ?? 0) - (a.current ?? 0));
  return {
    rows,
    n,
    shareMax: Math.max(0, ...rows.flatMap((row) => [row.reference ?? 0, row.current ?? 0])),
    deltaMax: Math.max(0, ...rows.map((row) => Math.abs(row.delta ?? 0))),
  };
}

const rank = (row: CategoryRow) => Math.abs(row.delta ?? 0);

/** What a category is called on the page. */
export function categoryLabel(row: Pick<CategoryRow, "label" | "kind">): string {
  if (row.kind === "other") return row.label === "" ? "other values" : row.label;
  if (row.kind === "unseen") return row.label === "" ? "unseen values" : row.label;
  return row.label === "" ? "(empty text)" : row.label;
}
