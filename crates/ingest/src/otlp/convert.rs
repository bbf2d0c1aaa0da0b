//! Requests of traces and logs, as inferences and kept spans.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use xxhash_rust::xxh3::xxh3_128;

use super::attributes::{hex, time};
use super::inference::{self, Frame, Inference, Service};
use super::kept::KeptSpan;
use super::mapping::SpanMapping;
use super::respond::Rejected;
use crate::Limits;
use crate::formats::{self, Options};

/// What a request of traces holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traces {
    /// Predictions with their models, in the order of the request.
    pub inferences: Vec<Inference>,
    /// All other spans.
    pub spans: Vec<KeptSpan>,
    /// Spans that could not be taken.
    pub rejected: Rejected,
}

/// What a request of logs holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs {
    /// Predictions with their models, in the order of the request.
    pub inferences: Vec<Inference>,
    /// Records that are no inferences; nothing is kept of them.
    pub ignored: u64,
    /// Inferences that could not be taken.
    pub rejected: Rejected,
}

/// Reads the spans of a request.
///
/// The version is `ml.model.version` or `service.version`, the environment `deployment.environment.name` (or the older
/// `deployment.environment`), the time the start of the span, the latency its duration. Without `ml.inference.id` the
/// id is `<trace id>-<span id>`, so a retried request gives the same ids.
#[must_use]
pub fn traces(request: &ExportTraceServiceRequest, mapping: &SpanMapping, limits: &Limits) -> Traces {
    let options = Options { limits: limits.clone(), ..Options::default() };
    let mut budget = Budget::new(limits);
    let mut traces = Traces::default();
    for resource in &request.resource_spans {
        let service = Service::of(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes));
        for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
            let model = inference::model_of(&span.attributes, &service, mapping);
            if inference::is_inference(&span.attributes, model.as_deref(), mapping) {
                match inference::read(&span.attributes, model, &service, frame_of_span(span), mapping, &options) {
                    Ok(inferences) => budget.add(inferences, &mut traces.inferences, &mut traces.rejected),
                    Err(fault) => traces.rejected.add(fault.message()),
                }
            } else {
                match KeptSpan::of(span, service.name.as_deref(), mapping.of(model.as_deref())) {
                    Some(span) => traces.spans.push(span),
                    None => traces.rejected.add("traceId and spanId: expected 16 and 8 bytes".to_owned()),
                }
            }
        }
    }
    traces
}

/// Reads the records of a request. Attributes count, and so do the members of a body that is an object.
///
/// As [`traces`], but the time is that of the record (or when it was observed), there is no latency, and the id of a
/// record without one is a hash of its content: several records may belong to one span.
#[must_use]
pub fn logs(request: &ExportLogsServiceRequest, mapping: &SpanMapping, limits: &Limits) -> Logs {
    let options = Options { limits: limits.clone(), ..Options::default() };
    let mut budget = Budget::new(limits);
    let mut logs = Logs::default();
    for resource in &request.resource_logs {
        let service = Service::of(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes));
        for record in resource.scope_logs.iter().flat_map(|scope| &scope.log_records) {
            let attributes = || record.attributes.iter().chain(members(record));
            let model = inference::model_of(attributes(), &service, mapping);
            if !inference::is_inference(attributes(), model.as_deref(), mapping) {
                logs.ignored += 1;
                continue;
            }
            match inference::read(attributes(), model, &service, frame_of_record(record), mapping, &options) {
                Ok(inferences) => budget.add(inferences, &mut logs.inferences, &mut logs.rejected),
                Err(fault) => logs.rejected.add(fault.message()),
            }
        }
    }
    logs
}

/// The models that spans of a request belong to, as they are sent, whether the spans are inferences or not: whose mapping
/// to look up for [`SpanMapping::models`] before [`traces`] is asked.
#[must_use]
pub fn models_of_traces(request: &ExportTraceServiceRequest, mapping: &SpanMapping) -> BTreeSet<String> {
    let resources = request.resource_spans.iter().flat_map(|resource| {
        let service = Service::of(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes));
        let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
        spans.filter_map(move |span| inference::model_of(&span.attributes, &service, mapping))
    });
    resources.collect()
}

/// [`models_of_traces`] for log records, before [`logs`] is asked.
#[must_use]
pub fn models_of_logs(request: &ExportLogsServiceRequest, mapping: &SpanMapping) -> BTreeSet<String> {
    let resources = request.resource_logs.iter().flat_map(|resource| {
        let service = Service::of(resource.resource.as_ref().map_or(&[], |resource| &resource.attributes));
        let records = resource.scope_logs.iter().flat_map(|scope| &scope.log_records);
        records.filter_map(move |record| {
            inference::model_of(record.attributes.iter().chain(members(record)), &service, mapping)
        })
    });
    resources.collect()
}

/// What the events of one request may still take in memory: what the resource says is repeated in each of them.
struct Budget {
    bytes: usize,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        Self { bytes: formats::budget(limits.decompressed_bytes) }
    }

    /// Adds the events of one span or record to `all`, or rejects it.
    fn add(&mut self, events: Vec<Inference>, all: &mut Vec<Inference>, rejected: &mut Rejected) {
        let weight = |inference: &Inference| inference.model.len() + formats::weight_of(&inference.event);
        match self.bytes.checked_sub(events.iter().map(weight).sum()) {
            Some(left) => {
                self.bytes = left;
                all.extend(events);
            }
            None => rejected.add("events of the request: expected less memory, send it in parts".to_owned()),
        }
    }
}

/// The members of the body, if it is an object.
fn members(record: &LogRecord) -> &[KeyValue] {
    match record.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Any::KvlistValue(list)) => &list.values,
        _ => &[],
    }
}

fn frame_of_span(span: &Span) -> Frame {
    let trace_id = hex(&span.trace_id, 16);
    let id = match (&trace_id, hex(&span.span_id, 8)) {
        (Some(trace_id), Some(span_id)) => format!("{trace_id}-{span_id}"),
        _ => content_id(span),
    };
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    let duration = end.checked_sub(start).filter(|_| start != 0);
    #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 nanoseconds (104 days)")]
    let latency_ms = duration.map(|nanoseconds| nanoseconds as f64 / 1e6);
    Frame { id, ts: time(start), latency_ms, trace_id }
}

fn frame_of_record(record: &LogRecord) -> Frame {
    let ts = time(record.time_unix_nano).or_else(|| time(record.observed_time_unix_nano));
    Frame { id: content_id(record), ts, latency_ms: None, trace_id: hex(&record.trace_id, 16) }
}

/// An id that a retry of the same content has again.
fn content_id(message: &impl Message) -> String {
    format!("otlp-{:032x}", xxh3_128(&message.encode_to_vec()))
}
