//! OpenTelemetry in: logs, traces and metrics of OTLP become predictions, KPI values and kept spans.
//!
//! [`decode_traces`], [`decode_logs`] and [`decode_metrics`] read what came over HTTP (protobuf or JSON); over gRPC the
//! requests are decoded already, after [`check_bytes`]. [`traces`], [`logs`] and [`metrics`] turn requests into
//! events:
//!
//! * A span or log record is an *inference* when it has `ml.model.name`, `ml.inference.id`, `ml.prediction.*` or
//!   `ml.feature.*`, when it is an OpenInference span of kind `DECISION`, or when a [`SpanMapping`] says so, for all
//!   models or for its own. It becomes a canonical event of its model. Attributes of the resource make no inference, but hold for each of its inferences
//!   (a service of one model names it there).
//! * Other spans are kept for the view of a request, in bounded memory ([`SpanStore`]), without the attributes that
//!   carry payloads, statements or persons: those did not go through the privacy gate. The same goes for inferences,
//!   which therefore are not kept as spans.
//! * Number data points (gauges, delta sums) that a [`MetricMapping`] names become KPI values.
//!
//! What is read and not used is counted as ignored; what should have been used and cannot is rejected, with a message
//! for OTLP's partial success ([`response`]).

mod attributes;
mod convert;
mod cost;
mod inference;
mod json;
mod kept;
mod mapping;
mod metrics;
mod parts;
mod respond;
mod store;
mod wire;

pub use convert::{Logs, Traces, logs, models_of_logs, models_of_traces, traces};
pub use inference::Inference;
pub use kept::{KeptSpan, SpanStatus};
pub use mapping::{Attributes, KpiRule, MetricMapping, SpanMapping, Target, UnknownTarget, attributes_of};
pub use metrics::{Kpis, metrics};
pub use respond::{Rejected, Signal, failure, response};
pub use store::{SpanStore, StoreLimits};
pub use wire::{Encoding, OtlpError, check_bytes, decode_logs, decode_metrics, decode_traces};
