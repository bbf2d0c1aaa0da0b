//! Who is told what, and when.

use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, Output, Route, own};
use crate::incident::{Delivery, Event, Incident, Member, Status};
use crate::notice::{ALERTS_MAX, Action, Notice, NoticeAlert};
use crate::suppress::Reason;
use crate::suppress::budget::Spending;
use crate::{Fingerprint, Labels, Severity, time};

/// Sentences in a summary at most.
const SENTENCES_MAX: usize = 5;

/// A target with the route that leads to it and the alerts that go there.
struct Addressed {
    route: Route,
    alerts: BTreeSet<Fingerprint>,
}

impl Engine {
    /// Decides all notices that are due.
    pub(super) fn tell(&mut self, out: &mut Vec<Output>) {
        let sources = self.inhibitors();
        let unfinished = self.incidents.values().filter(|incident| is_unfinished(incident));
        let mut ids: Vec<_> = unfinished.map(|incident| (incident.stamps.fired, incident.id.clone())).collect();
        ids.sort();
        for (_, id) in ids {
            // Out of the map while it is worked on: what it needs of the engine is borrowed freely.
            let Some(mut incident) = self.incidents.remove(&id) else {
                continue;
            };
            let addressed = self.address(&mut incident, &sources, out);
            let targets: BTreeSet<String> = incident.deliveries.keys().chain(addressed.keys()).cloned().collect();
            for target in targets {
                self.tell_target(&mut incident, &target, addressed.get(&target), out);
            }
            self.incidents.insert(id, incident);
        }
    }

    /// Labels of alerts that fire, where there are rules that look at them.
    fn inhibitors(&self) -> Vec<(Fingerprint, Labels)> {
        if self.config.inhibitions.is_empty() {
            return Vec::new();
        }
        let firing = self.alerts.values().filter(|alert| alert.phase.is_active());
        firing.map(|alert| (alert.fingerprint, alert.match_labels())).collect()
    }

    /// Which alerts of an incident go where. Notes what is held back, and why.
    fn address(
        &mut self,
        incident: &mut Incident,
        sources: &[(Fingerprint, Labels)],
        out: &mut Vec<Output>,
    ) -> BTreeMap<String, Addressed> {
        let mut addressed: BTreeMap<String, Addressed> = BTreeMap::new();
        for (fingerprint, member) in &mut incident.members {
            if let Some(alert) = self.alerts.get(fingerprint) {
                member.refresh(alert);
            }
        }
        // A cause speaks for its effects, unless one of them is worse than all that is told, or nobody hears of the cause.
        // One that is silent on purpose is known: its effects are silent with it.
        let speaks =
            |member: &Member| member.absorbed_by.is_none() && self.config.routes_for(&member.labels).next().is_some();
        let told = incident.active().filter(|(_, member)| speaks(member)).map(|(_, member)| member.severity).max();
        let mut counted = Vec::new();
        for (fingerprint, member) in incident.members.iter_mut().filter(|(_, member)| member.ended.is_none()) {
            let mut held = self.held(*fingerprint, member, told, sources);
            if held.is_none() {
                let mut routed = false;
                for route in self.config.routes_for(&member.labels) {
                    for target in &route.targets {
                        routed = true;
                        let entry = addressed.entry(target.clone());
                        let empty = || Addressed { route: route.clone(), alerts: BTreeSet::new() };
                        entry.or_insert_with(empty).alerts.insert(*fingerprint);
                    }
                }
                held = (!routed).then_some(Reason::Unrouted);
            }
            if held != member.held {
                member.held = held;
                counted.extend(held.map(|reason| (*fingerprint, reason)));
            }
        }
        for (alert, reason) in counted {
            // Absorption was counted when it happened.
            if reason != Reason::Absorbed {
                self.count(reason, 1);
            }
            out.push(Output::Held { alert, incident: incident.id.clone(), reason });
        }
        addressed
    }

    /// Why an alert is not told now: the first reason of the pipeline.
    fn held(
        &self,
        fingerprint: Fingerprint,
        member: &Member,
        told: Option<Severity>,
        sources: &[(Fingerprint, Labels)],
    ) -> Option<Reason> {
        let now = self.now;
        let worse = told.is_none_or(|told| member.severity > told);
        let labels = &member.labels;
        if member.absorbed_by.is_some() && !worse {
            return Some(Reason::Absorbed);
        }
        let inhibited = || {
            self.config.inhibitions.iter().any(|rule| {
                let others = sources.iter().filter(|(source, _)| *source != fingerprint);
                others.into_iter().any(|(_, source)| rule.applies(source, labels))
            })
        };
        if inhibited() {
            return Some(Reason::Inhibited);
        }
        if member.grace_until.is_some_and(|until| now < until) {
            return Some(Reason::Grace);
        }
        if self.config.maintenance.iter().any(|window| window.applies(labels, now)) {
            return Some(Reason::Maintenance);
        }
        if self.config.silences.iter().chain(&self.silences).any(|silence| silence.applies(labels, now)) {
            return Some(Reason::Silence);
        }
        (member.severity == Severity::Info).then_some(Reason::Info)
    }

    fn tell_target(
        &mut self,
        incident: &mut Incident,
        target: &str,
        addressed: Option<&Addressed>,
        out: &mut Vec<Output>,
    ) {
        let now = self.now;
        let known = incident.deliveries.get(target).cloned();
        let Some(name) = known.as_ref().map(|d| d.route.clone()).or_else(|| addressed.map(|a| a.route.name.clone()))
        else {
            return;
        };
        let mut delivery = known.unwrap_or_else(|| Delivery::new(&name));
        let action = if incident.is_open() {
            addressed.and_then(|addressed| self.due_action(incident, &mut delivery, addressed))
        } else {
            self.ending(&mut delivery)
        };
        if let Some(action) = action {
            let none = BTreeSet::new();
            let alerts = addressed.map_or(&none, |addressed| &addressed.alerts);
            let notice = self.notice(incident, target, &mut delivery, alerts, action);
            incident.stamps.notified.get_or_insert(now);
            let event = Event::Notified { target: target.to_owned(), sequence: notice.sequence, action };
            let entry = incident.note(now, event);
            out.extend(entry.map(|entry| Output::Timeline { incident: incident.id.clone(), entry }));
            out.push(Output::Notice(Box::new(notice)));
        }
        incident.deliveries.insert(target.to_owned(), delivery);
    }

    /// What to tell at the end of an incident. An end is always told, whatever is silent, to those who were told of it.
    fn ending(&mut self, delivery: &mut Delivery) -> Option<Action> {
        if delivery.resolved {
            return None;
        }
        delivery.resolved = true;
        if delivery.sequence == 0 {
            if delivery.waiting_since.is_some() && !delivery.over_budget {
                self.count(Reason::GroupWait, 1);
            }
            return None;
        }
        let route = self.config.routes.iter().find(|route| route.name == delivery.route);
        route.is_none_or(|route| route.tells_resolved).then_some(Action::Resolve)
    }

    fn due_action(&mut self, incident: &Incident, delivery: &mut Delivery, addressed: &Addressed) -> Option<Action> {
        let now = self.now;
        let route = &addressed.route;
        let members = addressed.alerts.iter().filter_map(|alert| incident.members.get(alert));
        let severity = members.map(|member| member.severity).max()?;
        if delivery.sequence == 0 {
            let since = *delivery.waiting_since.get_or_insert(now);
            let due = now >= since.saturating_add(route.group_wait);
            return (due && self.spend(incident, delivery, route, severity)).then_some(Action::Trigger);
        }
        if delivery.severity.is_some_and(|told| severity > told) {
            return Some(Action::Update);
        }
        let acknowledged = incident.ack.as_ref().map(|ack| ack.at);
        if acknowledged > delivery.acknowledged {
            return Some(Action::Acknowledge);
        }
        let since = now.saturating_sub(delivery.last_at.unwrap_or(now));
        let is_new = |alert: &&Fingerprint| {
            incident.members.get(*alert).map(|member| member.episode) != delivery.told.get(*alert).copied()
        };
        let news = addressed.alerts.iter().any(|alert| is_new(&alert)) && since >= route.group_interval;
        let again = since >= route.repeat(severity) && !incident.is_acknowledged(now);
        (news || again).then_some(Action::Update)
    }

    /// Whether an incident may be told for the first time: pages always, tickets within the budget of the route.
    fn spend(&mut self, incident: &Incident, delivery: &mut Delivery, route: &Route, severity: Severity) -> bool {
        let about_budget = |member: &Member| member.labels.get("measure").is_some_and(|m| m == own::ALERT_BUDGET);
        let (Some(budget), false) = (route.budget, incident.members.values().any(about_budget)) else {
            return true;
        };
        // Several targets of one route are one team.
        if incident.deliveries.values().any(|other| other.route == route.name && other.sequence > 0) {
            return true;
        }
        let now = self.now;
        let spending: &mut Spending = self.spending.entry(route.name.clone()).or_default();
        spending.forget(now);
        if severity == Severity::Ticket && spending.is_spent(severity, budget) {
            let siblings = incident.deliveries.values().any(|other| other.route == route.name && other.over_budget);
            if !delivery.over_budget && !siblings {
                spending.hold(now, &incident.id);
                self.count(Reason::Budget, 1);
            }
            delivery.over_budget = true;
            return false;
        }
        let exempt = |member: &Member| member.labels.get("tier").is_some_and(|tier| tier == "1");
        let is_exempt = severity == Severity::Page && incident.active().any(|(_, member)| exempt(member));
        if !is_exempt {
            let rule = incident.members.get(&incident.root).map_or("", |root| root.rule.name.as_str());
            spending.tell(now, severity, rule);
        }
        delivery.over_budget = false;
        true
    }

    fn notice(
        &mut self,
        incident: &Incident,
        target: &str,
        delivery: &mut Delivery,
        alerts: &BTreeSet<Fingerprint>,
        action: Action,
    ) -> Notice {
        let now = self.now;
        delivery.sequence = delivery.sequence.saturating_add(1);
        delivery.last_at = Some(now);
        if action == Action::Acknowledge {
            delivery.acknowledged = incident.ack.as_ref().map(|ack| ack.at);
        }
        let mut new = 0_u64;
        for alert in alerts {
            let Some(member) = incident.members.get(alert) else {
                continue;
            };
            new += u64::from(delivery.told.insert(*alert, member.episode) != Some(member.episode));
            delivery.severity = delivery.severity.max(Some(member.severity));
        }
        self.count(Reason::Grouped, new.saturating_sub(1));
        let hidden = |member: &Member| {
            matches!(member.held, Some(Reason::Silence | Reason::Maintenance | Reason::Inhibited | Reason::Unrouted))
        };
        // Those that it is about first, then what they brought with them and what is over.
        let (first, rest): (Vec<_>, Vec<_>) =
            incident.members.iter().filter(|(_, m)| !hidden(m)).partition(|(id, _)| alerts.contains(*id));
        let listed = first.into_iter().chain(rest).take(ALERTS_MAX);
        let listed: Vec<NoticeAlert> = listed.map(|(id, member)| member.to_notice(*id)).collect();
        let url = self.config.incident_url.as_ref().map(|base| format!("{base}{}", incident.id));
        Notice {
            tenant: self.tenant.clone(),
            incident: incident.id.clone(),
            sequence: delivery.sequence,
            target: target.to_owned(),
            key: crate::incident::notice_key(&incident.id, delivery.sequence, target),
            action,
            severity: delivery.severity.unwrap_or(incident.severity),
            title: incident.title(),
            summary: summary(incident, action, now),
            labels: incident.common_labels(),
            alerts: listed,
            alerts_total: incident.total(),
            suspects: self.suspects(incident),
            runbook: incident.runbook.clone(),
            url,
            started_at: incident.stamps.onset.or(incident.stamps.fired).unwrap_or(now),
            at: now,
            resolved_at: incident.stamps.resolved,
        }
    }

    /// What was found by others, then the changes around its beginning, the latest first.
    fn suspects(&self, incident: &Incident) -> Vec<String> {
        let mut changes: Vec<_> = self.changes.iter().filter(|c| incident.changes.contains(&c.id)).collect();
        changes.sort_by_key(|change| (std::cmp::Reverse(change.at), &change.id));
        let told =
            |change: &&super::ChangeEvent| format!("{} at {}: {}", change.kind, time::show(change.at), change.summary);
        incident.suspects.iter().cloned().chain(changes.iter().map(told)).collect()
    }
}

/// Whether somebody may still have to be told something.
fn is_unfinished(incident: &Incident) -> bool {
    incident.is_open() || incident.deliveries.values().any(|delivery| !delivery.resolved)
}

fn summary(incident: &Incident, action: Action, now: i64) -> String {
    let mut lines = Vec::new();
    let since = incident.stamps.onset.or(incident.stamps.fired);
    match (&incident.status, action) {
        (Status::Merged { into }, _) => lines.push(format!("Found to be a part of incident {into}.")),
        (Status::Resolved, _) => {
            let span = incident.stamps.fired.map(|fired| time::show_span(now.saturating_sub(fired)));
            lines.push(format!("Over after {}.", span.unwrap_or_default()));
        }
        (Status::Open, Action::Acknowledge) => {
            let by = incident.ack.as_ref().map_or("", |ack| ack.by.as_str());
            lines.push(format!("Taken by {by}."));
        }
        (Status::Open, _) => lines.extend(since.map(|at| format!("Since about {}.", time::show(at)))),
    }
    let mut members: Vec<_> = incident.members.iter().filter(|(_, member)| member.absorbed_by.is_none()).collect();
    members.sort_by_key(|(id, member)| (**id != incident.root, member.scope.rank, member.starts_at, **id));
    let sentences = members.iter().map(|(_, member)| member.sentence.as_str()).filter(|sentence| !sentence.is_empty());
    lines.extend(sentences.take(SENTENCES_MAX).map(str::to_owned));
    if members.len() > SENTENCES_MAX {
        lines.push(format!("And {} further alerts.", members.len() - SENTENCES_MAX));
    }
    let absorbed = incident.members.len() - members.len();
    if absorbed > 0 {
        lines.push(format!("{absorbed} further alerts follow from it."));
    }
    lines.join("\n")
}
