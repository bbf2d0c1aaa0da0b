//! Models, columns, profiles, distributions, sizes.

use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ReadError, Time, Window};
use crate::Caller;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Entries at most: 1 to 1,000.
    pub limit: usize,
    /// Cursor of the former page.
    pub after: Option<String>,
}

/// Whether a model has its grids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Its grids are being learned from its first events.
    Learning,
    /// Its grids are frozen; profiles are kept.
    Ready,
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// Name.
    pub name: String,
    /// Whether it has its grids.
    pub state: ModelState,
    /// Versions seen.
    pub versions: Vec<String>,
    /// Environments seen.
    pub environments: Vec<String>,
    /// Rows of predictions.
    pub predictions: u64,
    /// Rows of labels.
    pub labels: u64,
    /// Earliest time of a stored prediction, to the microsecond.
    pub first_event: Option<Time>,
    /// Latest time of a stored prediction, to the microsecond.
    pub last_event: Option<Time>,
    /// When the newest commit to `predictions` was made that the profiles include: every row that was committed until then
    /// is counted, however old its own time. None while the model has no grids.
    pub profiled_to: Option<Time>,
    /// Columns that look personal and have no action in the Model resource.
    pub flagged_columns: Vec<String>,
}

/// Some models by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelsPage {
    /// The models.
    pub models: Vec<ModelInfo>,
    /// Cursor of the next page; none on the last.
    pub next: Option<String>,
}

/// The frozen bins of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GridInfo {
    /// Counts from 1 with each new grid.
    pub version: u32,
    /// Bins or kept categories.
    pub bins: u32,
    /// Rows that it was made from.
    pub rows: u64,
}

/// What is known of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColumnInfo {
    /// Name.
    pub name: String,
    /// Role, such as `feature`.
    pub role: String,
    /// Type, such as `numeric`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it has its grid.
    pub state: ModelState,
    /// Its grid.
    pub grid: Option<GridInfo>,
    /// What the privacy gate does with it, such as `keep`.
    pub privacy: String,
    /// Why it looks personal; none if it does not.
    pub flagged: Option<String>,
    /// Bytes of its profile rows.
    pub profile_bytes: Option<u64>,
}

/// The columns of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColumnsAnswer {
    /// Name of the model.
    pub model: String,
    /// Its columns.
    pub columns: Vec<ColumnInfo>,
}

/// Length of the buckets of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Calendar hours, UTC.
    Hour,
    /// Calendar days, UTC.
    Day,
    /// Calendar months, UTC.
    Month,
}

/// One segment: name and value of a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SegmentFilter {
    /// Tag.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Which events count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// Only this version.
    pub version: Option<String>,
    /// Only this environment; the caller's own if it has one.
    pub environment: Option<String>,
    /// Only events with all of these tags.
    pub segments: Vec<SegmentFilter>,
}

/// Asks for profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileQuery {
    /// Model.
    pub model: String,
    /// Columns; all if empty.
    pub columns: Vec<String>,
    /// Event time.
    pub window: Window,
    /// Which events.
    pub slice: Slice,
    /// Also a series of buckets.
    pub by: Option<Step>,
}

/// Rows by what their value is; they add up to the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Classes {
    /// Finite numbers, or values of a categorical column.
    pub valid: u64,
    /// No value.
    pub null: u64,
    /// Not a number.
    pub nan: u64,
    /// Positive or negative infinity.
    pub infinite: u64,
    /// Values of the wrong type or out of the declared range.
    pub invalid: u64,
}

/// A bin and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BinShare {
    /// For people: `[0, 10)`, or the category.
    pub label: String,
    /// Lower edge, in the bin; none for categories and the lowest bin.
    pub lo: Option<f64>,
    /// Upper edge, not in the bin; none for categories and the highest bin.
    pub hi: Option<f64>,
    /// Rows.
    pub count: u64,
    /// Part of the valid rows; none if there are none.
    pub share: Option<f64>,
}

/// A quantile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Quantile {
    /// Probability, 0 to 1.
    pub p: f64,
    /// Value.
    pub value: f64,
}

/// Numbers that sum up a numeric column; each is none where there is no valid row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Summary {
    /// Mean.
    pub mean: Option<f64>,
    /// Standard deviation.
    pub std: Option<f64>,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Quantiles, by probability.
    pub quantiles: Vec<Quantile>,
}

/// One bucket of a series.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BucketPoint {
    /// Event time.
    pub window: Window,
    /// Rows.
    pub rows: u64,
    /// Rows by class.
    pub classes: Classes,
    /// Counts by bin, in the order of the bins.
    pub counts: Vec<u64>,
    /// Summary of a numeric column.
    pub summary: Option<Summary>,
}

/// The profile of a column.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileAnswer {
    /// Column.
    pub column: String,
    /// Event time that was merged.
    pub window: Window,
    /// Rows.
    pub rows: u64,
    /// Rows by class.
    pub classes: Classes,
    /// Bins of the frozen grid.
    pub bins: Vec<BinShare>,
    /// Summary of a numeric column.
    pub summary: Option<Summary>,
    /// The series asked for with `by`; empty without.
    pub buckets: Vec<BucketPoint>,
}

/// The profiles of a model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfilesAnswer {
    /// Model.
    pub model: String,
    /// One profile a column.
    pub profiles: Vec<ProfileAnswer>,
}

/// What the current window is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceQuery {
    /// The baseline of the model.
    Baseline,
    /// Another window.
    Window(Window),
}

/// Asks for a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionQuery {
    /// Model.
    pub model: String,
    /// Column.
    pub column: String,
    /// What to compare with; none for the current window alone.
    pub reference: Option<ReferenceQuery>,
    /// Event time of the current side.
    pub window: Window,
    /// Which events.
    pub slice: Slice,
    /// Also a series of buckets of the current side.
    pub by: Option<Step>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DistributionSide {
    /// Event time; none for a baseline from a file.
    pub window: Option<Window>,
    /// Rows.
    pub rows: u64,
    /// Rows by class.
    pub classes: Classes,
    /// Summary of a numeric column.
    pub summary: Option<Summary>,
}

/// A bin of both sides.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DistributionBin {
    /// For people: `[0, 10)`, or the category.
    pub label: String,
    /// Lower edge, in the bin; none for categories and the lowest bin.
    pub lo: Option<f64>,
    /// Upper edge, not in the bin; none for categories and the highest bin.
    pub hi: Option<f64>,
    /// Rows of the reference; none without a reference.
    pub reference_count: Option<u64>,
    /// Rows of the current side.
    pub current_count: u64,
    /// Part of the reference's valid rows.
    pub reference_share: Option<f64>,
    /// Part of the current side's valid rows; none if there are none.
    pub current_share: Option<f64>,
}

/// A number that compares the two sides.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ColumnMeasurement {
    /// Metric, such as `psi`.
    pub metric: String,
    /// Method id, such as `psi.v1`.
    pub method: String,
    /// Value; none if `status` says why.
    pub value: Option<f64>,
    /// `ok`, or why there is no value.
    pub status: String,
    /// Lower end of its interval.
    pub lo: Option<f64>,
    /// Upper end of its interval.
    pub hi: Option<f64>,
}

/// The distribution of a column, beside its reference's.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DistributionAnswer {
    /// Model.
    pub model: String,
    /// Column.
    pub column: String,
    /// What it is compared with; none without a reference.
    pub reference: Option<DistributionSide>,
    /// The window asked for.
    pub current: DistributionSide,
    /// Bins of the frozen grid.
    pub bins: Vec<DistributionBin>,
    /// What compares the two; empty without a reference.
    pub measurements: Vec<ColumnMeasurement>,
    /// The series asked for with `by`; empty without.
    pub buckets: Vec<BucketPoint>,
}

/// Size of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TableSize {
    /// Table, such as `predictions`.
    pub table: String,
    /// Model; none for tables of the tenant.
    pub model: Option<String>,
    /// Rows.
    pub rows: u64,
    /// Live files.
    pub files: u64,
    /// Bytes of the live files.
    pub bytes: u64,
    /// Bytes of files that no current version needs and vacuum has not removed yet.
    pub stale_bytes: u64,
    /// Version of the table.
    pub version: u64,
    /// Earliest time of a row: `label_ts` of labels, `received_at` of rejects, `ts` of others; none for profiles.
    pub first_event: Option<Time>,
    /// Latest time of a row.
    pub last_event: Option<Time>,
}

/// How big is what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StorageAnswer {
    /// Tables of the caller's tenant.
    pub tables: Vec<TableSize>,
    /// Bytes of the live files of all of them.
    pub bytes: u64,
}

/// Reads profiles of the caller's tenant.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// Models by name, those in the caller's scope.
    async fn models(&self, caller: &Caller, page: &Page) -> Result<ModelsPage, ReadError>;

    /// A model.
    async fn model(&self, caller: &Caller, model: &str) -> Result<ModelInfo, ReadError>;

    /// Columns of a model.
    async fn columns(&self, caller: &Caller, model: &str) -> Result<ColumnsAnswer, ReadError>;

    /// Profiles of columns of a model, merged over a window.
    async fn profiles(&self, caller: &Caller, query: &ProfileQuery) -> Result<ProfilesAnswer, ReadError>;

    /// The distribution of one column beside its reference.
    async fn distribution(&self, caller: &Caller, query: &DistributionQuery) -> Result<DistributionAnswer, ReadError>;

    /// Sizes of the tables.
    async fn storage(&self, caller: &Caller) -> Result<StorageAnswer, ReadError>;
}
