//! Evaluations in one line.

use std::collections::BTreeMap;

use watchkeeper_watch::alert::{Alert, AlertSettings, Change, What};
use watchkeeper_watch::engine::{Config, Engine, Input, Output, Route, RuleConfig};
use watchkeeper_watch::time::{HOUR, MINUTE};
use watchkeeper_watch::{Action, Evaluation, Labels, Matcher, Notice, Outcome, Rank, Rule, RuleKind, Severity};

/// 5 January 2026, a Monday, µs UTC.
pub(crate) const START: i64 = 1_767_571_200_000_000;

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn rule(name: &str) -> Rule {
    Rule { kind: RuleKind::Monitor, name: name.to_owned() }
}

/// A breach of `name` in the hour that ends `hour` hours after the start, known at once.
pub(crate) fn evaluation(name: &str, pairs: &[(&str, &str)], hour: i64) -> Evaluation {
    let window_end = START + hour * HOUR;
    Evaluation {
        rule: rule(name),
        revision: 1,
        labels: labels(pairs),
        window_end,
        window: HOUR,
        known_at: window_end,
        outcome: Outcome::Breach,
        severity: Severity::Ticket,
        rank: Rank::FeatureDrift,
        value: Some(0.3),
        limit: Some(0.1),
        score: None,
        p_value: Some(1e-6),
        sentence: format!("{name} is beyond its limit"),
        onset: None,
        evidence: BTreeMap::new(),
    }
}

/// `b` breach, `n` near, `c` clear, `u` unknown, `e` error.
pub(crate) fn outcome(letter: char) -> Outcome {
    match letter {
        'b' => Outcome::Breach,
        'n' => Outcome::Near,
        'c' => Outcome::Clear,
        'u' => Outcome::Unknown("too few rows".into()),
        'e' => Outcome::Error("no such column".into()),
        other => panic!("no outcome `{other}`"),
    }
}

/// One evaluation an hour.
pub(crate) fn history(letters: &str) -> Vec<Evaluation> {
    let of = |(hour, letter): (usize, char)| {
        let hour = i64::try_from(hour).unwrap() + 1;
        Evaluation { outcome: outcome(letter), ..evaluation("drift", &[("model", "credit")], hour) }
    };
    letters.chars().enumerate().map(of).collect()
}

pub(crate) fn fold(evaluations: &[Evaluation], settings: &AlertSettings) -> (Alert, Vec<Change>) {
    let mut alert = Alert::new(&evaluations[0]);
    let mut changes = Vec::new();
    for evaluation in evaluations {
        alert.fold(evaluation, settings, &mut changes);
    }
    (alert, changes)
}

/// What happened in which window (1 for the first hour).
pub(crate) fn told(changes: &[Change]) -> Vec<(i64, What)> {
    changes.iter().map(|change| ((change.window_end.unwrap_or(change.at) - START) / HOUR, change.what)).collect()
}

pub(crate) fn immediate(name: &str) -> RuleConfig {
    RuleConfig { rule: rule(name), settings: AlertSettings::immediate(), runbook: None }
}

/// Rules that fire at once, and one route to `chat` without waiting.
pub(crate) fn config(rules: &[&str]) -> Config {
    let route = Route { group_wait: 0, ..Route::new("all", vec!["chat".into()]) };
    Config { rules: rules.iter().map(|name| immediate(name)).collect(), routes: vec![route], ..Config::default() }
}

pub(crate) fn engine(config: Config) -> Engine {
    let mut engine = Engine::new("acme");
    engine.apply(vec![Input::Config(Box::new(config))], START);
    engine
}

pub(crate) fn feed(engine: &mut Engine, evaluations: Vec<Evaluation>) -> Vec<Output> {
    let at = evaluations.iter().map(|evaluation| evaluation.known_at).max().unwrap();
    engine.apply(evaluations.into_iter().map(|one| Input::Evaluation(Box::new(one))).collect(), at)
}

pub(crate) fn at(hour: i64, minute: i64) -> i64 {
    START + hour * HOUR + minute * MINUTE
}

pub(crate) fn notices(out: &[Output]) -> Vec<&Notice> {
    let mut found = Vec::new();
    for output in out {
        if let Output::Notice(notice) = output {
            found.push(&**notice);
        }
    }
    found
}

pub(crate) fn actions(out: &[Output]) -> Vec<(&str, u64, Action)> {
    notices(out).into_iter().map(|notice| (notice.target.as_str(), notice.sequence, notice.action)).collect()
}

pub(crate) fn matcher(text: &str) -> Matcher {
    text.parse().unwrap()
}
