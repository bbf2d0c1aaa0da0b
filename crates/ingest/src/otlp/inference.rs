//! A span or log record that is an inference, as canonical events.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde_json::{Map, Value};

use super::attributes::{as_text, json, text};
use super::mapping::{SpanMapping, Target};
use crate::formats::{Call, Fault, Options, Outcome, feature_rows, outcome_rows, parse_json};

/// A canonical event and the model that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// Name of the model, as sent: to be checked against the rule for names.
    pub model: String,
    /// The canonical event.
    pub event: Value,
}

/// What the resource says of all its spans.
#[derive(Debug, Clone, Default)]
pub(super) struct Service<'a> {
    /// All attributes: what is mapped or built in holds for each inference that does not say otherwise.
    attributes: &'a [KeyValue],
    pub(super) name: Option<String>,
    version: Option<String>,
    environment: Option<String>,
}

impl<'a> Service<'a> {
    pub(super) fn of(attributes: &'a [KeyValue]) -> Self {
        Self {
            attributes,
            name: text(attributes, &["service.name"]),
            version: text(attributes, &["service.version"]),
            environment: text(attributes, &["deployment.environment.name", "deployment.environment"]),
        }
    }

    pub(super) fn attribute(&self, key: &str) -> Option<String> {
        text(self.attributes, &[key])
    }

    pub(super) fn version(&self) -> Option<&String> {
        self.version.as_ref()
    }

    pub(super) fn environment(&self) -> Option<&String> {
        self.environment.as_ref()
    }
}

/// What a span or record says outside of its attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// Id of the prediction when no attribute has one.
    pub(super) id: String,
    pub(super) ts: Option<String>,
    pub(super) latency_ms: Option<f64>,
    pub(super) trace_id: Option<String>,
}

/// Whether attributes are those of an inference.
pub(super) fn is_inference<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>, mapping: &SpanMapping) -> bool {
    attributes.into_iter().any(|attribute| {
        is_decision(attribute)
            || matches!(
                mapping.target(&attribute.key),
                Some(
                    Target::Model
                        | Target::Id
                        | Target::Prediction
                        | Target::Score
                        | Target::ScoreOf(_)
                        | Target::Feature(_)
                )
            )
    })
}

fn is_decision(attribute: &KeyValue) -> bool {
    attribute.key == "openinference.span.kind"
        && attribute.value.as_ref().map(json).is_some_and(|kind| kind.as_str() == Some("DECISION"))
}

/// The events of an inference: one, or one a row when OpenInference's input has several.
pub(super) fn read<'a>(
    attributes: impl IntoIterator<Item = &'a KeyValue>,
    service: &Service<'a>,
    frame: Frame,
    mapping: &SpanMapping,
    options: &Options,
) -> Result<Vec<Inference>, Fault> {
    let mut parts = Parts::default();
    // What the span says comes last and holds.
    for attribute in service.attributes.iter().chain(attributes) {
        let Some(value) = &attribute.value else {
            continue;
        };
        if is_decision(attribute) {
            parts.decision = true;
        }
        match mapping.target(&attribute.key) {
            Some(target) => parts.put(&attribute.key, target, json(value)),
            None => parts.open_inference(&attribute.key, || json(value)),
        }
    }
    let model = parts.model.take().or_else(|| parts.decision_model()).or_else(|| mapping.default_model.clone());
    let model = model.ok_or_else(|| Fault::missing("ml.model.name", "the name of the model"))?;
    let call = parts.into_call(service, frame, options)?;
    let events = call.into_events(options)?;
    Ok(events.into_iter().map(|event| Inference { model: model.clone(), event }).collect())
}

/// Values by where they go.
#[derive(Default)]
struct Parts {
    model: Option<String>,
    id: Option<String>,
    version: Option<String>,
    environment: Option<String>,
    latency_ms: Option<Value>,
    features: Map<String, Value>,
    segments: Map<String, Value>,
    outcome: Outcome,
    /// Both a class and a value: the class is the prediction, the value its score.
    value: Option<Value>,
    decision: bool,
    /// OpenInference's names of the model, the strongest first.
    decision_models: [Option<String>; 3],
    input: Option<Value>,
    output: Option<Value>,
}

impl Parts {
    fn put(&mut self, key: &str, target: Target, value: Value) {
        match target {
            Target::Model => self.model = as_text(&value),
            Target::Id => self.id = as_text(&value),
            Target::Version => self.version = as_text(&value),
            Target::Environment => self.environment = as_text(&value),
            Target::Prediction if key == "ml.prediction.value" => self.value = Some(value),
            Target::Prediction => self.outcome.prediction = Some(value),
            Target::Score => self.outcome.score = Some(value),
            Target::ScoreOf(class) => {
                self.outcome.scores.insert(class, value);
            }
            Target::LatencyMs => self.latency_ms = Some(value),
            Target::Feature(name) => {
                self.features.insert(name, value);
            }
            Target::Segment(name) => {
                self.segments.insert(name, value);
            }
            Target::Ignore => {}
        }
    }

    fn open_inference(&mut self, key: &str, value: impl FnOnce() -> Value) {
        match key {
            "decision.model_name" => self.decision_models[0] = as_text(&value()),
            "decision.response.model_name" => self.decision_models[1] = as_text(&value()),
            "decision.request.model_name" => self.decision_models[2] = as_text(&value()),
            "input.value" => self.input = Some(value()),
            "output.value" => self.output = Some(value()),
            _ => {}
        }
    }

    fn decision_model(&mut self) -> Option<String> {
        if self.decision { self.decision_models.iter_mut().find_map(Option::take) } else { None }
    }

    fn into_call(mut self, service: &Service<'_>, frame: Frame, options: &Options) -> Result<Call, Fault> {
        if self.outcome.prediction.is_none() {
            self.outcome.prediction = self.value.take();
        } else if self.outcome.score.is_none() {
            self.outcome.score = self.value.take();
        }
        let (input, output) = if self.decision { (self.input.take(), self.output.take()) } else { (None, None) };
        let has_features = !self.features.is_empty();
        let has_outcome = self.outcome != Outcome::default();
        let input_rows =
            input.map(|input| rows_of(input, "input", |value| feature_rows(value, options))).transpose()?;
        let output_rows =
            output.map(|output| rows_of_output(output, |value| outcome_rows(value, options))).transpose()?;
        // Attributes of the span hold for its only row; a payload of several rows has them as columns of each.
        let (features, extras) = match input_rows {
            Some(rows) => (Some(rows), self.features),
            None if has_features || output_rows.is_none() => (Some(vec![self.features]), Map::new()),
            None => (None, Map::new()),
        };
        let outcomes = if has_outcome { Some(vec![self.outcome]) } else { output_rows };
        Ok(Call {
            id: Some(self.id.unwrap_or(frame.id)),
            ts: frame.ts.map(Value::from),
            version: self.version.or_else(|| service.version.clone()),
            environment: self.environment.or_else(|| service.environment.clone()),
            latency_ms: self.latency_ms.or_else(|| frame.latency_ms.map(Value::from)),
            trace_id: frame.trace_id,
            segments: self.segments,
            extras,
            features,
            outcomes,
        })
    }
}

/// Rows of `input.value`: JSON objects and arrays by the rules of payloads, other text is one column `input`.
fn rows_of(
    input: Value,
    column: &str,
    rows: impl FnOnce(Value) -> Result<Vec<Map<String, Value>>, Fault>,
) -> Result<Vec<Map<String, Value>>, Fault> {
    match payload(input, "input.value")? {
        structured @ (Value::Object(_) | Value::Array(_)) => rows(structured),
        scalar => Ok(vec![Map::from_iter([(column.to_owned(), scalar)])]),
    }
}

fn rows_of_output(
    output: Value,
    rows: impl FnOnce(Value) -> Result<Vec<Outcome>, Fault>,
) -> Result<Vec<Outcome>, Fault> {
    rows(payload(output, "output.value")?)
}

/// JSON in a text, if it is such: what looks like JSON and is not stays text.
fn payload(value: Value, field: &str) -> Result<Value, Fault> {
    match value {
        Value::String(text) => match parse_json(text.as_bytes(), field) {
            Ok(parsed) => Ok(parsed),
            Err(fault) if fault.is_too_large() => Err(fault),
            Err(_) => Ok(Value::String(text)),
        },
        other => Ok(other),
    }
}
