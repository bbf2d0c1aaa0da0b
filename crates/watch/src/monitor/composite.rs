//! A rule over other rules: so many of them are in breach.

use std::collections::{BTreeMap, BTreeSet};

use watchkeeper_spec::Detector;

use super::Applied;
use crate::evaluation::{Evaluation, Labels, Outcome, OutcomeKind, Rule, RuleKind};

/// Labels that series of different rules have in common.
const SHARED: [&str; 4] = ["model", "environment", "version", "segment"];

/// What a composite rule says about one window: one evaluation for each part of the model that its rules looked at.
///
/// * `evaluations`: those of the rules that it names, of one window. A rule is in breach when one of its series is.
///
/// It is unknown when too few are in breach, but enough would be if all that are unknown were.
#[must_use]
pub fn composite(rule: Applied<'_>, evaluations: &[Evaluation]) -> Vec<Evaluation> {
    let Detector::Composite(composite) = &rule.monitor.spec.detector else { return Vec::new() };
    let mut parts: BTreeMap<Labels, BTreeMap<&str, Vec<&Evaluation>>> = BTreeMap::new();
    let named =
        evaluations.iter().filter(|e| e.rule.kind == RuleKind::Monitor && composite.monitors.contains(&e.rule.name));
    for evaluation in named {
        let shared = evaluation.labels.iter().filter(|(name, _)| SHARED.contains(&name.as_str()));
        let part: Labels = shared.map(|(name, value)| (name.clone(), value.clone())).collect();
        parts.entry(part).or_default().entry(&evaluation.rule.name).or_default().push(evaluation);
    }
    parts.into_iter().filter_map(|(part, rules)| one(rule, composite.at_least, part, &rules)).collect()
}

fn one(
    rule: Applied<'_>,
    at_least: u64,
    labels: Labels,
    rules: &BTreeMap<&str, Vec<&Evaluation>>,
) -> Option<Evaluation> {
    let newest = rules.values().flatten().max_by_key(|e| (e.window_end, e.known_at))?;
    let worst = |of: &[&Evaluation]| of.iter().map(|e| e.outcome.kind()).max();
    let count = |kinds: &[OutcomeKind]| {
        rules.values().filter(|of| worst(of).is_some_and(|kind| kinds.contains(&kind))).count() as u64
    };
    let breaches = count(&[OutcomeKind::Breach]);
    let possible = breaches + count(&[OutcomeKind::Unknown, OutcomeKind::Error]);
    let near = breaches + count(&[OutcomeKind::Near]);
    let outcome = if breaches >= at_least {
        Outcome::Breach
    } else if possible >= at_least {
        Outcome::Unknown("too many of its monitors cannot be judged".into())
    } else if near >= at_least {
        Outcome::Near
    } else {
        Outcome::Clear
    };
    let bad = |of: &&Vec<&Evaluation>| worst(of) == Some(OutcomeKind::Breach);
    let names: BTreeSet<&str> =
        rules.values().filter(bad).flatten().map(|evaluation| evaluation.rule.name.as_str()).collect();
    let listed = names.into_iter().collect::<Vec<_>>().join(", ");
    let sentence = if listed.is_empty() {
        format!("none of {} monitors is in breach", rules.len())
    } else {
        format!("{breaches} of {} monitors in breach: {listed}", rules.len())
    };
    Some(Evaluation {
        rule: Rule { kind: RuleKind::Monitor, name: rule.monitor.metadata.name.clone() },
        revision: rule.revision,
        labels,
        severity: super::severity(rule.monitor.spec.severity),
        rank: rules.values().flatten().map(|e| e.rank).max()?,
        value: Some(breaches as f64),
        limit: Some(at_least as f64),
        score: Some(breaches as f64 / at_least.max(1) as f64),
        p_value: None,
        onset: rules.values().filter(bad).flatten().filter_map(|e| e.onset).min(),
        evidence: BTreeMap::new(),
        outcome,
        sentence,
        ..(*newest).clone()
    })
}
