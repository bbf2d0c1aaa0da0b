import { useMemo } from "react";
import type { Report } from "../../api/report";
import type { EffectRow } from "../../charts/effects";
import { HistoryChart } from "../../charts/HistoryChart";
import { Glyph } from "../../components/Icon";
import { StandingBadge } from "../../components/Standing";
import { Truncate } from "../../components/Truncate";
import { own, viewsOf } from "../../lib/columns";
import { historySpecs } from "./historySpecs";

interface HistoryChartsProps {
  report: Report;
  name: string;
  effect: EffectRow | undefined;
  period: number | null;
}

/** One column over the periods: effect, values or shares, missing. One x for all, one y for each. */
export function HistoryCharts({ report, name, effect, period }: HistoryChartsProps) {
  const { periods } = report.check;
  const specs = useMemo(
    () => historySpecs(own(report.history, name), effect, viewsOf(report, name)[0], periods),
    [report, name, effect, periods],
  );
  if (specs.length === 0) return <p className="notice">No history was kept of this column.</p>;
  return (
    <div className="history-charts">
      {specs.map(({ title, spec }) => (
        <HistoryChart key={title} title={title} spec={spec} groups={periods} selected={period} />
      ))}
    </div>
  );
}

interface HistoryPanelProps {
  report: Report;
  effect: EffectRow;
  period: number | null;
  onOpen: (column: string) => void;
  onClose: () => void;
}

export function HistoryPanel({ report, effect, period, onOpen, onClose }: HistoryPanelProps) {
  const { periods } = report.check;
  const chosen = period === null ? undefined : periods[period];
  const cell = period === null ? undefined : effect.cells[period];
  return (
    <section id="history" className="history" aria-labelledby="history-title">
      <header className="panel-head">
        <h3 id="history-title">
          <Truncate text={effect.name} />
        </h3>
        {chosen && cell?.verdict && (
          <p className="history-reason">
            {chosen.label} <StandingBadge standing={cell.verdict} /> {cell.reason}
          </p>
        )}
        <span className="history-actions no-print">
          <button type="button" className="button" onClick={() => onOpen(effect.name)}>
            Open column
          </button>
          <button
            type="button"
            className="button-quiet"
            title="Close the history"
            onClick={onClose}
          >
            <Glyph name="close" />
            <span className="visually-hidden">Close the history of {effect.name}</span>
          </button>
        </span>
      </header>
      <HistoryCharts report={report} name={effect.name} effect={effect} period={period} />
    </section>
  );
}
