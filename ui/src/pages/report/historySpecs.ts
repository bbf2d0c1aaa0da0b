import type { Group, History, ValueFormat, View } from "../../api/report";
import { type EffectRow, effectSeries } from "../../charts/effects";
import type { HistorySpec } from "../../charts/history";
import { formatShare, formatShareTick, formatValue, isNumber } from "../../lib/format";
import { effectRatio, formatMetric, limitOf, metricLabel } from "../../lib/measurement";

export interface NamedSpec {
  title: string;
  spec: HistorySpec;
}

/** Wire lists may be shorter than the periods or hold what is not a number. */
function clean(values: readonly (number | null)[] | undefined, count: number): (number | null)[] {
  return Array.from({ length: count }, (_, i) => {
    const value = values?.[i];
    return isNumber(value) ? value : null;
  });
}

export function effectSpec(row: EffectRow): NamedSpec | null {
  const same = effectSeries(row);
  const metric = same?.find((m) => m)?.metric;
  if (!same || metric === undefined) return null;
  const values = same.map((m) => (m?.status === "ok" && isNumber(m.value) ? m.value : null));
  const limits = same.map((m) => (m ? limitOf(m) : null));
  const label = metricLabel(metric);
  return {
    title: `${label} against the reference`,
    spec: {
      series: [{ label, look: "look-current", values }],
      limits: [{ label: "Decision threshold", look: "look-limit", values: limits }],
      marks: same.map((m) => (effectRatio(m) ?? 0) > 1),
      fromZero: true,
      format: (x) => formatMetric(metric, x),
    },
  };
}

export function valueSpec(history: History, format: ValueFormat, count: number): NamedSpec | null {
  const mean = clean(history.mean, count);
  const [low, middle, high] = [history.q05, history.q50, history.q95].map((list) =>
    clean(list, count),
  );
  const series = [
    { label: "Median", look: "look-current", values: middle ?? [] },
    { label: "Mean", look: "look-mean", values: mean },
  ].filter((one) => one.values.some((value) => value !== null));
  if (series.length === 0) return null;
  const band = { label: "5 to 95 % of rows", low: low ?? [], high: high ?? [] };
  const hasBand = band.low.some((value) => value !== null);
  return {
    title: "Values",
    spec: {
      series,
      ...(hasBand ? { band } : {}),
      fromZero: false,
      format: (x) => formatValue(x, format),
    },
  };
}

const SHARES = 6;

/** The categories whose share moved most over the periods. */
export function shareSpec(history: History, count: number): NamedSpec | null {
  const lists = (history.shares ?? []).map(({ label, values }) => ({
    label,
    values: clean(values, count),
  }));
  const swing = (values: (number | null)[]) => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? -1 : Math.max(...known) - Math.min(...known);
  };
  const series = lists
    .toSorted((a, b) => swing(b.values) - swing(a.values))
    .slice(0, SHARES)
    .map((one, i) => ({ ...one, label: one.label || "(empty)", look: `look-category-${i}` }));
  if (series.length === 0) return null;
  return {
    title: "Shares of the categories that moved most",
    spec: { series, fromZero: true, format: formatShare, tick: formatShareTick },
  };
}

export function missingSpec(history: History, count: number): NamedSpec {
  const values = clean(history.missing_rate, count);
  return {
    title: "Missing values",
    spec: {
      series: [{ label: "Missing", look: "look-current", values }],
      fromZero: true,
      format: formatShare,
      tick: formatShareTick,
    },
  };
}

export function historySpecs(
  history: History | undefined,
  effect: EffectRow | undefined,
  view: View | undefined,
  groups: readonly Group[],
): NamedSpec[] {
  const format = view?.kind === "numeric" ? view.format : "number";
  const count = groups.length;
  const specs = [
    effect ? effectSpec(effect) : null,
    history ? (shareSpec(history, count) ?? valueSpec(history, format, count)) : null,
    history ? missingSpec(history, count) : null,
  ];
  return specs.filter((spec) => spec !== null);
}
