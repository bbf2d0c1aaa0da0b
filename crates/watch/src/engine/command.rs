//! What people and other parts of the system tell an engine.

use std::collections::BTreeSet;

use super::{Command, Engine, Input, Output, SILENCES_MAX};
use crate::Fingerprint;
use crate::evaluation::Rule;
use crate::incident::{Ack, Event, Incident};
use crate::suppress::silence::Silence;

/// Characters of a text that are kept.
const TEXT_MAX: usize = 4_000;
/// Suspects of an incident that are kept.
const SUSPECTS_MAX: usize = 20;

fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

impl Engine {
    pub(super) fn take(&mut self, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Series { rule, series } => self.narrow(&rule, &series.into_iter().collect(), out),
            Input::Delivered { incident, target, sequence } => self.delivered(&incident, target, sequence, out),
            Input::Explained { incident, suspects, runbook } => {
                if let Some(incident) = self.known(&incident, out) {
                    incident.suspects = suspects.into_iter().take(SUSPECTS_MAX).map(cut).collect();
                    if let Some(runbook) = runbook {
                        incident.runbook = runbook;
                    }
                }
            }
            Input::Command { by, command } => self.command(cut(by), command, out),
            // Taken before.
            Input::Config(_) | Input::Evaluation(_) | Input::Change(_) => {}
        }
    }

    /// The incident with this id, or a refusal.
    fn known(&mut self, id: &str, out: &mut Vec<Output>) -> Option<&mut Incident> {
        let incident = self.incidents.get_mut(id);
        if incident.is_none() {
            out.push(Output::Refused(format!(
                "unknown incident `{id}`; expected one that is open, or over for less than 7 days"
            )));
        }
        incident
    }

    fn narrow(&mut self, rule: &Rule, series: &BTreeSet<Fingerprint>, out: &mut Vec<Output>) {
        let gone: Vec<Fingerprint> = self
            .alerts
            .values()
            .filter(|alert| alert.rule == *rule && !series.contains(&alert.fingerprint) && !super::own::is_own(alert))
            .map(|alert| alert.fingerprint)
            .collect();
        for fingerprint in gone {
            self.forget(fingerprint, out);
        }
    }

    fn delivered(&mut self, id: &str, target: String, sequence: u64, out: &mut Vec<Output>) {
        let now = self.now;
        if let Some(incident) = self.known(id, out) {
            incident.stamps.delivered.get_or_insert(now);
            self.note(id, now, Event::Delivered { target, sequence }, out);
        }
    }

    fn command(&mut self, by: String, command: Command, out: &mut Vec<Output>) {
        let now = self.now;
        let (id, event) = match command {
            Command::Silence(silence) => return self.silence(silence, out),
            Command::Unsilence { name } => return self.silences.retain(|silence| silence.name != name),
            Command::Acknowledge { incident: id, until } => {
                let Some(incident) = self.known(&id, out) else {
                    return;
                };
                incident.ack = Some(Ack { by: by.clone(), at: now, until });
                incident.stamps.acked.get_or_insert(now);
                (id, Event::Acknowledged { by })
            }
            Command::Assign { incident: id, to } => {
                let Some(incident) = self.known(&id, out) else {
                    return;
                };
                let to = cut(to);
                incident.assignee = Some(to.clone());
                (id, Event::Assigned { to, by })
            }
            Command::Mitigate { incident: id, text } => {
                let Some(incident) = self.known(&id, out) else {
                    return;
                };
                incident.stamps.mitigated.get_or_insert(now);
                (id, Event::Mitigated { by, text: cut(text) })
            }
            Command::Comment { incident, text } => (incident, Event::Comment { by, text: cut(text) }),
            Command::Hypothesis { incident, text } => (incident, Event::Hypothesis { by, text: cut(text) }),
            Command::Review { incident, verdict } => (incident, Event::Reviewed { by, verdict: cut(verdict) }),
        };
        if self.known(&id, out).is_some() {
            self.note(&id, now, event, out);
        }
    }

    fn silence(&mut self, silence: Silence, out: &mut Vec<Output>) {
        match silence.checked() {
            Err(error) => out.push(Output::Refused(error.to_string())),
            Ok(silence) => {
                self.silences.retain(|old| old.name != silence.name);
                if self.silences.len() < SILENCES_MAX {
                    self.silences.push(silence);
                } else {
                    let name = silence.name;
                    out.push(Output::Refused(format!("silence `{name}`; expected at most {SILENCES_MAX} at a time")));
                }
            }
        }
    }
}
