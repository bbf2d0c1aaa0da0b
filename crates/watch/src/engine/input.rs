//! What an engine is told.

use serde::{Deserialize, Serialize};

use super::Config;
use crate::Fingerprint;
use crate::evaluation::{Evaluation, Labels, Rule};
use crate::suppress::silence::Silence;

/// What an engine is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// What a rule says about one window.
    Evaluation(Box<Evaluation>),
    /// From now on this is what the engine goes by.
    Config(Box<Config>),
    /// From now on a rule looks at exactly these series: alerts of its other series end.
    Series {
        /// Which rule.
        rule: Rule,
        /// The series.
        series: Vec<Fingerprint>,
    },
    /// Something was changed that may be behind alerts.
    Change(ChangeEvent),
    /// A target took a notice.
    Delivered {
        /// Of which incident.
        incident: String,
        /// Which target.
        target: String,
        /// Number of the notice.
        sequence: u64,
    },
    /// Who or what may be behind an incident, as found by others.
    Explained {
        /// Which incident.
        incident: String,
        /// Sentences, the strongest first.
        suspects: Vec<String>,
        /// What to do, Markdown; `None`: as before.
        runbook: Option<String>,
    },
    /// Somebody wants something.
    Command {
        /// Who.
        by: String,
        /// What.
        command: Command,
    },
}

/// What people ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// I take it.
    Acknowledge {
        /// Which incident.
        incident: String,
        /// Until when it need not be said again, µs UTC; `None`: to the end.
        until: Option<i64>,
    },
    /// It is somebody's.
    Assign {
        /// Which incident.
        incident: String,
        /// Whose.
        to: String,
    },
    /// Something to remember.
    Comment {
        /// Which incident.
        incident: String,
        /// What.
        text: String,
    },
    /// Why it may have happened.
    Hypothesis {
        /// Which incident.
        incident: String,
        /// Why.
        text: String,
    },
    /// The harm is stopped.
    Mitigate {
        /// Which incident.
        incident: String,
        /// How.
        text: String,
    },
    /// Was it worth it?
    Review {
        /// Which incident.
        incident: String,
        /// `useful`, `noise` or `expected`.
        verdict: String,
    },
    /// I do not want to hear of these for a while.
    Silence(Silence),
    /// I do again.
    Unsilence {
        /// Name of the silence.
        name: String,
    },
}

/// Something was changed: a deployment, a champion, a baseline, a threshold, a schema, a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeEvent {
    /// Its id.
    pub id: String,
    /// When, µs UTC.
    pub at: i64,
    /// What kind of change.
    pub kind: String,
    /// Where: `environment`, `model`, `source` …; alerts with the same values may come from it, and alerts downstream of
    /// its source or model.
    pub labels: Labels,
    /// What, for people.
    pub summary: String,
}
