//! The state of one series.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluation::{Labels, OutcomeKind, Rank, Rule};
use crate::time::DAY;
use crate::{Fingerprint, Severity};

/// Windows over which going back and forth is counted.
pub(super) const FLAP_WINDOWS: u32 = 10;
/// Times back within them from which an alert is flapping.
pub(super) const FLAP_TURNS: u32 = 4;
/// A flapping alert is held no longer than this at a time, µs.
pub(super) const HOLD_MAX: i64 = DAY;
/// Errors in a row from which the health is `error`.
pub(super) const ERRORS: u32 = 3;
/// Windows that are remembered, so that what becomes known of them later is recognised.
pub(super) const SEEN_MAX: usize = 32;

/// Where in its life an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is wrong.
    #[default]
    Inactive,
    /// Something may be wrong.
    Pending,
    /// Something is wrong.
    Firing,
    /// It is clear again, not yet for long enough.
    Recovering,
    /// It was wrong and is not any more.
    Resolved,
}

impl Phase {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Recovering => "recovering",
            Self::Resolved => "resolved",
        }
    }

    /// Whether an episode goes on: `firing` or `recovering`.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Firing | Self::Recovering)
    }
}

/// Whether the rule can be judged at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It can.
    #[default]
    Ok,
    /// No known window for too long.
    NoData,
    /// Several errors in a row.
    Error,
}

/// A flapping alert is held firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// At least until then, µs UTC.
    pub until: i64,
    /// How long this hold is, µs; the next one is twice as long.
    pub width: i64,
}

/// A window that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its end, µs UTC.
    pub window_end: i64,
    /// When the latest evaluation of it was known, µs UTC.
    pub known_at: i64,
    /// What that said.
    pub outcome: OutcomeKind,
}

/// What is known about an alert that is not inactive: for people, incidents and notices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// When the first breach of the episode was known, µs UTC.
    pub first_breach: i64,
    /// When the last one was, µs UTC.
    pub last_breach: i64,
    /// When it began to fire, µs UTC.
    pub fired: Option<i64>,
    /// When the first of the clear windows that ended it was known, µs UTC.
    pub recovered: Option<i64>,
    /// When it was resolved, µs UTC.
    pub resolved: Option<i64>,
    /// When the change began: the rule's estimate, or the beginning of the first window in breach, µs UTC.
    pub onset: i64,
    /// How long a window is, µs.
    pub window: i64,
    /// The last value looked at.
    pub value: Option<f64>,
    /// What it was held against.
    pub limit: Option<f64>,
    /// p-value of the last breach.
    pub p_value: Option<f64>,
    /// Score of the last breach.
    pub score: Option<f64>,
    /// What the last breach says.
    pub sentence: String,
    /// Further numbers of it.
    pub evidence: BTreeMap<String, f64>,
}

/// The state of one series of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Which series.
    pub fingerprint: Fingerprint,
    /// The rule.
    pub rule: Rule,
    /// Its latest revision.
    pub revision: u64,
    /// The latest labels.
    pub labels: Labels,
    /// Place in the chain of causes.
    pub rank: Rank,
    /// The worst of the episode; outside of one, that of the latest evaluation.
    pub severity: Severity,
    /// Where in its life it is.
    pub phase: Phase,
    /// Whether it can be judged.
    pub health: Health,
    /// Episodes that began.
    pub episode: u64,
    /// What is known about the episode; `None` while nothing is.
    pub facts: Option<Box<Facts>>,
    /// While it is flapping.
    pub hold: Option<Hold>,
    /// The newest windows, the oldest first; at most 32.
    pub seen: Vec<Seen>,
    /// End of the newest window with a known outcome, else of the first window looked at, µs UTC.
    pub last_known: i64,
    /// Which of the last windows were breaches, the newest in the lowest bit.
    pub(super) breaches: u128,
    /// In which of the last windows it turned back to firing, the newest in the lowest bit.
    pub(super) turns: u64,
    /// Clear windows in a row.
    pub(super) clear: u32,
    /// Errors in a row.
    pub(super) errors: u32,
}

impl Alert {
    /// Whether it is flapping.
    #[must_use]
    pub const fn is_flapping(&self) -> bool {
        self.hold.is_some()
    }

    /// End of the newest window that was looked at, µs UTC.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.seen.last().map(|seen| seen.window_end)
    }

    /// The labels that matchers see: its own and `rule`, `kind`, `severity`.
    #[must_use]
    pub fn match_labels(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.insert("rule".to_owned(), self.rule.name.clone());
        labels.insert("kind".to_owned(), self.rule.kind.as_str().to_owned());
        labels.insert("severity".to_owned(), self.severity.as_str().to_owned());
        labels
    }
}
