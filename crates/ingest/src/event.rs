//! What a request brings: typed rows, and the rows that could not be taken with the reason.

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};
pub use watchkeeper_spec::event::{Stream, names};

/// Why a row was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// The row is not readable at all.
    Malformed,
    /// A needed field is not there.
    Missing,
    /// A value has another type than its column.
    WrongType,
    /// A value is out of bounds: time, length, range.
    OutOfBounds,
    /// A limit on columns, nesting or size.
    TooLarge,
    /// A word that is not one of the allowed ones.
    UnknownValue,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Index of the row in the request, from 0.
    pub row: u64,
    /// The field, when one is to blame.
    pub field: Option<String>,
    /// The value found, shortened to 64 characters; `***` for personal columns.
    pub value: Option<String>,
    /// What was expected instead.
    pub expected: String,
    /// Why, as a word.
    pub code: RejectCode,
}

/// The rows of one request.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Accepted rows in the columns of their stream; a column that no row has is not there.
    pub batch: RecordBatch,
    /// Rows that were not taken, in order, at most one entry a row.
    pub rejects: Vec<Reject>,
    /// Rows that the request had: those of `batch` and the rejects.
    pub rows: u64,
}
