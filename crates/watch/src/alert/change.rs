//! What a fold reports.

use serde::{Deserialize, Serialize};

use super::Health;
use crate::evaluation::OutcomeKind;
use crate::{Fingerprint, Severity};

/// Something about an alert that others may want to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which alert.
    pub fingerprint: Fingerprint,
    /// When it was known, µs UTC.
    pub at: i64,
    /// End of the window that made it so; `None` where time alone did.
    pub window_end: Option<i64>,
    /// What.
    pub what: What,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The first breach.
    Pending,
    /// Breaches passed without being enough.
    NearMiss,
    /// Enough breaches: this episode begins.
    Fired {
        /// Number of the episode of this series, from 1.
        episode: u64,
    },
    /// While it fires, a worse severity than any before in the episode.
    Raised {
        /// The new one.
        severity: Severity,
    },
    /// The first clear window while firing.
    Recovering,
    /// A breach while recovering.
    Refired,
    /// It goes back and forth: from now it is held firing.
    Flapping {
        /// Until then at least, µs UTC.
        until: i64,
    },
    /// It does so no more.
    Steady,
    /// The episode ends.
    Resolved {
        /// Why.
        reason: Ended,
    },
    /// Whether the rule can be judged has changed.
    Health {
        /// The new health.
        health: Health,
    },
    /// An earlier window looks different with what is known now. Nothing that was said changes.
    Restated {
        /// What was said; `None`: the window had not been looked at.
        was: Option<OutcomeKind>,
        /// What would be said now.
        is: OutcomeKind,
    },
    /// Another revision of the rule goes on with the alert.
    Carried {
        /// The revision.
        revision: u64,
    },
}

/// Why an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Enough clear windows.
    Recovered,
    /// The rule does not look at this series any more.
    RuleChanged,
}
