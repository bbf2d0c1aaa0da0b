import type { NumericView, Summary, View } from "../../api/report";
import { DataTable } from "../../components/DataTable";
import { rate } from "../../lib/columns";
import {
  formatChange,
  formatCount,
  formatPoints,
  formatShare,
  formatValue,
  isNumber,
  signed,
  significant,
} from "../../lib/format";

type Line = [label: string, reference: string, current: string, change: string];

const difference = (a: number | null | undefined, b: number | null | undefined) =>
  isNumber(a) && isNumber(b) ? b - a : null;

/** Counts are compared by ratio: the sides need not be equally large. */
function ratio(a: number | null, b: number | null): string {
  if (!isNumber(a) || !isNumber(b) || a === 0) return "–";
  const change = b / a - 1;
  return signed(change * 100, (size) => `${significant(size, 3)} %`);
}

function shareLine(label: string, a: Summary, b: Summary, part: "missing" | "invalid"): Line {
  const [x, y] = [rate(a, part), rate(b, part)];
  return [label, formatShare(x), formatShare(y), formatPoints(difference(x, y))];
}

function distinct(summary: Summary): string {
  const sign = summary.distinct_exact || summary.distinct === null ? "" : "≈";
  return `${sign}${formatCount(summary.distinct)}`;
}

function commonLines(a: Summary, b: Summary): Line[] {
  const lines: Line[] = [
    ["Rows", formatCount(a.rows), formatCount(b.rows), ratio(a.rows, b.rows)],
    shareLine("Missing", a, b, "missing"),
  ];
  if (a.invalid + b.invalid > 0) lines.push(shareLine("Invalid", a, b, "invalid"));
  if (a.non_finite + b.non_finite > 0) {
    lines.push(["Not finite", formatCount(a.non_finite), formatCount(b.non_finite), "–"]);
  }
  lines.push(["Distinct", distinct(a), distinct(b), ratio(a.distinct, b.distinct)]);
  return lines;
}

function valueLines(view: NumericView): Line[] {
  const [a, b] = [view.reference_summary, view.current_summary];
  const line = (
    label: string,
    x: number | null | undefined,
    y: number | null | undefined,
  ): Line => [
    label,
    formatValue(x, view.format),
    formatValue(y, view.format),
    formatChange(difference(x, y), view.format),
  ];
  const spread: Line[] =
    view.format === "timestamp_us" || view.format === "date_days"
      ? []
      : [line("Standard deviation", a.std, b.std)];
  const quantiles = view.quantiles.p.map((p, i) =>
    line(quantileName(p), view.quantiles.reference[i], view.quantiles.current[i]),
  );
  return [
    line("Mean", a.mean, b.mean),
    ...spread,
    line("Minimum", a.min, b.min),
    ...quantiles,
    line("Maximum", a.max, b.max),
  ];
}

function quantileName(p: number): string {
  if (p === 0.5) return "Median";
  return `${significant(p * 100, 4)} % quantile`;
}

/** Both sides' counts, moments and quantiles, with what changed. */
export function SummaryTable({ view }: { view: View }) {
  const lines = commonLines(view.reference_summary, view.current_summary);
  if (view.kind === "numeric") lines.push(...valueLines(view));
  return (
    <DataTable
      caption="Summary of both sides"
      data={{
        columns: [
          { label: "Summary" },
          { label: "Reference", numeric: true },
          { label: "Current", numeric: true },
          { label: "Change", numeric: true },
        ],
        rows: lines,
      }}
    />
  );
}
