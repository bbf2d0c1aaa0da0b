//! Rules over measurements: verdicts of columns and data sets.
//!
//! A verdict is a pure function of a rule and measurements. Nothing here reads a clock, a file or a random number.

mod column;
mod dataset;
mod judge;
mod reason;
mod rule;

pub mod text {
    //! Numbers for people, as verdicts write them.
    pub use crate::reason::{count, number, percent};
}

pub use column::{ColumnFacts, ColumnVerdict, judge_column};
pub use dataset::{DatasetVerdict, Judged, judge_dataset};
pub use judge::{Judgement, judge};
pub use rule::{ColumnRule, default_metrics, is_alarm};

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
