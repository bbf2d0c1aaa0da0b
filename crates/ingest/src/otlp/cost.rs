//! What a protobuf request takes once it is decoded, found by one pass over its fields.
//!
//! An empty span is two bytes on the wire and hundreds in memory; a limit on bytes alone would be none.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::metrics::v1 as metrics;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as trace;

/// A message type of OTLP that holds other messages or lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Traces,
    Logs,
    Metrics,
    ResourceSpans,
    ResourceLogs,
    ResourceMetrics,
    Resource,
    EntityRef,
    Scope,
    ScopeSpans,
    ScopeLogs,
    ScopeMetrics,
    Span,
    SpanEvent,
    SpanLink,
    LogRecord,
    Metric,
    Points,
    HistogramPoints,
    ExponentialPoints,
    SummaryPoints,
    Point,
    HistogramPoint,
    ExponentialPoint,
    SummaryPoint,
    Buckets,
    Quantile,
    Exemplar,
    KeyValue,
    Any,
    AnyList,
    KeyValueList,
}

impl Kind {
    /// The message type in field `field`; `None` for scalars, texts and unknown fields.
    ///
    /// Numbers from the protocol's own definition, <https://github.com/open-telemetry/opentelemetry-proto>, 1.x.
    const fn child(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Traces, 1) => Self::ResourceSpans,
            (Self::Logs, 1) => Self::ResourceLogs,
            (Self::Metrics, 1) => Self::ResourceMetrics,
            (Self::ResourceSpans | Self::ResourceLogs | Self::ResourceMetrics, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::ResourceLogs, 2) => Self::ScopeLogs,
            (Self::ResourceMetrics, 2) => Self::ScopeMetrics,
            (Self::ScopeSpans | Self::ScopeLogs | Self::ScopeMetrics, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::ScopeLogs, 2) => Self::LogRecord,
            (Self::ScopeMetrics, 2) => Self::Metric,
            (Self::Resource, 3) => Self::EntityRef,
            (Self::Resource | Self::ExponentialPoint, 1)
            | (Self::Scope | Self::SpanEvent, 3)
            | (Self::Span | Self::HistogramPoint, 9)
            | (Self::SpanLink, 4)
            | (Self::LogRecord, 6)
            | (Self::Metric, 12)
            | (Self::Point | Self::SummaryPoint | Self::Exemplar, 7)
            | (Self::KeyValueList, 1) => Self::KeyValue,
            (Self::Span, 11) => Self::SpanEvent,
            (Self::Span, 13) => Self::SpanLink,
            (Self::LogRecord, 5) | (Self::KeyValue, 2) | (Self::AnyList, 1) => Self::Any,
            (Self::Any, 5) => Self::AnyList,
            (Self::Any, 6) => Self::KeyValueList,
            (Self::Metric, 5 | 7) => Self::Points,
            (Self::Metric, 9) => Self::HistogramPoints,
            (Self::Metric, 10) => Self::ExponentialPoints,
            (Self::Metric, 11) => Self::SummaryPoints,
            (Self::Points, 1) => Self::Point,
            (Self::HistogramPoints, 1) => Self::HistogramPoint,
            (Self::ExponentialPoints, 1) => Self::ExponentialPoint,
            (Self::SummaryPoints, 1) => Self::SummaryPoint,
            (Self::Point, 5) | (Self::HistogramPoint, 8) | (Self::ExponentialPoint, 11) => Self::Exemplar,
            (Self::ExponentialPoint, 8 | 9) => Self::Buckets,
            (Self::SummaryPoint, 6) => Self::Quantile,
            _ => return None,
        })
    }

    /// Bytes of the decoded message itself.
    const fn bytes(self) -> usize {
        match self {
            Self::Traces | Self::Logs | Self::Metrics => 0,
            Self::ResourceSpans => size_of::<trace::ResourceSpans>(),
            Self::ResourceLogs => size_of::<logs::ResourceLogs>(),
            Self::ResourceMetrics => size_of::<metrics::ResourceMetrics>(),
            Self::Resource => size_of::<Resource>(),
            Self::EntityRef => size_of::<EntityRef>(),
            Self::Scope => size_of::<InstrumentationScope>(),
            Self::ScopeSpans => size_of::<trace::ScopeSpans>(),
            Self::ScopeLogs => size_of::<logs::ScopeLogs>(),
            Self::ScopeMetrics => size_of::<metrics::ScopeMetrics>(),
            Self::Span => size_of::<trace::Span>(),
            Self::SpanEvent => size_of::<trace::span::Event>(),
            Self::SpanLink => size_of::<trace::span::Link>(),
            Self::LogRecord => size_of::<logs::LogRecord>(),
            Self::Metric => size_of::<metrics::Metric>(),
            Self::Points | Self::HistogramPoints | Self::ExponentialPoints | Self::SummaryPoints => 0,
            Self::Point => size_of::<metrics::NumberDataPoint>(),
            Self::HistogramPoint => size_of::<metrics::HistogramDataPoint>(),
            Self::ExponentialPoint => size_of::<metrics::ExponentialHistogramDataPoint>(),
            Self::SummaryPoint => size_of::<metrics::SummaryDataPoint>(),
            Self::Buckets => size_of::<metrics::exponential_histogram_data_point::Buckets>(),
            Self::Quantile => size_of::<metrics::summary_data_point::ValueAtQuantile>(),
            Self::Exemplar => size_of::<metrics::Exemplar>(),
            Self::KeyValue => size_of::<KeyValue>(),
            Self::Any => size_of::<AnyValue>(),
            Self::AnyList | Self::KeyValueList => 0,
        }
    }

    /// Bytes in memory for each byte of a field that is no message: packed counts of one byte become eight.
    const fn growth(self) -> usize {
        match self {
            Self::Buckets => 8,
            _ => 1,
        }
    }
}

/// As deep as the decoder goes.
const DEPTH_MAX: usize = 100;
/// A list grows by doubling: at the worst moment old and new lie side by side.
const LIST_GROWTH: usize = 2;

/// Estimated bytes of the decoded message, at most `usize::MAX`; `None` when the bytes are no message.
///
/// Groups (wire types 3 and 4) are refused: OTLP has none, and they would have to be followed.
pub(super) fn of(bytes: &[u8], kind: Kind) -> Option<usize> {
    message(bytes, kind, 0)
}

fn message(mut bytes: &[u8], kind: Kind, depth: usize) -> Option<usize> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut cost = kind.bytes().saturating_mul(LIST_GROWTH);
    while !bytes.is_empty() {
        let (tag, rest) = varint(bytes)?;
        bytes = match tag & 7 {
            0 => varint(rest)?.1,
            1 => rest.get(8..)?,
            5 => rest.get(4..)?,
            2 => {
                let (length, rest) = varint(rest)?;
                let (inner, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                let inner = match kind.child(tag >> 3) {
                    Some(child) => message(inner, child, depth + 1)?,
                    None => inner.len().saturating_mul(kind.growth()).saturating_add(size_of::<String>()),
                };
                cost = cost.saturating_add(inner);
                rest
            }
            _ => return None,
        };
        if kind == Kind::Buckets && tag & 7 == 0 {
            // A count outside of a packed list.
            cost = cost.saturating_add(LIST_GROWTH * size_of::<u64>());
        }
    }
    Some(cost)
}

/// A base-128 number of at most ten bytes.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F).checked_shl(7 * u32::try_from(index).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(field: u8, inner: &[u8]) -> Vec<u8> {
        assert!(inner.len() < 128);
        [vec![field << 3 | 2, u8::try_from(inner.len()).unwrap()], inner.to_vec()].concat()
    }

    #[test]
    fn empty_messages_cost_what_they_take() {
        let spans = [0x12, 0x00].repeat(10);
        let request = nested(1, &nested(2, &spans));
        let cost = of(&request, Kind::Traces).unwrap();
        assert!(cost >= 10 * size_of::<trace::Span>(), "{cost} for ten spans in {} bytes", request.len());
        assert_eq!(of(&[], Kind::Traces), Some(0));
    }

    #[test]
    fn counts_of_buckets_cost_eight_bytes_each() {
        let buckets = nested(2, &[1; 100]);
        assert!(of(&buckets, Kind::Buckets).unwrap() >= 800);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bytes in [&[0x0A][..], &[0x0A, 0x05, 0x00], &[0x0B], &[0xFF; 11], &[0x09, 0x00], &[0x0D]] {
            assert_eq!(of(bytes, Kind::Traces), None, "{bytes:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let mut value = Vec::new();
        for _ in 0..30 {
            value = nested(5, &nested(1, &value));
        }
        assert!(of(&value, Kind::Any).is_some());
        let deep: Vec<u8> = std::iter::repeat_n([0x2A, 0x00], 60).flatten().collect();
        assert!(of(&deep, Kind::Any).is_some(), "side by side is not deep");
    }
}
