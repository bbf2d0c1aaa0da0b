//! `metricSource.spec` of type `Watchkeeper`: what is measured of which model, and when a slice is unknown.

use schemars::JsonSchema;
use serde::Serialize;

use crate::watch_words::{Decide, SliKind, UnknownSlices};
use crate::{Comparison, Measure, SegmentPick, Span};

/// What Watchkeeper measures for an SLI.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "WatchkeeperSource")]
#[non_exhaustive]
pub struct WatchkeeperSource {
    /// What the SLI is about.
    pub kind: SliKind,
    /// What is measured. Needed where the kind does not say it: `data_quality` of a column, `drift`, `quality`,
    /// `estimated_quality`, `kpi`, `fairness`. As `good` or `bad` of `quality` it is one that is a mean over rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Measure>,
    /// Name of the model. Default: the service of the SLO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A version, or `champion` for the one that answers. Default: all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// An environment. Default: all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// A segment `name:value`, or `*` for an SLO of each segment. Default: the whole model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// A column. Default: every feature for `drift` and `data_quality`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The relation to `value` that makes an event good (as `bad`: bad): of its latency in milliseconds, its loss or the
    /// value of its column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<Comparison>,
    /// The limit of an event, in the unit of what is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Name of the baseline that drift is measured from, or `approved` for that of the model, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// When predictions count for a quality that needs labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maturity: Option<Maturity>,
    /// Rows of a slice below which it is unknown. Default: 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u64>,
    /// Positive labels of a slice below which it is unknown. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_positives: Option<u64>,
    /// Whether all of the confidence interval decides a slice. Default: `ci`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decide: Option<Decide>,
    /// What an unknown slice counts as. Default: `bad` for `freshness` and `monitoring`, else `exclude`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<UnknownSlices>,
}

impl WatchkeeperSource {
    /// Which segments.
    #[must_use]
    pub fn segment_pick(&self) -> SegmentPick {
        self.segment.as_deref().map_or(SegmentPick::Whole, SegmentPick::parse)
    }

    /// Rows of a slice below which it is unknown.
    #[must_use]
    pub fn min_samples_or_default(&self) -> u64 {
        self.min_samples.unwrap_or(30)
    }

    /// What decides a slice.
    #[must_use]
    pub fn decide_or_default(&self) -> Decide {
        self.decide.unwrap_or(Decide::Ci)
    }

    /// What an unknown slice counts as.
    #[must_use]
    pub fn unknown_or_default(&self) -> UnknownSlices {
        self.unknown.unwrap_or(match self.kind {
            // Silence is what these are about.
            SliKind::Freshness | SliKind::Monitoring => UnknownSlices::Bad,
            _ => UnknownSlices::Exclude,
        })
    }
}

/// When predictions count for a quality that needs labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Maturity")]
#[non_exhaustive]
pub struct Maturity {
    /// Age at which the labels of a prediction are there; until then its cohort is restated. At least 1 minute.
    pub horizon: Span,
    /// Share of the predictions of a slice that must have a label, above 0 and at most 1. Default: 0.9.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub min_coverage: Option<f64>,
}
