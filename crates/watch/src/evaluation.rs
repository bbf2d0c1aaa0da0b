//! What a rule says about one window.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Fingerprint, Severity};

/// Labels of an evaluation, an alert or an incident: `tenant`, `environment`, `model`, `version`, `segment`, `column`,
/// `measure`, `source`; matchers also see `rule`, `kind` and `severity`.
pub type Labels = BTreeMap<String, String>;

/// What a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A rule over measurements.
    Monitor,
    /// An objective with an error budget.
    Slo,
}

impl RuleKind {
    /// The word in labels and outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Slo => "slo",
        }
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A rule by its kind and name; both together are unique in a tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// What it is.
    pub kind: RuleKind,
    /// Its name.
    pub name: String,
}

/// Where in the chain of causes the thing looked at stands. A fault at one rank brings faults at higher ranks with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Freshness and volume of a source (0).
    Source,
    /// Schema and data quality (1).
    Quality,
    /// Drift of a feature (2).
    FeatureDrift,
    /// Drift of predictions or scores (3).
    PredictionDrift,
    /// Estimated performance (4).
    EstimatedPerformance,
    /// Realised performance and fairness (5).
    Performance,
    /// Key figures of the business (6).
    Kpi,
}

/// What a rule says about one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Beyond the limit.
    Breach,
    /// Not beyond the limit, but beyond the level at which the rule counts as clear.
    Near,
    /// Inside that level.
    Clear,
    /// It cannot be said, and why: too few rows, no data, labels not there yet.
    Unknown(String),
    /// The rule could not be evaluated, and why.
    Error(String),
}

/// An [`Outcome`] without its reason. Ordered by how much it should worry; the order in which [`worst_of`] chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// The rule could not be evaluated.
    Error,
    /// It cannot be said.
    Unknown,
    /// Inside the level that counts as clear.
    Clear,
    /// Between that level and the limit.
    Near,
    /// Beyond the limit.
    Breach,
}

impl OutcomeKind {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Clear => "clear",
            Self::Near => "near",
            Self::Breach => "breach",
        }
    }
}

impl Outcome {
    /// Without the reason.
    #[must_use]
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Breach => OutcomeKind::Breach,
            Self::Near => OutcomeKind::Near,
            Self::Clear => OutcomeKind::Clear,
            Self::Unknown(_) => OutcomeKind::Unknown,
            Self::Error(_) => OutcomeKind::Error,
        }
    }
}

/// What a rule says about one window of one series, as known at one time. Never changed once made: what becomes known
/// later makes a further evaluation of the same window with a later `known_at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The rule.
    pub rule: Rule,
    /// Revision of the rule that was applied.
    pub revision: u64,
    /// Which series of the rule.
    pub labels: Labels,
    /// Where the window ends, µs UTC.
    pub window_end: i64,
    /// How long the window is, µs.
    pub window: i64,
    /// When this was known, µs UTC; not before `window_end` unless the rule looks ahead.
    pub known_at: i64,
    /// What the rule says.
    pub outcome: Outcome,
    /// What it would be worth to people.
    pub severity: Severity,
    /// Place in the chain of causes.
    pub rank: Rank,
    /// What was looked at.
    pub value: Option<f64>,
    /// What it was held against.
    pub limit: Option<f64>,
    /// How far beyond, in the rule's own scale.
    pub score: Option<f64>,
    /// p-value of "the effect does not matter", where the rule is a test.
    pub p_value: Option<f64>,
    /// What it says, for people.
    pub sentence: String,
    /// When the change began, as estimated, µs UTC.
    pub onset: Option<i64>,
    /// Further numbers: `rows`, `lower`, `upper` and such.
    pub evidence: BTreeMap<String, f64>,
}

impl Evaluation {
    /// Which series this is an evaluation of.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.rule, &self.labels)
    }

    /// The order in which evaluations are folded: by when they were known, then by window, then by series.
    #[must_use]
    pub fn order(&self) -> (i64, i64, Fingerprint) {
        (self.known_at, self.window_end, self.fingerprint())
    }
}

/// One evaluation per series, window and time of knowledge: the worst of each, where several (of concurrent versions of a
/// model, which share a fingerprint) fall together. In folding order, whatever the order of the input.
#[must_use]
pub fn worst_of(evaluations: Vec<Evaluation>) -> Vec<Evaluation> {
    let mut worst: BTreeMap<(i64, i64, Fingerprint), Evaluation> = BTreeMap::new();
    for evaluation in evaluations {
        let key = evaluation.order();
        let weight = |e: &Evaluation| (e.outcome.kind(), e.severity, e.labels.get("version").cloned());
        match worst.get(&key) {
            Some(other) if weight(other) >= weight(&evaluation) => {}
            _ => {
                worst.insert(key, evaluation);
            }
        }
    }
    worst.into_values().collect()
}
