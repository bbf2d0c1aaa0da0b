import type { Measurement, NumericView, Summary } from "../api/report";

/** Small values for tests; not part of the page. */
export const summary = (over: Partial<Summary> = {}): Summary => ({
  rows: 100,
  missing: 0,
  invalid: 0,
  non_finite: 0,
  mean: null,
  std: null,
  min: null,
  max: null,
  distinct: null,
  distinct_exact: true,
  ...over,
});

export const numeric = (over: Partial<NumericView> = {}): NumericView => ({
  kind: "numeric",
  of: "value",
  format: "number",
  edges: [0, 1, 10, 100],
  reference: [10, 20, 30],
  current: [5, 5, 50],
  points: [],
  quantiles: { p: [], reference: [], current: [] },
  reference_summary: summary(),
  current_summary: summary(),
  ...over,
});

export const measurement = (over: Partial<Measurement> = {}): Measurement => ({
  metric: "psi",
  method: "psi.anchored10.jeffreys.v1",
  value: 0.2,
  status: "ok",
  detail: null,
  exactness: "exact",
  lo: null,
  hi: null,
  n_reference: 1000,
  n_current: 1000,
  threshold: 0.1,
  decision_threshold: 0.15,
  critical_threshold: 0.25,
  critical_decision_threshold: 0.35,
  p_value: null,
  ci_low: null,
  ci_high: null,
  alarm: true,
  verdict: "warning",
  ...over,
});
