//! Which alerts become one incident.

use watchkeeper_watch::engine::{ChangeEvent, Config, Input};
use watchkeeper_watch::incident::{Event, Status};
use watchkeeper_watch::suppress::Reason;
use watchkeeper_watch::suppress::lineage::{Edge, Node};
use watchkeeper_watch::time::HOUR;
use watchkeeper_watch::{Action, Evaluation, Outcome, Rank, Severity};

use crate::support::{actions, at, config, engine, evaluation, feed, labels, notices};

fn fed() -> Config {
    let edge = |from: &str, to: &str| Edge { from: Node::Source(from.into()), to: Node::Model(to.into()) };
    let edges = vec![edge("orders", "credit"), edge("orders", "fraud"), edge("clicks", "churn")];
    Config { lineage: edges.into(), ..config(&["late", "drift", "loss"]) }
}

fn late(hour: i64) -> Evaluation {
    Evaluation { rank: Rank::Source, ..evaluation("late", &[("source", "orders")], hour) }
}

fn drift(model: &str, column: &str, hour: i64) -> Evaluation {
    evaluation("drift", &[("model", model), ("environment", "prod"), ("column", column)], hour)
}

fn loss(model: &str, hour: i64) -> Evaluation {
    Evaluation { rank: Rank::Performance, ..evaluation("loss", &[("model", model), ("environment", "prod")], hour) }
}

fn clear(one: Evaluation) -> Evaluation {
    Evaluation { outcome: Outcome::Clear, ..one }
}

#[test]
fn a_source_speaks_for_all_that_it_feeds() {
    let mut engine = engine(fed());
    assert_eq!(actions(&feed(&mut engine, vec![late(1)])), [("chat", 1, Action::Trigger)]);
    let out = feed(&mut engine, vec![drift("credit", "age", 2), drift("fraud", "pay", 2), loss("credit", 3)]);
    assert!(actions(&out).is_empty());
    assert!(actions(&engine.tick(at(8, 0))).is_empty(), "nothing new to tell but what follows from it");
    assert_eq!(engine.incidents().count(), 1);
    assert_eq!(engine.counts().get(&Reason::Absorbed), Some(&3));
    let incident = engine.incidents().next().unwrap();
    assert_eq!(incident.members.len(), 4);
    assert!(incident.title().starts_with("orders: late is beyond its limit"));
    // Another source, another incident.
    assert_eq!(actions(&feed(&mut engine, vec![drift("churn", "age", 8)])), [("chat", 1, Action::Trigger)]);
}

#[test]
fn effects_that_were_seen_first_become_one_incident_with_their_cause() {
    let mut engine = engine(fed());
    let out = feed(&mut engine, vec![drift("credit", "age", 2), drift("fraud", "pay", 2)]);
    assert_eq!(actions(&out).len(), 2, "two models, nothing that joins them yet");
    let mut cause = late(2);
    cause.known_at = at(3, 0);
    let out = feed(&mut engine, vec![cause]);
    let resolved: Vec<_> = notices(&out).into_iter().filter(|notice| notice.action == Action::Resolve).collect();
    assert_eq!(resolved.len(), 1);
    assert!(resolved[0].summary.starts_with("Found to be a part of incident inc-"));
    let open: Vec<_> = engine.incidents().filter(|incident| incident.is_open()).collect();
    assert_eq!((open.len(), open[0].members.len()), (1, 3));
    assert!(open[0].timeline.iter().any(|entry| matches!(entry.event, Event::Merged { .. })));
    let merged = engine.incidents().find(|incident| !incident.is_open()).unwrap();
    assert_eq!(merged.status, Status::Merged { into: open[0].id.clone() });
    assert_eq!(open[0].root, late(2).fingerprint());
}

#[test]
fn a_worse_effect_is_told_and_survivors_after_a_window() {
    let mut engine = engine(fed());
    feed(&mut engine, vec![late(1)]);
    feed(&mut engine, vec![drift("credit", "age", 2)]);
    let page = Evaluation { severity: Severity::Page, ..loss("credit", 3) };
    let out = feed(&mut engine, vec![page]);
    assert_eq!(actions(&out), [("chat", 2, Action::Update)], "what is worse is told, always");
    assert_eq!(notices(&out)[0].severity, Severity::Page);
    // The source is well again; the drift has one window to go, then it is told.
    let out = feed(&mut engine, vec![clear(late(4))]);
    assert!(actions(&out).is_empty(), "{:?}", actions(&out));
    let out = engine.tick(at(5, 0));
    assert_eq!(actions(&out), [("chat", 3, Action::Update)]);
    feed(&mut engine, vec![clear(drift("credit", "age", 6))]);
    let out = feed(&mut engine, vec![clear(loss("credit", 6))]);
    assert_eq!(actions(&out), [("chat", 4, Action::Resolve)]);
}

#[test]
fn effects_that_end_with_their_cause_are_never_told() {
    let mut engine = engine(fed());
    feed(&mut engine, vec![late(1)]);
    feed(&mut engine, vec![drift("credit", "age", 2)]);
    assert!(actions(&feed(&mut engine, vec![clear(late(4))])).is_empty());
    assert_eq!(engine.counts().get(&Reason::Grace), Some(&1));
    let half = Evaluation { known_at: at(4, 30), ..clear(drift("credit", "age", 4)) };
    assert_eq!(actions(&feed(&mut engine, vec![half])), [("chat", 2, Action::Resolve)]);
}

#[test]
fn days_apart_it_is_another_incident() {
    let mut engine = engine(fed());
    feed(&mut engine, vec![drift("credit", "age", 1)]);
    feed(&mut engine, vec![drift("credit", "pay", 30)]);
    assert_eq!(engine.incidents().count(), 2);
    feed(&mut engine, vec![drift("credit", "job", 34)]);
    assert_eq!(engine.incidents().count(), 2);
    let other = evaluation("drift", &[("model", "credit"), ("environment", "test"), ("column", "pay")], 30);
    feed(&mut engine, vec![other]);
    assert_eq!(engine.incidents().count(), 3, "another environment");
}

#[test]
fn one_change_behind_two_models() {
    let mut engine = engine(fed());
    let deployed = ChangeEvent {
        id: "deploy-7".into(),
        at: at(1, 0),
        kind: "deployment".into(),
        labels: labels(&[("source", "orders")]),
        summary: "orders pipeline 7 rolled out".into(),
    };
    engine.apply(vec![Input::Change(deployed.clone())], at(1, 0));
    let out = feed(&mut engine, vec![drift("credit", "age", 2)]);
    assert_eq!(notices(&out)[0].suspects, ["deployment at 2026-01-05T01:00:00Z: orders pipeline 7 rolled out"]);
    feed(&mut engine, vec![drift("fraud", "pay", 3)]);
    assert_eq!(engine.incidents().count(), 1);
    feed(&mut engine, vec![drift("churn", "pay", 3)]);
    assert_eq!(engine.incidents().count(), 2, "the change was not upstream of it");
    // A change that becomes known later is added.
    let mut other = deployed;
    other.id = "schema-2".into();
    other.labels = labels(&[("model", "churn")]);
    other.at = at(2, 0);
    let out = engine.apply(vec![Input::Change(other)], at(4, 0));
    assert_eq!(out.len(), 1);
    assert!(engine.incidents().any(|incident| incident.changes.contains("schema-2")));
}

#[test]
fn suspects_of_others_come_first() {
    let mut engine = engine(fed());
    let out = feed(&mut engine, vec![drift("credit", "age", 1)]);
    let incident = notices(&out)[0].incident.clone();
    let found = Input::Explained {
        incident,
        suspects: vec!["age: unit changed, times 100 (strong)".into()],
        runbook: Some("Multiply by 0.01.".into()),
    };
    engine.apply(vec![found], at(1, 1));
    let out = feed(&mut engine, vec![clear(drift("credit", "age", 2))]);
    assert_eq!(notices(&out)[0].suspects, ["age: unit changed, times 100 (strong)"]);
    assert_eq!(notices(&out)[0].runbook, "Multiply by 0.01.");
}

#[test]
fn recovery_is_when_all_are_clear() {
    let mut config = fed();
    for rule in &mut config.rules {
        rule.settings.keep_firing = 3;
    }
    let mut engine = engine(config);
    feed(&mut engine, vec![drift("credit", "age", 1), drift("credit", "pay", 1)]);
    let mut hours = Vec::new();
    for (hour, (age, pay)) in [("c", "b"), ("c", "c"), ("c", "c"), ("c", "c")].into_iter().enumerate() {
        let hour = i64::try_from(hour).unwrap() + 2;
        let of = |column: &str, letter: &str| Evaluation {
            outcome: crate::support::outcome(letter.chars().next().unwrap()),
            ..drift("credit", column, hour)
        };
        feed(&mut engine, vec![of("age", age), of("pay", pay)]);
        hours.push(engine.incidents().next().unwrap().stamps.recovered.map(|at| (at - crate::support::START) / HOUR));
    }
    assert_eq!(hours, [None, Some(3), Some(3), Some(3)]);
    let stamps = engine.incidents().next().unwrap().stamps;
    assert_eq!(stamps.resolved, Some(at(5, 0)));
}

#[test]
fn a_cause_that_nobody_hears_of_speaks_for_nothing() {
    let mut config = fed();
    config.routes[0].matchers = vec![crate::support::matcher("model =~ .+")];
    let mut engine = engine(config);
    assert!(actions(&feed(&mut engine, vec![late(1)])).is_empty());
    assert_eq!(actions(&feed(&mut engine, vec![drift("credit", "age", 2)])), [("chat", 1, Action::Trigger)]);
}
