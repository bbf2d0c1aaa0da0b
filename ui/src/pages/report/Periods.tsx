import { useMemo, useState } from "react";
import type { Report } from "../../api/report";
import { EffectGrid } from "../../charts/EffectGrid";
import { EffectScale } from "../../charts/EffectScale";
import { buildEffects } from "../../charts/effects";
import { formatCount, plural } from "../../lib/format";
import type { UrlState } from "../../lib/urlState";
import { HistoryPanel } from "./HistoryPanel";
import { scrollToId } from "./ids";

interface PeriodsProps {
  report: Report;
  state: UrlState;
  onChange: (change: Partial<UrlState>) => void;
  onOpen: (column: string) => void;
}

const SHOWN = 20;

/** Which columns moved, since when. */
export function Periods({ report, state, onChange, onOpen }: PeriodsProps) {
  const { periods } = report.check;
  const [all, setAll] = useState(false);
  const [period, setPeriod] = useState<number | null>(null);
  const effects = useMemo(() => buildEffects(periods), [periods]);
  if (periods.length === 0) return null;
  const hidden = !all && effects.length > SHOWN;
  const selected = effects.find((row) => row.name === state.history);
  const open = (column: string, at: number) => {
    setPeriod(at);
    onChange({ history: column });
    // The cell that was chosen should stay in sight.
    scrollToId("history", "nearest");
  };
  return (
    <section id="periods" className="panel" aria-labelledby="periods-title" tabIndex={-1}>
      <header className="panel-head">
        <h2 id="periods-title">Over time</h2>
        <p className="muted">
          {plural(periods.length, "period")} by {report.check.settings.by ?? "time"}, each against
          the reference
          {hidden && `; the ${SHOWN} strongest of ${formatCount(effects.length)} columns`}
        </p>
        <EffectScale />
      </header>
      {effects.length === 0 ? (
        <p className="notice">No column was measured in these periods.</p>
      ) : (
        <EffectGrid
          label="Effect of each column in each period"
          groups={periods}
          rows={all ? effects : effects.slice(0, SHOWN)}
          selected={selected?.name ?? null}
          onOpen={open}
        />
      )}
      {effects.length > SHOWN && (
        <button type="button" className="button no-print" onClick={() => setAll(!all)}>
          {all ? `Show the ${SHOWN} strongest` : `Show all ${formatCount(effects.length)} columns`}
        </button>
      )}
      {selected && (
        <HistoryPanel
          report={report}
          effect={selected}
          period={period}
          onOpen={onOpen}
          onClose={() => onChange({ history: null })}
        />
      )}
    </section>
  );
}
