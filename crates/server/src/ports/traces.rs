//! The spans of one request of a user.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{ReadError, Time};
use crate::Caller;

/// A span.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SpanInfo {
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// Span that caused it.
    pub parent_span_id: Option<String>,
    /// Name.
    pub name: String,
    /// `service.name` of the resource.
    pub service: Option<String>,
    /// Begin.
    pub start: Time,
    /// End.
    pub end: Time,
    /// `unset`, `ok` or `error`.
    pub status: String,
    /// Model that answered in it, if it is an inference.
    pub model: Option<String>,
    /// Environment, if known.
    pub environment: Option<String>,
    /// Attributes after the privacy gate.
    #[schema(value_type = Object)]
    pub attributes: Value,
}

/// The spans of a trace that are kept, by begin.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraceAnswer {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The spans.
    pub spans: Vec<SpanInfo>,
    /// Whether there were more spans than are kept.
    pub truncated: bool,
}

/// Reads kept spans.
#[async_trait]
pub trait Traces: Send + Sync {
    /// The spans of a trace within the caller's tenant.
    ///
    /// # Errors
    /// [`ReadError::NotFound`] if none is kept.
    async fn trace(&self, caller: &Caller, trace_id: &str) -> Result<TraceAnswer, ReadError>;
}
