//! The facts that a runbook is written from.

use crate::meaning::{SemanticChange, Undecided};
use crate::suspect::Suspect;

/// What kind of finding it is: what to look at first follows from it. In causal order: a fault of one kind brings faults
/// of later kinds with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// Events are late, or too few or too many.
    Source,
    /// Columns, types, missing, invalid or unseen values.
    Quality,
    /// A feature drifted.
    Drift,
    /// Predictions or scores drifted.
    Prediction,
    /// Latency or errors of the service.
    Service,
    /// Estimated or realised performance, fairness.
    Performance,
    /// A key figure of the business.
    Kpi,
    /// A rule that cannot judge.
    Unknown,
}

/// One finding of the incident.
#[derive(Debug, Clone, PartialEq)]
pub struct RunbookFinding {
    /// What kind it is.
    pub kind: FindingKind,
    /// The rule that found it.
    pub rule: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// The segment, as `column=value`, if it is about one.
    pub segment: Option<String>,
    /// What was found, one sentence without a full stop.
    pub sentence: String,
    /// The value, and the limit that it crossed.
    pub value: Option<(f64, f64)>,
    /// Rows it rests on.
    pub rows: Option<u64>,
    /// p-value against the effect that matters, where there is one.
    pub p_value: Option<f64>,
}

/// Who and what is affected.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Affected {
    /// Rows since the onset, and the share of the model's traffic that they are, in `[0, 1]`.
    pub rows: Option<(u64, f64)>,
    /// Versions; empty for all.
    pub versions: Vec<String>,
    /// Segments; empty for all.
    pub segments: Vec<String>,
    /// Objectives with the share of their budget that is left, in `[−∞, 1]`.
    pub objectives: Vec<(String, f64)>,
    /// Models and consumers downstream in the lineage.
    pub downstream: Vec<String>,
}

/// All that is known of an incident.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunbookFacts {
    /// Its id.
    pub incident: String,
    /// What it is about, one line.
    pub title: String,
    /// `info`, `ticket` or `page`.
    pub severity: String,
    /// The model.
    pub model: String,
    /// The environment.
    pub environment: String,
    /// Estimated onset, in microseconds since 1970 (UTC), with its uncertainty in microseconds.
    pub onset: (i64, i64),
    /// When it was found, in microseconds since 1970 (UTC).
    pub found_at: i64,
    /// What was found.
    pub findings: Vec<RunbookFinding>,
    /// Suspects, strongest first.
    pub suspects: Vec<Suspect>,
    /// Changes of meaning that were recognised.
    pub changes: Vec<SemanticChange>,
    /// Columns where that could not be told.
    pub undecided: Vec<Undecided>,
    /// Who is affected.
    pub affected: Affected,
    /// Version that ran before the current one, to go back to.
    pub previous_version: Option<String>,
    /// Page of the incident.
    pub url: Option<String>,
    /// The team's own runbook.
    pub team_runbook: Option<String>,
}
