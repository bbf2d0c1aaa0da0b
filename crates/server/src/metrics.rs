//! What the server tells about itself.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use watchkeeper_ingest::{RejectCode, Stream};

use crate::ports::AppendAnswer;

/// Upper bounds of the duration histogram, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RowLabels {
    stream: Word,
    outcome: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RejectLabels {
    stream: Word,
    code: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShedLabels {
    reason: Word,
}

/// A word of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Word(&'static str);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

#[derive(Debug, Clone)]
struct Durations;

impl MetricConstructor<Histogram> for Durations {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

/// Metrics of the HTTP side. Labels are routes, words and statuses, never names that users chose.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, Durations>,
    body_bytes: Family<RouteLabels, Counter>,
    in_flight: Gauge,
    in_flight_bytes: Gauge,
    rows: Family<RowLabels, Counter>,
    rejects: Family<RejectLabels, Counter>,
    shed: Family<ShedLabels, Counter>,
    panics: Counter<u64, AtomicU64>,
}

impl HttpMetrics {
    /// Makes the metrics and registers them under `watchkeeper_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(Durations),
            body_bytes: Family::default(),
            in_flight: Gauge::default(),
            in_flight_bytes: Gauge::default(),
            rows: Family::default(),
            rejects: Family::default(),
            shed: Family::default(),
            panics: Counter::default(),
        };
        let Self { requests, durations, body_bytes, in_flight, in_flight_bytes, rows, rejects, shed, panics } =
            metrics.clone();
        let registry = registry.sub_registry_with_prefix("watchkeeper");
        registry.register("http_requests", "Requests answered", requests);
        let help = "From the head of a request to its answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, durations);
        registry.register_with_unit("http_request_body", "Bodies received, as sent", Unit::Bytes, body_bytes);
        registry.register("http_requests_in_flight", "Requests at work", in_flight);
        let help = "Bodies held at the moment";
        registry.register_with_unit("http_bodies_in_flight", help, Unit::Bytes, in_flight_bytes);
        registry.register("ingest_rows", "Rows received, by what became of them", rows);
        registry.register("ingest_rejected_rows", "Rows not taken, by reason", rejects);
        registry.register("http_shed_requests", "Requests refused because the server is full", shed);
        registry.register("http_panics", "Requests that met a bug", panics);
        metrics
    }

    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, duration: Duration) {
        // Methods are chosen by clients: a label of their making would grow without bound.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
        let method = if known.contains(&method) { method } else { "other" }.to_owned();
        self.requests.get_or_create(&RequestLabels { method, route: route.to_owned(), status }).inc();
        self.durations.get_or_create(&RouteLabels { route: route.to_owned() }).observe(duration.as_secs_f64());
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    pub(crate) fn body(&self, route: &str, bytes: usize) {
        self.body_bytes.get_or_create(&RouteLabels { route: route.to_owned() }).inc_by(bytes as u64);
    }

    pub(crate) fn shed(&self, reason: &'static str) {
        self.shed.get_or_create(&ShedLabels { reason: Word(reason) }).inc();
    }

    pub(crate) fn appended(&self, stream: Stream, answer: &AppendAnswer) {
        let outcomes = [
            ("accepted", answer.accepted),
            ("duplicate", answer.duplicate),
            ("corrected", answer.corrected),
            ("rejected", answer.rejected),
        ];
        let stream = Word(stream.as_str());
        for (outcome, rows) in outcomes.into_iter().filter(|(_, rows)| *rows > 0) {
            self.rows.get_or_create(&RowLabels { stream: stream.clone(), outcome: Word(outcome) }).inc_by(rows);
        }
        for (code, rows) in &answer.rejected_by_code {
            let code = Word(reject_word(*code));
            self.rejects.get_or_create(&RejectLabels { stream: stream.clone(), code }).inc_by(*rows);
        }
    }

    /// Counts a request as at work until the answer is dropped.
    pub(crate) fn at_work(&self) -> InFlight {
        self.in_flight.inc();
        InFlight { gauge: self.in_flight.clone(), amount: 1 }
    }

    /// Counts bytes of a body as held until the answer is dropped.
    pub(crate) fn holding(&self, bytes: usize) -> InFlight {
        let amount = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.in_flight_bytes.inc_by(amount);
        InFlight { gauge: self.in_flight_bytes.clone(), amount }
    }
}

/// A part of a gauge, taken back when dropped.
#[derive(Debug)]
pub(crate) struct InFlight {
    gauge: Gauge,
    amount: i64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.gauge.dec_by(self.amount);
    }
}

/// The word of a code as it is on the wire.
const fn reject_word(code: RejectCode) -> &'static str {
    match code {
        RejectCode::Malformed => "malformed",
        RejectCode::Missing => "missing",
        RejectCode::WrongType => "wrong_type",
        RejectCode::OutOfBounds => "out_of_bounds",
        RejectCode::TooLarge => "too_large",
        RejectCode::UnknownValue => "unknown_value",
    }
}
