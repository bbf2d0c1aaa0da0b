//! Which attribute goes where: what is built in, and what users say beside it.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Where the value of an attribute goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The name of the model.
    Model,
    /// The prediction's id.
    Id,
    /// The model's version.
    Version,
    /// The environment.
    Environment,
    /// The prediction.
    Prediction,
    /// The one score.
    Score,
    /// The score of a class.
    ScoreOf(String),
    /// The latency in milliseconds, instead of the span's duration.
    LatencyMs,
    /// A feature column.
    Feature(String),
    /// A segment tag.
    Segment(String),
    /// Nowhere, though it is built in.
    Ignore,
}

/// A word that is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown target `{0}`, expected `model`, `id`, `version`, `environment`, `prediction`, `score`, `score.<class>`, \
     `latency_ms`, `feature.<name>`, `segment.<name>` or `ignore`"
)]
pub struct UnknownTarget(
    /// The word.
    pub String,
);

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(word: &str) -> Result<Self, UnknownTarget> {
        Ok(match word {
            "model" => Self::Model,
            "id" => Self::Id,
            "version" => Self::Version,
            "environment" => Self::Environment,
            "prediction" => Self::Prediction,
            "score" => Self::Score,
            "latency_ms" => Self::LatencyMs,
            "ignore" => Self::Ignore,
            other => match other.split_once('.') {
                Some(("score", class)) if !class.is_empty() => Self::ScoreOf(class.to_owned()),
                Some(("feature", name)) if !name.is_empty() => Self::Feature(name.to_owned()),
                Some(("segment", name)) if !name.is_empty() => Self::Segment(name.to_owned()),
                _ => return Err(UnknownTarget(other.to_owned())),
            },
        })
    }
}

/// Which attributes of spans and log records make an inference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanMapping {
    /// Attribute to target. One that leads to the model, the id, the prediction, a score or a feature makes its span
    /// an inference; what is built in holds for attributes that are not here.
    pub attributes: BTreeMap<String, Target>,
    /// The model of inferences that name none; without it they are rejected.
    pub default_model: Option<String>,
}

impl SpanMapping {
    /// The target of an attribute; `None` for those that have none.
    #[must_use]
    pub fn target(&self, attribute: &str) -> Option<Target> {
        match self.attributes.get(attribute) {
            Some(Target::Ignore) => None,
            Some(target) => Some(target.clone()),
            None => built_in(attribute),
        }
    }
}

/// The built-in attributes. There is no stable convention for tabular models, so these are Watchkeeper's own.
fn built_in(attribute: &str) -> Option<Target> {
    let named = |name: &str, target: fn(String) -> Target| (!name.is_empty()).then(|| target(name.to_owned()));
    match attribute {
        "ml.model.name" => Some(Target::Model),
        "ml.model.version" => Some(Target::Version),
        "ml.inference.id" => Some(Target::Id),
        "ml.prediction.label" | "ml.prediction.value" => Some(Target::Prediction),
        "ml.prediction.score" => Some(Target::Score),
        _ => {
            let rest = attribute.strip_prefix("ml.")?;
            if let Some(class) = rest.strip_prefix("prediction.score.") {
                named(class, Target::ScoreOf)
            } else if let Some(other) = rest.strip_prefix("prediction.") {
                (!other.is_empty()).then(|| Target::Feature(format!("output.{other}")))
            } else if let Some(name) = rest.strip_prefix("feature.") {
                named(name, Target::Feature)
            } else {
                named(rest.strip_prefix("segment.")?, Target::Segment)
            }
        }
    }
}

/// Which metrics are KPIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricMapping {
    /// Name of the metric to what becomes of its data points; other metrics are ignored.
    pub kpis: BTreeMap<String, KpiRule>,
}

/// What becomes of the data points of a metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KpiRule {
    /// Name of the KPI; that of the metric when `None`.
    pub name: Option<String>,
    /// Attributes that become segment tags; all of them when `None`.
    pub segments: Option<Vec<String>>,
    /// The model that the KPI belongs to, when no attribute `ml.model.name` names it.
    pub model: Option<String>,
}
