//! What a reader gives back, and what it may be told.

use std::sync::Arc;

use serde_json::Value;

use super::weight;
use crate::{Limits, Reject, RejectCode};

/// What the caller knows and the payload does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Names of positional inputs (CSV cells, array elements); `f0`, `f1`, … where there are none.
    pub feature_names: Vec<String>,
    /// Names of positional outputs, such as `prediction`, `score`; without them one output is the prediction and
    /// several are scores by position.
    pub output_names: Vec<String>,
    /// Input column that holds the prediction's id (Azure ML users who need labels log one themselves).
    pub id_column: Option<String>,
    /// Version of events whose payload names none.
    pub version: Option<String>,
    /// Environment of events whose payload names none.
    pub environment: Option<String>,
    /// Bounds of rows and columns.
    pub limits: Limits,
}

/// Where an event came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Index of the source row (line, table row, CloudEvent) in the input, from 0. A half that waited in a
    /// [`super::Joiner`] and leaves alone has the row that it had in its own input.
    pub row: u64,
    /// The model that the payload or its path names; `None` when neither does.
    pub model: Option<Arc<str>>,
}

/// Canonical events of one input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Converted {
    /// Predictions as canonical JSON objects.
    pub events: Vec<Value>,
    /// Where each of `events` came from; as long as `events`.
    pub event_sources: Vec<Source>,
    /// Labels as JSON objects (`id`, `label`, `label_ts` when known).
    pub labels: Vec<Value>,
    /// Where each of `labels` came from; as long as `labels`.
    pub label_sources: Vec<Source>,
    /// Source rows that were not taken, in order of their rows.
    pub rejects: Vec<Reject>,
    /// Source rows that the input had. One row may hold many events, or half of one.
    pub rows: u64,
    /// Bytes of `events` so far, counted against the bound of one input.
    bytes: usize,
}

/// Why an input was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// More rows or events than a request may have.
    #[error("more than {limit} rows in one input")]
    TooManyRows {
        /// The most that is allowed.
        limit: usize,
    },
    /// Events that take more memory than those of one input may, however few bytes it has.
    #[error("the events of the input take more than {limit} bytes of memory, give it in parts")]
    TooMuchMemory {
        /// The most that is allowed.
        limit: usize,
    },
    /// More bytes than a request may have.
    #[error("{found} bytes of input, at most {limit} are allowed")]
    TooLarge {
        /// Bytes of the input.
        found: usize,
        /// The most that is allowed.
        limit: usize,
    },
}

impl Options {
    /// Name of the positional input `index`.
    pub(super) fn feature_name(&self, index: usize) -> String {
        self.feature_names.get(index).cloned().unwrap_or_else(|| format!("f{index}"))
    }

    /// Checks the size of an input before it is read.
    pub(super) fn check_bytes(&self, bytes: &[u8]) -> Result<(), FormatError> {
        let limit = self.limits.decompressed_bytes;
        if bytes.len() > limit { Err(FormatError::TooLarge { found: bytes.len(), limit }) } else { Ok(()) }
    }
}

impl Converted {
    /// Adds events of one source; refuses more than the limit of rows.
    pub(super) fn push_events(
        &mut self,
        events: Vec<Value>,
        source: &Source,
        options: &Options,
    ) -> Result<(), FormatError> {
        let limit = options.limits.rows;
        if self.events.len().saturating_add(events.len()) > limit {
            return Err(FormatError::TooManyRows { limit });
        }
        self.spend(&events, options)?;
        self.event_sources.extend(std::iter::repeat_n(source.clone(), events.len()));
        self.events.extend(events);
        Ok(())
    }

    /// Adds labels of one source; refuses more than the limit of rows.
    pub(super) fn push_labels(
        &mut self,
        labels: Vec<Value>,
        source: &Source,
        options: &Options,
    ) -> Result<(), FormatError> {
        let limit = options.limits.rows;
        if self.labels.len().saturating_add(labels.len()) > limit {
            return Err(FormatError::TooManyRows { limit });
        }
        self.spend(&labels, options)?;
        self.label_sources.extend(std::iter::repeat_n(source.clone(), labels.len()));
        self.labels.extend(labels);
        Ok(())
    }

    fn spend(&mut self, events: &[Value], options: &Options) -> Result<(), FormatError> {
        let limit = weight::budget(options.limits.decompressed_bytes);
        self.bytes = self.bytes.saturating_add(events.iter().map(weight::of_value).sum());
        if self.bytes > limit { Err(FormatError::TooMuchMemory { limit }) } else { Ok(()) }
    }

    /// Counts one source row; refuses more than the limit of rows.
    pub(super) fn count_row(&mut self, options: &Options) -> Result<(), FormatError> {
        self.rows += 1;
        let limit = options.limits.rows;
        if self.rows > limit as u64 { Err(FormatError::TooManyRows { limit }) } else { Ok(()) }
    }
}

/// Why one source row was not taken; the reject without its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    field: Option<String>,
    value: Option<String>,
    expected: String,
    code: RejectCode,
}

impl Fault {
    pub(super) fn new(code: RejectCode, field: &str, expected: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), value: None, expected: expected.into(), code }
    }

    /// A row that cannot be read at all.
    pub(super) fn unreadable(expected: impl Into<String>) -> Self {
        Self { field: None, value: None, expected: expected.into(), code: RejectCode::Malformed }
    }

    pub(crate) fn malformed(field: &str, expected: impl Into<String>) -> Self {
        Self::new(RejectCode::Malformed, field, expected)
    }

    pub(crate) fn missing(field: &str, expected: impl Into<String>) -> Self {
        Self::new(RejectCode::Missing, field, expected)
    }

    /// Shows what was found: a count, a shape or a word of the format, never a feature or a prediction.
    pub(super) fn found(mut self, found: impl std::fmt::Display) -> Self {
        self.value = Some(shorten(&found.to_string()));
        self
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.code == RejectCode::TooLarge
    }

    /// One line for people: field, what was expected, what was found.
    pub(crate) fn message(&self) -> String {
        let field = self.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
        let found = self.value.as_ref().map(|value| format!(", found {value}")).unwrap_or_default();
        format!("{field}expected {}{found}", self.expected)
    }

    pub(super) fn at(self, row: u64) -> Reject {
        Reject { row, field: self.field, value: self.value, expected: self.expected, code: self.code }
    }
}

/// At most 64 characters of `text`.
fn shorten(text: &str) -> String {
    const CHARACTERS_MAX: usize = 64;
    if text.chars().nth(CHARACTERS_MAX).is_none() {
        return text.to_owned();
    }
    text.chars().take(CHARACTERS_MAX - 1).chain(['…']).collect()
}

/// The kind of a JSON value in words: what a reject shows instead of the value.
pub(super) const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
