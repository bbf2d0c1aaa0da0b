//! A monitor: which series of which model are looked at, how, and what happens when it is bad.

use schemars::JsonSchema;
use serde::Serialize;

use crate::watch_words::{FamilyProcedure, FamilyWeights};
use crate::{Detector, Document, Measure, Severity, Span, UtcTime};

/// A monitor.
pub type Monitor = Document<MonitorSpec>;

/// What is looked at, how, and what happens when it is bad.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "MonitorSpec")]
#[non_exhaustive]
pub struct MonitorSpec {
    /// Which model, versions, segments and columns. Each version, segment and column that is picked on its own is a
    /// series with an alert of its own.
    pub select: Select,
    /// What is measured. Default: `drift` for `test` and `sequential`, `volume` for `absence`. A composite has none, all
    /// other detectors need one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// How a measurement is judged.
    pub detector: Detector,
    /// The windows that are judged.
    #[schemars(with = "Option<MonitorWindow>")]
    pub window: MonitorWindow,
    /// What current data is compared with.
    #[schemars(with = "Option<MonitorBaseline>")]
    pub baseline: MonitorBaseline,
    /// Rows of a window below which it is `unknown`. Default: 30.
    #[schemars(with = "Option<u64>")]
    pub min_samples: u64,
    /// When the alert begins.
    #[schemars(with = "Option<Enter>")]
    pub enter: Enter,
    /// When the alert ends.
    #[schemars(with = "Option<Leave>")]
    pub leave: Leave,
    /// How loud the alert is. Default: `ticket`.
    #[schemars(with = "Option<Severity>")]
    pub severity: Severity,
    /// How the false alarms of all columns of a window are kept down together.
    #[schemars(with = "Option<Family>")]
    pub family: Family,
    /// How long nothing can be judged before that is an alert of its own. Default: three times `window.every`.
    #[schemars(with = "Option<Span>")]
    pub no_data_after: Span,
    /// What to do, for the one who is told: Markdown, or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// One line for the alert, in place of the one that is generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// Which series of which model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Select")]
#[non_exhaustive]
pub struct Select {
    /// Name of the model.
    pub model: String,
    /// An environment, or `*` for each on its own. Default: all together.
    #[serde(skip_serializing_if = "Pick::is_together")]
    #[schemars(with = "Option<Pick>")]
    pub environment: Pick,
    /// A version, or `*` for each on its own. Default: all together.
    #[serde(skip_serializing_if = "Pick::is_together")]
    #[schemars(with = "Option<Pick>")]
    pub version: Pick,
    /// A segment `name:value`, all values of `name` on their own, or `*` for each segment on its own. Default: the whole
    /// model.
    #[serde(skip_serializing_if = "SegmentPick::is_whole")]
    #[schemars(with = "Option<SegmentPick>")]
    pub segment: SegmentPick,
    /// Names of columns; `*` in a name stands for any characters. Default: the features, or the columns that the measure
    /// means.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>")]
    pub columns: Vec<String>,
    /// Names of columns that are left out; `*` as in `columns`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>")]
    pub exclude: Vec<String>,
}

impl Select {
    /// Whether a column is picked by its name; `is_default` says whether its role makes it one of those that are meant
    /// without `columns`.
    #[must_use]
    pub fn takes_column(&self, name: &str, is_default: bool) -> bool {
        let in_list = |list: &[String]| list.iter().any(|pattern| fits(pattern, name));
        (if self.columns.is_empty() { is_default } else { in_list(&self.columns) }) && !in_list(&self.exclude)
    }
}

/// Whether a name fits a pattern in which `*` stands for any characters.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The first place is as good as any other: what stands behind can only have more room.
        let Some((_, behind)) = left.split_once(part) else { return false };
        left = behind;
    }
    left.ends_with(last)
}

/// One of several environments or versions, all together, or each on its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Pick {
    /// All together, as one series.
    #[default]
    Together,
    /// Each on its own.
    Each,
    /// Only this one.
    One(String),
}

impl Pick {
    /// Whether all are taken together.
    #[must_use]
    pub fn is_together(&self) -> bool {
        *self == Self::Together
    }
}

/// Which segments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SegmentPick {
    /// The whole model.
    #[default]
    Whole,
    /// Each segment of the model on its own.
    Each,
    /// Each value of this segment on its own.
    EachOf(String),
    /// Only rows with this value of this segment.
    One {
        /// Column or tag.
        name: String,
        /// Its value.
        value: String,
    },
}

impl SegmentPick {
    /// Whether the whole model is one series.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }

    /// `*`, `name` or `name:value`; the value may hold further colons. The text is not empty.
    pub(crate) fn parse(text: &str) -> Self {
        match (text, text.split_once(':')) {
            ("*", _) => Self::Each,
            (_, Some((name, value))) => Self::One { name: name.to_owned(), value: value.to_owned() },
            _ => Self::EachOf(text.to_owned()),
        }
    }
}

/// The windows that are judged: half-open, in event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "MonitorWindow")]
#[non_exhaustive]
pub struct MonitorWindow {
    /// Length of a window, 1 minute to 366 days, a multiple of `every`. Default: `1d`.
    #[schemars(with = "Option<Span>")]
    pub size: Span,
    /// How often a window ends. Default: `size`, so that windows do not overlap.
    #[schemars(with = "Option<Span>")]
    pub every: Span,
    /// How long late events are waited for before the window is judged for good. Default: `15m`.
    #[schemars(with = "Option<Span>")]
    pub lateness: Span,
}

impl Default for MonitorWindow {
    fn default() -> Self {
        Self { size: Span::days(1), every: Span::days(1), lateness: Span::minutes(15) }
    }
}

/// What current data is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MonitorBaseline {
    /// What the model was built on: its baseline, else what the server learned.
    #[default]
    Training,
    /// A baseline by its name.
    Fixed(String),
    /// Events of a time range.
    Range(BaselineTimes),
    /// The time before each window.
    Trailing(Trailing),
    /// The version that was served before.
    PreviousVersion,
    /// The same hours of the weeks before, as distributions.
    Season(SeasonWeeks),
}

/// Events with `from` ≤ event time < `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "BaselineTimes")]
#[non_exhaustive]
pub struct BaselineTimes {
    /// First event time: RFC 3339, or a date in UTC. Before `to`.
    pub from: UtcTime,
    /// Event time at which the range ends: RFC 3339, or a date in UTC.
    pub to: UtcTime,
}

/// The time before each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Trailing")]
#[non_exhaustive]
pub struct Trailing {
    /// How much of it, 1 hour to 2 years. Default: `28d`.
    #[schemars(with = "Option<Span>")]
    pub length: Span,
    /// What is left out before the window begins. Default: none, `0s`.
    #[schemars(with = "Option<Span>")]
    pub offset: Span,
    /// Whether the windows of confirmed incidents are left out. Default: true.
    #[schemars(with = "Option<bool>")]
    pub exclude_incidents: bool,
}

impl Default for Trailing {
    fn default() -> Self {
        Self { length: Span::days(28), offset: Span::from_seconds(0), exclude_incidents: true }
    }
}

/// The same hours of the weeks before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "SeasonWeeks")]
#[non_exhaustive]
pub struct SeasonWeeks {
    /// How many weeks, 1 to 104. Default: 8.
    #[schemars(with = "Option<u64>")]
    pub weeks: u64,
    /// Whether the windows of confirmed incidents are left out. Default: true.
    #[schemars(with = "Option<bool>")]
    pub exclude_incidents: bool,
}

impl Default for SeasonWeeks {
    fn default() -> Self {
        Self { weeks: 8, exclude_incidents: true }
    }
}

/// When an alert begins: `k` of the last `n` evaluations are a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Enter")]
#[non_exhaustive]
pub struct Enter {
    /// Breaches that are needed, 1 to `n`. Default: 2, or `n` if that is less.
    #[schemars(with = "Option<u32>")]
    pub k: u32,
    /// Evaluations that are looked at, 1 to 100. Default: 3, or `k` if that is more.
    #[schemars(with = "Option<u32>")]
    pub n: u32,
}

impl Default for Enter {
    fn default() -> Self {
        Self { k: 2, n: 3 }
    }
}

/// When an alert ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Leave")]
#[non_exhaustive]
pub struct Leave {
    /// Share of the limit below which an evaluation is clear, above 0 and at most 1. Default: 0.8.
    #[schemars(with = "Option<f64>")]
    pub clear: f64,
    /// Clear evaluations in a row that are needed, 1 to 1,000. Default: 3.
    #[schemars(with = "Option<u32>")]
    pub keep_firing: u32,
}

impl Default for Leave {
    fn default() -> Self {
        Self { clear: 0.8, keep_firing: 3 }
    }
}

/// How the false alarms of all series of a window are kept down together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Family")]
#[non_exhaustive]
pub struct Family {
    /// Monitors with the same name share a family. Default: one for all monitors of the model, environment and window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which procedure. Default: `bh`.
    #[schemars(with = "Option<FamilyProcedure>")]
    pub procedure: FamilyProcedure,
    /// False discovery rate, above 0 and below 1. Default: 0.05.
    #[schemars(with = "Option<f64>")]
    pub q: f64,
    /// How much a column weighs. Default: `importance`.
    #[schemars(with = "Option<FamilyWeights>")]
    pub weights: FamilyWeights,
}

impl Default for Family {
    fn default() -> Self {
        Self { name: None, procedure: FamilyProcedure::Bh, q: 0.05, weights: FamilyWeights::Importance }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, name, expect) in [
            ("age", "age", true),
            ("age", "ages", false),
            ("*", "", true),
            ("shap_*", "shap_age", true),
            ("shap_*", "shap", false),
            ("*_id", "user_id", true),
            ("*_id", "id", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("**", "x", true),
        ] {
            assert_eq!(fits(pattern, name), expect, "{pattern} {name}");
        }
    }
}
