//! Requests from bytes: protobuf or JSON, with a bound on the memory that they take.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::de::DeserializeOwned;

use super::cost::{self, Kind};
use super::json;
use super::respond::Signal;
use crate::Limits;

/// How a request over HTTP is encoded; its answer is encoded alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`, with hex ids.
    Json,
}

impl Encoding {
    /// The encoding of a content type; `None` for those that OTLP does not have.
    #[must_use]
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The content type of answers.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// Why a request cannot be read. Not retryable: the same bytes fail again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtlpError {
    /// The bytes are no protobuf message of OTLP.
    #[error("the body is not an OTLP request in protobuf")]
    Protobuf,
    /// The bytes are no JSON.
    #[error("the body is not JSON: line {line}, column {column}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// JSON of another shape. The values are not shown: they may be features.
    #[error(
        "the body is JSON but not an OTLP request: expected hex ids, integers for enums, and `stringValue` or the like"
    )]
    JsonShape,
    /// More memory than a request may take.
    #[error("the request takes about {found} bytes of memory, at most {limit} are allowed")]
    TooLarge {
        /// Estimated bytes.
        found: usize,
        /// The most that is allowed.
        limit: usize,
    },
}

/// Reads an export request of traces.
///
/// # Errors
///
/// [`OtlpError`]: not readable, or larger than the limit on decompressed bodies allows.
pub fn decode_traces(
    bytes: &[u8],
    encoding: Encoding,
    limits: &Limits,
) -> Result<ExportTraceServiceRequest, OtlpError> {
    decode(bytes, encoding, Signal::Traces, limits)
}

/// Reads an export request of logs.
///
/// # Errors
///
/// As [`decode_traces`].
pub fn decode_logs(bytes: &[u8], encoding: Encoding, limits: &Limits) -> Result<ExportLogsServiceRequest, OtlpError> {
    decode(bytes, encoding, Signal::Logs, limits)
}

/// Reads an export request of metrics.
///
/// # Errors
///
/// As [`decode_traces`].
pub fn decode_metrics(
    bytes: &[u8],
    encoding: Encoding,
    limits: &Limits,
) -> Result<ExportMetricsServiceRequest, OtlpError> {
    decode(bytes, encoding, Signal::Metrics, limits)
}

/// Checks what a protobuf request will take in memory, before it is decoded: two bytes can become a span of hundreds.
///
/// # Errors
///
/// [`OtlpError::TooLarge`], or [`OtlpError::Protobuf`] when the bytes are no message.
pub fn check_bytes(bytes: &[u8], signal: Signal, limits: &Limits) -> Result<(), OtlpError> {
    let kind = match signal {
        Signal::Traces => Kind::Traces,
        Signal::Logs => Kind::Logs,
        Signal::Metrics => Kind::Metrics,
    };
    let found = cost::of(bytes, kind).ok_or(OtlpError::Protobuf)?;
    let limit = limits.decompressed_bytes;
    if found > limit { Err(OtlpError::TooLarge { found, limit }) } else { Ok(()) }
}

fn decode<T>(bytes: &[u8], encoding: Encoding, signal: Signal, limits: &Limits) -> Result<T, OtlpError>
where
    T: Message + Default + DeserializeOwned,
{
    match encoding {
        Encoding::Protobuf => {
            check_bytes(bytes, signal, limits)?;
            T::decode(bytes).map_err(|_| OtlpError::Protobuf)
        }
        Encoding::Json => json::decode(bytes, limits),
    }
}
