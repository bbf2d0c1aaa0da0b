//! Answers: partial success, and failure.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use serde_json::json;

use super::wire::Encoding;

/// What a request exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points.
    Metrics,
}

/// How many items were rejected, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejected {
    /// Items that were not taken.
    pub count: u64,
    /// The first different reasons, without values of attributes.
    messages: BTreeSet<String>,
}

impl Rejected {
    const MESSAGES_MAX: usize = 5;

    /// Counts one rejected item with its reason.
    pub fn add(&mut self, message: String) {
        self.add_many(1, message);
    }

    /// Counts items rejected for one reason, such as by a later stage.
    pub fn add_many(&mut self, count: u64, message: String) {
        self.count = self.count.saturating_add(count);
        if self.messages.len() < Self::MESSAGES_MAX {
            self.messages.insert(message);
        }
    }

    /// The reasons, for people; empty when nothing was rejected.
    #[must_use]
    pub fn message(&self) -> String {
        self.messages.iter().map(String::as_str).collect::<Vec<_>>().join("; ")
    }
}

impl Rejected {
    /// The answer over gRPC to an export of traces.
    #[must_use]
    pub fn traces_response(&self) -> ExportTraceServiceResponse {
        let partial = |(rejected_spans, error_message)| ExportTracePartialSuccess { rejected_spans, error_message };
        ExportTraceServiceResponse { partial_success: self.partial().map(partial) }
    }

    /// The answer over gRPC to an export of logs.
    #[must_use]
    pub fn logs_response(&self) -> ExportLogsServiceResponse {
        let partial =
            |(rejected_log_records, error_message)| ExportLogsPartialSuccess { rejected_log_records, error_message };
        ExportLogsServiceResponse { partial_success: self.partial().map(partial) }
    }

    /// The answer over gRPC to an export of metrics.
    #[must_use]
    pub fn metrics_response(&self) -> ExportMetricsServiceResponse {
        let partial =
            |(rejected_data_points, error_message)| ExportMetricsPartialSuccess { rejected_data_points, error_message };
        ExportMetricsServiceResponse { partial_success: self.partial().map(partial) }
    }

    /// Count and message; `None` when all was taken: the field then has to be unset.
    fn partial(&self) -> Option<(i64, String)> {
        (self.count > 0).then(|| (i64::try_from(self.count).unwrap_or(i64::MAX), self.message()))
    }
}

/// The body of an answer with status 200, encoded as the request was.
#[must_use]
pub fn response(signal: Signal, encoding: Encoding, rejected: &Rejected) -> Vec<u8> {
    match (encoding, signal) {
        (Encoding::Protobuf, Signal::Traces) => rejected.traces_response().encode_to_vec(),
        (Encoding::Protobuf, Signal::Logs) => rejected.logs_response().encode_to_vec(),
        (Encoding::Protobuf, Signal::Metrics) => rejected.metrics_response().encode_to_vec(),
        (Encoding::Json, signal) => {
            let items = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
                Signal::Metrics => "rejectedDataPoints",
            };
            // 64-bit integers are texts in JSON of protobuf.
            match rejected.partial() {
                Some((count, message)) => {
                    json!({"partialSuccess": {items: count.to_string(), "errorMessage": message}}).to_string()
                }
                None => "{}".to_owned(),
            }
            .into_bytes()
        }
    }
}

/// `google.rpc.Status` without its details.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The body of an answer with a status of 400 or above: a `google.rpc.Status` with a gRPC code (3 is an invalid
/// argument, 8 a resource that is used up, 14 unavailable).
#[must_use]
pub fn failure(encoding: Encoding, code: i32, message: &str) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => Status { code, message: message.to_owned() }.encode_to_vec(),
        Encoding::Json => json!({"code": code, "message": message}).to_string().into_bytes(),
    }
}
