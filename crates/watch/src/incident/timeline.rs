//! What happened to an incident: entries are added, never changed.

use serde::{Deserialize, Serialize};

use crate::evaluation::OutcomeKind;
use crate::{Action, Fingerprint, Severity};

/// Entries that an incident keeps; further ones are counted.
pub const TIMELINE_MAX: usize = 2_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, µs UTC.
    pub at: i64,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Event {
    /// The change is estimated to have begun at the time of the entry.
    Onset {
        /// By which alert.
        alert: Fingerprint,
    },
    /// The first breach.
    Breach {
        /// Of which alert.
        alert: Fingerprint,
    },
    /// An alert began to fire.
    Fired {
        /// Which one.
        alert: Fingerprint,
        /// What it says.
        sentence: String,
    },
    /// An alert is explained by another.
    Absorbed {
        /// Which one.
        alert: Fingerprint,
        /// By which one.
        by: Fingerprint,
    },
    /// What explained an alert is gone, and the alert goes on.
    Survived {
        /// Which one.
        alert: Fingerprint,
    },
    /// The incident is worse than before.
    Escalated {
        /// How bad.
        severity: Severity,
    },
    /// Something was changed that may be behind it.
    Change {
        /// Id of the change event.
        change: String,
        /// What was changed.
        summary: String,
    },
    /// Another incident became a part of this one.
    Merged {
        /// Which one.
        incident: String,
    },
    /// This incident became a part of another.
    MergedInto {
        /// Which one.
        incident: String,
    },
    /// A notice was decided.
    Notified {
        /// For whom.
        target: String,
        /// Its number.
        sequence: u64,
        /// What it tells.
        action: Action,
    },
    /// A target took a notice.
    Delivered {
        /// Who.
        target: String,
        /// Its number.
        sequence: u64,
    },
    /// Somebody takes the incident.
    Acknowledged {
        /// Who.
        by: String,
    },
    /// It is somebody's.
    Assigned {
        /// Whose.
        to: String,
        /// Who said so.
        by: String,
    },
    /// Somebody says something.
    Comment {
        /// Who.
        by: String,
        /// What.
        text: String,
    },
    /// Somebody or something thinks to know why.
    Hypothesis {
        /// Who.
        by: String,
        /// Why.
        text: String,
    },
    /// The harm is stopped, though the cause may not be.
    Mitigated {
        /// Who says so.
        by: String,
        /// How.
        text: String,
    },
    /// All alerts are clear again, perhaps not for good.
    Recovered,
    /// An earlier window of an alert looks different now.
    Restated {
        /// Which alert.
        alert: Fingerprint,
        /// End of the window, µs UTC.
        window_end: i64,
        /// What was said of it.
        was: Option<OutcomeKind>,
        /// What would be said now.
        is: OutcomeKind,
    },
    /// An alert goes back and forth and is held firing.
    Flapping {
        /// Which one.
        alert: Fingerprint,
    },
    /// An alert ended.
    Ended {
        /// Which one.
        alert: Fingerprint,
        /// Because its rule does not look at the series any more.
        rule_changed: bool,
    },
    /// The incident is over.
    Resolved,
    /// Somebody looked back.
    Reviewed {
        /// Who.
        by: String,
        /// `useful`, `noise` or `expected`.
        verdict: String,
    },
}
