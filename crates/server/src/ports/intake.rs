//! Events in.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;
use watchkeeper_ingest::{Reject, RejectCode, Stream};

use crate::Caller;

/// When an append is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ack {
    /// Once the rows are synced to the journal.
    #[default]
    Journal,
    /// Once the rows are committed to their table.
    Commit,
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    #[default]
    Identity,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// What a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyKind {
    /// One JSON event or an array of them.
    Json,
    /// A JSON event a line.
    Ndjson,
    /// Arrow IPC stream.
    ArrowStream,
    /// Parquet file.
    Parquet,
    /// A CloudEvent whose attributes are in the `ce-*` headers and whose data is the body.
    CloudEventBinary {
        /// Content type of the data.
        content_type: String,
    },
    /// A CloudEvent as one JSON object.
    CloudEventStructured,
    /// An array of structured CloudEvents.
    CloudEventBatch,
    /// A capture format of another system, one of [`Settings::capture_formats`](crate::Settings::capture_formats).
    Capture(String),
}

/// One request with events.
#[derive(Debug, Clone)]
pub struct AppendRequest {
    /// Who sends. Rows of another model or environment than the caller's scope are rejected, each with its reason.
    pub caller: Caller,
    /// Environment of rows that name none.
    pub environment: String,
    /// Kind of events.
    pub stream: Stream,
    /// Model of the rows; `None` where they name it themselves (KPIs, changes, CloudEvents).
    pub model: Option<String>,
    /// What the body is.
    pub format: BodyKind,
    /// How it is compressed.
    pub encoding: Encoding,
    /// The body as sent.
    pub body: Bytes,
    /// `Idempotency-Key` of the request.
    pub idempotency_key: Option<String>,
    /// When to answer.
    pub ack: Ack,
    /// `ce-*` headers of a binary CloudEvent: lower-case name without the prefix, value.
    pub cloud_event: Vec<(String, String)>,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectedRow {
    /// Index of the row in the request, from 0.
    pub row: u64,
    /// The field to blame.
    pub field: Option<String>,
    /// Its value, at most 64 characters; `***` in personal columns.
    pub value: Option<String>,
    /// What was expected instead.
    pub expected: String,
    /// Why, as a word.
    #[schema(value_type = String, example = "wrong_type")]
    pub code: RejectCode,
}

impl From<Reject> for RejectedRow {
    fn from(reject: Reject) -> Self {
        let Reject { row, field, value, expected, code } = reject;
        Self { row, field, value, expected, code }
    }
}

/// What became of the rows of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppendAnswer {
    /// Rows taken, corrections among them.
    pub accepted: u64,
    /// Rows that were there already.
    pub duplicate: u64,
    /// Accepted rows that replaced one of the same id with other content.
    pub corrected: u64,
    /// Rows not taken.
    pub rejected: u64,
    /// The first 100 of the rows not taken.
    pub rejects: Vec<RejectedRow>,
    /// What the answer guarantees.
    pub ack: Ack,
    /// All rows not taken by reason, for the metrics; not part of the answer.
    #[serde(skip)]
    #[schema(ignore)]
    pub rejected_by_code: Vec<(RejectCode, u64)>,
}

/// Why a whole request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntakeError {
    /// The model is not known and this server does not create it.
    #[error("there is no model `{model}`")]
    UnknownModel {
        /// Its name.
        model: String,
        /// The remedy.
        hint: String,
    },
    /// A limit on size was passed.
    #[error("{what} is larger than {limit}")]
    TooLarge {
        /// What is too large, such as "the decompressed body".
        what: String,
        /// The limit with its unit.
        limit: String,
    },
    /// A content type that is accepted, with content that is not, such as an unknown CloudEvents type.
    #[error("{detail}")]
    Unsupported {
        /// Name, value and what was expected.
        detail: String,
    },
    /// The body is not what it says it is.
    #[error("{detail}")]
    Malformed {
        /// What is wrong and where.
        detail: String,
    },
    /// The request is outside the scope of the caller, such as a CloudEvent of another model.
    #[error("{detail}")]
    OutOfScope {
        /// What it named.
        detail: String,
    },
    /// No room at the moment.
    #[error("the intake is full")]
    Overloaded {
        /// When to come again.
        retry_after: Duration,
    },
    /// The privacy gate needs a key that is not configured.
    #[error("{detail}")]
    KeyMissing {
        /// Which one and for which column.
        detail: String,
    },
    /// Nothing can be taken for a reason that passes, and that the caller may know.
    #[error("{detail}")]
    NotNow {
        /// The reason.
        detail: String,
    },
    /// Journal or table cannot be written at the moment.
    #[error("{detail}")]
    Unavailable {
        /// What is missing.
        detail: String,
    },
    /// A bug; logged, not shown.
    #[error("{detail}")]
    Internal {
        /// For the log.
        detail: String,
    },
}

/// Takes events: decodes, checks, de-duplicates, makes them durable.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Appends the rows of a request and answers once they are as durable as [`AppendRequest::ack`] demands.
    ///
    /// The call runs to its end even if the client goes away.
    ///
    /// # Errors
    /// [`IntakeError`] if the request as a whole cannot be taken; then none of its rows was.
    async fn append(&self, request: AppendRequest) -> Result<AppendAnswer, IntakeError>;
}
