//! SLI, service and data source: what is measured and where.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{OpenSloMetadata, WatchkeeperSource};
use crate::word::words;

/// What is measured: exactly one of `thresholdMetric` and `ratioMetric`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "SliSpec")]
#[non_exhaustive]
pub struct SliSpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A value that the objective compares with a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_metric: Option<MetricHolder>,
    /// Good or bad events among all events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio_metric: Option<RatioMetric>,
}

impl SliSpec {
    /// Every metric source with its path below the spec.
    pub fn sources(&self) -> impl Iterator<Item = (&'static str, &MetricSource)> {
        let ratio = self.ratio_metric.as_ref();
        [
            ("thresholdMetric", self.threshold_metric.as_ref()),
            ("ratioMetric.good", ratio.and_then(|ratio| ratio.good.as_ref())),
            ("ratioMetric.bad", ratio.and_then(|ratio| ratio.bad.as_ref())),
            ("ratioMetric.total", ratio.and_then(|ratio| ratio.total.as_ref())),
            ("ratioMetric.raw", ratio.and_then(|ratio| ratio.raw.as_ref())),
        ]
        .into_iter()
        .filter_map(|(path, holder)| holder.map(|holder| (path, &holder.metric_source)))
    }
}

/// An SLI inside an SLO.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "InlineSli")]
#[non_exhaustive]
pub struct InlineSli {
    /// Name, labels and annotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<OpenSloMetadata>,
    /// What is measured.
    pub spec: SliSpec,
}

/// A ratio: `good` or `bad` with `total`, or `raw` with `rawType`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "RatioMetric")]
#[non_exhaustive]
pub struct RatioMetric {
    /// Whether the metrics only grow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<bool>,
    /// Good events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good: Option<MetricHolder>,
    /// Bad events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad: Option<MetricHolder>,
    /// All events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<MetricHolder>,
    /// Of what `raw` is the ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_type: Option<RawType>,
    /// A ratio that is computed elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<MetricHolder>,
}

words! {
    /// Of what a raw ratio is.
    pub enum RawType named "raw type" {
        /// Good among all.
        Success = "success",
        /// Bad among all.
        Failure = "failure",
    }
    synonyms { "good" => "success", "bad" => "failure", "error" => "failure" }
}

/// The place of a metric source.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "MetricHolder")]
#[non_exhaustive]
pub struct MetricHolder {
    /// Where the metric comes from.
    pub metric_source: MetricSource,
}

/// Where a metric comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "MetricSource")]
#[non_exhaustive]
pub struct MetricSource {
    /// Name of a data source; one of `metricSourceRef` and `type` is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_source_ref: Option<String>,
    /// `Watchkeeper` for what is computed here; any other type is kept as it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is measured there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<MetricSpec>,
}

impl MetricSource {
    /// What Watchkeeper measures, if it is the source.
    #[must_use]
    pub const fn watchkeeper(&self) -> Option<&WatchkeeperSource> {
        match &self.spec {
            Some(MetricSpec::Watchkeeper(source)) => Some(source),
            _ => None,
        }
    }
}

/// What is measured at a source.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MetricSpec {
    /// By Watchkeeper.
    Watchkeeper(Box<WatchkeeperSource>),
    /// By another system, as it was written.
    Other(Value),
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ServiceSpec")]
#[non_exhaustive]
pub struct ServiceSpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Where metrics of another system are.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "DataSourceSpec")]
#[non_exhaustive]
pub struct DataSourceSpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which system, such as `Prometheus`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it is reached, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_details: Option<Value>,
}
