//! How events of a model come in, how long they and their profiles are kept.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Span;

/// Segments of profiles at most: their combinations multiply the rows.
pub const SEGMENTS_MAX: usize = 4;

/// How events come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IngestSettings {
    /// Where the parts of an event lie in bodies of another shape than the canonical one.
    pub mapping: EventMapping,
}

/// Where the parts of an event lie: dotted paths such as `request.inputs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EventMapping {
    /// System field (one of [`EventMapping::FIELDS`]) to the path of its value; `features` names an object whose
    /// members are features.
    pub fields: BTreeMap<String, String>,
    /// Column to the path of its value.
    pub columns: BTreeMap<String, String>,
    /// Segment tag to the path of its value.
    pub segments: BTreeMap<String, String>,
}

impl EventMapping {
    /// The system fields of an event that a mapping can name.
    pub const FIELDS: [&'static str; 11] = [
        "id",
        "ts",
        "version",
        "environment",
        "features",
        "prediction",
        "score",
        "latency_ms",
        "trace_id",
        "label",
        "label_ts",
    ];
}

/// How fine profiles are and how long they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProfileSettings {
    /// Smallest window that a profile is kept for: 1 minute to 1 hour, a whole part of an hour.
    pub bucket: Span,
    /// How long buckets are kept before only their hour is; at least 1 hour.
    pub keep_buckets: Span,
    /// How long hours are kept before only their day is; not below `keep_buckets`.
    pub hour: Span,
    /// How long days are kept; not below `hour`.
    pub day: Span,
}

impl Default for ProfileSettings {
    fn default() -> Self {
        Self { bucket: Span::minutes(5), keep_buckets: Span::hours(48), hour: Span::days(60), day: Span::months(25) }
    }
}

/// From what the first grids of a model without a baseline are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LearningSettings {
    /// Hours from the first event, 1 to 8784.
    pub hours: u64,
    /// Rows that are needed at least, from 1; learning goes on until they are there.
    pub rows: u64,
}

impl Default for LearningSettings {
    fn default() -> Self {
        Self { hours: 24, rows: 1000 }
    }
}

/// How long data is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RetentionSettings {
    /// How long events are kept after their event time; at least 1 day.
    pub events: Span,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { events: Span::days(400) }
    }
}
