import type { Measurement, Status } from "../api/report";
import { formatNumber, formatPoints, formatShare, isNumber, NO_VALUE } from "./format";
import { severity } from "./verdict";

interface MetricInfo {
  label: string;
  /** One plain sentence, for the title of the label. */
  meaning: string;
}

const METRICS: Record<string, MetricInfo> = {
  psi: { label: "PSI", meaning: "Population stability index: how far two distributions are apart" },
  js_distance: { label: "JS distance", meaning: "Jensen–Shannon distance, base 2, from 0 to 1" },
  hellinger: { label: "Hellinger", meaning: "Hellinger distance, from 0 to 1" },
  ks: { label: "KS", meaning: "Largest gap between the two cumulative distributions" },
  w1: { label: "Wasserstein", meaning: "How far values moved on average, in the column's unit" },
  w1n: {
    label: "Wasserstein, normalised",
    meaning: "How far values moved on average, in standard deviations of the reference",
  },
  tvd: { label: "TVD", meaning: "Share of rows that would have to move to undo the change" },
  l_inf: { label: "L∞", meaning: "The largest change of a single category's share" },
  chi2: { label: "χ²", meaning: "Pearson's chi-squared statistic" },
  cramers_v: { label: "Cramér's V", meaning: "Strength of association, from 0 to 1" },
  row_count_ratio: { label: "Row count ratio", meaning: "Rows of current over rows of reference" },
};

export function metricLabel(metric: string): string {
  const known = Object.hasOwn(METRICS, metric) ? METRICS[metric] : undefined;
  if (known) return known.label;
  const words = metric.replaceAll("_", " ").replaceAll(".", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function metricMeaning(metric: string): string | undefined {
  return Object.hasOwn(METRICS, metric) ? METRICS[metric]?.meaning : undefined;
}

const POINTS = /_(delta|change|difference|diff)$/;
const SHARES = /_(rate|share)$/;

export function formatMetric(metric: string, value: number | null | undefined): string {
  if (!isNumber(value)) return NO_VALUE;
  if (POINTS.test(metric) && /rate|share|proportion|missing/.test(metric))
    return formatPoints(value);
  if (metric === "proportion_difference") return formatPoints(value);
  if (SHARES.test(metric)) return formatShare(value);
  return formatNumber(value, value >= 100 ? 4 : 3);
}

/** The value with no more decimals than its interval supports, one to spare. */
export function formatMeasured(m: Measurement): string {
  if (!isNumber(m.value) || !isNumber(m.ci_low) || !isNumber(m.ci_high)) {
    return formatMetric(m.metric, m.value);
  }
  const half = (m.ci_high - m.ci_low) / 2;
  if (!(half > 0) || half >= 1) return formatMetric(m.metric, m.value);
  const decimals = Math.ceil(-Math.log10(half)) + 1;
  return formatMetric(m.metric, Number(m.value.toFixed(Math.min(12, decimals))));
}

const STATUS_WORDS: Record<Status, string> = {
  ok: "measured",
  insufficient_data: "too few rows",
  undefined: "undefined",
  degenerate_reference: "reference constant or empty",
  not_applicable: "not applicable",
};

export function statusWord(status: Status): string {
  return STATUS_WORDS[status] ?? status.replaceAll("_", " ");
}

/** The limit the value is judged by: with the noise allowance when there is one. */
export function limitOf(m: Measurement): number | null {
  const limit = m.decision_threshold ?? m.threshold;
  return isNumber(limit) ? limit : null;
}

/** Rates alarm when they rise: a fall is no effect, other signed effects count in both directions. */
const ONE_SIDED = /missing|invalid|unseen|duplicate|out_of_range|type_error/;

/**
 * The effect as a multiple of its decision threshold: above 1 it counts.
 * Null when it was not measured or has no positive limit.
 */
export function effectRatio(m: Measurement | undefined): number | null {
  if (m?.status !== "ok" || !isNumber(m.value)) return null;
  const limit = limitOf(m);
  if (limit === null || limit <= 0) return null;
  return (ONE_SIDED.test(m.metric) ? Math.max(0, m.value) : Math.abs(m.value)) / limit;
}

const severityOf = (m: Measurement) => severity(m.verdict ?? "not_judged");

/**
 * The measurement that speaks for a column: of those that decide, the worst. Among equals the first,
 * so that columns without a finding are compared by the same metric.
 */
export function headline(measurements: readonly Measurement[]): Measurement | undefined {
  return measurements.filter((m) => m.alarm).toSorted((a, b) => severityOf(b) - severityOf(a))[0];
}

/** The order of the table of measurements: deciding ones first, worst first, then as they came. */
export function rankMeasurements(measurements: readonly Measurement[]): Measurement[] {
  const rank = (m: Measurement) => (m.alarm ? 1 + severityOf(m) : 0);
  return measurements.toSorted((a, b) => rank(b) - rank(a));
}

/** One measurement in words, for those who do not see it. */
export function describeMeasurement(m: Measurement): string {
  const label = metricLabel(m.metric);
  if (m.status !== "ok" || !isNumber(m.value)) {
    return `${label} not measured: ${m.detail ?? statusWord(m.status)}`;
  }
  const ratio = effectRatio(m);
  const times = ratio === null ? "" : `, ${formatNumber(ratio, 2)} times its decision threshold`;
  return `${label} ${formatMetric(m.metric, m.value)}${times}`;
}
