//! How events come in and how long they are kept, as users write it.

use schemars::JsonSchema;

use super::{At, extra};
use crate::span::SPAN_PATTERN;

/// How events come in.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Ingest")]
pub(crate) struct IngestText {
    /// Where the parts of an event lie in bodies of another shape than the canonical one.
    pub(crate) mapping: Option<MappingText>,
}

/// Where the parts of an event lie: dotted paths such as `request.inputs`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Mapping")]
pub(crate) struct MappingText {
    /// System field to the path of its value. Example: `id: request.uuid`.
    #[schemars(with = "Option<extra::MappedFields>")]
    pub(crate) fields: Vec<(At<String>, At<String>)>,
    /// Column to the path of its value. Example: `amount: request.body.amount`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>")]
    pub(crate) columns: Vec<(At<String>, At<String>)>,
    /// Segment tag to the path of its value. Example: `country: request.headers.country`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>")]
    pub(crate) segments: Vec<(At<String>, At<String>)>,
}

/// How fine profiles are and how long they are kept. Lengths of time are written as `5m`, `48h`, `60d`, `25 months`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Profiles")]
pub(crate) struct ProfilesText {
    /// Smallest window that a profile is kept for: 1 minute to 1 hour, a whole part of an hour. Default: `5m`.
    #[schemars(pattern(SPAN_PATTERN))]
    pub(crate) bucket: Option<At<String>>,
    /// How long buckets are kept before only their hour is; at least 1 hour. Default: `48h`.
    #[schemars(pattern(SPAN_PATTERN))]
    pub(crate) keep_buckets: Option<At<String>>,
    /// How long hours are kept before only their day is. Default: `60d`.
    #[schemars(pattern(SPAN_PATTERN))]
    pub(crate) hour: Option<At<String>>,
    /// How long days are kept. Default: `25 months`.
    #[schemars(pattern(SPAN_PATTERN))]
    pub(crate) day: Option<At<String>>,
}

/// From what the first grids of a model without a baseline are made.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Learning")]
pub(crate) struct LearningText {
    /// Hours from the first event, 1 to 8784. Default: 24.
    #[schemars(range(min = 1, max = 8784))]
    pub(crate) hours: Option<At<u64>>,
    /// Rows that are needed at least; learning goes on until they are there. Default: 1000.
    #[schemars(range(min = 1))]
    pub(crate) rows: Option<At<u64>>,
}

/// How long data is kept.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Retention")]
pub(crate) struct RetentionText {
    /// How long events are kept after their event time; at least 1 day. Default: `400d`.
    #[schemars(pattern(SPAN_PATTERN))]
    pub(crate) events: Option<At<String>>,
}
