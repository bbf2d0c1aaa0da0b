import type { Column, Finding, Report, View } from "../../api/report";
import { BulletStrip } from "../../charts/BulletStrip";
import { Sparkline } from "../../charts/Sparkline";
import { StandingBadge } from "../../components/Standing";
import { Truncate } from "../../components/Truncate";
import { viewsOf } from "../../lib/columns";
import { formatValue } from "../../lib/format";
import {
  formatMeasured,
  formatMetric,
  headline,
  limitOf,
  metricLabel,
} from "../../lib/measurement";

interface LookFirstProps {
  report: Report;
  onOpen: (column: string) => void;
}

const SHOWN = 3;

/** The three worst findings, each with a small picture and a way to the whole of it. */
export function LookFirst({ report, onOpen }: LookFirstProps) {
  const findings = report.check.findings.slice(0, SHOWN);
  if (findings.length === 0) {
    return (
      <p className="notice">
        Nothing stands out: no column changed more than the noise at this sample size.
      </p>
    );
  }
  return (
    <section className="look-first" aria-labelledby="look-first">
      <h2 id="look-first">Look at these first</h2>
      <ol>
        {findings.map((finding) => (
          <li key={`${finding.column}:${finding.reason}`}>
            <Card finding={finding} report={report} onOpen={onOpen} />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface CardProps extends LookFirstProps {
  finding: Finding;
}

function Card({ finding, report, onOpen }: CardProps) {
  const name = finding.column;
  const column = report.check.columns.find((candidate) => candidate.name === name);
  const view = name === null ? undefined : viewsOf(report, name)[0];
  return (
    <article className={`card edge-${finding.verdict}`}>
      <header>
        <StandingBadge standing={finding.verdict} />
        {column && <span className="muted">{column.role}</span>}
      </header>
      <h3>{name === null ? "The whole data set" : <Truncate text={name} />}</h3>
      <p className="card-reason">{finding.reason}</p>
      {view && <Picture view={view} />}
      {column && <Effect column={column} />}
      {column && name !== null && (
        <button type="button" className="card-link" onClick={() => onOpen(name)}>
          Open <span className="visually-hidden">{name}</span>
        </button>
      )}
    </article>
  );
}

function Picture({ view }: { view: View }) {
  const ends =
    view.kind === "numeric"
      ? [view.reference_summary, view.current_summary].map(
          (s) => `${formatValue(s.min, view.format)} to ${formatValue(s.max, view.format)}`,
        )
      : [];
  return (
    <div className="card-picture">
      <Sparkline view={view} width={360} height={72} />
      <p className="card-range">
        <span>
          <i className="swatch swatch-reference" /> {ends[0] ?? "Reference"}
        </span>
        <span>
          <i className="swatch swatch-current" /> {ends[1] ?? "Current"}
        </span>
      </p>
    </div>
  );
}

function Effect({ column }: { column: Column }) {
  const m = headline(column.measurements);
  if (!m) return null;
  return (
    <p className="card-effect">
      <span>{metricLabel(m.metric)}</span>
      <b>{formatMeasured(m)}</b>
      <BulletStrip measurement={m} />
      <span className="muted">counts from {formatMetric(m.metric, limitOf(m))}</span>
    </p>
  );
}
