import type { Report, View } from "../../api/report";
import { CategoryBars } from "../../charts/CategoryBars";
import { DistributionChart } from "../../charts/DistributionChart";
import type { EffectRow } from "../../charts/effects";
import { ErrorBoundary } from "../../components/ErrorBoundary";
import type { ColumnRow } from "../../lib/columns";
import { formatNumber, isNumber } from "../../lib/format";
import { HistoryCharts } from "./HistoryPanel";
import { MeasurementTable } from "./MeasurementTable";
import { SummaryTable } from "./SummaryTable";

interface ColumnDetailProps {
  report: Report;
  row: ColumnRow;
  effect: EffectRow | undefined;
}

/** Reasons up to this long are whole in the line above. */
const WHOLE = 90;

/** Everything known of one column. */
export function ColumnDetail({ report, row, effect }: ColumnDetailProps) {
  const { column, views } = row;
  const inflation = column.variance_inflation;
  return (
    <div className="detail">
      {column.reason.length > WHOLE && <p className="detail-reason">{column.reason}</p>}
      {views.length === 0 && <p className="notice">No distribution was kept of this column.</p>}
      {views.map((view, i) => (
        <div key={viewTitle(view, i)} className="detail-view">
          <ErrorBoundary part={viewTitle(view, i)}>
            {view.kind === "numeric" ? (
              <DistributionChart view={view} title={viewTitle(view, i)} />
            ) : (
              <CategoryBars view={view} title={viewTitle(view, i)} />
            )}
            <SummaryTable view={view} />
          </ErrorBoundary>
        </div>
      ))}
      <MeasurementTable measurements={column.measurements} />
      {isNumber(inflation) && inflation !== 1 && (
        <p className="chart-note">
          Rows are not independent: sampling noise is taken {formatNumber(inflation, 3)} times as
          large as for independent rows, and the thresholds allow for it.
        </p>
      )}
      {report.check.periods.length > 0 && (
        <section className="detail-history">
          <h3>Over time</h3>
          <HistoryCharts report={report} name={column.name} effect={effect} period={null} />
        </section>
      )}
    </div>
  );
}

const TITLES = {
  value: "Distribution of values",
  length: "Distribution of text length",
  tokens: "Distribution of tokens per text",
} as const;

function viewTitle(view: View, index: number): string {
  if (view.kind === "categorical") return index === 0 ? "Categories" : `Categories ${index + 1}`;
  return TITLES[view.of] ?? TITLES.value;
}
