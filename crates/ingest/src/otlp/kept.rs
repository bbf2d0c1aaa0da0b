//! Spans that are no inferences, as much of them as the view of a request shows.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::attributes::{as_text, hex, json};
use super::mapping::View;

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nothing was said.
    Unset,
    /// Marked as successful.
    Ok,
    /// Marked as failed.
    Error,
}

/// A span of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSpan {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; `None` for the root.
    pub parent: Option<String>,
    /// What was done; at most 256 characters.
    pub name: String,
    /// `service.name`; empty when it is not known.
    pub service: String,
    /// Microseconds since 1970.
    pub start_us: i64,
    /// Microseconds since 1970, not before the start.
    pub end_us: i64,
    /// How it ended.
    pub status: SpanStatus,
    /// Scalar attributes as texts: at most 32, of at most 256 characters; none with payloads, statements or persons.
    pub attributes: Vec<(String, String)>,
}

const ATTRIBUTES_MAX: usize = 32;
const CHARACTERS_MAX: usize = 256;

/// Attributes that carry what users typed, what models were asked, or who it was: kept spans pass no privacy gate.
const PRIVATE_PREFIXES: [&str; 23] = [
    "client.",
    "db.query",
    "db.statement",
    "enduser.",
    "exception.message",
    "exception.stacktrace",
    "gen_ai.",
    "graphql.document",
    "http.client_ip",
    "http.request.header",
    "http.response.header",
    "http.target",
    "http.url",
    "input.",
    "llm.",
    "messaging.message",
    "metadata",
    "ml.",
    "net.peer",
    "output.",
    "session.",
    "url.",
    "user",
];

impl KeptSpan {
    /// The span without what may be private: known prefixes, and what a mapping names, if only to ignore it. `None` when its
    /// ids are not 16 and 8 bytes.
    pub(super) fn of(span: &Span, service: Option<&str>, view: View<'_>) -> Option<Self> {
        let start_us = microseconds(span.start_time_unix_nano);
        let status = match span.status.as_ref().map_or(0, |status| status.code) {
            1 => SpanStatus::Ok,
            2 => SpanStatus::Error,
            _ => SpanStatus::Unset,
        };
        Some(Self {
            trace_id: hex(&span.trace_id, 16)?,
            span_id: hex(&span.span_id, 8)?,
            parent: hex(&span.parent_span_id, 8),
            name: shorten(&span.name),
            service: shorten(service.unwrap_or_default()),
            start_us,
            end_us: microseconds(span.end_time_unix_nano).max(start_us),
            status,
            attributes: attributes(&span.attributes, view),
        })
    }

    /// Bytes that the span takes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        const TEXT: usize = std::mem::size_of::<String>();
        let attributes = self.attributes.iter().map(|(key, value)| 2 * TEXT + key.len() + value.len());
        std::mem::size_of::<Self>()
            + self.trace_id.len()
            + self.span_id.len()
            + self.parent.as_ref().map_or(0, String::len)
            + self.name.len()
            + self.service.len()
            + attributes.sum::<usize>()
    }
}

fn attributes(attributes: &[KeyValue], view: View<'_>) -> Vec<(String, String)> {
    attributes
        .iter()
        .filter(|attribute| !PRIVATE_PREFIXES.iter().any(|prefix| attribute.key.starts_with(prefix)))
        .filter(|attribute| !view.names(&attribute.key))
        .filter_map(|attribute| {
            let text = as_text(&json(attribute.value.as_ref()?))?;
            Some((shorten(&attribute.key), shorten(&text)))
        })
        .take(ATTRIBUTES_MAX)
        .collect()
}

fn shorten(text: &str) -> String {
    text.chars().take(CHARACTERS_MAX).collect()
}

fn microseconds(nanoseconds: u64) -> i64 {
    i64::try_from(nanoseconds / 1_000).unwrap_or(i64::MAX)
}
