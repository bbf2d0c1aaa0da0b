import type { Measurement } from "../../api/report";
import { BulletStrip } from "../../charts/BulletStrip";
import { DataTable } from "../../components/DataTable";
import { StandingIcon } from "../../components/Icon";
import { formatCompact, formatCount, formatP, isNumber } from "../../lib/format";
import {
  formatMeasured,
  formatMetric,
  metricLabel,
  metricMeaning,
  rankMeasurements,
  statusWord,
} from "../../lib/measurement";
import { standingWord } from "../../lib/verdict";

/** All that was measured of a column, deciding measurements first. */
export function MeasurementTable({ measurements }: { measurements: readonly Measurement[] }) {
  if (measurements.length === 0) return null;
  const ranked = rankMeasurements(measurements);
  return (
    <DataTable
      caption="Measurements"
      data={{
        columns: [
          { label: "Measurement" },
          { label: "Verdict" },
          { label: "Value", numeric: true },
          { label: "Interval", numeric: true },
          { label: "Against its thresholds" },
          { label: "Threshold", numeric: true },
          { label: "+ noise", numeric: true },
          { label: "Critical", numeric: true },
          { label: "p", numeric: true },
          { label: "n", numeric: true },
          { label: "Exactness" },
          { label: "Method" },
        ],
        rows: ranked.map(line),
        rowClass: (i) => (ranked[i]?.alarm ? "row-alarm" : undefined),
      }}
    />
  );
}

function line(m: Measurement) {
  const print = (x: number | null) => formatMetric(m.metric, x);
  const measured = m.status === "ok" && isNumber(m.value);
  return [
    <span key="label" title={metricMeaning(m.metric)}>
      {metricLabel(m.metric)}
      {m.alarm && <i className="tag">decides</i>}
    </span>,
    m.verdict ? (
      <span key="verdict" className={`standing standing-${m.verdict}`}>
        <StandingIcon standing={m.verdict} size={14} /> {standingWord(m.verdict)}
      </span>
    ) : (
      ""
    ),
    measured ? (
      <b key="value">{formatMeasured(m)}</b>
    ) : (
      <span key="value" className="unmeasured" title={m.detail ?? undefined}>
        {statusWord(m.status)}
      </span>
    ),
    isNumber(m.ci_low) || isNumber(m.ci_high) ? `${print(m.ci_low)} to ${print(m.ci_high)}` : "–",
    <BulletStrip key="strip" measurement={m} />,
    print(m.threshold),
    print(m.decision_threshold),
    print(m.critical_decision_threshold ?? m.critical_threshold),
    formatP(m.p_value),
    <span
      key="n"
      title={`${formatCount(m.n_reference)} reference, ${formatCount(m.n_current)} current`}
    >
      {formatCompact(m.n_reference)} / {formatCompact(m.n_current)}
    </span>,
    <span key="exactness" title={m.detail ?? undefined}>
      {m.exactness}
      {m.exactness === "bounded" &&
        isNumber(m.lo) &&
        isNumber(m.hi) &&
        ` ${print(m.lo)} to ${print(m.hi)}`}
    </span>,
    <code key="method">{m.method}</code>,
  ];
}
