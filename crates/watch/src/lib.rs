//! Rules over measurements: verdicts of columns and data sets; error budgets, alerts, incidents and notices.
//!
//! A verdict is a pure function of a rule and measurements, an alert a fold over what a rule says window by window
//! ([`Evaluation`]), an incident a group of alerts with one cause, a [`Notice`] what is told about it. An
//! [`engine::Engine`] is all of that for one tenant; a [`scenario::Scenario`] tries it on a story. Nothing here reads a
//! clock, a file or a random number: time is an argument, in µs UTC.

pub mod alert;
mod column;
mod dataset;
pub mod engine;
mod evaluation;
mod fingerprint;
pub mod incident;
mod judge;
pub mod meaning;
pub mod measured;
pub mod monitor;
pub mod notice;
mod reason;
mod rule;
pub mod runbook;
mod saved;
pub mod scenario;
pub mod slo;
pub mod suppress;
pub mod suspect;
pub mod time;

pub mod text {
    //! Numbers for people, as verdicts write them.
    pub use crate::reason::{count, number, percent};
}

pub use column::{ColumnFacts, ColumnVerdict, judge_column};
pub use dataset::{DatasetVerdict, Judged, judge_dataset};
pub use evaluation::{Evaluation, Labels, Outcome, OutcomeKind, Rank, Rule, RuleKind, worst_of};
pub use fingerprint::Fingerprint;
pub use judge::{Judgement, judge};
pub use notice::{ALERTS_MAX, Action, Notice, NoticeAlert};
pub use rule::{ColumnRule, default_metrics, is_alarm};
pub use watchkeeper_spec::{Matcher, Severity};

use std::fmt;

/// What a rule says about measurements. Ordered by how much it should worry: `ok < unknown < warning < critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Within the rule, and enough rows to say so.
    Ok,
    /// It cannot be judged: too few rows, or nothing to compare.
    Unknown,
    /// Beyond the warning threshold even allowing for noise.
    Warning,
    /// Beyond the critical threshold even allowing for noise.
    Critical,
}

impl Verdict {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Whether it is `warning` or `critical`.
    #[must_use]
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Warning | Self::Critical)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
