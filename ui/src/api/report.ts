/**
 * The report's wire format, `watchkeeper.report/v1`, as the Rust binary writes it.
 * Written by hand until the schema is generated; field names are the wire's.
 */

export type Verdict = "ok" | "warning" | "critical" | "unknown";
export type Status =
  | "ok"
  | "insufficient_data"
  | "undefined"
  | "degenerate_reference"
  | "not_applicable";
export type Exactness = "exact" | "bounded" | "approximate" | "sampled";

export interface Report {
  schema: "watchkeeper.report/v1";
  check: Check;
  columns: Record<string, ColumnView>;
  history: Record<string, History>;
}

export interface Check {
  schema: "watchkeeper.check/v1";
  version: string;
  /** RFC 3339. */
  generated_at: string;
  model: { name: string; source: string };
  reference: Side;
  current: Side;
  verdict: Verdict;
  reason: string;
  settings: Settings;
  summary: CheckSummary;
  /** Worst first; the first three are what to look at first. */
  findings: Finding[];
  /** Of the data set as a whole. */
  measurements: Measurement[];
  schema_changes: SchemaChange[];
  columns: Column[];
  periods: Group[];
  segments: Group[];
  notes: string[];
}

export interface Settings {
  alpha: number;
  fdr_q: number;
  metrics: string[];
  exact_rows: number;
  by: string | null;
  segment: string | null;
}

export interface CheckSummary {
  columns: number;
  ok: number;
  warning: number;
  critical: number;
  unknown: number;
  not_judged: number;
  tested: number;
  drifted: number;
  drifted_share: number;
  dataset_drift: boolean;
}

export interface Finding {
  column: string | null;
  verdict: Verdict;
  reason: string;
}

export interface SchemaChange {
  column: string;
  change: "added" | "removed" | "retyped";
  reference_type: string | null;
  current_type: string | null;
  verdict: Verdict;
  reason: string;
}

export interface Side {
  paths: string[];
  rows: number;
  bytes: number;
}

export interface Column {
  name: string;
  type: string;
  role: string;
  verdict: Verdict;
  reason: string;
  importance: number;
  variance_inflation: number | null;
  measurements: Measurement[];
}

export interface Measurement {
  metric: string;
  /** The method id, such as `psi.anchored10.jeffreys.v1`. */
  method: string;
  value: number | null;
  status: Status;
  detail: string | null;
  exactness: Exactness;
  /** Bounds of the sample's true value, when `exactness` is `bounded`. */
  lo: number | null;
  hi: number | null;
  n_reference: number;
  n_current: number;
  /** The effect that matters; `decision_threshold` adds what noise may do at this sample size. */
  threshold: number | null;
  decision_threshold: number | null;
  critical_threshold: number | null;
  critical_decision_threshold: number | null;
  p_value: number | null;
  ci_low: number | null;
  ci_high: number | null;
  /** Whether this measurement decides the column's verdict (not whether it fired). */
  alarm: boolean;
  verdict: Verdict | null;
}

export interface Group {
  key: string;
  label: string;
  start: string | null;
  end: string | null;
  rows: number;
  verdict: Verdict;
  reason: string;
  /** Each column's alarm measurements only. */
  columns: GroupColumn[];
}

export interface GroupColumn {
  name: string;
  verdict: Verdict;
  reason: string;
  measurements: Measurement[];
}

export interface ColumnView {
  /** Usually one; text columns have two, of length and of tokens. */
  views: View[];
}

export type View = NumericView | CategoricalView;
export type ValueFormat = "number" | "integer" | "timestamp_us" | "date_days";

export interface NumericView {
  kind: "numeric";
  of: "value" | "length" | "tokens";
  format: ValueFormat;
  /** One more than the bins. Quantile bins of the reference: widths differ greatly. */
  edges: number[];
  reference: number[];
  current: number[];
  /** Single values that hold 1 % or more; their rows are not in the bins. */
  points: Atom[];
  quantiles: { p: number[]; reference: (number | null)[]; current: (number | null)[] };
  reference_summary: Summary;
  current_summary: Summary;
}

export interface Atom {
  x: number;
  reference: number;
  current: number;
}

export interface CategoricalView {
  kind: "categorical";
  categories: Category[];
  unseen: { label: string; count: number }[];
  reference_summary: Summary;
  current_summary: Summary;
}

export interface Category {
  label: string;
  kind: "kept" | "other" | "unseen";
  reference: number;
  current: number;
}

export interface Summary {
  rows: number;
  missing: number;
  invalid: number;
  non_finite: number;
  mean: number | null;
  std: number | null;
  min: number | null;
  max: number | null;
  distinct: number | null;
  distinct_exact: boolean;
}

/** One column over the periods of the check, aligned with `check.periods`. */
export interface History {
  n: number[];
  missing_rate: (number | null)[];
  mean?: (number | null)[];
  q05?: (number | null)[];
  q50?: (number | null)[];
  q95?: (number | null)[];
  shares?: { label: string; values: (number | null)[] }[];
}
