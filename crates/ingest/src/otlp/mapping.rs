//! Which attribute goes where: what is built in, what the server is told beside it, what a model says of its own.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::{Mapping, names};

/// Where the value of an attribute goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The name of the model.
    Model,
    /// The prediction's id.
    Id,
    /// The time of the prediction, instead of the span's start.
    Ts,
    /// The trace that the prediction belongs to, instead of the span's.
    TraceId,
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
    /// Features: the members of a value that is an object, and attributes whose names go on behind this one's and a dot.
    Features,
    /// A segment tag.
    Segment(String),
    /// Nowhere: not what is built in, and not into kept spans either.
    Ignore,
}

/// A word that is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown target `{0}`, expected `model`, `id`, `ts`, `trace_id`, `version`, `environment`, `prediction`, `score`, \
     `score.<class>`, `latency_ms`, `features`, `feature.<name>`, `segment.<name>` or `ignore`"
)]
pub struct UnknownTarget(
    /// The word.
    pub String,
);

impl Target {
    /// The words for targets that need no name.
    pub const WORDS: [&'static str; 11] = [
        "model",
        "id",
        "ts",
        "trace_id",
        "version",
        "environment",
        "prediction",
        "score",
        "latency_ms",
        "features",
        "ignore",
    ];
    /// What begins the targets that need one: `feature.amount`.
    pub const PREFIXES: [&'static str; 3] = ["score", "feature", "segment"];

    /// The target of a column by the name under which it is stored.
    fn of_column(name: &str) -> Self {
        match name {
            names::PREDICTION_ID => Self::Id,
            // Words for targets that are no names of system columns are names like any other.
            "model" | "id" | "features" | "ignore" => Self::Feature(name.to_owned()),
            _ => name.parse().unwrap_or_else(|_| Self::Feature(name.to_owned())),
        }
    }

    /// Whether a span or record with such a value is an inference.
    pub(super) const fn makes_inference(&self) -> bool {
        matches!(
            self,
            Self::Model
                | Self::Id
                | Self::Prediction
                | Self::Score
                | Self::ScoreOf(_)
                | Self::Feature(_)
                | Self::Features
        )
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(word: &str) -> Result<Self, UnknownTarget> {
        Ok(match word {
            "model" => Self::Model,
            "id" => Self::Id,
            "ts" => Self::Ts,
            "trace_id" => Self::TraceId,
            "version" => Self::Version,
            "environment" => Self::Environment,
            "prediction" => Self::Prediction,
            "score" => Self::Score,
            "latency_ms" => Self::LatencyMs,
            "features" => Self::Features,
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

/// Attribute to target.
pub type Attributes = BTreeMap<String, Target>;

/// Which attributes of spans and log records make an inference.
///
/// What holds for an attribute is, first found: what the model of the span says, what the server is told, what is built
/// in. Attributes that are objects are looked into: the name of a member is the attribute's, a dot, the member's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanMapping {
    /// What holds for all models. An attribute that leads to the model, the id, the prediction, a score or a feature makes
    /// its span an inference.
    pub attributes: Attributes,
    /// The model of inferences that name none; without it they are rejected.
    pub default_model: Option<String>,
    /// What single models say, by their name as it is sent. Which model that is, the models themselves do not say.
    pub models: BTreeMap<String, Attributes>,
}

impl SpanMapping {
    /// The target of an attribute for all models; `None` for those that have none.
    #[must_use]
    pub fn target(&self, attribute: &str) -> Option<Target> {
        self.of(None).target(attribute)
    }

    /// What holds for the inferences of `model`.
    pub(super) fn of(&self, model: Option<&str>) -> View<'_> {
        View { own: model.and_then(|model| self.models.get(model)), shared: &self.attributes }
    }
}

/// The attributes that a model's mapping of events names: a dotted path into an event is the name of an attribute.
///
/// Labels are no part of an inference, so their paths are left out.
#[must_use]
pub fn attributes_of(mapping: &Mapping) -> Attributes {
    // `label` and `label_ts` are no words for targets.
    let fields = mapping.fields.iter().filter_map(|(field, path)| Some((path.clone(), field.parse().ok()?)));
    let columns = mapping.columns.iter().map(|(name, path)| (path.clone(), Target::of_column(name)));
    let segments = mapping.segments.iter().map(|(tag, path)| (path.clone(), Target::Segment(tag.clone())));
    fields.chain(columns).chain(segments).collect()
}

/// The mapping as it holds for one inference.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    own: Option<&'a Attributes>,
    shared: &'a Attributes,
}

impl View<'_> {
    /// The target of an attribute; `None` for those that have none.
    pub(super) fn target(&self, attribute: &str) -> Option<Target> {
        let said = self.own.and_then(|own| find(own, attribute)).or_else(|| find(self.shared, attribute));
        match said {
            Some(Target::Ignore) => None,
            Some(target) => Some(target),
            None => built_in(attribute),
        }
    }

    /// Whether users say something of an attribute, be it to ignore it.
    pub(super) fn names(&self, attribute: &str) -> bool {
        self.own.is_some_and(|own| find(own, attribute).is_some()) || find(self.shared, attribute).is_some()
    }

    /// Whether something within an attribute that is an object has a target.
    pub(super) fn leads_into(&self, attribute: &str) -> bool {
        let begin = format!("{attribute}.");
        let within = |table: &Attributes| {
            table.range(begin.clone()..).next().is_some_and(|(name, _)| name.starts_with(begin.as_str()))
        };
        self.own.is_some_and(within) || within(self.shared)
    }
}

/// The target of an attribute in a table: its own, or a feature below an attribute that leads to features.
fn find(table: &Attributes, attribute: &str) -> Option<Target> {
    if table.is_empty() {
        return None;
    }
    let below = || {
        attribute.rmatch_indices('.').find_map(|(at, _)| {
            let (outer, rest) = attribute.split_at(at);
            let name = rest.get(1..).filter(|name| !name.is_empty())?;
            (table.get(outer) == Some(&Target::Features)).then(|| Target::Feature(name.to_owned()))
        })
    };
    table.get(attribute).cloned().or_else(below)
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
