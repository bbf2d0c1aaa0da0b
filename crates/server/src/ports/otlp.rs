//! OpenTelemetry in.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Encoding, IntakeError};
use crate::Caller;

/// Which OTLP service a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Log records.
    Logs,
    /// Spans.
    Traces,
    /// Metric points.
    Metrics,
}

/// One export.
#[derive(Debug, Clone)]
pub struct OtlpRequest {
    /// Who sends. Items of another model or environment than the caller's scope are rejected.
    pub caller: Caller,
    /// Environment of items that name none.
    pub environment: String,
    /// Which service.
    pub signal: Signal,
    /// Whether the body is OTLP JSON; else it is protobuf.
    pub json: bool,
    /// How the body is compressed.
    pub encoding: Encoding,
    /// `Export…ServiceRequest`.
    pub body: Bytes,
}

/// The answer to an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpAnswer {
    /// `Export…ServiceResponse` in the form of the request, with `partial_success` if items were rejected.
    pub body: Vec<u8>,
}

/// Takes OTLP exports.
#[async_trait]
pub trait Otlp: Send + Sync {
    /// Takes the items of an export and answers once they are durable. The call runs to its end even if the client goes
    /// away.
    ///
    /// # Errors
    /// [`IntakeError`] if the request as a whole cannot be taken.
    async fn export(&self, request: OtlpRequest) -> Result<OtlpAnswer, IntakeError>;
}
