import type { Check, Side } from "../../api/report";
import { StandingIcon } from "../../components/Icon";
import { StandingBadge } from "../../components/Standing";
import { Truncate } from "../../components/Truncate";
import { type ColumnRow, countStandings } from "../../lib/columns";
import { formatBytes, formatCount, formatShare, formatShareTick, isNumber } from "../../lib/format";
import { formatMetric, metricLabel } from "../../lib/measurement";
import { STANDINGS, type Standing, standingWord } from "../../lib/verdict";
import { scrollToId } from "./ids";

interface SummaryProps {
  check: Check;
  rows: readonly ColumnRow[];
  onFilter: (verdicts: Standing[]) => void;
}

/** The answer: the verdict, why, of which data. */
export function Summary({ check, rows, onFilter }: SummaryProps) {
  return (
    <section id="summary" className="summary" aria-labelledby="verdict" tabIndex={-1}>
      <div className="summary-verdict">
        <p className="eyebrow">
          Did the data of <b>{check.model.name}</b> change?
        </p>
        <h1 id="verdict">
          <StandingBadge standing={check.verdict} large />
        </h1>
        <p className="summary-reason">{check.reason}</p>
        <StandingBar rows={rows} onFilter={onFilter} />
      </div>
      <dl className="facts">
        <SideFacts name="Reference" look="swatch-reference" side={check.reference} />
        <SideFacts name="Current" look="swatch-current" side={check.current} />
        <DatasetFacts check={check} />
      </dl>
    </section>
  );
}

/** How many columns stand how: also a way to filter them. */
function StandingBar({
  rows,
  onFilter,
}: {
  rows: readonly ColumnRow[];
  onFilter: (v: Standing[]) => void;
}) {
  const counts = countStandings(rows);
  const present = STANDINGS.filter((standing) => (counts.get(standing) ?? 0) > 0);
  return (
    <div className="standing-bar">
      <div className="standing-bar-strip" aria-hidden="true">
        {present.map((standing) => (
          <i
            key={standing}
            className={`fill-${standing}`}
            style={{ flexGrow: counts.get(standing) }}
          />
        ))}
      </div>
      <ul>
        {present.map((standing) => (
          <li key={standing}>
            <button
              type="button"
              className="button-quiet"
              title={`Show only these columns`}
              onClick={() => {
                onFilter([standing]);
                scrollToId("columns");
              }}
            >
              <StandingIcon standing={standing} size={14} />
              <b>{formatCount(counts.get(standing))}</b> {standingWord(standing).toLowerCase()}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function SideFacts({ name, look, side }: { name: string; look: string; side: Side }) {
  const [first = "no file", ...more] = side.paths;
  return (
    <div className="fact">
      <dt>
        <i className={`swatch ${look}`} /> {name}
      </dt>
      <dd>
        <b>{formatCount(side.rows)}</b> rows{" "}
        <span className="muted">{formatBytes(side.bytes)}</span>
        <Truncate
          className="fact-path"
          text={more.length > 0 ? `${first} + ${more.length} more` : first}
        />
      </dd>
    </div>
  );
}

function DatasetFacts({ check }: { check: Check }) {
  const { summary, settings } = check;
  const share = isNumber(summary.drifted_share) ? ` (${formatShare(summary.drifted_share)})` : "";
  return (
    <>
      <div className="fact">
        <dt>Columns that changed</dt>
        <dd>
          <b>{formatCount(summary.drifted)}</b> of {formatCount(summary.tested)} tested{share}
          <span className="muted fact-path">
            {summary.dataset_drift
              ? "The data set as a whole drifted"
              : "No drift of the data set as a whole"}
            , FDR {formatShareTick(settings.fdr_q)}
          </span>
        </dd>
      </div>
      {check.measurements.map((m) => (
        <div key={m.metric} className="fact">
          <dt>{metricLabel(m.metric)}</dt>
          <dd>
            <b>{formatMetric(m.metric, m.value)}</b>{" "}
            {m.verdict && <StandingIcon standing={m.verdict} size={14} />}{" "}
            <span className="muted">{m.verdict ? standingWord(m.verdict) : ""}</span>
            {m.detail && <Truncate className="fact-path" text={m.detail} />}
          </dd>
        </div>
      ))}
    </>
  );
}
