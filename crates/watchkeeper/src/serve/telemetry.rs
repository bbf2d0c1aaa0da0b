//! The server's ports for OpenTelemetry: inferences become predictions, other spans are kept for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value};
use watchkeeper_ingest::intake::{Ack, Answer, Payload};
use watchkeeper_ingest::otlp::{
    self, Encoding, Inference, KeptSpan, OtlpError, Rejected, SpanMapping, SpanStatus, SpanStore, StoreLimits,
};
use watchkeeper_ingest::{Limits, Stream};
use watchkeeper_server::Caller;
use watchkeeper_server::ports::{
    IntakeError, Otlp, OtlpAnswer, OtlpRequest, ReadError, Signal, SpanInfo, Time, TraceAnswer, Traces,
};

use super::events::{self, Events};
use super::models::{Models, declared_mapping};
use crate::config::OtlpConfig;

/// Takes OTLP requests in.
pub(super) struct Telemetry {
    events: Arc<Events>,
    limits: Limits,
    models: Arc<Models>,
    /// What holds for all models.
    config: OtlpConfig,
    /// Spans by tenant; each store is bounded.
    spans: Mutex<BTreeMap<String, SpanStore>>,
}

/// Tenants whose spans are kept at a time.
const STORES_MAX: usize = 64;

impl Telemetry {
    pub(super) fn new(events: Arc<Events>, models: Arc<Models>, limits: Limits, config: OtlpConfig) -> Self {
        Self { events, limits, models, config, spans: Mutex::default() }
    }

    /// The mapping with what the models of a request say of theirs; models out of the caller's scope say nothing.
    async fn mapping(&self, caller: &Caller, named: BTreeSet<String>) -> Result<SpanMapping, IntakeError> {
        let mut mapping = self.config.spans.clone();
        for sent in named {
            let name = watchkeeper_spec::model_name_from(&sent);
            if !caller.sees_model(&name) {
                continue;
            }
            let known = self.models.known(&caller.tenant, &name).await.map_err(events::explained)?;
            let attributes =
                known.map(|known| otlp::attributes_of(&declared_mapping(&known.model))).unwrap_or_default();
            if !attributes.is_empty() {
                mapping.models.insert(sent, attributes);
            }
        }
        Ok(mapping)
    }

    fn keep(&self, tenant: &str, spans: Vec<KeptSpan>) {
        let mut stores = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if stores.len() >= STORES_MAX && !stores.contains_key(tenant) {
            return;
        }
        let store = stores.entry(tenant.to_owned()).or_insert_with(|| SpanStore::new(StoreLimits::default()));
        spans.into_iter().for_each(|span| store.insert(span));
    }

    async fn inferences(
        &self,
        request: &OtlpRequest,
        inferences: Vec<Inference>,
        rejected: &mut Rejected,
    ) -> Result<(), IntakeError> {
        let mut by_model: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for Inference { model, event } in inferences {
            let name = watchkeeper_spec::model_name_from(&model);
            if request.caller.sees_model(&name) {
                by_model.entry(name).or_default().push(event);
            } else {
                rejected.add(format!("model `{name}` is not within the scope of the key"));
            }
        }
        let bytes = request.body.len() / by_model.len().max(1);
        for (model, events) in by_model {
            let payload = Payload::Values { events, rejects: Vec::new(), bytes };
            let to = (Stream::Predictions, Some(model.as_str()));
            let answer =
                self.events.append_to(&request.caller, &request.environment, to, payload, Ack::Journal, None).await?;
            note(&answer, rejected);
        }
        Ok(())
    }
}

fn note(answer: &Answer, rejected: &mut Rejected) {
    for reject in &answer.rejects {
        let field = reject.field.as_deref().unwrap_or("event");
        rejected.add(format!("row {}: {field}: expected {}", reject.row, reject.expected));
    }
    let hidden = answer.rejected.saturating_sub(answer.rejects.len() as u64);
    if hidden > 0 {
        rejected.add_many(hidden, "further rows".to_owned());
    }
}

fn refused(error: OtlpError) -> IntakeError {
    IntakeError::Malformed { detail: error.to_string() }
}

#[async_trait]
impl Otlp for Telemetry {
    async fn export(&self, request: OtlpRequest) -> Result<OtlpAnswer, IntakeError> {
        let body = self.events.decompressed(events::encoding(request.encoding), request.body.clone()).await?;
        let encoding = if request.json { Encoding::Json } else { Encoding::Protobuf };
        let mut rejected: Rejected;
        let signal = match request.signal {
            Signal::Traces => {
                let decoded = otlp::decode_traces(&body, encoding, &self.limits).map_err(refused)?;
                let named = otlp::models_of_traces(&decoded, &self.config.spans);
                let mapping = self.mapping(&request.caller, named).await?;
                let found = otlp::traces(&decoded, &mapping, &self.limits);
                rejected = found.rejected;
                self.keep(&request.caller.tenant, found.spans);
                self.inferences(&request, found.inferences, &mut rejected).await?;
                otlp::Signal::Traces
            }
            Signal::Logs => {
                let decoded = otlp::decode_logs(&body, encoding, &self.limits).map_err(refused)?;
                let named = otlp::models_of_logs(&decoded, &self.config.spans);
                let mapping = self.mapping(&request.caller, named).await?;
                let found = otlp::logs(&decoded, &mapping, &self.limits);
                rejected = found.rejected;
                self.inferences(&request, found.inferences, &mut rejected).await?;
                otlp::Signal::Logs
            }
            Signal::Metrics => {
                let decoded = otlp::decode_metrics(&body, encoding, &self.limits).map_err(refused)?;
                let found = otlp::metrics(&decoded, &self.config.metrics, &self.limits);
                rejected = found.rejected;
                if !found.events.is_empty() {
                    let payload = Payload::Values { events: found.events, rejects: Vec::new(), bytes: body.len() };
                    let to = (Stream::Kpis, None);
                    let answer = self
                        .events
                        .append_to(&request.caller, &request.environment, to, payload, Ack::Journal, None)
                        .await?;
                    note(&answer, &mut rejected);
                }
                otlp::Signal::Metrics
            }
        };
        Ok(OtlpAnswer { body: otlp::response(signal, encoding, &rejected) })
    }
}

#[async_trait]
impl Traces for Telemetry {
    async fn trace(&self, caller: &Caller, trace_id: &str) -> Result<TraceAnswer, ReadError> {
        let stores = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        // A key of one model or environment sees no spans: they belong to none.
        let store = stores.get(&caller.tenant).filter(|_| caller.is_tenant_wide());
        let spans: Vec<SpanInfo> =
            store.map(|store| store.trace(trace_id)).unwrap_or_default().into_iter().map(shown).collect();
        if spans.is_empty() {
            return Err(ReadError::NotFound { what: format!("trace `{trace_id}`") });
        }
        Ok(TraceAnswer { trace_id: trace_id.to_owned(), spans, truncated: false })
    }
}

fn shown(span: &KeptSpan) -> SpanInfo {
    let time = |micros: i64| Time(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH));
    let attributes: Map<String, Value> =
        span.attributes.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    SpanInfo {
        span_id: span.span_id.clone(),
        parent_span_id: span.parent.clone(),
        name: span.name.clone(),
        service: Some(span.service.clone()).filter(|service| !service.is_empty()),
        start: time(span.start_us),
        end: time(span.end_us),
        status: match span.status {
            SpanStatus::Unset => "unset",
            SpanStatus::Ok => "ok",
            SpanStatus::Error => "error",
        }
        .to_owned(),
        model: None,
        environment: None,
        attributes: Value::Object(attributes),
    }
}
