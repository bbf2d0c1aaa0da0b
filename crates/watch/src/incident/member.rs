//! An alert as a part of an incident.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::evaluation::{Labels, Rule};
use crate::suppress::Reason;
use crate::suppress::causal::Scope;
use crate::{Fingerprint, NoticeAlert, Severity};

/// An alert as a part of an incident: what is needed of it after its series has gone on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The rule.
    pub rule: Rule,
    /// Number of the episode.
    pub episode: u64,
    /// Labels that matchers see.
    pub labels: Labels,
    /// Where and when it is.
    pub scope: Scope,
    /// The worst of the episode so far.
    pub severity: Severity,
    /// What is wrong, for people.
    pub sentence: String,
    /// The last value looked at.
    pub value: Option<f64>,
    /// What it is held against.
    pub limit: Option<f64>,
    /// When it began to fire, µs UTC.
    pub starts_at: i64,
    /// When it ended, µs UTC.
    pub ended: Option<i64>,
    /// The alert that explains it.
    pub absorbed_by: Option<Fingerprint>,
    /// What explained it is gone; it is told from then on, µs UTC.
    pub grace_until: Option<i64>,
    /// Why it is not told at the moment.
    pub held: Option<Reason>,
}

impl Member {
    /// An alert of `tenant` that has just begun to fire.
    pub(crate) fn new(alert: &Alert, tenant: &str) -> Self {
        let mut member = Self {
            rule: alert.rule.clone(),
            episode: alert.episode,
            labels: Labels::from([("tenant".to_owned(), tenant.to_owned())]),
            scope: Scope::new(&alert.labels, alert.rank, 0, 0),
            severity: alert.severity,
            sentence: String::new(),
            value: None,
            limit: None,
            starts_at: 0,
            ended: None,
            absorbed_by: None,
            grace_until: None,
            held: None,
        };
        member.refresh(alert);
        member
    }

    /// Takes over what is known of the alert now, if it is still in this episode.
    pub(crate) fn refresh(&mut self, alert: &Alert) {
        let Some(facts) = alert.facts.as_ref().filter(|_| alert.episode == self.episode && self.ended.is_none()) else {
            return;
        };
        // Matchers see the tenant, whether or not the rule names it.
        let tenant = self.labels.remove_entry("tenant");
        self.labels = alert.match_labels();
        if let Some((name, tenant)) = tenant {
            self.labels.entry(name).or_insert(tenant);
        }
        self.severity = self.severity.max(alert.severity);
        self.scope = Scope::new(&alert.labels, alert.rank, facts.onset, facts.window);
        self.sentence.clone_from(&facts.sentence);
        self.value = facts.value;
        self.limit = facts.limit;
        self.starts_at = facts.fired.unwrap_or(facts.first_breach);
    }

    /// As a part of a notice.
    pub(crate) fn to_notice(&self, fingerprint: Fingerprint) -> NoticeAlert {
        NoticeAlert {
            fingerprint: fingerprint.to_string(),
            labels: self.labels.clone(),
            sentence: self.sentence.clone(),
            starts_at: self.starts_at,
            ends_at: self.ended,
            value: self.value,
            limit: self.limit,
        }
    }
}
