//! Evaluations, commands and time in; notices, timelines and counts out.
//!
//! An [`Engine`] is one value per tenant. It reads no clock and draws no random number: the same inputs at the same times
//! give the same outputs, live, after a restart and in a replay. It is saved as JSON and goes on where it was.

mod causes;
mod command;
mod config;
mod group;
mod input;
mod output;
mod own;
mod resources;
mod tell;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use config::{Config, Route, RuleConfig};
pub use input::{ChangeEvent, Command, Input};
pub use output::Output;

use crate::Fingerprint;
use crate::alert::{Alert, AlertSettings, Change, What};
use crate::evaluation::{Evaluation, Outcome, Rule};
use crate::incident::{Event, Incident};
use crate::suppress::Reason;
use crate::suppress::budget::Spending;
use crate::suppress::silence::Silence;
use crate::time::DAY;

/// Series that an engine follows at most; further ones are counted in [`Engine::series_refused`].
pub const SERIES_MAX: usize = 1_000_000;
/// Incidents that an engine holds at most; of more, the oldest that are over are forgotten first.
pub const INCIDENTS_MAX: usize = 10_000;
/// How long an incident that is over can still be commented, µs.
const KEPT_AFTER: i64 = 7 * DAY;
/// How long changes are remembered, µs.
const CHANGES_FOR: i64 = 7 * DAY;
/// Changes that are remembered at most, the newest.
const CHANGES_MAX: usize = 10_000;
/// Silences by command at most.
const SILENCES_MAX: usize = 10_000;

/// All that is known of a tenant's alerts and incidents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    tenant: String,
    config: Config,
    #[serde(skip)]
    settings: Option<BTreeMap<Rule, AlertSettings>>,
    alerts: BTreeMap<Fingerprint, Alert>,
    incidents: BTreeMap<String, Incident>,
    /// The incident of each alert that fires.
    incident_of: BTreeMap<Fingerprint, String>,
    changes: Vec<ChangeEvent>,
    silences: Vec<Silence>,
    spending: BTreeMap<String, Spending>,
    /// Series without data or in error, by the engine's own alert that says so.
    unwell: BTreeMap<Fingerprint, BTreeSet<Fingerprint>>,
    counts: BTreeMap<Reason, u64>,
    series_refused: u64,
    /// The latest time that was given.
    now: i64,
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            config: Config::default(),
            settings: None,
            alerts: BTreeMap::new(),
            incidents: BTreeMap::new(),
            incident_of: BTreeMap::new(),
            changes: Vec::new(),
            silences: Vec::new(),
            spending: BTreeMap::new(),
            unwell: BTreeMap::new(),
            counts: BTreeMap::new(),
            series_refused: 0,
            now: i64::MIN,
        }
    }

    /// Takes `inputs` in at `at` (µs UTC), then does what is due. Evaluations among them are folded in the order of
    /// [`Evaluation::order`], before and after them the rest in the order given: configuration first, all else last.
    ///
    /// Time does not go back: an earlier `at` than before counts as the latest one.
    pub fn apply(&mut self, inputs: Vec<Input>, at: i64) -> Vec<Output> {
        self.now = self.now.max(at);
        let mut out = Vec::new();
        let mut evaluations: Vec<Evaluation> = Vec::new();
        let mut later = Vec::new();
        for input in inputs {
            match input {
                Input::Config(config) => self.configure(*config, &mut out),
                Input::Evaluation(evaluation) => evaluations.push(*evaluation),
                Input::Change(change) => self.remember(change, &mut out),
                Input::Series { rule, series } => later.push(Input::Series { rule, series }),
                other => later.push(other),
            }
        }
        evaluations.sort_by_cached_key(Evaluation::order);
        for evaluation in &evaluations {
            self.evaluate(evaluation, &mut out);
        }
        for input in later {
            self.take(input, &mut out);
        }
        self.due(&mut out);
        out
    }

    /// Does what is due at `at` (µs UTC): notices that waited, data that do not come, silences that end.
    pub fn tick(&mut self, at: i64) -> Vec<Output> {
        self.apply(Vec::new(), at)
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// What the engine goes by.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The alerts of all series, quiet ones included.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    /// One of them.
    #[must_use]
    pub fn alert(&self, fingerprint: Fingerprint) -> Option<&Alert> {
        self.alerts.get(&fingerprint)
    }

    /// Incidents that go on, and those that ended not long ago, by id.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// One of them.
    #[must_use]
    pub fn incident(&self, id: &str) -> Option<&Incident> {
        self.incidents.get(id)
    }

    /// The incident of an alert that fires.
    #[must_use]
    pub fn incident_of(&self, fingerprint: Fingerprint) -> Option<&Incident> {
        self.incident_of.get(&fingerprint).and_then(|id| self.incidents.get(id))
    }

    /// How often something was not told, by reason.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<Reason, u64> {
        &self.counts
    }

    /// Series beyond [`SERIES_MAX`] that were not followed.
    #[must_use]
    pub const fn series_refused(&self) -> u64 {
        self.series_refused
    }

    /// Counts breaches that did not survive the number of series looked at ([`crate::suppress::fdr::control`]).
    pub fn count_discoveries(&mut self, turned: u64) {
        self.count(Reason::Fdr, turned);
    }

    fn count(&mut self, reason: Reason, times: u64) {
        if times > 0 {
            let count = self.counts.entry(reason).or_default();
            *count = count.saturating_add(times);
        }
    }

    fn settings_of(&mut self, rule: &Rule) -> AlertSettings {
        let config = &self.config;
        let settings = self.settings.get_or_insert_with(|| config.settings());
        settings.get(rule).copied().unwrap_or_else(|| Config::default_settings(rule.kind))
    }

    fn configure(&mut self, config: Config, out: &mut Vec<Output>) {
        self.settings = None;
        self.config = config;
        let known: BTreeSet<&Rule> = self.config.rules.iter().map(|rule| &rule.rule).collect();
        let gone: Vec<Fingerprint> = self
            .alerts
            .values()
            .filter(|alert| !known.contains(&alert.rule) && !own::is_own(alert))
            .map(|alert| alert.fingerprint)
            .collect();
        for fingerprint in gone {
            self.forget(fingerprint, out);
        }
    }

    /// Ends the alert of a series that is not looked at any more, and forgets the series.
    fn forget(&mut self, fingerprint: Fingerprint, out: &mut Vec<Output>) {
        let now = self.now;
        let mut changes = Vec::new();
        if let Some(alert) = self.alerts.get_mut(&fingerprint) {
            alert.end(now, &mut changes);
        }
        self.changed(fingerprint, changes, out);
        self.well_again(fingerprint, out);
        self.alerts.remove(&fingerprint);
    }

    /// Folds one evaluation.
    fn evaluate(&mut self, evaluation: &Evaluation, out: &mut Vec<Output>) {
        let settings = self.settings_of(&evaluation.rule);
        self.fold(evaluation, settings, out);
    }

    fn fold(&mut self, evaluation: &Evaluation, settings: AlertSettings, out: &mut Vec<Output>) {
        let fingerprint = evaluation.fingerprint();
        if !self.alerts.contains_key(&fingerprint) && self.alerts.len() >= SERIES_MAX {
            self.series_refused = self.series_refused.saturating_add(1);
            return;
        }
        let alert = self.alerts.entry(fingerprint).or_insert_with(|| Alert::new(evaluation));
        let active = alert.phase.is_active();
        let mut changes = Vec::new();
        let news = alert.fold(evaluation, &settings, &mut changes);
        if !news || (active && evaluation.outcome == Outcome::Breach) {
            self.count(Reason::Duplicate, 1);
        }
        self.changed(fingerprint, changes, out);
    }

    /// What follows from changes of an alert.
    fn changed(&mut self, fingerprint: Fingerprint, changes: Vec<Change>, out: &mut Vec<Output>) {
        for change in changes {
            let Change { at, window_end, what, .. } = change;
            out.push(Output::Alert(change));
            match what {
                What::Fired { .. } => self.fired(fingerprint, at, window_end.unwrap_or(at), out),
                What::Raised { .. } => self.raised(fingerprint, at, out),
                What::Resolved { reason } => self.ended(fingerprint, at, reason, out),
                What::Health { health } => self.health_changed(fingerprint, health, at, out),
                What::Recovering | What::Refired => self.refresh_recovery(fingerprint, at, out),
                What::Flapping { .. } => self.note_of(fingerprint, at, Event::Flapping { alert: fingerprint }, out),
                What::Restated { was, is } => {
                    let window_end = window_end.unwrap_or(at);
                    let event = Event::Restated { alert: fingerprint, window_end, was, is };
                    self.note_of(fingerprint, at, event, out);
                }
                What::Pending | What::NearMiss | What::Steady | What::Carried { .. } => {}
            }
        }
    }

    /// Writes into the timeline of the incident of an alert, if it has one.
    fn note_of(&mut self, fingerprint: Fingerprint, at: i64, event: Event, out: &mut Vec<Output>) {
        if let Some(id) = self.incident_of.get(&fingerprint).cloned() {
            self.note(&id, at, event, out);
        }
    }

    fn note(&mut self, id: &str, at: i64, event: Event, out: &mut Vec<Output>) {
        let entry = self.incidents.get_mut(id).and_then(|incident| incident.note(at, event));
        out.extend(entry.map(|entry| Output::Timeline { incident: id.to_owned(), entry }));
    }

    /// What time brings about.
    fn due(&mut self, out: &mut Vec<Output>) {
        let now = self.now;
        let settings = self.settings.take().unwrap_or_else(|| self.config.settings());
        let mut silent = Vec::new();
        for alert in self.alerts.values_mut().filter(|alert| !own::is_own(alert)) {
            if let Some(settings) = settings.get(&alert.rule) {
                alert.tick(now, settings, &mut silent);
            }
        }
        self.settings = Some(settings);
        for change in silent {
            self.changed(change.fingerprint, vec![change], out);
        }
        self.silences.retain(|silence| silence.ends_at > now);
        self.changes.retain(|change| change.at > now.saturating_sub(CHANGES_FOR));
        self.tell(out);
        if self.check_budgets(out) {
            self.tell(out);
        }
        self.close(out);
    }

    /// Forgets incidents that have been over for long, and the oldest ones when there are too many.
    fn close(&mut self, out: &mut Vec<Output>) {
        let end = |incident: &Incident| incident.stamps.resolved.filter(|_| !incident.is_open());
        let mut over: Vec<(i64, String)> =
            self.incidents.values().filter_map(|incident| end(incident).map(|at| (at, incident.id.clone()))).collect();
        over.sort();
        let surplus = self.incidents.len().saturating_sub(INCIDENTS_MAX);
        let since = self.now.saturating_sub(KEPT_AFTER);
        for (index, (at, id)) in over.into_iter().enumerate() {
            if at <= since || index < surplus {
                out.extend(self.incidents.remove(&id).map(|incident| Output::Closed(Box::new(incident))));
            }
        }
    }
}
