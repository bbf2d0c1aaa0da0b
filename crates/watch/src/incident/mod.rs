//! What has gone wrong, as one thing: alerts with one cause, what happened, who was told.

mod delivery;
mod member;
mod stamps;
mod survival;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

pub use delivery::Delivery;
pub(crate) use delivery::notice_key;
pub use member::Member;
pub use stamps::{Durations, ObservedDurations, Stamps};
pub use survival::{Observed, kaplan_meier, quantile};
pub use timeline::{Entry, Event, TIMELINE_MAX};

use crate::evaluation::Labels;
use crate::{Fingerprint, Severity};

/// Alerts that an incident names at most; beyond that they are counted.
pub const MEMBERS_MAX: usize = 10_000;

/// Where in its life an incident is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Something is wrong.
    Open,
    /// Nothing is any more.
    Resolved,
    /// It was found to be a part of another incident, which goes on.
    Merged {
        /// Which one.
        into: String,
    },
}

/// Somebody has taken it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Who.
    pub by: String,
    /// Since when, µs UTC.
    pub at: i64,
    /// Until when it need not be said again, µs UTC; `None`: to the end.
    pub until: Option<i64>,
}

/// Alerts with one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id: `inc-` and 16 hex digits.
    pub id: String,
    /// Where in its life it is.
    pub status: Status,
    /// The worst of its alerts so far.
    pub severity: Severity,
    /// The alert that stands for it: of those that it has had, the earliest in the chain of causes.
    pub root: Fingerprint,
    /// Its alerts.
    pub members: BTreeMap<Fingerprint, Member>,
    /// Alerts that it has no room for.
    pub members_lost: u64,
    /// What happened, the oldest first.
    pub timeline: Vec<Entry>,
    /// Entries that the timeline has no room for.
    pub timeline_lost: u64,
    /// When the steps of dealing with it were reached.
    pub stamps: Stamps,
    /// Change events that may be behind it, by id.
    pub changes: BTreeSet<String>,
    /// Who or what may be behind it, sentences, the strongest first.
    pub suspects: Vec<String>,
    /// What to do, Markdown.
    pub runbook: String,
    /// Who has taken it.
    pub ack: Option<Ack>,
    /// Who is to deal with it.
    pub assignee: Option<String>,
    /// What each target was told.
    pub deliveries: BTreeMap<String, Delivery>,
}

/// The id of the incident that begins with this episode of an alert: the same whenever the same history is folded.
#[must_use]
pub(crate) fn incident_id(tenant: &str, root: Fingerprint, window_end: i64) -> String {
    let mut hash = Xxh3::new();
    hash.update(tenant.as_bytes());
    hash.update(&[0]);
    hash.update(root.to_string().as_bytes());
    hash.update(&window_end.to_le_bytes());
    format!("inc-{:016x}", hash.digest())
}

impl Incident {
    /// Whether something is still wrong.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// Whether somebody has taken it at `at`.
    #[must_use]
    pub fn is_acknowledged(&self, at: i64) -> bool {
        self.ack.as_ref().is_some_and(|ack| ack.until.is_none_or(|until| at < until))
    }

    /// Alerts that go on.
    pub fn active(&self) -> impl Iterator<Item = (Fingerprint, &Member)> {
        self.members.iter().filter(|(_, member)| member.ended.is_none()).map(|(id, member)| (*id, member))
    }

    /// Labels that all of its alerts have, with the same value.
    #[must_use]
    pub fn common_labels(&self) -> Labels {
        let mut members = self.members.values();
        let mut common = members.next().map(|member| member.labels.clone()).unwrap_or_default();
        for member in members {
            common.retain(|name, value| member.labels.get(name) == Some(value));
        }
        common
    }

    /// One line: what is wrong where, and with how many others.
    #[must_use]
    pub fn title(&self) -> String {
        let Some(root) = self.members.get(&self.root) else {
            return self.id.clone();
        };
        let place = root.labels.get("model").or_else(|| root.labels.get("source"));
        let what = if root.sentence.is_empty() { root.rule.name.as_str() } else { root.sentence.as_str() };
        let mut title = place.map_or_else(String::new, |place| format!("{place}: "));
        title.push_str(what.lines().next().unwrap_or_default());
        let total = self.total();
        if total > 1 {
            title.push_str(&format!(" (and {} more)", total - 1));
        }
        title
    }

    /// Alerts that it has had, those without room included.
    #[must_use]
    pub fn total(&self) -> u64 {
        u64::try_from(self.members.len()).unwrap_or(u64::MAX).saturating_add(self.members_lost)
    }

    /// Writes down what happened.
    pub(crate) fn note(&mut self, at: i64, event: Event) -> Option<Entry> {
        if self.timeline.len() >= TIMELINE_MAX {
            self.timeline_lost = self.timeline_lost.saturating_add(1);
            return None;
        }
        let entry = Entry { at, event };
        self.timeline.push(entry.clone());
        Some(entry)
    }

    /// Chooses the alert that stands for it anew.
    pub(crate) fn choose_root(&mut self) {
        let earliest = self.members.iter().min_by_key(|(id, m)| (m.scope.rank, m.scope.onset, m.starts_at, **id));
        if let Some((id, _)) = earliest {
            self.root = *id;
        }
    }
}
