//! Bodies of any accepted format → typed columns and the rows that could not be taken.
//!
//! ```text
//! bytes ─ decompress ─► JSON, NDJSON ─ scanner ──► rows ──┐
//!                       JSON values ── as NDJSON ─► rows ──┼─► finish: defaults, ids, order ─► Decoded
//!                       Arrow, Parquet ─ flatten ─► convert ┘
//! ```
//!
//! `place` knows which column a name belongs to, `cell` which values a column takes. Both ways of reading (a row at a
//! time and a column at a time) ask them, so the same content gives the same batch whatever it came in.
//!
//! JSON is read by a scanner of our own and not by `serde_json`: numbers must be the nearest double (a `serde_json`
//! without `float_roundtrip` is off by one bit in some of 17 digits, and then one event sent as JSON and as Arrow would
//! be a correction of itself), integers over 64 bits must be told from floats, and comparing the bytes of the expected
//! next key is faster than reading it.

mod arrow;
mod cell;
mod column;
mod decompress;
mod error;
mod finish;
mod hash;
mod json;
mod parquet;
mod place;
mod rows;
mod text;
mod time;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

pub use decompress::decompress;
pub use error::{DecodeError, DecodeErrorKind};
pub use hash::{ASSIGNED_TIME_KEY, content_hashes, stored_hashes};

use crate::{Decoded, Limits, Shape, Stream};

/// The format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One object, or an array of objects.
    Json,
    /// One object a line; blank lines are not rows.
    Ndjson,
    /// Arrow IPC stream.
    ArrowStream,
    /// Parquet file.
    Parquet,
}

impl BodyFormat {
    /// The content types that are read, as they are written in messages.
    pub const CONTENT_TYPES: &'static str = "application/json, application/x-ndjson, \
         application/vnd.apache.arrow.stream or application/vnd.apache.parquet";

    /// The format of a `Content-Type`; parameters such as `; charset=utf-8` and case do not count.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" | "text/json" => Some(Self::Json),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonl"
            | "application/jsonlines" => Some(Self::Ndjson),
            "application/vnd.apache.arrow.stream" => Some(Self::ArrowStream),
            "application/vnd.apache.parquet" | "application/x-parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// Gzip, of one or more members.
    Gzip,
    /// Zstandard, of one or more frames.
    Zstd,
}

impl Encoding {
    /// The encoding of a `Content-Encoding`; an empty one is no encoding. `None` for others and for several.
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What a body is read against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What the rows are.
    pub stream: Stream,
    /// The columns known so far, and the mapping of other shapes.
    pub shape: &'a Shape,
    /// How large the request may be.
    pub limits: &'a Limits,
    /// Time of receipt in microseconds since 1970: the time of events that have none.
    pub now_us: i64,
    /// The environment of events that have none.
    pub default_environment: &'a str,
    /// The model of KPIs and changes that have none.
    pub model: Option<&'a str>,
}

/// Reads a decompressed body.
///
/// One bad row never costs the others: it becomes a [`crate::Reject`] with its index in the request.
///
/// # Errors
///
/// [`DecodeError`] when the body as a whole cannot be taken: it is not of its format (for NDJSON a line is a row, so no
/// text is), or has more rows, columns or bytes than the limits allow.
pub fn decode(format: BodyFormat, body: &Bytes, context: &Context<'_>) -> Result<Decoded, DecodeError> {
    if body.len() > context.limits.decompressed_bytes {
        return Err(DecodeError::too_large("bytes of the body", body.len(), context.limits.decompressed_bytes));
    }
    match format {
        BodyFormat::Json => json::decode_json(body, context),
        BodyFormat::Ndjson => json::decode_ndjson(body, context),
        BodyFormat::ArrowStream => guarded("Arrow", || arrow::decode_stream(body, context)),
        BodyFormat::Parquet => guarded("Parquet", || parquet::decode_file(body, context)),
    }
}

/// Reads events that are JSON values already, each a row; the same meaning as [`decode`] of their text.
///
/// # Errors
///
/// [`DecodeError::TooLarge`] for too many rows or values.
pub fn decode_values(values: &[serde_json::Value], context: &Context<'_>) -> Result<Decoded, DecodeError> {
    json::decode_values(values, context)
}

/// The libraries below are not written against hostile bytes everywhere: a panic of theirs is a broken body.
fn guarded<T>(format: &str, read: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(DecodeError::malformed("an unknown place", format!("a valid {format} body"))))
}
