//! What an engine says.

use serde::{Deserialize, Serialize};

use crate::alert::Change;
use crate::incident::{Entry, Incident};
use crate::suppress::Reason;
use crate::{Fingerprint, Notice};

/// What an engine says, in the order in which it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Something about an alert changed.
    Alert(Change),
    /// A new entry in the timeline of an incident.
    Timeline {
        /// Which incident.
        incident: String,
        /// The entry.
        entry: Entry,
    },
    /// Something to deliver.
    Notice(Box<Notice>),
    /// An alert that fires is not told, from now on and until its reason changes.
    Held {
        /// Which alert.
        alert: Fingerprint,
        /// Of which incident.
        incident: String,
        /// Why.
        reason: Reason,
    },
    /// An incident that the engine forgets: the last that is heard of it.
    Closed(Box<Incident>),
    /// A command or report that cannot be followed, and why.
    Refused(String),
}
