//! One evaluation more.

use super::state::{ERRORS, FLAP_TURNS, FLAP_WINDOWS, HOLD_MAX, SEEN_MAX};
use super::{Alert, AlertSettings, Change, Ended, Facts, Health, Hold, Phase, Seen, What};
use crate::evaluation::{Evaluation, Outcome, OutcomeKind};

/// Changes with the time and window at which they happen.
struct Report<'a> {
    changes: &'a mut Vec<Change>,
    evaluation: &'a Evaluation,
    fingerprint: crate::Fingerprint,
}

impl Report<'_> {
    fn add(&mut self, what: What) {
        let Evaluation { known_at, window_end, .. } = *self.evaluation;
        self.changes.push(Change { fingerprint: self.fingerprint, at: known_at, window_end: Some(window_end), what });
    }
}

impl Alert {
    /// A series before its first evaluation, which `first` is: nothing is folded yet.
    #[must_use]
    pub fn new(first: &Evaluation) -> Self {
        Self {
            fingerprint: first.fingerprint(),
            rule: first.rule.clone(),
            revision: first.revision,
            labels: first.labels.clone(),
            rank: first.rank,
            severity: first.severity,
            phase: Phase::Inactive,
            health: Health::Ok,
            episode: 0,
            facts: None,
            hold: None,
            seen: Vec::new(),
            last_known: first.window_end,
            breaches: 0,
            turns: 0,
            clear: 0,
            errors: 0,
        }
    }

    /// Folds one evaluation of this series; appends what changed to `changes`. Says whether the evaluation was new: one
    /// that is not newer than what is known of its window changes nothing.
    pub fn fold(&mut self, evaluation: &Evaluation, settings: &AlertSettings, changes: &mut Vec<Change>) -> bool {
        let mut report = Report { changes, evaluation, fingerprint: self.fingerprint };
        match self.place(evaluation) {
            Place::Known => return false,
            Place::Earlier { was } => {
                let is = evaluation.outcome.kind();
                if was != Some(is) {
                    report.add(What::Restated { was, is });
                }
                return true;
            }
            Place::Newest => {}
        }
        if evaluation.revision != self.revision {
            self.revision = evaluation.revision;
            if self.phase.is_active() {
                report.add(What::Carried { revision: evaluation.revision });
            }
        }
        self.labels.clone_from(&evaluation.labels);
        self.rank = evaluation.rank;
        match evaluation.outcome {
            Outcome::Error(_) => {
                self.errors = self.errors.saturating_add(1);
                if self.errors >= ERRORS {
                    self.set_health(Health::Error, &mut report);
                }
            }
            Outcome::Unknown(_) => {
                // The rule itself works: only data are missing.
                self.errors = 0;
                let missing = self.lacks_data(evaluation.window_end, settings);
                let health = if missing { Health::NoData } else { Health::Ok };
                if missing || self.health == Health::Error {
                    self.set_health(health, &mut report);
                }
            }
            Outcome::Breach | Outcome::Near | Outcome::Clear => {
                self.errors = 0;
                self.last_known = self.last_known.max(evaluation.window_end);
                self.set_health(Health::Ok, &mut report);
                self.known(evaluation, settings, &mut report);
            }
        }
        true
    }

    /// What time alone changes: data that do not come.
    pub fn tick(&mut self, at: i64, settings: &AlertSettings, changes: &mut Vec<Change>) {
        if self.health == Health::Ok && self.lacks_data(at, settings) {
            self.health = Health::NoData;
            let what = What::Health { health: Health::NoData };
            changes.push(Change { fingerprint: self.fingerprint, at, window_end: None, what });
        }
    }

    /// Ends the alert because its rule does not look at the series any more.
    pub fn end(&mut self, at: i64, changes: &mut Vec<Change>) {
        if self.phase.is_active() {
            let reason = Ended::RuleChanged;
            changes.push(Change {
                fingerprint: self.fingerprint,
                at,
                window_end: None,
                what: What::Resolved { reason },
            });
        }
        self.resolve(at);
    }

    fn lacks_data(&self, at: i64, settings: &AlertSettings) -> bool {
        settings.no_data_after.is_some_and(|after| at.saturating_sub(self.last_known) >= after)
    }

    fn set_health(&mut self, health: Health, report: &mut Report<'_>) {
        if self.health != health {
            self.health = health;
            report.add(What::Health { health });
        }
    }

    /// Whether the evaluation is of a new window, of one that was looked at, or no news at all; remembers it.
    fn place(&mut self, evaluation: &Evaluation) -> Place {
        let Evaluation { window_end, known_at, .. } = *evaluation;
        let outcome = evaluation.outcome.kind();
        let now = Seen { window_end, known_at, outcome };
        match self.seen.binary_search_by_key(&window_end, |seen| seen.window_end) {
            Ok(index) => {
                let newest = index + 1 == self.seen.len();
                let Some(seen) = self.seen.get_mut(index).filter(|seen| seen.known_at < known_at) else {
                    return Place::Known;
                };
                let was = seen.outcome;
                *seen = now;
                // A window that could not be judged has not counted yet: it does, once it can be.
                let uncounted = matches!(was, OutcomeKind::Unknown | OutcomeKind::Error);
                if newest && uncounted { Place::Newest } else { Place::Earlier { was: Some(was) } }
            }
            Err(index) if index == self.seen.len() => {
                self.seen.push(now);
                if self.seen.len() > SEEN_MAX {
                    self.seen.remove(0);
                }
                Place::Newest
            }
            // Before all that is remembered: whether it was looked at cannot be said, so it is no news.
            Err(0) => Place::Known,
            Err(index) => {
                self.seen.insert(index, now);
                if self.seen.len() > SEEN_MAX {
                    self.seen.remove(0);
                }
                Place::Earlier { was: None }
            }
        }
    }

    fn known(&mut self, evaluation: &Evaluation, settings: &AlertSettings, report: &mut Report<'_>) {
        let breach = evaluation.outcome == Outcome::Breach;
        self.breaches = (self.breaches << 1) | u128::from(breach);
        self.turns = (self.turns << 1) & ((1 << FLAP_WINDOWS) - 1);
        self.clear = if evaluation.outcome == Outcome::Clear { self.clear.saturating_add(1) } else { 0 };
        if breach {
            self.note_breach(evaluation, report);
        } else if let Some(facts) = &mut self.facts
            && self.phase.is_active()
        {
            facts.value = finite(evaluation.value);
        }
        match self.phase {
            Phase::Inactive | Phase::Resolved | Phase::Pending => self.before_firing(evaluation, settings, report),
            Phase::Firing => {
                if self.clear > 0 {
                    self.phase = Phase::Recovering;
                    if let Some(facts) = &mut self.facts {
                        facts.recovered = Some(evaluation.known_at);
                    }
                    report.add(What::Recovering);
                }
            }
            Phase::Recovering => {
                if breach {
                    self.phase = Phase::Firing;
                    self.turns |= 1;
                    report.add(What::Refired);
                }
            }
        }
        self.flap(evaluation, report);
        self.maybe_resolve(evaluation, settings, report);
    }

    fn before_firing(&mut self, evaluation: &Evaluation, settings: &AlertSettings, report: &mut Report<'_>) {
        let breach = self.breaches & 1 == 1;
        let recent = self.breaches & settings.mask(settings.of);
        if breach && self.phase != Phase::Pending {
            self.phase = Phase::Pending;
            report.add(What::Pending);
        }
        if self.phase != Phase::Pending {
            self.severity = evaluation.severity;
            return;
        }
        if recent.count_ones() >= settings.breaches {
            self.phase = Phase::Firing;
            self.episode = self.episode.saturating_add(1);
            self.clear = 0;
            // Firing again soon after an end is going back and forth, too.
            let near = evaluation.window.saturating_mul(i64::from(FLAP_WINDOWS));
            let ended = self.facts.as_ref().and_then(|facts| facts.resolved);
            let again = ended.is_some_and(|at| evaluation.known_at.saturating_sub(at) <= near);
            self.turns |= u64::from(again);
            if let Some(facts) = &mut self.facts {
                facts.fired = Some(evaluation.known_at);
                facts.resolved = None;
                facts.recovered = None;
            }
            report.add(What::Fired { episode: self.episode });
        } else if self.breaches & settings.mask(settings.of - 1) == 0 {
            // No breach is left that the next window could add to.
            self.phase = Phase::Inactive;
            self.facts = None;
            report.add(What::NearMiss);
        }
    }

    fn note_breach(&mut self, evaluation: &Evaluation, report: &mut Report<'_>) {
        let Evaluation { known_at, window_end, window, .. } = *evaluation;
        let onset = evaluation.onset.unwrap_or(window_end.saturating_sub(window));
        let continues = self.phase.is_active() || self.phase == Phase::Pending;
        let raised = evaluation.severity > self.severity;
        if self.phase.is_active() && raised {
            report.add(What::Raised { severity: evaluation.severity });
        }
        if !continues || raised {
            self.severity = evaluation.severity;
        }
        let old = self.facts.take().map(|facts| *facts);
        let before = old.as_ref().filter(|_| continues);
        self.facts = Some(Box::new(Facts {
            first_breach: before.map_or(known_at, |facts| facts.first_breach),
            last_breach: known_at,
            fired: before.and_then(|facts| facts.fired),
            recovered: before.and_then(|facts| facts.recovered),
            // Kept until it fires, to tell an episode that follows closely.
            resolved: old.as_ref().and_then(|facts| facts.resolved),
            onset: before.map_or(onset, |facts| evaluation.onset.unwrap_or(facts.onset)),
            window,
            value: finite(evaluation.value),
            limit: finite(evaluation.limit),
            p_value: finite(evaluation.p_value),
            score: finite(evaluation.score),
            sentence: evaluation.sentence.clone(),
            evidence: evaluation.evidence.iter().filter(|(_, v)| v.is_finite()).map(|(k, v)| (k.clone(), *v)).collect(),
        }));
    }

    /// Going back and forth: the alert is held, each time twice as long, until it does so no more.
    fn flap(&mut self, evaluation: &Evaluation, report: &mut Report<'_>) {
        let flapping = self.turns.count_ones() >= FLAP_TURNS;
        let at = evaluation.known_at;
        match self.hold {
            None if flapping && self.phase.is_active() => {
                let width = AlertSettings::first_hold(evaluation.window);
                let until = at.saturating_add(width);
                self.hold = Some(Hold { until, width });
                report.add(What::Flapping { until });
            }
            Some(hold) if at >= hold.until && flapping => {
                let width = hold.width.saturating_mul(2).min(HOLD_MAX);
                self.hold = Some(Hold { until: at.saturating_add(width), width });
            }
            Some(hold) if at >= hold.until => {
                self.hold = None;
                report.add(What::Steady);
            }
            _ => {}
        }
    }

    fn maybe_resolve(&mut self, evaluation: &Evaluation, settings: &AlertSettings, report: &mut Report<'_>) {
        let over = self.phase == Phase::Recovering && self.clear >= settings.keep_firing && self.hold.is_none();
        if over {
            self.resolve(evaluation.known_at);
            report.add(What::Resolved { reason: Ended::Recovered });
        }
    }

    fn resolve(&mut self, at: i64) {
        self.hold = None;
        self.breaches = 0;
        self.clear = 0;
        if self.phase.is_active() {
            self.phase = Phase::Resolved;
            if let Some(facts) = &mut self.facts {
                facts.resolved = Some(at);
            }
        } else if self.phase == Phase::Pending {
            self.phase = Phase::Inactive;
            self.facts = None;
        }
    }
}

/// A number that JSON can hold: what is saved must read back.
fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Where an evaluation belongs.
enum Place {
    /// A window that has not counted yet.
    Newest,
    /// A window that has, or that was passed over.
    Earlier { was: Option<OutcomeKind> },
    /// Nothing new.
    Known,
}
