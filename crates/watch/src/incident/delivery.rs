//! What a target knows of an incident.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::{Fingerprint, Severity};

/// What a target knows of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The route that leads to it.
    pub route: String,
    /// Number of the last notice; 0: none yet.
    pub sequence: u64,
    /// Since when there is something to tell, µs UTC.
    pub waiting_since: Option<i64>,
    /// When the last notice was decided, µs UTC.
    pub last_at: Option<i64>,
    /// Alerts that it was told of, with the number of the episode.
    pub told: BTreeMap<Fingerprint, u64>,
    /// The worst severity that it was told of.
    pub severity: Option<Severity>,
    /// It was told that somebody has taken it, at this time, µs UTC.
    pub acknowledged: Option<i64>,
    /// It was told that the incident is over.
    pub resolved: bool,
    /// It is held back because the team's tickets are spent.
    pub over_budget: bool,
}

impl Delivery {
    pub(crate) fn new(route: &str) -> Self {
        Self {
            route: route.to_owned(),
            sequence: 0,
            waiting_since: None,
            last_at: None,
            told: BTreeMap::new(),
            severity: None,
            acknowledged: None,
            resolved: false,
            over_budget: false,
        }
    }
}

/// The idempotency key of a notice: 32 hex digits from incident, number and target.
pub(crate) fn notice_key(incident: &str, sequence: u64, target: &str) -> String {
    let mut hash = Xxh3::new();
    for field in [incident.as_bytes(), &sequence.to_le_bytes(), target.as_bytes()] {
        hash.update(&(field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    format!("{:032x}", hash.digest128())
}
