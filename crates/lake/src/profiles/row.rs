//! Rows of a `profiles` table.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};

use super::{Bucket, Key, Slice};
use crate::LakeError;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A profile of the key.
    Profile,
    /// Older rows of the column (all columns when it is empty) inside the bucket are void.
    Reset,
    /// A grid; the bucket is 1970.
    Grid,
    /// The sum of all profiles of a slice and column in the file beside this one; the bucket reaches from the start of the
    /// first of them to a second after that of the last.
    Sum,
    /// The profile of the baseline over the grid of the same number; the bucket is 1970.
    Reference,
}

impl What {
    const ALL: [Self; 5] = [Self::Profile, Self::Reset, Self::Grid, Self::Reference, Self::Sum];

    /// Whether its state is counted in a sum.
    pub(super) const fn counts(self) -> bool {
        matches!(self, Self::Profile | Self::Sum)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Reset => "reset",
            Self::Grid => "grid",
            Self::Reference => "reference",
            Self::Sum => "sum",
        }
    }
}

/// Where rows stand in the order of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) source_version: i64,
    pub(super) sequence: i64,
}

/// Rebuilds of one version of the events that can be told apart.
const REBUILDS: i64 = 1024;

impl At {
    /// Rows that add what a version brought.
    pub(super) fn version(version: u64) -> Self {
        let source_version = i64::try_from(version).unwrap_or(i64::MAX / REBUILDS - 1);
        Self { source_version, sequence: source_version.saturating_mul(REBUILDS) }
    }

    /// Rows that take the place of those up to a version; `last` is the sequence of the rebuild before this one.
    pub(super) fn rebuild(version: u64, last: Option<i64>) -> Self {
        let at = Self::version(version);
        Self { sequence: last.unwrap_or(0).max(at.sequence).saturating_add(1), ..at }
    }
}

/// A row of a `profiles` table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) what: What,
    pub(super) key: Key,
    pub(super) column: String,
    /// Number of the grid.
    pub(super) grid: i32,
    /// Version of the events' table that the row includes.
    pub(super) source_version: i64,
    /// Place in the order of commits: a reset voids what came before it.
    pub(super) sequence: i64,
    /// The encoded profile or grid.
    pub(super) state: Vec<u8>,
}

/// Bytes of profile rows, for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProfileBytes {
    /// Rows.
    pub rows: u64,
    /// Bytes of their states before the file's compression.
    pub state_bytes: u64,
}

/// A batch of rows in the columns of the table.
pub(super) fn batch(rows: &[Row]) -> Result<RecordBatch, LakeError> {
    let text = |of: &dyn Fn(&Row) -> String| Arc::new(rows.iter().map(|r| Some(of(r))).collect::<StringArray>());
    let starts = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.key.bucket.start));
    let seconds = rows.iter().map(|row| i32::try_from(row.key.bucket.seconds).unwrap_or(i32::MAX));
    let columns: [(&str, ArrayRef); 11] = [
        ("what", text(&|row| row.what.as_str().to_owned())),
        ("bucket_start", Arc::new(starts.with_timezone("UTC"))),
        ("bucket_seconds", Arc::new(Int32Array::from_iter_values(seconds))),
        ("environment", text(&|row| row.key.slice.environment.clone())),
        ("version", text(&|row| row.key.slice.version.clone())),
        ("segment", text(&|row| row.key.slice.segment_text())),
        ("column", text(&|row| row.column.clone())),
        ("grid", Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.grid)))),
        ("source_version", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.source_version)))),
        ("sequence", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.sequence)))),
        ("state", Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| &row.state)))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// The rows of a batch read from the table. A row of a kind that this version does not know is skipped.
pub(super) fn rows(batch: &RecordBatch) -> Result<Vec<Row>, LakeError> {
    let missing = |column: &str| LakeError::MissingColumn { table: "profiles".into(), column: column.into() };
    let text =
        |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(|| missing(name));
    let int = |name: &str| {
        batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int32Type>()).ok_or_else(|| missing(name))
    };
    let (what, environment, version) = (text("what")?, text("environment")?, text("version")?);
    let (segment, column) = (text("segment")?, text("column")?);
    let (seconds, grid) = (int("bucket_seconds")?, int("grid")?);
    let starts = batch
        .column_by_name("bucket_start")
        .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| missing("bucket_start"))?;
    let long = |name: &str| {
        batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or_else(|| missing(name))
    };
    let (source, sequence) = (long("source_version")?, long("sequence")?);
    let state = batch.column_by_name("state").and_then(|c| c.as_binary_opt::<i32>()).ok_or_else(|| missing("state"))?;
    let row = |at: usize| {
        let word = what.value(at);
        let what = What::ALL.into_iter().find(|what| what.as_str() == word)?;
        let bucket = Bucket { start: starts.value(at), seconds: u32::try_from(seconds.value(at)).unwrap_or(1) };
        let slice = Slice {
            environment: environment.value(at).to_owned(),
            version: version.value(at).to_owned(),
            segments: Slice::parse_segments(segment.value(at)),
        };
        Some(Row {
            what,
            key: Key { bucket, slice },
            column: column.value(at).to_owned(),
            grid: grid.value(at),
            source_version: source.value(at),
            sequence: sequence.value(at),
            state: state.value(at).to_vec(),
        })
    };
    Ok((0..batch.num_rows()).filter_map(row).collect())
}
