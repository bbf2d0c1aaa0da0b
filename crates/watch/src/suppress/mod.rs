//! What keeps a true alert from being told, in this order, each with a counted reason: false discovery rate ([`fdr`]),
//! repeats, absorption by a cause ([`causal`]), inhibition ([`inhibit`]), maintenance ([`maintenance`]), silences
//! ([`silence`]), waiting to say things together, and the alert budget ([`budget`]).

pub mod budget;
pub mod causal;
pub mod fdr;
pub mod inhibit;
pub mod lineage;
pub mod maintenance;
pub mod recurring;
pub mod silence;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an alert, or a part of what could be told, was not told. In the order of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The breach did not survive the number of series looked at.
    Fdr,
    /// It fires already, or the evaluation was no news.
    Duplicate,
    /// A fault before it in the chain of causes explains it.
    Absorbed,
    /// A rule says that another alert makes it worthless.
    Inhibited,
    /// Its cause is gone; it has one window to go as well.
    Grace,
    /// A maintenance window.
    Maintenance,
    /// A silence.
    Silence,
    /// It ended before it was told.
    GroupWait,
    /// It was told together with others of its incident.
    Grouped,
    /// The team's tickets of this week are spent.
    Budget,
    /// No route is for it.
    Unrouted,
    /// It is for information only.
    Info,
}

impl Reason {
    /// The word in counters and outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fdr => "fdr",
            Self::Duplicate => "duplicate",
            Self::Absorbed => "absorbed",
            Self::Inhibited => "inhibited",
            Self::Grace => "grace",
            Self::Maintenance => "maintenance",
            Self::Silence => "silence",
            Self::GroupWait => "group_wait",
            Self::Grouped => "grouped",
            Self::Budget => "budget",
            Self::Unrouted => "unrouted",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
