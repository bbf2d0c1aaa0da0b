//! Which alerts belong together: absorption by a cause, correlation into incidents.

use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, Output};
use crate::Fingerprint;
use crate::alert::Ended;
use crate::incident::{Event, Incident, MEMBERS_MAX, Member, Stamps, Status, incident_id};
use crate::suppress::Reason;

/// An open incident that an alert may belong to, with what orders several: that of its cause, then by beginning.
type Related = ((i64, i64), String);

impl Engine {
    /// An alert begins to fire.
    pub(super) fn fired(&mut self, fingerprint: Fingerprint, at: i64, window_end: i64, out: &mut Vec<Output>) {
        let Some(alert) = self.alerts.get(&fingerprint) else {
            return;
        };
        let mut member = Member::new(alert, &self.tenant);
        let first_breach = alert.facts.as_ref().map_or(at, |facts| facts.first_breach);
        let changes = self.changes_behind(&member);
        let (cause, mut related) = self.candidates(fingerprint, &member, &changes);
        member.absorbed_by = cause;
        related.sort();
        let id = related.first().map(|(_, id)| id.clone());
        let is_new = id.is_none();
        let id = id.unwrap_or_else(|| self.open(fingerprint, window_end, &member));
        if let Some(cause) = cause {
            self.count(Reason::Absorbed, 1);
            self.note(&id, at, Event::Absorbed { alert: fingerprint, by: cause }, out);
        }
        if is_new {
            self.note(&id, member.scope.onset, Event::Onset { alert: fingerprint }, out);
        }
        self.note(&id, first_breach, Event::Breach { alert: fingerprint }, out);
        let sentence = member.sentence.clone();
        self.note(&id, at, Event::Fired { alert: fingerprint, sentence }, out);
        self.join(&id, fingerprint, member, first_breach, at, out);
        self.add_changes(&id, changes, at, out);
        // Only what this alert explains makes further incidents a part of this one: two causes stay two.
        let merged: Vec<String> = related.into_iter().skip(1).map(|(_, other)| other).collect();
        for other in merged {
            if self.is_explained(&id, &other) {
                self.merge(&other, &id, at, out);
            }
        }
        self.absorb_effects(&id, fingerprint, at, out);
    }

    /// The alert that explains this one, and the open incidents that it may belong to, with their beginnings.
    fn candidates(
        &self,
        fingerprint: Fingerprint,
        member: &Member,
        changes: &BTreeMap<String, String>,
    ) -> (Option<Fingerprint>, Vec<Related>) {
        let lineage = &self.config.lineage;
        let mut cause: Option<((crate::Rank, i64, Fingerprint), String)> = None;
        let mut related = Vec::new();
        for incident in self.incidents.values().filter(|incident| incident.is_open()) {
            let mut is_related = changes.keys().any(|change| incident.changes.contains(change));
            for (other, active) in incident.active().filter(|(other, _)| *other != fingerprint) {
                if active.scope.explains(&member.scope, lineage) {
                    let key = (active.scope.rank, active.scope.onset, other);
                    if cause.as_ref().is_none_or(|(least, _)| key < *least) {
                        cause = Some((key, incident.id.clone()));
                    }
                }
                is_related |= active.scope.is_related(&member.scope, lineage);
            }
            if is_related {
                related.push(((1, incident.stamps.fired.unwrap_or(i64::MAX)), incident.id.clone()));
            }
        }
        if let Some((_, id)) = &cause {
            // The incident of the cause goes first, however old the others are.
            related.retain(|(_, other)| other != id);
            related.push(((0, 0), id.clone()));
        }
        (cause.map(|((_, _, alert), _)| alert), related)
    }

    /// A new incident.
    fn open(&mut self, root: Fingerprint, window_end: i64, member: &Member) -> String {
        let id = incident_id(&self.tenant, root, window_end);
        let runbook = self.config.rules.iter().find(|rule| rule.rule == member.rule);
        let incident = Incident {
            id: id.clone(),
            status: Status::Open,
            severity: member.severity,
            root,
            members: BTreeMap::new(),
            members_lost: 0,
            timeline: Vec::new(),
            timeline_lost: 0,
            stamps: Stamps::default(),
            changes: BTreeSet::new(),
            suspects: Vec::new(),
            runbook: runbook.and_then(|rule| rule.runbook.clone()).unwrap_or_default(),
            ack: None,
            assignee: None,
            deliveries: BTreeMap::new(),
        };
        self.incidents.insert(id.clone(), incident);
        id
    }

    fn join(
        &mut self,
        id: &str,
        fingerprint: Fingerprint,
        member: Member,
        first_breach: i64,
        at: i64,
        out: &mut Vec<Output>,
    ) {
        let Some(incident) = self.incidents.get_mut(id) else {
            return;
        };
        let earliest = |stamp: &mut Option<i64>, at: i64| *stamp = Some(stamp.map_or(at, |old| old.min(at)));
        earliest(&mut incident.stamps.onset, member.scope.onset);
        earliest(&mut incident.stamps.first_breach, first_breach);
        earliest(&mut incident.stamps.fired, at);
        incident.stamps.recovered = None;
        let worse = member.severity > incident.severity;
        incident.severity = incident.severity.max(member.severity);
        let severity = incident.severity;
        if incident.members.len() >= MEMBERS_MAX && !incident.members.contains_key(&fingerprint) {
            incident.members_lost = incident.members_lost.saturating_add(1);
        } else {
            incident.members.insert(fingerprint, member);
            incident.choose_root();
            self.incident_of.insert(fingerprint, id.to_owned());
        }
        if worse {
            self.note(id, at, Event::Escalated { severity }, out);
        }
    }

    /// Alerts of the incident that this one explains are absorbed from now on.
    fn absorb_effects(&mut self, id: &str, cause: Fingerprint, at: i64, out: &mut Vec<Output>) {
        let Some(incident) = self.incidents.get_mut(id) else {
            return;
        };
        let Some(scope) = incident.members.get(&cause).map(|member| member.scope.clone()) else {
            return;
        };
        let mut absorbed = Vec::new();
        for (other, member) in &mut incident.members {
            let free = member.ended.is_none() && member.absorbed_by.is_none();
            if *other != cause && free && scope.explains(&member.scope, &self.config.lineage) {
                member.absorbed_by = Some(cause);
                member.grace_until = None;
                absorbed.push(*other);
            }
        }
        for alert in absorbed {
            self.count(Reason::Absorbed, 1);
            self.note(id, at, Event::Absorbed { alert, by: cause }, out);
        }
    }

    /// Whether an alert of `id` explains one of `other`, or both have the same change behind them.
    fn is_explained(&self, id: &str, other: &str) -> bool {
        let (Some(incident), Some(other)) = (self.incidents.get(id), self.incidents.get(other)) else {
            return false;
        };
        let lineage = &self.config.lineage;
        !incident.changes.is_disjoint(&other.changes)
            || incident.active().any(|(_, a)| other.active().any(|(_, b)| a.scope.explains(&b.scope, lineage)))
    }

    /// Makes `from` a part of `into`.
    fn merge(&mut self, from: &str, into: &str, at: i64, out: &mut Vec<Output>) {
        let Some(source) = self.incidents.get_mut(from) else {
            return;
        };
        source.status = Status::Merged { into: into.to_owned() };
        source.stamps.resolved = Some(at);
        let (members, stamps) = (source.members.clone(), source.stamps);
        let (severity, changes) = (source.severity, source.changes.clone());
        self.note(from, at, Event::MergedInto { incident: into.to_owned() }, out);
        if let Some(target) = self.incidents.get_mut(into) {
            target.stamps.take_over(&stamps);
            target.severity = target.severity.max(severity);
            target.changes.extend(changes);
            for (fingerprint, member) in members {
                if target.members.len() < MEMBERS_MAX {
                    if member.ended.is_none() {
                        self.incident_of.insert(fingerprint, into.to_owned());
                    }
                    target.members.entry(fingerprint).or_insert(member);
                } else {
                    target.members_lost = target.members_lost.saturating_add(1);
                }
            }
            target.choose_root();
        }
        self.note(into, at, Event::Merged { incident: from.to_owned() }, out);
    }

    /// An alert became worse.
    pub(super) fn raised(&mut self, fingerprint: Fingerprint, at: i64, out: &mut Vec<Output>) {
        let Some(id) = self.incident_of.get(&fingerprint).cloned() else {
            return;
        };
        let (Some(alert), Some(incident)) = (self.alerts.get(&fingerprint), self.incidents.get_mut(&id)) else {
            return;
        };
        if let Some(member) = incident.members.get_mut(&fingerprint) {
            member.refresh(alert);
        }
        if alert.severity > incident.severity {
            let severity = alert.severity;
            incident.severity = severity;
            self.note(&id, at, Event::Escalated { severity }, out);
        }
    }

    /// An alert ended.
    pub(super) fn ended(&mut self, fingerprint: Fingerprint, at: i64, reason: Ended, out: &mut Vec<Output>) {
        let Some(id) = self.incident_of.remove(&fingerprint) else {
            return;
        };
        let rule_changed = reason == Ended::RuleChanged;
        self.note(&id, at, Event::Ended { alert: fingerprint, rule_changed }, out);
        let Some(incident) = self.incidents.get_mut(&id) else {
            return;
        };
        let recovered = self.alerts.get(&fingerprint).and_then(|alert| alert.facts.as_ref()?.recovered).unwrap_or(at);
        if let Some(member) = incident.members.get_mut(&fingerprint) {
            if let Some(alert) = self.alerts.get(&fingerprint) {
                member.refresh(alert);
            }
            member.ended = Some(at);
            member.held = None;
        }
        let mut survivors = Vec::new();
        for (other, member) in &mut incident.members {
            if member.ended.is_none() && member.absorbed_by == Some(fingerprint) {
                member.absorbed_by = None;
                member.grace_until = Some(at.saturating_add(member.scope.window));
                survivors.push(*other);
            }
        }
        let over = incident.members.values().all(|member| member.ended.is_some());
        if over {
            incident.status = Status::Resolved;
            incident.stamps.resolved = Some(at);
            incident.stamps.recovered = Some(incident.stamps.recovered.map_or(recovered, |old| old.max(recovered)));
        }
        for alert in survivors {
            self.note(&id, at, Event::Survived { alert }, out);
        }
        if over {
            self.note(&id, at, Event::Resolved, out);
        }
    }

    /// An alert is clear, or not clear any more: so is its incident once all are.
    pub(super) fn refresh_recovery(&mut self, fingerprint: Fingerprint, at: i64, out: &mut Vec<Output>) {
        let Some(id) = self.incident_of.get(&fingerprint).cloned() else {
            return;
        };
        let Some(incident) = self.incidents.get_mut(&id) else {
            return;
        };
        let is_clear =
            |id: &Fingerprint| self.alerts.get(id).is_none_or(|alert| alert.phase != crate::alert::Phase::Firing);
        let clear = incident.members.iter().all(|(id, member)| member.ended.is_some() || is_clear(id));
        let was = incident.stamps.recovered.is_some();
        incident.stamps.recovered = clear.then_some(at);
        if clear && !was {
            self.note(&id, at, Event::Recovered, out);
        }
    }
}
