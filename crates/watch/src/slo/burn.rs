//! What is said about an objective at one time: evaluations for alerts.

use std::collections::BTreeMap;

use super::{Budget, Clock, Counts, Ledger, Method, Objective, Test, Tier, maths};
use crate::evaluation::{Evaluation, Outcome};
use crate::{Severity, time};

/// Measure of the evaluation of how fast a budget is used up.
pub const BURN_RATE: &str = "burn_rate";
/// Measure of the evaluation of how much of a budget is used up.
pub const ERROR_BUDGET: &str = "error_budget";

/// Share of its limit below which a burn rate over the long window is clear whatever the short one shows.
const CLEAR: f64 = 0.8;

/// What one step of the policy says.
struct Said {
    tier: Tier,
    outcome: Outcome,
    value: Option<f64>,
    limit: f64,
    /// Where its longest window begins.
    from: i64,
    counts: Counts,
}

/// How fast the budget of `objective` is used up at `at`, as known at `known_at`: one evaluation with the worst severity
/// of the steps of its policy that are in breach.
///
/// * breach: a step is beyond its limit over both windows, and the guards hold;
/// * near: beyond it over both windows, but too few events to mean it; or beyond it over the short window, and beyond four
///   fifths of it over the long one;
/// * clear: none of these, for every step;
/// * unknown: no step has anything to look at.
#[must_use]
pub fn evaluate(
    objective: &Objective,
    ledger: &Ledger,
    at: i64,
    known_at: i64,
    excluded: &dyn Fn(i64, i64) -> bool,
) -> Evaluation {
    let look = Look { objective, ledger, at, known_at, excluded };
    let said: Vec<Said> = objective.policy.tiers.iter().map(|tier| look.tier(*tier)).collect();
    let of = |wanted: fn(&Outcome) -> bool| said.iter().filter(move |said| wanted(&said.outcome));
    let worst = of(|outcome| *outcome == Outcome::Breach).max_by_key(|said| said.tier.severity);
    let near = of(|outcome| *outcome == Outcome::Near).max_by_key(|said| said.tier.severity);
    let clear = of(|outcome| *outcome == Outcome::Clear).next();
    let chosen = worst.or(near).or(clear).or(said.first());
    let mut labels = objective.labels.clone();
    labels.insert("measure".to_owned(), BURN_RATE.to_owned());
    let outcome = chosen.map_or_else(|| Outcome::Unknown("its policy has no steps".to_owned()), |s| s.outcome.clone());
    let onset = worst.and_then(|said| look.onset(said.from));
    let mut evidence = BTreeMap::new();
    for (index, said) in said.iter().enumerate() {
        evidence.extend(said.value.map(|value| (format!("burn_{}", index + 1), value)));
    }
    if let Some(said) = chosen {
        evidence.insert("bad".to_owned(), said.counts.bad as f64);
        evidence.insert("valid".to_owned(), said.counts.valid() as f64);
    }
    Evaluation {
        rule: objective.rule.clone(),
        revision: objective.revision,
        labels,
        window_end: at,
        window: ledger.width(),
        known_at,
        outcome,
        severity: worst.map_or(Severity::Ticket, |said| said.tier.severity),
        rank: objective.rank,
        value: chosen.and_then(|said| said.value),
        limit: chosen.map(|said| said.limit),
        score: None,
        p_value: None,
        sentence: worst.map_or_else(String::new, |said| sentence(objective, said)),
        onset,
        evidence,
    }
}

/// How much of the budget is used up: from half of it on worth knowing, from three quarters on a ticket.
#[must_use]
pub fn evaluate_budget(objective: &Objective, ledger: &Ledger, budget: &Budget) -> Evaluation {
    let mut labels = objective.labels.clone();
    labels.insert("measure".to_owned(), ERROR_BUDGET.to_owned());
    let (outcome, severity, limit) = match budget.consumed {
        None => (Outcome::Unknown("nothing counts yet".to_owned()), Severity::Info, 0.5),
        Some(share) if share >= 1.0 => (Outcome::Breach, Severity::Ticket, 1.0),
        Some(share) if share >= 0.75 => (Outcome::Breach, Severity::Ticket, 0.75),
        Some(share) if share >= 0.5 => (Outcome::Breach, Severity::Info, 0.5),
        Some(share) if share >= 0.4 => (Outcome::Near, Severity::Info, 0.5),
        Some(_) => (Outcome::Clear, Severity::Info, 0.5),
    };
    let percent = crate::text::percent(budget.consumed.unwrap_or(0.0));
    let end = budget.exhausted_at.map_or_else(String::new, |at| format!(", and all of it by {}", time::show(at)));
    Evaluation {
        rule: objective.rule.clone(),
        revision: objective.revision,
        labels,
        window_end: budget.at,
        window: ledger.width(),
        known_at: budget.known_at,
        outcome,
        severity,
        rank: objective.rank,
        value: budget.consumed,
        limit: Some(limit),
        score: None,
        p_value: None,
        sentence: format!("{percent} of the error budget is used up{end}"),
        onset: None,
        evidence: BTreeMap::new(),
    }
}

struct Look<'a> {
    objective: &'a Objective,
    ledger: &'a Ledger,
    at: i64,
    known_at: i64,
    excluded: &'a dyn Fn(i64, i64) -> bool,
}

impl Look<'_> {
    fn counts(&self, window: i64) -> Counts {
        let from = self.at.saturating_sub(window);
        match self.objective.clock {
            Clock::Event => self.ledger.sum(self.objective, (from, self.at), self.known_at, self.excluded),
            Clock::Knowledge => {
                let range = (from, self.at.min(self.known_at));
                self.ledger.became_known(self.objective, range, self.excluded)
            }
        }
    }

    fn tier(&self, tier: Tier) -> Said {
        match tier.test {
            Test::Burn { long, short, factor } => self.burn(tier, long, short, factor),
            Test::Slices { bad, of } => self.slices(tier, bad, of),
        }
    }

    fn burn(&self, tier: Tier, long: i64, short: i64, factor: f64) -> Said {
        let beta = self.objective.beta();
        let guards = self.objective.policy.guards;
        let (wide, narrow) = (self.counts(long), self.counts(short));
        let value = maths::burn(wide.bad, wide.valid(), beta);
        let beyond = |burn: Option<f64>| burn.is_some_and(|burn| burn > factor);
        // Too few in the short window: the long one decides.
        let few = narrow.valid() < guards.min_short && self.objective.method == Method::Occurrences;
        let short_beyond = if few { beyond(value) } else { beyond(maths::burn(narrow.bad, narrow.valid(), beta)) };
        let outcome = match value {
            None => Outcome::Unknown(format!("no events in {}", time::show_span(long))),
            Some(_) if beyond(value) && short_beyond && self.is_meant(wide) => Outcome::Breach,
            Some(burn) if short_beyond && burn > CLEAR * factor => Outcome::Near,
            Some(_) => Outcome::Clear,
        };
        Said { tier, outcome, value, limit: factor, from: self.at.saturating_sub(long), counts: wide }
    }

    /// Whether there are enough events to mean it.
    fn is_meant(&self, counts: Counts) -> bool {
        let guards = self.objective.policy.guards;
        let enough = match self.objective.method {
            Method::Occurrences => counts.bad >= guards.min_bad && counts.valid() >= guards.min_total,
            Method::Timeslices(_) => true,
            // Parts of slices are no events: chance says nothing about them.
            Method::Ratios => return true,
        };
        let unlikely = |chance: f64| maths::at_least(counts.bad, counts.valid(), self.objective.beta()) <= chance;
        enough && guards.chance.is_none_or(unlikely)
    }

    fn slices(&self, tier: Tier, bad: u32, of: u32) -> Said {
        let all = self.ledger.units(self.objective, (i64::MIN / 2, self.at), self.known_at, self.excluded);
        // Of a slice that counts events, what it is as a whole: bad when it misses the target.
        let judge = |(start, counts): (i64, Counts)| {
            let valid = counts.valid();
            (valid > 0).then_some((start, (counts.good as f64) < self.objective.target * valid as f64))
        };
        let whole = matches!(self.objective.method, Method::Timeslices(_));
        let is_bad = |(start, counts): (i64, Counts)| {
            if whole { (counts.valid() > 0).then_some((start, counts.bad > 0)) } else { judge((start, counts)) }
        };
        let last: Vec<(i64, bool)> =
            all.rev().filter_map(is_bad).take(usize::try_from(of).unwrap_or(usize::MAX)).collect();
        let count = last.iter().filter(|(_, bad)| *bad).count() as u64;
        let outcome = match (last.is_empty(), count) {
            (true, _) => Outcome::Unknown("no slice can be judged".to_owned()),
            (_, count) if count >= u64::from(bad) => Outcome::Breach,
            (_, 0) => Outcome::Clear,
            // The newest slice is good: what was bad is passing out of sight.
            _ if last.first().is_some_and(|(_, bad)| !bad) => Outcome::Clear,
            _ => Outcome::Near,
        };
        let counts = Counts { good: last.len() as u64 - count, bad: count, unknown: 0 };
        let from = last.last().map_or(self.at, |(start, _)| *start);
        Said { tier, outcome, value: Some(count as f64), limit: f64::from(bad), from, counts }
    }

    /// When the harm began: after the slice at which `Σ (bad − beta · valid)` is least, the likeliest time of a change.
    /// Source: Page 1954, <https://doi.org/10.1093/biomet/41.1-2.100>.
    fn onset(&self, from: i64) -> Option<i64> {
        let beta = self.objective.beta();
        let mut sum = 0.0;
        let mut least = 0.0;
        let mut onset = None;
        let units = self.ledger.units(self.objective, (from, self.at), self.known_at, self.excluded);
        for (start, counts) in units {
            onset = onset.or(Some(start));
            sum += counts.bad as f64 - beta * counts.valid() as f64;
            if sum <= least {
                least = sum;
                onset = Some(start.saturating_add(self.ledger.width()));
            }
        }
        onset
    }
}

fn sentence(objective: &Objective, said: &Said) -> String {
    let target = crate::text::percent(objective.target);
    let Counts { bad, .. } = said.counts;
    let valid = said.counts.valid();
    let name = &objective.rule.name;
    match said.tier.test {
        Test::Burn { long, factor, .. } => format!(
            "`{name}` uses up its error budget {} times as fast as allowed over {} (limit {}): {bad} of {valid} bad, \
             target {target}",
            crate::text::number(said.value.unwrap_or(0.0)),
            time::show_span(long),
            crate::text::number(factor),
        ),
        Test::Slices { .. } => {
            format!("`{name}`: {bad} of the last {valid} slices are bad, target {target} good")
        }
    }
}
