//! Who is told what, when, and what keeps it from being told.

use watchkeeper_watch::alert::AlertSettings;
use watchkeeper_watch::engine::{Command, Config, Engine, Input, Output, Route};
use watchkeeper_watch::suppress::Reason;
use watchkeeper_watch::suppress::budget::AlertBudget;
use watchkeeper_watch::suppress::inhibit::Inhibition;
use watchkeeper_watch::suppress::maintenance::{Effect, Maintenance, When};
use watchkeeper_watch::suppress::silence::Silence;
use watchkeeper_watch::time::{DAY, HOUR, MINUTE};
use watchkeeper_watch::{Action, Evaluation, Outcome, Severity};

use crate::support::{
    START, actions, at, config, engine, evaluation, feed, immediate, labels, matcher, notices, outcome, rule,
};

const CREDIT: &[(&str, &str)] = &[("model", "credit"), ("environment", "prod"), ("column", "age")];

fn clear(one: Evaluation) -> Evaluation {
    Evaluation { outcome: Outcome::Clear, ..one }
}

fn count(engine: &Engine, reason: Reason) -> u64 {
    engine.counts().get(&reason).copied().unwrap_or(0)
}

fn silence(from: i64, to: i64) -> Silence {
    Silence {
        name: "quiet".into(),
        matchers: vec![matcher("model = credit")],
        author: "ann".into(),
        reason: "known".into(),
        starts_at: from,
        ends_at: to,
    }
}

fn command(by: &str, command: Command) -> Vec<Input> {
    vec![Input::Command { by: by.into(), command }]
}

#[test]
fn from_the_first_breach_to_the_end() {
    let mut config = config(&["drift"]);
    config.routes[0].group_wait = 2 * MINUTE;
    config.incident_url = Some("https://watch.example/incidents/".into());
    config.rules[0].runbook = Some("Look at the *source*.".into());
    let mut engine = engine(config);
    assert!(notices(&feed(&mut engine, vec![evaluation("drift", CREDIT, 1)])).is_empty());
    assert!(actions(&engine.tick(at(1, 1))).is_empty());
    let out = engine.tick(at(1, 2));
    let sent = notices(&out);
    assert_eq!(sent.len(), 1);
    let notice = sent[0];
    assert_eq!((notice.sequence, notice.action, notice.severity), (1, Action::Trigger, Severity::Ticket));
    assert_eq!(notice.title, "credit: drift is beyond its limit");
    assert_eq!(notice.summary, "Since about 2026-01-05T00:00:00Z.\ndrift is beyond its limit");
    assert_eq!((notice.started_at, notice.at, notice.resolved_at), (START, at(1, 2), None));
    assert_eq!((notice.alerts.len(), notice.alerts_total), (1, 1));
    assert_eq!(notice.alerts[0].starts_at, at(1, 0));
    assert_eq!(notice.labels.get("rule").map(String::as_str), Some("drift"));
    assert_eq!(notice.labels.get("tenant").map(String::as_str), Some("acme"));
    assert_eq!(notice.runbook, "Look at the *source*.");
    assert_eq!(notice.url.as_deref(), Some(format!("https://watch.example/incidents/{}", notice.incident).as_str()));
    assert!(notice.incident.is_ascii() && notice.incident.len() <= 64 && notice.key.len() == 32);
    let incident = notice.incident.clone();
    // The same breach again is no news; a day later it is time to say so.
    assert!(actions(&feed(&mut engine, vec![evaluation("drift", CREDIT, 2)])).is_empty());
    assert_eq!(count(&engine, Reason::Duplicate), 1);
    assert!(actions(&engine.tick(at(25, 1))).is_empty());
    assert_eq!(actions(&engine.tick(at(25, 2))), [("chat", 2, Action::Update)]);
    let out = feed(&mut engine, vec![clear(evaluation("drift", CREDIT, 26))]);
    assert_eq!(actions(&out), [("chat", 3, Action::Resolve)]);
    let last = notices(&out)[0];
    assert_eq!((last.incident.as_str(), last.resolved_at), (incident.as_str(), Some(at(26, 0))));
    assert_eq!(last.summary, "Over after 1 d 1 h.\ndrift is beyond its limit");
    assert_eq!(last.alerts[0].ends_at, Some(at(26, 0)));
    assert!(actions(&engine.tick(at(100, 0))).is_empty());
    // After a week it is forgotten, and its last state is given out.
    let out = engine.tick(at(26, 0) + 7 * DAY);
    assert!(matches!(&out[..], [Output::Closed(closed)] if closed.id == incident));
    assert!(engine.incident(&incident).is_none());
}

#[test]
fn what_ends_before_it_is_told_is_not_told() {
    let mut config = config(&["drift"]);
    config.routes[0].group_wait = 2 * HOUR;
    let mut engine = engine(config);
    feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    assert!(actions(&feed(&mut engine, vec![clear(evaluation("drift", CREDIT, 2))])).is_empty());
    assert_eq!(count(&engine, Reason::GroupWait), 1);
}

#[test]
fn further_alerts_of_an_incident_wait_for_each_other() {
    let mut engine = engine(config(&["drift", "share"]));
    feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    let more = |name: &str, column: &str| Evaluation {
        known_at: at(1, 1),
        ..evaluation(name, &[("model", "credit"), ("environment", "prod"), ("column", column)], 1)
    };
    assert!(actions(&feed(&mut engine, vec![more("share", "age"), more("share", "pay")])).is_empty());
    assert!(actions(&engine.tick(at(1, 4))).is_empty());
    let out = engine.tick(at(1, 5));
    assert_eq!(actions(&out), [("chat", 2, Action::Update)]);
    assert_eq!(notices(&out)[0].alerts_total, 3);
    assert!(notices(&out)[0].title.ends_with("(and 2 more)"));
    assert_eq!(count(&engine, Reason::Grouped), 1);
    assert_eq!(engine.incidents().count(), 1);
}

#[test]
fn a_worse_alert_is_told_at_once() {
    let mut engine = engine(config(&["drift", "share"]));
    feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    let page = Evaluation { severity: Severity::Page, known_at: at(1, 1), ..evaluation("share", CREDIT, 1) };
    let out = feed(&mut engine, vec![page]);
    assert_eq!(actions(&out), [("chat", 2, Action::Update)]);
    assert_eq!(notices(&out)[0].severity, Severity::Page);
    // Pages repeat after four hours.
    assert!(actions(&engine.tick(at(5, 0))).is_empty());
    assert_eq!(actions(&engine.tick(at(5, 1))), [("chat", 3, Action::Update)]);
}

#[test]
fn who_takes_it_ends_the_repeats() {
    let mut engine = engine(config(&["drift"]));
    let out = feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    let incident = notices(&out)[0].incident.clone();
    let delivered = Input::Delivered { incident: incident.clone(), target: "chat".into(), sequence: 1 };
    engine.apply(vec![delivered], at(1, 1));
    let take = Command::Acknowledge { incident: incident.clone(), until: Some(at(60, 0)) };
    let out = engine.apply(command("ann", take), at(2, 0));
    assert_eq!(actions(&out), [("chat", 2, Action::Acknowledge)]);
    assert!(notices(&out)[0].summary.starts_with("Taken by ann."));
    assert!(actions(&engine.tick(at(59, 0))).is_empty());
    assert_eq!(actions(&engine.tick(at(60, 0))), [("chat", 3, Action::Update)]);
    for text in [
        Command::Comment { incident: incident.clone(), text: "the feed is late".into() },
        Command::Assign { incident: incident.clone(), to: "bob".into() },
        Command::Mitigate { incident: incident.clone(), text: "rolled back".into() },
        Command::Review { incident: incident.clone(), verdict: "useful".into() },
    ] {
        assert!(actions(&engine.apply(command("ann", text), at(61, 0))).is_empty());
    }
    feed(&mut engine, vec![clear(evaluation("drift", CREDIT, 62))]);
    let incident = engine.incident(&incident).unwrap();
    assert_eq!(incident.assignee.as_deref(), Some("bob"));
    let stamps = incident.stamps;
    assert_eq!((stamps.onset, stamps.first_breach, stamps.fired), (Some(at(0, 0)), Some(at(1, 0)), Some(at(1, 0))));
    assert_eq!((stamps.notified, stamps.delivered, stamps.acked), (Some(at(1, 0)), Some(at(1, 1)), Some(at(2, 0))));
    assert_eq!(
        (stamps.mitigated, stamps.recovered, stamps.resolved),
        (Some(at(61, 0)), Some(at(62, 0)), Some(at(62, 0)))
    );
    let durations = stamps.durations();
    assert_eq!((durations.detect, durations.acknowledge), (Some(HOUR + MINUTE), Some(59 * MINUTE)));
    assert_eq!(
        (durations.mitigate, durations.recover, durations.open),
        (Some(59 * HOUR), Some(62 * HOUR), Some(61 * HOUR))
    );
    // Entries are only added, in the order of what happened.
    let kinds: Vec<String> = incident
        .timeline
        .iter()
        .map(|entry| serde_json::to_value(&entry.event).unwrap()["what"].as_str().unwrap().to_owned())
        .collect();
    let expected = "onset breach fired notified delivered acknowledged notified notified comment assigned mitigated \
                    reviewed recovered ended resolved notified";
    assert_eq!(kinds.join(" "), expected);
}

#[test]
fn a_command_about_nothing_is_refused() {
    let mut engine = engine(config(&[]));
    let out = engine.apply(command("ann", Command::Comment { incident: "inc-0".into(), text: "?".into() }), at(1, 0));
    assert!(matches!(&out[..], [Output::Refused(why)] if why.starts_with("unknown incident `inc-0`")));
    let long = Command::Silence(silence(at(0, 0), at(0, 0) + 31 * DAY));
    let out = engine.apply(command("ann", long), at(1, 0));
    assert!(matches!(&out[..], [Output::Refused(why)] if why.contains("at most 30 days later")), "{out:?}");
}

#[test]
fn silences_hold_and_let_go_and_ends_pass() {
    let mut engine = engine(config(&["drift"]));
    engine.apply(command("ann", Command::Silence(silence(at(0, 0), at(3, 0)))), at(0, 0));
    let out = feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    assert!(actions(&out).is_empty());
    assert!(out.iter().any(|output| matches!(output, Output::Held { reason: Reason::Silence, .. })));
    assert_eq!(count(&engine, Reason::Silence), 1);
    assert!(actions(&engine.tick(at(2, 59))).is_empty());
    assert_eq!(actions(&engine.tick(at(3, 0))), [("chat", 1, Action::Trigger)]);
    // Silent again: the end is told all the same.
    engine.apply(command("ann", Command::Silence(silence(at(3, 0), at(9, 0)))), at(3, 1));
    let out = feed(&mut engine, vec![clear(evaluation("drift", CREDIT, 4))]);
    assert_eq!(actions(&out), [("chat", 2, Action::Resolve)]);
    engine.apply(command("ann", Command::Unsilence { name: "quiet".into() }), at(5, 0));
    assert_eq!(actions(&feed(&mut engine, vec![evaluation("drift", CREDIT, 6)])), [("chat", 1, Action::Trigger)]);
}

#[test]
fn maintenance_holds_and_ends_pass() {
    let window = Maintenance {
        name: "move".into(),
        matchers: vec![matcher("environment = prod")],
        when: When::Once { from: at(0, 0), to: at(2, 0) },
        effect: Effect::Suppress,
        reason: "new cluster".into(),
    };
    let mut engine = engine(Config { maintenance: vec![window], ..config(&["drift"]) });
    assert!(actions(&feed(&mut engine, vec![evaluation("drift", CREDIT, 1)])).is_empty());
    assert_eq!(count(&engine, Reason::Maintenance), 1);
    assert_eq!(actions(&engine.tick(at(2, 0))), [("chat", 1, Action::Trigger)]);
}

#[test]
fn the_first_reason_of_the_pipeline_counts() {
    let inhibition = Inhibition {
        name: "share-first".into(),
        source: vec![matcher("rule = share")],
        target: vec![matcher("rule = drift")],
        equal: vec!["model".into()],
    };
    let config = Config {
        inhibitions: vec![inhibition],
        silences: vec![silence(at(0, 0), at(9, 0))],
        ..config(&["drift", "share"])
    };
    let mut engine = engine(config);
    feed(&mut engine, vec![evaluation("drift", CREDIT, 1), evaluation("share", CREDIT, 1)]);
    assert_eq!((count(&engine, Reason::Inhibited), count(&engine, Reason::Silence)), (1, 1));
}

#[test]
fn routes_in_order_until_one_does_not_go_on() {
    let to = |name: &str, continues| Route {
        continues,
        group_wait: 0,
        matchers: vec![matcher("model = credit")],
        ..Route::new(name, vec![name.to_owned()])
    };
    let mut other = to("other", false);
    other.matchers = vec![matcher("model = fraud")];
    let routes = vec![other, to("first", true), to("second", false), to("third", false)];
    let mut engine = engine(Config { routes, ..config(&["drift"]) });
    let out = feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    assert_eq!(actions(&out), [("first", 1, Action::Trigger), ("second", 1, Action::Trigger)]);
    let keys: Vec<&str> = notices(&out).iter().map(|notice| notice.key.as_str()).collect();
    assert_ne!(keys[0], keys[1]);
    feed(&mut engine, vec![evaluation("drift", &[("model", "churn")], 1)]);
    assert_eq!(count(&engine, Reason::Unrouted), 1);
}

#[test]
fn information_is_for_those_who_ask() {
    let mut engine = engine(config(&["drift"]));
    let info = Evaluation { severity: Severity::Info, ..evaluation("drift", CREDIT, 1) };
    assert!(actions(&feed(&mut engine, vec![info])).is_empty());
    assert_eq!((count(&engine, Reason::Info), engine.incidents().count()), (1, 1));
}

#[test]
fn tickets_beyond_the_budget_go_into_a_digest() {
    let mut config = config(&["drift"]);
    config.routes[0].budget = Some(AlertBudget { pages: 1, tickets: 3 });
    let mut engine = engine(config);
    let mut sent = Vec::new();
    for hour in 1..=6 {
        let model = format!("model-{hour}");
        sent.extend(feed(&mut engine, vec![evaluation("drift", &[("model", &model)], hour)]));
    }
    let told = notices(&sent);
    let triggers: Vec<&str> = told.iter().filter(|n| n.action == Action::Trigger).map(|n| n.title.as_str()).collect();
    assert_eq!(triggers.len(), 4, "three tickets, and that the budget is spent: {triggers:?}");
    assert!(triggers[3].contains("route `all` told 0 pages and 3 tickets in 7 days"), "{}", triggers[3]);
    assert!(triggers[3].contains("tune the rules `drift` (3)"));
    assert_eq!(count(&engine, Reason::Budget), 3);
    // A page passes, always.
    let page = Evaluation { severity: Severity::Page, ..evaluation("drift", &[("model", "vital")], 7) };
    assert_eq!(actions(&feed(&mut engine, vec![page])), [("chat", 1, Action::Trigger)]);
    // A day later the digest is told again, with all that was held.
    let out = engine.tick(at(4 + 24, 0));
    let digest = notices(&out).into_iter().find(|notice| notice.title.contains("route `all`")).unwrap();
    assert!(digest.title.contains("3 incidents were held back"), "{}", digest.title);
    // A week later there is room again for what still goes on.
    let out = engine.tick(at(4, 0) + 7 * DAY);
    assert_eq!(notices(&out).iter().filter(|notice| notice.action == Action::Trigger).count(), 3);
}

#[test]
fn pages_of_the_first_tier_cost_nothing() {
    let mut config = config(&["drift"]);
    config.routes[0].budget = Some(AlertBudget { pages: 1, tickets: 3 });
    let mut engine = engine(config);
    for hour in 1..=4 {
        let model = format!("model-{hour}");
        let page =
            Evaluation { severity: Severity::Page, ..evaluation("drift", &[("model", &model), ("tier", "1")], hour) };
        assert_eq!(actions(&feed(&mut engine, vec![page])), [("chat", 1, Action::Trigger)]);
    }
}

#[test]
fn silent_series_and_broken_rules_have_alerts_of_their_own() {
    let mut config = config(&["drift"]);
    config.rules[0].settings = AlertSettings { no_data_after: Some(3 * HOUR), ..AlertSettings::default() };
    let operators = Route {
        group_wait: 0,
        matchers: vec![matcher("measure = watch_evaluation_error")],
        ..Route::new("operators", vec!["ops".into()])
    };
    config.routes.insert(0, operators);
    let mut engine = engine(config);
    let windows = |letter: char, hour: i64| -> Vec<Evaluation> {
        let of = |column: &str| Evaluation {
            outcome: outcome(letter),
            ..evaluation("drift", &[("model", "credit"), ("column", column)], hour)
        };
        vec![of("age"), of("pay")]
    };
    feed(&mut engine, windows('c', 1));
    let out = engine.tick(at(4, 0));
    assert_eq!(actions(&out), [("chat", 1, Action::Trigger)], "one alert for both columns");
    assert_eq!(notices(&out)[0].title, "credit: rule `drift` has had no data that it can judge for too long");
    assert_eq!(actions(&feed(&mut engine, windows('c', 5))), [("chat", 2, Action::Resolve)]);
    for hour in 6..8 {
        assert!(actions(&feed(&mut engine, windows('e', hour))).is_empty());
    }
    let out = feed(&mut engine, windows('e', 8));
    assert_eq!(actions(&out), [("ops", 1, Action::Trigger)], "never a user's pager");
    assert_eq!(notices(&out)[0].severity, Severity::Ticket);
    // The rule works again, but has had nothing to judge for four hours.
    let out = feed(&mut engine, windows('u', 9));
    assert_eq!(actions(&out), [("ops", 2, Action::Resolve), ("chat", 1, Action::Trigger)]);
}

#[test]
fn a_rule_or_a_series_that_goes_ends_its_alerts() {
    let mut engine = engine(config(&["drift", "share"]));
    feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    feed(&mut engine, vec![evaluation("share", &[("model", "fraud")], 1)]);
    let out = engine.apply(vec![Input::Config(Box::new(config(&["share"])))], at(2, 0));
    assert_eq!(actions(&out), [("chat", 2, Action::Resolve)]);
    assert_eq!(engine.alerts().count(), 1);
    let narrowed = Input::Series { rule: rule("share"), series: Vec::new() };
    assert_eq!(actions(&engine.apply(vec![narrowed], at(3, 0))), [("chat", 2, Action::Resolve)]);
    // A changed rule with the same series carries on.
    let mut engine = crate::support::engine(config(&["drift"]));
    feed(&mut engine, vec![evaluation("drift", CREDIT, 1)]);
    let mut changed = config(&["drift"]);
    changed.rules = vec![immediate("drift")];
    engine.apply(vec![Input::Config(Box::new(changed))], at(1, 30));
    let next = Evaluation { revision: 2, ..evaluation("drift", CREDIT, 2) };
    assert!(actions(&feed(&mut engine, vec![next])).is_empty());
    assert_eq!(engine.incidents().filter(|incident| incident.is_open()).count(), 1);
}

#[test]
fn time_does_not_go_back() {
    let mut engine = engine(config(&["drift"]));
    feed(&mut engine, vec![evaluation("drift", CREDIT, 5)]);
    let out = engine.apply(vec![Input::Evaluation(Box::new(evaluation("drift", &labels_of("fraud"), 4)))], at(4, 0));
    assert_eq!(notices(&out)[0].at, at(5, 0));
    assert_eq!(engine.tenant(), "acme");
    assert_eq!(labels(&[("a", "b")]).len(), 1);
}

fn labels_of(model: &str) -> [(&str, &str); 1] {
    [("model", model)]
}
