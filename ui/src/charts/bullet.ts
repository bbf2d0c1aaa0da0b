import type { Measurement } from "../api/report";
import { isNumber } from "../lib/format";

/** All places are shares of the strip's width. */
export interface Bullet {
  zero: number;
  value: number | null;
  interval: readonly [number, number] | null;
  threshold: number | null;
  decision: number | null;
  criticalThreshold: number | null;
  critical: number | null;
  domain: readonly [number, number];
}

/**
 * The strip of one measurement: value, interval and thresholds on one axis that includes zero.
 * Null when there is nothing to place.
 */
export function buildBullet(m: Measurement, limitMax?: number): Bullet | null {
  const value = m.status === "ok" && isNumber(m.value) ? m.value : null;
  const limits = [
    m.threshold,
    m.decision_threshold,
    m.critical_threshold,
    m.critical_decision_threshold,
  ];
  const known = [value, m.ci_low, m.ci_high, ...limits].filter(isNumber);
  if (known.length === 0 || (value === null && !limits.some(isNumber))) return null;
  const low = Math.min(0, ...known) * 1.08;
  const high = Math.max(limitMax ?? 0, Math.max(0, ...known) * 1.08) || 1;
  const at = (x: number | null) => (isNumber(x) ? (x - low) / (high - low) : null);
  const [start, end] = [at(m.ci_low), at(m.ci_high)];
  return {
    zero: at(0) ?? 0,
    value: at(value),
    interval: value !== null && start !== null && end !== null ? [start, end] : null,
    threshold: at(m.threshold),
    decision: at(m.decision_threshold),
    criticalThreshold: at(m.critical_threshold),
    critical: at(m.critical_decision_threshold),
    domain: [low, high],
  };
}
