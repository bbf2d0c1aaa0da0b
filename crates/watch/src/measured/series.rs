//! Which number of which part of a model a series holds.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use watchkeeper_spec::Measure;

/// The part of a model's events that is looked at; what is `None` is not told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Scope {
    /// The model; empty for a KPI of the whole tenant.
    pub model: String,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// A segment and its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<(String, String)>,
}

/// What is measured again and again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Series {
    /// Of which events.
    pub scope: Scope,
    /// Of which column; `None` for a measure of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What.
    pub measure: Measure,
    /// Length of the windows in seconds.
    pub window: u32,
    /// What is compared with: the word of a baseline; empty where nothing is.
    #[serde(default)]
    pub baseline: String,
}

impl Scope {
    /// The whole of a model.
    #[must_use]
    pub fn of_model(model: &str) -> Self {
        Self { model: model.to_owned(), ..Self::default() }
    }

    /// The segment as one text, `name:value`.
    #[must_use]
    pub fn segment_text(&self) -> Option<String> {
        self.segment.as_ref().map(|(name, value)| format!("{name}:{value}"))
    }

    /// The labels of alerts about it.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let pairs = [
            ("model", Some(self.model.clone()).filter(|model| !model.is_empty())),
            ("environment", self.environment.clone()),
            ("version", self.version.clone()),
            ("segment", self.segment_text()),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

impl Series {
    /// The labels of alerts about it.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.scope.labels();
        labels.extend(self.column.iter().map(|column| ("column".to_owned(), column.clone())));
        labels.insert("measure".to_owned(), self.measure.to_string());
        labels
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.labels().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(f, "{{{}}}", parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_spec::Metric;

    #[test]
    fn labels_are_those_that_are_told_apart() {
        let scope = Scope { segment: Some(("plan".into(), "a:b".into())), ..Scope::of_model("m") };
        let series = Series {
            scope,
            column: Some("x".into()),
            measure: Measure::Metric(Metric::Psi),
            window: 3600,
            baseline: "training".into(),
        };
        assert_eq!(series.to_string(), "{column=x,measure=psi,model=m,segment=plan:a:b}");
        let back: Series = serde_json::from_str(&serde_json::to_string(&series).unwrap()).unwrap();
        assert_eq!(back, series);
    }
}
