//! What is promised.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Period, Policy};
use crate::evaluation::{Labels, Rank, Rule};

/// Good, bad and unknown: events of a slice, or slices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counts {
    /// As promised.
    pub good: u64,
    /// Not as promised.
    pub bad: u64,
    /// It cannot be said.
    pub unknown: u64,
}

impl Counts {
    /// Good and bad.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    /// Share of what can be said; `None` without anything.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        let all = self.valid().saturating_add(self.unknown);
        (all > 0).then(|| self.valid() as f64 / all as f64)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            good: self.good.saturating_add(other.good),
            bad: self.bad.saturating_add(other.bad),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }

    /// What came on top of `before`; what became less counts as nothing.
    pub(super) const fn since(self, before: Self) -> Self {
        Self {
            good: self.good.saturating_sub(before.good),
            bad: self.bad.saturating_sub(before.bad),
            unknown: self.unknown.saturating_sub(before.unknown),
        }
    }
}

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Every event.
    Occurrences,
    /// Every slice: good when at least this share of its events is, 0 to 1.
    Timeslices(f64),
    /// Every slice with the same weight, by the share of its events that is good, in thousandths.
    Ratios,
}

/// Parts of a slice that [`Method::Ratios`] counts.
const PARTS: u64 = 1_000;

/// What is done with what cannot be said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownAs {
    /// It does not count, and is shown.
    #[default]
    Exclude,
    /// It counts as bad: silence is bad.
    Bad,
    /// It counts as good.
    Good,
}

/// Which time decides whether an event is in the window of an alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// When it happened.
    #[default]
    Event,
    /// When it became known: for labels, that come late.
    Knowledge,
}

/// What is promised, and when its breach is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// The rule that its evaluations are of.
    pub rule: Rule,
    /// Its revision.
    pub revision: u64,
    /// Labels of its evaluations.
    pub labels: Labels,
    /// Share that is good, above 0 and below 1.
    pub target: f64,
    /// What counts.
    pub method: Method,
    /// What is done with what cannot be said.
    pub unknown: UnknownAs,
    /// Over how long.
    pub period: Period,
    /// When its breach is told.
    pub policy: Policy,
    /// Whose clock alerts go by.
    pub clock: Clock,
    /// Place in the chain of causes.
    pub rank: Rank,
}

/// Why an objective cannot be.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("objective `{name}`: {what} {value}; expected a number above 0 and {}", if *below { "below 1" } else { "at most 1" })]
pub struct InvalidObjective {
    /// Which one.
    pub name: String,
    /// Which number.
    pub what: &'static str,
    /// What it is.
    pub value: f64,
    /// Whether 1 is too much.
    pub below: bool,
}

impl Objective {
    /// The same objective, if it can be.
    ///
    /// # Errors
    /// [`InvalidObjective`] unless 0 < target < 1 and 0 < slice target ≤ 1.
    pub fn checked(self) -> Result<Self, InvalidObjective> {
        let invalid = |what, value, below| InvalidObjective { name: self.rule.name.clone(), what, value, below };
        if !(self.target > 0.0 && self.target < 1.0) {
            return Err(invalid("target", self.target, true));
        }
        match self.method {
            Method::Timeslices(slice) if !(slice > 0.0 && slice <= 1.0) => Err(invalid("slice target", slice, false)),
            _ => Ok(self),
        }
    }

    /// Share that may be bad.
    #[must_use]
    pub fn beta(&self) -> f64 {
        1.0 - self.target
    }

    /// What a slice with these events counts as.
    #[must_use]
    pub fn unit(&self, counts: Counts) -> Counts {
        let counts = match self.method {
            Method::Occurrences => counts,
            Method::Ratios if counts.valid() == 0 => Counts { unknown: PARTS, ..Counts::default() },
            Method::Ratios => {
                let good = (counts.good as f64 / counts.valid() as f64 * PARTS as f64).round() as u64;
                Counts { good, bad: PARTS.saturating_sub(good), unknown: 0 }
            }
            Method::Timeslices(_) if counts.valid() == 0 => Counts { unknown: 1, ..Counts::default() },
            Method::Timeslices(least) => {
                let good = counts.good as f64 >= least * counts.valid() as f64;
                Counts { good: u64::from(good), bad: u64::from(!good), unknown: 0 }
            }
        };
        let Counts { good, bad, unknown } = counts;
        match self.unknown {
            UnknownAs::Exclude => counts,
            UnknownAs::Bad => Counts { good, bad: bad.saturating_add(unknown), unknown: 0 },
            UnknownAs::Good => Counts { good: good.saturating_add(unknown), bad, unknown: 0 },
        }
    }
}
