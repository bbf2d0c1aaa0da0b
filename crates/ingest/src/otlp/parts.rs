//! What the attributes of an inference say, by what they are.

use serde_json::{Map, Value};

use super::attributes::as_text;
use super::inference::{Frame, Service};
use super::mapping::Target;
use crate::formats::{Call, Fault, Options, Outcome, feature_rows, outcome_rows, parse_json};

/// Values by where they go.
#[derive(Default)]
pub(super) struct Parts {
    id: Option<String>,
    ts: Option<Value>,
    trace_id: Option<String>,
    version: Option<String>,
    environment: Option<String>,
    latency_ms: Option<Value>,
    features: Map<String, Value>,
    segments: Map<String, Value>,
    outcome: Outcome,
    /// Both a class and a value: the class is the prediction, the value its score.
    value: Option<Value>,
    pub(super) decision: bool,
    input: Option<Value>,
    output: Option<Value>,
}

impl Parts {
    pub(super) fn put(&mut self, key: &str, target: Target, value: Value) -> Result<(), Fault> {
        match target {
            Target::Id => self.id = as_text(&value),
            Target::Ts => self.ts = Some(value).filter(|ts| !ts.is_null()),
            Target::TraceId => self.trace_id = as_text(&value),
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
            Target::Features => self.features.extend(members(value, key)?),
            // Whose inference it is was found before.
            Target::Model | Target::Ignore => {}
        }
        Ok(())
    }

    pub(super) fn open_inference(&mut self, key: &str, value: impl FnOnce() -> Value) {
        match key {
            "input.value" => self.input = Some(value()),
            "output.value" => self.output = Some(value()),
            _ => {}
        }
    }

    pub(super) fn into_call(mut self, service: &Service<'_>, frame: Frame, options: &Options) -> Result<Call, Fault> {
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
            ts: self.ts.or_else(|| frame.ts.map(Value::from)),
            version: self.version.or_else(|| service.version().cloned()),
            environment: self.environment.or_else(|| service.environment().cloned()),
            latency_ms: self.latency_ms.or_else(|| frame.latency_ms.map(Value::from)),
            trace_id: self.trace_id.or(frame.trace_id),
            segments: self.segments,
            extras,
            features,
            outcomes,
        })
    }
}

/// The members of an object, or of a text that holds one.
fn members(value: Value, field: &str) -> Result<Map<String, Value>, Fault> {
    match payload(value, field)? {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(Map::new()),
        _ => Err(Fault::malformed(field, "an object of features")),
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
