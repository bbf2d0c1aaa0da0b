import type { Measurement } from "../api/report";
import { formatMetric } from "../lib/measurement";
import { buildBullet } from "./bullet";

const percent = (share: number) => `${share * 100}%`;

/**
 * The value against its limits on one strip from zero: the thin mark is the effect that matters, the
 * hatched stretch after it the noise allowance, the thick mark where it begins to count.
 */
export function BulletStrip({ measurement: m, max }: { measurement: Measurement; max?: number }) {
  const bullet = buildBullet(m, max);
  if (!bullet) return <span className="bullet bullet-none" />;
  const { zero, value, interval, threshold, decision, critical } = bullet;
  const tone = m.verdict ?? (m.alarm ? "unknown" : "info");
  const start = threshold ?? decision;
  return (
    <span className="bullet" title={describe(m)}>
      {start !== null && decision !== null && decision > start && (
        <i
          className="bullet-noise"
          style={{ left: percent(start), width: percent(decision - start) }}
        />
      )}
      {value !== null && (
        <i
          className={`bullet-value tone-${tone}`}
          style={{ left: percent(Math.min(zero, value)), width: percent(Math.abs(value - zero)) }}
        />
      )}
      {interval && (
        <i
          className="bullet-interval"
          style={{ left: percent(interval[0]), width: percent(interval[1] - interval[0]) }}
        />
      )}
      {threshold !== null && <i className="bullet-mark" style={{ left: percent(threshold) }} />}
      {decision !== null && (
        <i className="bullet-mark bullet-decision" style={{ left: percent(decision) }} />
      )}
      {critical !== null && (
        <i className="bullet-mark bullet-critical" style={{ left: percent(critical) }} />
      )}
    </span>
  );
}

function describe(m: Measurement): string {
  const print = (x: number | null) => formatMetric(m.metric, x);
  return [
    `value ${print(m.value)}`,
    `threshold ${print(m.threshold)}`,
    `with noise allowance ${print(m.decision_threshold)}`,
    `critical from ${print(m.critical_decision_threshold ?? m.critical_threshold)}`,
  ].join(", ");
}
