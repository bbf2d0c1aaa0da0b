//! The result of a check as other programs read it: schema `watchkeeper.check/v1`.
//!
//! Every number that does not exist is `null` beside a `status` that says why; it is never NaN and never 0.

use schemars::JsonSchema;
use serde::Serialize;

/// The schema that this version writes.
pub const SCHEMA: &str = "watchkeeper.check/v1";

/// The result of a check.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckResult {
    /// Always `watchkeeper.check/v1`.
    pub schema: String,
    /// Version of the program that wrote it.
    pub version: String,
    /// When, RFC 3339 in UTC.
    pub generated_at: String,
    /// The model that was checked.
    pub model: ModelRef,
    /// The reference side.
    pub reference: Side,
    /// The current side.
    pub current: Side,
    /// Verdict of the data set: `ok`, `warning`, `critical` or `unknown`.
    pub verdict: String,
    /// One sentence why.
    pub reason: String,
    /// What the check was made with.
    pub settings: SettingsUsed,
    /// Columns by verdict, and the joint test.
    pub summary: Summary,
    /// What to look at, worst first.
    pub findings: Vec<Finding>,
    /// Measurements of the data set as a whole.
    pub measurements: Vec<MeasurementRow>,
    /// Columns that one side lacks, or whose type changed.
    pub schema_changes: Vec<SchemaChangeRow>,
    /// All columns that both sides have, in the order of the reference.
    pub columns: Vec<ColumnRow>,
    /// Periods of the current data (`--by`), in order of time.
    pub periods: Vec<GroupRow>,
    /// Segments of the current data (`--segment`), largest first.
    pub segments: Vec<GroupRow>,
    /// Things to know about how the check was made.
    pub notes: Vec<String>,
}

/// Which model.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ModelRef {
    /// Its name.
    pub name: String,
    /// `inferred`, or the path of the model file.
    pub source: String,
}

/// One side of the comparison.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Side {
    /// The files.
    pub paths: Vec<String>,
    /// Their rows.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
}

/// What the check was made with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettingsUsed {
    /// Level of one minimum-effect test.
    pub alpha: f64,
    /// False discovery rate of the joint verdict.
    pub fdr_q: f64,
    /// `default`, `all`, or the metrics asked for.
    pub metrics: Vec<String>,
    /// Rows a side up to which rank statistics are exact.
    pub exact_rows: u64,
    /// `COLUMN:period`.
    pub by: Option<String>,
    /// The segment column.
    pub segment: Option<String>,
    /// Whether dependence between rows was estimated from the reference's order of time.
    pub time_ordered: bool,
}

/// Columns by verdict, and the joint test over them.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Columns compared.
    pub columns: usize,
    /// … of which ok.
    pub ok: usize,
    /// … of which warning.
    pub warning: usize,
    /// … of which critical.
    pub critical: usize,
    /// … of which could not be judged.
    pub unknown: usize,
    /// Columns that are not judged at all: ids, times, nested values.
    pub not_judged: usize,
    /// Columns with a p-value.
    pub tested: usize,
    /// Columns whose alarm survives the joint test.
    pub drifted: usize,
    /// Their share of the tested columns, by importance.
    pub drifted_share: f64,
    /// Whether that share is at least a half.
    pub dataset_drift: bool,
}

/// Something to look at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Finding {
    /// The column; `null` for the data set.
    pub column: Option<String>,
    /// Its verdict.
    pub verdict: String,
    /// Why.
    pub reason: String,
}

/// A change of the columns themselves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SchemaChangeRow {
    /// The column.
    pub column: String,
    /// `added`, `removed` or `retyped`.
    pub change: String,
    /// Its type in the reference.
    pub reference_type: Option<String>,
    /// Its type in the current data.
    pub current_type: Option<String>,
    /// How bad that is.
    pub verdict: String,
    /// Why.
    pub reason: String,
}

/// One column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ColumnRow {
    /// Its name.
    pub name: String,
    /// Its type in the reference.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its role in the model.
    pub role: String,
    /// Its verdict.
    pub verdict: String,
    /// One sentence why.
    pub reason: String,
    /// Its weight in the verdict of the data set.
    pub importance: f64,
    /// By how much dependence between rows inflates the noise; `null` when not estimated.
    pub variance_inflation: Option<f64>,
    /// What was measured.
    pub measurements: Vec<MeasurementRow>,
}

/// One measurement.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasurementRow {
    /// Which metric.
    pub metric: String,
    /// Which method exactly; values compare only within one method.
    pub method: String,
    /// The value.
    pub value: Option<f64>,
    /// `ok`, `insufficient_data`, `undefined`, `degenerate_reference` or `not_applicable`.
    pub status: String,
    /// More about it.
    pub detail: Option<String>,
    /// `exact`, `bounded` (the value of the raw rows lies in `lo` to `hi`), `approximate` or `sampled`.
    pub exactness: String,
    /// Lower bound, when bounded.
    pub lo: Option<f64>,
    /// Upper bound, when bounded.
    pub hi: Option<f64>,
    /// Reference rows it rests on.
    pub n_reference: u64,
    /// Current rows it rests on.
    pub n_current: u64,
    /// The reference's own number, when the value is a difference.
    pub reference: Option<f64>,
    /// The current data's own number, when the value is a difference.
    pub current: Option<f64>,
    /// The smallest effect that matters.
    pub threshold: Option<f64>,
    /// What the value must exceed to show that the effect is above `threshold`.
    pub decision_threshold: Option<f64>,
    /// The effect that is critical.
    pub critical_threshold: Option<f64>,
    /// What the value must exceed to show that the effect is above `critical_threshold`.
    pub critical_decision_threshold: Option<f64>,
    /// p-value against no change at all; informational.
    pub p_value: Option<f64>,
    /// 95 % confidence interval of the value, lower end; for distances the lower bound at level alpha.
    pub ci_low: Option<f64>,
    /// … upper end.
    pub ci_high: Option<f64>,
    /// Whether it counts for the verdict.
    pub alarm: bool,
    /// Its own verdict.
    pub verdict: Option<String>,
}

/// A period or a segment of the current data.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupRow {
    /// Start of the period, or the segment's value.
    pub key: String,
    /// The same for people.
    pub label: String,
    /// Start of the period.
    pub start: Option<String>,
    /// End of the period, not included.
    pub end: Option<String>,
    /// Its rows.
    pub rows: u64,
    /// Its verdict.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// Its columns.
    pub columns: Vec<GroupColumnRow>,
}

/// A column of a period or segment, with the measurements that alarm.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupColumnRow {
    /// Its name.
    pub name: String,
    /// Its verdict.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// The measurements that alarm.
    pub measurements: Vec<MeasurementRow>,
}

/// JSON Schema of the result.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(CheckResult).to_value()
}
