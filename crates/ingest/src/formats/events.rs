//! A call to a model, its inputs and outputs row by row, as canonical events.

use serde_json::{Map, Number, Value};

use super::cells::too_long;
use super::converted::{Fault, Options};
use super::outcome::Outcome;
use super::weight::{self, check_repeated};
use crate::RejectCode;

/// Named inputs of one row.
pub(crate) type Features = Map<String, Value>;

/// A call, or the half of it that is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: Option<String>,
    pub(crate) ts: Option<Value>,
    pub(crate) version: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) latency_ms: Option<Value>,
    pub(crate) trace_id: Option<String>,
    pub(crate) segments: Map<String, Value>,
    /// Values of the call as a whole that become columns of each of its events.
    pub(crate) extras: Features,
    /// Inputs by row; `None` when the request was not logged.
    pub(crate) features: Option<Vec<Features>>,
    /// Outputs by row; `None` when the response was not logged.
    pub(crate) outcomes: Option<Vec<Outcome>>,
}

impl Call {
    /// The events of the call, one a row.
    ///
    /// Refused: neither half there, halves of different length, no id.
    pub(crate) fn into_events(mut self, options: &Options) -> Result<Vec<Value>, Fault> {
        let rows = match (&self.features, &self.outcomes) {
            (None, None) => {
                return Err(Fault::missing("request", "a request or a response that was logged"));
            }
            (Some(features), Some(outcomes)) if features.len() != outcomes.len() => {
                let expected = format!("as many outputs as inputs: {}", features.len());
                return Err(Fault::new(RejectCode::Malformed, "response", expected).found(outcomes.len()));
            }
            (Some(features), _) => features.len(),
            (None, Some(outcomes)) => outcomes.len(),
        };
        check_repeated(rows, self.repeated_bytes(), "rows", options)?;
        let mut features = self.features.take().map(Vec::into_iter);
        let mut outcomes = self.outcomes.take().map(Vec::into_iter);
        (0..rows)
            .map(|row| {
                let features = features.as_mut().and_then(Iterator::next);
                let outcome = outcomes.as_mut().and_then(Iterator::next);
                self.event(row, rows, features, outcome, options)
            })
            .collect()
    }

    /// Bytes that each event of the call has of its own.
    fn repeated_bytes(&self) -> usize {
        const EVENT: usize = 256;
        let texts = [&self.id, &self.version, &self.environment, &self.trace_id];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let ts = self.ts.as_ref().map_or(0, weight::of_value);
        EVENT + texts + ts + weight::of_map(&self.segments) + weight::of_map(&self.extras)
    }

    fn event(
        &self,
        row: usize,
        rows: usize,
        features: Option<Features>,
        outcome: Option<Outcome>,
        options: &Options,
    ) -> Result<Value, Fault> {
        let mut features = features.unwrap_or_default();
        let own_id = options.id_column.as_ref().and_then(|column| features.remove(column)).and_then(id_text);
        let id = own_id.or_else(|| {
            let id = self.id.as_ref()?;
            Some(if rows == 1 { id.clone() } else { format!("{id}-{row}") })
        });
        let id = id.ok_or_else(|| Fault::missing("id", "the id of the call"))?;
        let mut event = Map::new();
        event.insert("id".to_owned(), id.into());
        let version = self.version.as_ref().or(options.version.as_ref());
        let environment = self.environment.as_ref().or(options.environment.as_ref());
        insert(&mut event, "ts", self.ts.clone());
        insert(&mut event, "version", version.cloned());
        insert(&mut event, "environment", environment.cloned());
        insert(&mut event, "latency_ms", self.latency_ms.clone());
        insert(&mut event, "trace_id", self.trace_id.clone());
        features.extend(self.extras.clone());
        if let Some(outcome) = outcome {
            let columns = features.len() + outcome.scores.len() + outcome.others.len();
            if columns > options.limits.columns {
                return Err(too_long("response", "columns", options.limits.columns).found(columns));
            }
            insert(&mut event, "prediction", outcome.prediction);
            insert(&mut event, "score", outcome.score);
            if !outcome.scores.is_empty() {
                event.insert("scores".to_owned(), outcome.scores.into());
            }
            features.extend(outcome.others.into_iter().map(|(name, value)| (format!("output.{name}"), value)));
        }
        if !features.is_empty() {
            event.insert("features".to_owned(), features.into());
        }
        if !self.segments.is_empty() {
            event.insert("segments".to_owned(), self.segments.clone().into());
        }
        Ok(event.into())
    }

    /// What `self` does not know, from `other`.
    pub(super) fn complete(&mut self, other: Self) {
        self.id = self.id.take().or(other.id);
        self.ts = self.ts.take().or(other.ts);
        self.version = self.version.take().or(other.version);
        self.environment = self.environment.take().or(other.environment);
        self.latency_ms = self.latency_ms.take().or(other.latency_ms);
        self.trace_id = self.trace_id.take().or(other.trace_id);
        self.features = self.features.take().or(other.features);
        self.outcomes = self.outcomes.take().or(other.outcomes);
        for (name, value) in other.segments {
            self.segments.entry(name).or_insert(value);
        }
        for (name, value) in other.extras {
            self.extras.entry(name).or_insert(value);
        }
    }
}

fn insert(event: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        event.insert(key.to_owned(), value.into());
    }
}

/// An id as text; numbers are ids too, blank texts are not.
pub(super) fn id_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A time of a table as one that events have: numbers in texts as numbers, `2026-11-22 10:00:00 UTC` (as BigQuery
/// writes it) as RFC 3339. What is neither stays as it is, for the checks that every event meets.
pub(super) fn time(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => {
            let text = text.trim();
            if let Ok(number) = text.parse::<i64>() {
                return Some(number.into());
            }
            if let Some(number) = text.parse().ok().and_then(Number::from_f64) {
                return Some(number.into());
            }
            let rfc3339 = text.strip_suffix(" UTC").map(|time| format!("{}Z", time.replacen(' ', "T", 1)));
            Some(rfc3339.unwrap_or_else(|| text.to_owned()).into())
        }
        other => Some(other),
    }
}

/// A text that says something.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// Labels of the rows of one call: one value a row.
pub(super) fn labels(
    id: &str,
    label_ts: Option<Value>,
    truths: Vec<Outcome>,
    field: &str,
) -> Result<Vec<Value>, Fault> {
    let rows = truths.len();
    truths
        .into_iter()
        .enumerate()
        .map(|(row, truth)| {
            let label = truth.prediction.ok_or_else(|| Fault::malformed(field, "one value a row"))?;
            let mut event = Map::new();
            event.insert("id".to_owned(), if rows == 1 { id.into() } else { format!("{id}-{row}").into() });
            event.insert("label".to_owned(), label);
            insert(&mut event, "label_ts", label_ts.clone());
            Ok(event.into())
        })
        .collect()
}
