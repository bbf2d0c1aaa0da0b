//! What an engine says about itself: series without data, rules in error, teams that are told too much.

use std::collections::BTreeMap;

use super::{Engine, Output};
use crate::alert::{Alert, AlertSettings, Health};
use crate::evaluation::{Evaluation, Labels, Outcome, Rank, Rule};
use crate::suppress::budget::Spending;
use crate::{Fingerprint, RuleKind, Severity};

/// Measure of the alert that says that series of a rule have no data.
pub(crate) const NO_DATA: &str = "watch_no_data";
/// Measure of the alert that says that a rule cannot be evaluated: for those who run the system, not for a user's pager.
pub(crate) const EVALUATION_ERROR: &str = "watch_evaluation_error";
/// Measure of the alert that says that a team is told more than its budget.
pub(crate) const ALERT_BUDGET: &str = "watch_alert_budget";

/// Incidents and rules named in a digest at most.
const NAMED_MAX: usize = 10;

/// Whether it is one of the engine's own.
pub(super) fn is_own(alert: &Alert) -> bool {
    alert.labels.get("measure").is_some_and(|m| matches!(m.as_str(), NO_DATA | EVALUATION_ERROR | ALERT_BUDGET))
}

fn statement(rule: Rule, revision: u64, labels: Labels, at: i64) -> Evaluation {
    Evaluation {
        rule,
        revision,
        labels,
        window_end: at,
        window: 0,
        known_at: at,
        outcome: Outcome::Clear,
        severity: Severity::Ticket,
        rank: Rank::Source,
        value: None,
        limit: None,
        score: None,
        p_value: None,
        sentence: String::new(),
        onset: None,
        evidence: BTreeMap::new(),
    }
}

impl Engine {
    /// Whether a series can be judged has changed.
    pub(super) fn health_changed(&mut self, series: Fingerprint, health: Health, at: i64, out: &mut Vec<Output>) {
        let Some(alert) = self.alerts.get(&series).filter(|alert| !is_own(alert)) else {
            return;
        };
        let rule = alert.rule.clone();
        let revision = alert.revision;
        let label = |name: &str| alert.labels.get(name).map(|value| (name.to_owned(), value.clone()));
        let measure = |measure: &str| [("measure".to_owned(), measure.to_owned())];
        let place = ["tenant", "environment", "model", "source"].into_iter().filter_map(label);
        let no_data: Labels = place.chain(measure(NO_DATA)).collect();
        let operator = [("audience".to_owned(), "operator".to_owned())];
        let error: Labels = label("tenant").into_iter().chain(measure(EVALUATION_ERROR)).chain(operator).collect();
        let name = &rule.name;
        let silent = format!("rule `{name}` has had no data that it can judge for too long");
        let broken = format!("rule `{name}` cannot be evaluated");
        let mut statements = [
            (health == Health::NoData, statement(rule.clone(), revision, no_data, at), silent),
            (health == Health::Error, statement(rule, revision, error, at), broken),
        ];
        // What ends goes first, so that a series is never in both.
        statements.sort_by_key(|(is, ..)| *is);
        for (is, mut evaluation, sentence) in statements {
            evaluation.sentence = sentence;
            let own = evaluation.fingerprint();
            let group = self.unwell.entry(own).or_default();
            let was_empty = group.is_empty();
            let changed = if is { group.insert(series) } else { group.remove(&series) };
            let is_empty = group.is_empty();
            if is_empty {
                self.unwell.remove(&own);
            }
            if changed && was_empty != is_empty {
                evaluation.outcome = if is { Outcome::Breach } else { Outcome::Clear };
                self.state(evaluation, out);
            }
        }
    }

    /// A series is not looked at any more: it is not missed either.
    pub(super) fn well_again(&mut self, series: Fingerprint, out: &mut Vec<Output>) {
        self.health_changed(series, Health::Ok, self.now, out);
    }

    /// Folds an evaluation of the engine's own. Each one counts, also several at the same time.
    fn state(&mut self, mut evaluation: Evaluation, out: &mut Vec<Output>) {
        let newest = self.alerts.get(&evaluation.fingerprint()).and_then(Alert::newest);
        if let Some(newest) = newest {
            evaluation.window_end = evaluation.window_end.max(newest.saturating_add(1));
        }
        self.fold(&evaluation, AlertSettings::immediate(), out);
    }

    /// Says which teams are told more than their budget. Returns whether anything changed.
    pub(super) fn check_budgets(&mut self, out: &mut Vec<Output>) -> bool {
        let now = self.now;
        let budgets: BTreeMap<String, _> =
            self.config.routes.iter().filter_map(|route| Some((route.name.clone(), route.budget?))).collect();
        let mut statements = Vec::new();
        self.spending.retain(|route, spending| {
            spending.forget(now);
            let rule = Rule { kind: RuleKind::Monitor, name: "alert-budget".to_owned() };
            let labels = Labels::from([
                ("tenant".to_owned(), self.tenant.clone()),
                ("measure".to_owned(), ALERT_BUDGET.to_owned()),
                ("route".to_owned(), route.clone()),
            ]);
            let mut evaluation = statement(rule, 0, labels, now);
            let exceeded = budgets.get(route).is_some_and(|budget| spending.is_exceeded(*budget));
            if exceeded {
                evaluation.outcome = Outcome::Breach;
                evaluation.sentence = digest(route, spending);
                evaluation.value = Some((spending.count(Severity::Page) + spending.count(Severity::Ticket)) as f64);
            }
            statements.push(evaluation);
            budgets.contains_key(route)
        });
        let mut changed = false;
        for evaluation in statements {
            let known = self.alerts.get(&evaluation.fingerprint());
            let active = known.is_some_and(|alert| alert.phase.is_active());
            let said = known.and_then(|alert| alert.facts.as_ref()).map(|facts| facts.sentence.as_str());
            let breach = evaluation.outcome == Outcome::Breach;
            if breach != active || (breach && said != Some(evaluation.sentence.as_str())) {
                changed = true;
                self.state(evaluation, out);
            }
        }
        changed
    }
}

fn digest(route: &str, spending: &Spending) -> String {
    let offenders: Vec<String> =
        spending.offenders().into_iter().take(NAMED_MAX).map(|(rule, count)| format!("`{rule}` ({count})")).collect();
    let held: Vec<&str> = spending.held().collect();
    let mut text = format!(
        "route `{route}` told {} pages and {} tickets in 7 days, more than its budget; tune the rules {}",
        spending.count(Severity::Page),
        spending.count(Severity::Ticket),
        offenders.join(", "),
    );
    if !held.is_empty() {
        let named: Vec<&str> = held.iter().rev().take(NAMED_MAX).copied().collect();
        text.push_str(&format!("; {} incidents were held back, the latest: {}", held.len(), named.join(", ")));
    }
    text
}
