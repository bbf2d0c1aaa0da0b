//! What is told to people and other systems about an incident.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::Severity;

/// Alerts that a notice carries at most.
pub const ALERTS_MAX: usize = 100;

/// What has happened to the incident that this notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It has begun.
    Trigger,
    /// It goes on, and something about it changed or it is time to say so again.
    Update,
    /// Somebody has taken it.
    Acknowledge,
    /// It has ended.
    Resolve,
}

/// One alert of the incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeAlert {
    /// Which alert, hex.
    pub fingerprint: String,
    /// Tenant, environment, model, version, segment, column, measure, rule, kind, severity: those that apply.
    pub labels: BTreeMap<String, String>,
    /// What is wrong, for people.
    pub sentence: String,
    /// When it began to fire, µs UTC.
    pub starts_at: i64,
    /// When it ended, µs UTC; `None`: it goes on.
    pub ends_at: Option<i64>,
    /// The last value looked at.
    pub value: Option<f64>,
    /// What the value is held against.
    pub limit: Option<f64>,
}

/// A notice, whole in itself: delivery needs nothing else. The same notice is always delivered with the same key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Whose it is.
    pub tenant: String,
    /// Id of the incident: stable, at most 64 ASCII characters.
    pub incident: String,
    /// Number of the notice, per incident and target, from 1 without gaps.
    pub sequence: u64,
    /// Name of the `NotificationTarget`.
    pub target: String,
    /// Idempotency key, hex.
    pub key: String,
    /// What has happened.
    pub action: Action,
    /// How bad the incident is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Some sentences.
    pub summary: String,
    /// Labels common to all alerts.
    pub labels: BTreeMap<String, String>,
    /// At most [`ALERTS_MAX`]; how many there are in all is in `alerts_total`.
    pub alerts: Vec<NoticeAlert>,
    /// How many alerts the incident has.
    pub alerts_total: u64,
    /// Sentences, the strongest suspect first.
    pub suspects: Vec<String>,
    /// What to do, Markdown.
    pub runbook: String,
    /// Page of the incident.
    pub url: Option<String>,
    /// When the incident began, µs UTC.
    pub started_at: i64,
    /// When the notice was decided, µs UTC.
    pub at: i64,
    /// When the incident ended, µs UTC.
    pub resolved_at: Option<i64>,
}
