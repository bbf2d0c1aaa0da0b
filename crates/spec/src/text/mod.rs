//! A model as users write it: every value optional and with its position. The JSON Schema is made from these types.
//!
//! Defaults and relations between fields are not here: see `resolve`. The doc comments are what editors show.

mod at;
mod extra;
mod privacy;
mod resource;
mod settings;

use schemars::JsonSchema;

pub(crate) use at::At;
pub(crate) use privacy::{GeneraliseText, HashText, MaskText, PrivacyOptionsText, PrivacyText};
pub(crate) use resource::{
    ApiKeySpecText, ApiKeyText, BaselineFileText, BaselineRangeText, BaselineSourceText, BaselineSpecText,
    BaselineText, EnvironmentText, ResourceText, TenantText,
};
pub(crate) use settings::{IngestText, LearningText, MappingText, ProfilesText, RetentionText};

use crate::name::{NAME_CHARS_MAX, NAME_PATTERN};
use crate::{FailOn, Kind, Metric, Position, Role, Task, Undeclared};

/// A model and how it is watched.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, rename = "Model")]
pub(crate) struct ModelText {
    /// Version of this format: `watchkeeper/v1`.
    #[schemars(required, extend("const" = crate::API_VERSION))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) api_version: Option<String>,
    /// What the document describes: `Model`.
    #[schemars(required, extend("const" = crate::KIND_MODEL))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) kind: Option<String>,
    /// Name, description and labels.
    #[schemars(required)]
    pub(crate) metadata: Option<MetadataText>,
    /// What the model is and how it is watched.
    #[schemars(required)]
    pub(crate) spec: Option<ModelSpecText>,
}

/// Name, description and labels.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Metadata")]
pub(crate) struct MetadataText {
    /// Name: lower-case letters, digits, `-` and `.`, at most 63 characters. Example: `flights-delay`.
    #[schemars(required, length(min = 1, max = NAME_CHARS_MAX), pattern(NAME_PATTERN))]
    pub(crate) name: Option<At<String>>,
    /// What it is, for people.
    pub(crate) description: Option<At<String>>,
    /// Free labels that group resources, such as `team: ops`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>")]
    pub(crate) labels: Vec<(At<String>, At<String>)>,
}

/// What the model is and how it is watched.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ModelSpec")]
pub(crate) struct ModelSpecText {
    /// What the model predicts.
    #[schemars(required)]
    pub(crate) task: Option<At<Task>>,
    /// The columns of the data. Default: none, so `undeclared` decides about all of them.
    #[schemars(with = "Option<Vec<ColumnText>>")]
    pub(crate) columns: Vec<ColumnText>,
    /// What happens with columns of the data that are not listed. Default: `infer`.
    pub(crate) undeclared: Option<At<Undeclared>>,
    /// How two data sets are compared.
    pub(crate) check: Option<CheckText>,
    /// How events come in.
    pub(crate) ingest: Option<IngestText>,
    /// Columns and segment tags whose values split profiles, at most 4. Default: none.
    #[schemars(with = "Option<Vec<String>>", length(max = crate::SEGMENTS_MAX), extend("uniqueItems" = true))]
    pub(crate) segments: Vec<At<String>>,
    /// How fine profiles are and how long they are kept.
    pub(crate) profiles: Option<ProfilesText>,
    /// From what the first grids of a model without a baseline are made.
    pub(crate) learning: Option<LearningText>,
    /// How long data is kept.
    pub(crate) retention: Option<RetentionText>,
}

/// One column of the data.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Column")]
pub(crate) struct ColumnText {
    #[schemars(skip)]
    pub(crate) position: Option<Position>,
    /// Name of the column, exactly as in the data.
    #[schemars(required, length(min = 1))]
    pub(crate) name: Option<At<String>>,
    /// What the column means for the model.
    #[schemars(required)]
    pub(crate) role: Option<At<Role>>,
    /// How the values are read and compared. Default: inferred from the data.
    #[schemars(rename = "type")]
    pub(crate) kind: Option<At<Kind>>,
    /// Smallest valid value of a numeric column, in its unit. Default: the smallest of the reference.
    pub(crate) min: Option<At<f64>>,
    /// Largest valid value of a numeric column, in its unit. Default: the largest of the reference.
    pub(crate) max: Option<At<f64>>,
    /// Weight of the column in the verdict of the data set, above 0. Default: 1.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) importance: Option<At<f64>>,
    /// Whether missing values are one more bin of the distribution. Default: false.
    pub(crate) missing_as_bin: Option<At<bool>>,
    /// Whether an empty text counts as missing. Default: false.
    pub(crate) empty_is_null: Option<At<bool>>,
    /// Thresholds by metric for this column; they win over those of `check`.
    #[schemars(with = "Option<extra::ThresholdsByMetric>")]
    pub(crate) thresholds: Vec<ThresholdText>,
    /// What happens with the values before anything is stored: a word, or an action with options. Default: decided from
    /// the name and the first values.
    #[schemars(with = "Option<extra::PrivacyChoice>")]
    pub(crate) privacy: Option<PrivacyText>,
}

/// How two data sets are compared.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Check")]
pub(crate) struct CheckText {
    /// `default` (the metrics that suit the type of each column), `all`, or names of metrics. Default: `[default]`.
    #[schemars(with = "Option<extra::MetricNames>")]
    pub(crate) metrics: Option<MetricsText>,
    /// False-alarm level of one minimum-effect test, above 0 and below 0.5. Default: 0.01.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 0.5))]
    pub(crate) alpha: Option<At<f64>>,
    /// Level of the false discovery rate over columns, above 0 and below 1. Default: 0.05.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub(crate) fdr_q: Option<At<f64>>,
    /// The least severity at which the check fails. Default: `critical`.
    pub(crate) fail_on: Option<At<FailOn>>,
    /// Rank statistics are exact up to this many rows a side, and from bins above. Default: 100000.
    #[schemars(range(min = 0))]
    pub(crate) exact_rows: Option<At<u64>>,
    /// Thresholds by metric for every column.
    #[schemars(with = "Option<extra::ThresholdsByMetric>")]
    pub(crate) thresholds: Vec<ThresholdText>,
}

/// The list of metrics and where it is.
#[derive(Debug, Default)]
pub(crate) struct MetricsText {
    pub(crate) position: Option<Position>,
    pub(crate) default: bool,
    pub(crate) all: bool,
    pub(crate) named: Vec<At<Metric>>,
}

/// Thresholds of one metric.
#[derive(Debug)]
pub(crate) struct ThresholdText {
    pub(crate) metric: At<Metric>,
    pub(crate) limits: ThresholdLimitsText,
}

/// Effect sizes from which a finding is a warning or critical; `warning` is not above `critical`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Thresholds")]
pub(crate) struct ThresholdLimitsText {
    /// Effect from which a finding is a warning, ≥ 0.
    #[schemars(required, range(min = 0))]
    pub(crate) warning: Option<At<f64>>,
    /// Effect from which a finding is critical, ≥ 0.
    #[schemars(required, range(min = 0))]
    pub(crate) critical: Option<At<f64>>,
}
