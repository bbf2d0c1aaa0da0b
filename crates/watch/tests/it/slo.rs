//! Budgets from outside.

use proptest::prelude::*;
use watchkeeper_watch::slo::burn::{BURN_RATE, evaluate, evaluate_budget};
use watchkeeper_watch::slo::composite::{Component, all_good, any_bad, weighted, worst};
use watchkeeper_watch::slo::{
    Budget, Clock, Counts, Family, Ledger, Method, Objective, Period, Policy, REVISIONS_MAX, State, Unit, UnknownAs,
};
use watchkeeper_watch::time::{DAY, HOUR, MINUTE};
use watchkeeper_watch::{Outcome, Rank, Rule, RuleKind, Severity};

use crate::support::{START, labels};

const NONE: &dyn Fn(i64, i64) -> bool = &|_, _| false;

fn objective(target: f64, family: Family, step: i64) -> Objective {
    let length = 28 * DAY;
    Objective {
        rule: Rule { kind: RuleKind::Slo, name: "availability".into() },
        revision: 1,
        labels: labels(&[("model", "credit")]),
        target,
        method: Method::Occurrences,
        unknown: UnknownAs::Exclude,
        period: Period::Rolling { length },
        policy: Policy::of(family, length, 1.0 - target, step),
        clock: Clock::Event,
        rank: Rank::Source,
    }
}

fn counts(good: u64, bad: u64) -> Counts {
    Counts { good, bad, unknown: 0 }
}

/// Five-minute slices of `events` each, with `bad` bad ones from slice `from` on.
fn stream(slices: i64, events: u64, bad: u64, from: i64) -> Ledger {
    let mut ledger = Ledger::new(5 * MINUTE);
    for index in 0..slices {
        let bad = if index >= from { bad } else { 0 };
        let start = START + index * 5 * MINUTE;
        ledger.record(start, start + 5 * MINUTE, counts(events - bad, bad));
    }
    ledger
}

#[test]
fn fast_burning_pages_and_slow_burning_is_a_ticket() {
    let objective = objective(0.99, Family::Stream, 5 * MINUTE);
    let at = |slice: i64| START + slice * 5 * MINUTE;
    // A day of good, then a fifth bad: 20 times the allowed rate.
    let ledger = stream(400, 100, 20, 288);
    let quiet = evaluate(&objective, &ledger, at(288), at(288), NONE);
    assert_eq!((quiet.outcome, quiet.value), (Outcome::Clear, Some(0.0)));
    let soon = evaluate(&objective, &ledger, at(289), at(289), NONE);
    assert_ne!(soon.outcome, Outcome::Breach, "one slice of twelve: 1.7 times over the hour");
    let page =
        (289..310).find(|slice| evaluate(&objective, &ledger, at(*slice), at(*slice), NONE).severity == Severity::Page);
    // 13.44 of 20: nine slices of twelve give 15.
    assert_eq!(page, Some(288 + 9));
    let fired = evaluate(&objective, &ledger, at(300), at(300), NONE);
    assert_eq!(fired.outcome, Outcome::Breach);
    assert_eq!(fired.onset, Some(at(288)));
    assert_eq!(fired.labels["measure"], BURN_RATE);
    assert_eq!(
        fired.sentence,
        "`availability` uses up its error budget 20 times as fast as allowed over 1 h (limit 13.4): 240 of 1200 bad, \
         target 99 %"
    );
    // 3 % bad: beyond 2.8 over a day, never beyond 5.6.
    let slow = stream(700, 100, 3, 0);
    let ticket = evaluate(&objective, &slow, at(600), at(600), NONE);
    assert_eq!((ticket.outcome, ticket.severity), (Outcome::Breach, Severity::Ticket));
}

#[test]
fn it_is_clear_as_soon_as_the_short_windows_are() {
    let objective = objective(0.99, Family::Stream, 5 * MINUTE);
    let mut ledger = stream(300, 100, 20, 288);
    for index in 300..400 {
        let start = START + index * 5 * MINUTE;
        ledger.record(start, start + 5 * MINUTE, counts(100, 0));
    }
    let outcome = |slice: i64| {
        let at = START + slice * 5 * MINUTE;
        evaluate(&objective, &ledger, at, at, NONE)
    };
    assert_eq!(outcome(300).severity, Severity::Page);
    assert_ne!(outcome(310).severity, Severity::Page, "the page ends with its short window");
    assert_eq!(outcome(400).outcome, Outcome::Clear);
}

#[test]
fn few_events_mean_nothing() {
    let objective = objective(0.99, Family::Stream, 5 * MINUTE);
    // Ten predictions an hour, one of them bad in the last hour: ten times the allowed rate, and chance.
    let mut ledger = Ledger::new(HOUR);
    for hour in 0..48 {
        let bad = u64::from(hour == 47);
        ledger.record(START + hour * HOUR, START + (hour + 1) * HOUR, counts(10 - bad, bad));
    }
    let at = START + 48 * HOUR;
    assert_ne!(evaluate(&objective, &ledger, at, at, NONE).outcome, Outcome::Breach);
    let empty = Ledger::new(HOUR);
    let unknown = evaluate(&objective, &empty, at, at, NONE);
    assert_eq!(unknown.outcome, Outcome::Unknown("no events in 1 h".into()));
}

#[test]
fn days_and_cohorts_count_slices() {
    let mut daily = objective(0.9, Family::Daily, DAY);
    daily.method = Method::Timeslices(0.95);
    let mut ledger = Ledger::new(DAY);
    let bad_days = [10, 12, 13, 14, 20];
    for day in 0..30 {
        let bad = if bad_days.contains(&day) { 50 } else { 1 };
        ledger.record(START + day * DAY, START + (day + 1) * DAY, counts(1_000 - bad, bad));
    }
    let on = |day: i64| {
        let at = START + day * DAY;
        let one = evaluate(&daily, &ledger, at, at, NONE);
        (one.outcome, one.severity)
    };
    // 50 of 1,000 is 95 %: still good.
    assert_eq!(on(15).0, Outcome::Clear);
    for day in bad_days {
        ledger.record(START + day * DAY, START + (day + 1) * DAY + 1, counts(900, 100));
    }
    let on = |day: i64| {
        let at = START + day * DAY;
        let one = evaluate(&daily, &ledger, at, at + HOUR, NONE);
        (one.outcome, one.severity)
    };
    assert_eq!(on(11), (Outcome::Near, Severity::Ticket));
    assert_eq!(on(13), (Outcome::Breach, Severity::Ticket));
    assert_eq!(on(15), (Outcome::Breach, Severity::Page), "four of seven");
    assert_eq!(on(21).0, Outcome::Near);
    assert_eq!(on(22).0, Outcome::Clear);
    let mut cohort = daily.clone();
    cohort.policy = Policy::of(Family::Cohort, 28 * DAY, 0.1, DAY);
    let at = START + 13 * DAY;
    let one = evaluate(&cohort, &ledger, at, at + HOUR, NONE);
    assert_eq!((one.outcome, one.severity), (Outcome::Breach, Severity::Ticket));
    assert_eq!(evaluate(&cohort, &ledger, at + DAY, at + DAY + HOUR, NONE).severity, Severity::Page);
}

#[test]
fn the_budget_as_it_was_known() {
    let objective = objective(0.99, Family::Stream, HOUR);
    let mut ledger = Ledger::new(DAY);
    for day in 0..28 {
        ledger.record(START + day * DAY, START + (day + 1) * DAY, counts(995, 5));
    }
    let at = START + 28 * DAY;
    let of = |ledger: &Ledger, known_at| Budget::of(&objective, ledger, at, known_at, NONE).unwrap().unwrap();
    let first = of(&ledger, at);
    assert_eq!((first.state, first.partial), (State::Met, false));
    assert!((first.consumed.unwrap() - 0.5).abs() < 1e-9 && (first.sli.unwrap() - 0.995).abs() < 1e-12);
    assert!((first.burn.unwrap() - 0.5).abs() < 1e-9);
    assert_eq!(first.exhausted_at, None, "at half the allowed rate it never is");
    // A week later a day turns out to have been bad.
    assert!(ledger.record(START + 20 * DAY, at + 7 * DAY, counts(850, 150)));
    assert!(!ledger.record(START + 20 * DAY, at + 7 * DAY, counts(850, 150)));
    assert_eq!(of(&ledger, at), first, "what was said can be said again");
    let later = of(&ledger, at + 7 * DAY);
    assert!((later.consumed.unwrap() - (27.0 * 5.0 + 150.0) / 280.0).abs() < 1e-9);
    assert_eq!(later.state, State::Breached);
    assert_eq!(ledger.revisions(START + 20 * DAY).len(), 2);
    // Without the days of the move it stands as before.
    let moved = |from: i64, _: i64| from == START + 20 * DAY;
    let excluded = Budget::of(&objective, &ledger, at, at + 7 * DAY, &moved).unwrap().unwrap();
    assert_eq!((excluded.state, excluded.counts.valid()), (State::Met, 27_000));
}

#[test]
fn risk_coverage_and_forecast() {
    let mut objective = objective(0.99, Family::Stream, HOUR);
    objective.period = Period::Calendar {
        start: "2026-01-01T00:00:00".parse().unwrap(),
        unit: Unit::Month,
        count: 1,
        time_zone: "UTC".into(),
    };
    let january = START - 4 * DAY;
    let mut ledger = Ledger::new(DAY);
    for day in 0..10 {
        ledger.record(january + day * DAY, january + (day + 1) * DAY, counts(980, 20));
    }
    let at = january + 10 * DAY;
    let of = |ledger: &Ledger| Budget::of(&objective, ledger, at, at, NONE).unwrap().unwrap();
    let budget = of(&ledger);
    // 200 bad of an expected 31,000 · 1 % = 310.
    assert!(budget.partial && (budget.consumed.unwrap() - 200.0 / 310.0).abs() < 1e-9);
    // 110 are left at 20 a day.
    let end = budget.exhausted_at.unwrap();
    assert!((end - (at + 5 * DAY + DAY / 2)).abs() < MINUTE, "{end}");
    assert_eq!(budget.state, State::Met);
    let told = evaluate_budget(&objective, &ledger, &budget);
    assert_eq!((told.outcome, told.severity), (Outcome::Breach, Severity::Info));
    assert!(told.sentence.ends_with("and all of it by 2026-01-16T12:00:00Z"), "{}", told.sentence);
    for day in 0..10 {
        ledger.record(january + day * DAY, january + (day + 1) * DAY, counts(975, 25));
    }
    assert_eq!(of(&ledger).state, State::AtRisk);
    for day in 0..3 {
        let unknown = Counts { good: 0, bad: 0, unknown: 1_000 };
        ledger.record(january + day * DAY, at, unknown);
    }
    assert_eq!(of(&ledger).state, State::Unknown, "7 of 10 are known");
    objective.unknown = UnknownAs::Bad;
    let bad = Budget::of(&objective, &ledger, at, at, NONE).unwrap().unwrap();
    assert_eq!(bad.state, State::Breached);
    objective.unknown = UnknownAs::Good;
    let good = Budget::of(&objective, &ledger, at, at, NONE).unwrap().unwrap();
    assert_eq!(good.counts.good, 3_000 + 7 * 975);
    assert_eq!(Budget::of(&objective, &Ledger::new(DAY), at, at, NONE).unwrap().unwrap().state, State::Unknown);
}

#[test]
fn labels_that_come_late_alarm_when_they_come() {
    let mut objective = objective(0.9, Family::Stream, HOUR);
    objective.clock = Clock::Knowledge;
    let mut ledger = Ledger::new(HOUR);
    let made = |hour: i64| START + hour * HOUR;
    for hour in 0..100 {
        ledger.record(made(hour), made(hour + 1), Counts { good: 0, bad: 0, unknown: 20 });
        // Three days later the labels are there, from hour 60 on all bad.
        let labels = if hour < 60 { counts(19, 1) } else { counts(0, 20) };
        ledger.record(made(hour), made(hour + 73), labels);
    }
    let outcome = |hour: i64| evaluate(&objective, &ledger, made(hour), made(hour), NONE).outcome;
    assert_eq!(outcome(60 + 72), Outcome::Clear);
    assert_eq!(outcome(60 + 72 + 7), Outcome::Breach);
    objective.clock = Clock::Event;
    let event = evaluate(&objective, &ledger, made(100), made(100), NONE);
    assert_ne!(event.outcome, Outcome::Breach, "in the time of predictions the last hours have no labels");
}

#[test]
fn composites() {
    let sure = all_good(&[999, 995], 1_000).unwrap();
    assert_eq!((sure.least, sure.most), (994, 995));
    assert!((sure.independent - 0.994_005).abs() < 1e-12);
    assert_eq!(all_good(&[10, 20], 100).unwrap().least, 0);
    assert!(all_good(&[], 5).is_none() && all_good(&[6], 5).is_none() && all_good(&[0], 0).is_none());
    let objective = objective(0.99, Family::Stream, HOUR);
    let component = |weight, bad: u64| {
        let mut ledger = Ledger::new(28 * DAY);
        ledger.record(START, START + 28 * DAY, counts(1_000 - bad, bad));
        let at = START + 28 * DAY;
        Component { weight, budget: Budget::of(&objective, &ledger, at, at, NONE).unwrap().unwrap() }
    };
    let both = [component(3.0, 4), component(1.0, 20)];
    assert!((weighted(&both).unwrap().sli - (3.0 * 0.996 + 0.98) / 4.0).abs() < 1e-12);
    assert!((worst(&both).unwrap() + 1.0).abs() < 1e-9, "the second is used up twice");
    assert!(weighted(&[]).is_none() && worst(&[]).is_none());
    let unknown = Counts { good: 0, bad: 0, unknown: 1 };
    assert_eq!(any_bad(&[counts(1, 0), counts(0, 1), unknown]), counts(0, 1));
    assert_eq!(any_bad(&[counts(1, 0), unknown]), unknown);
    assert_eq!((any_bad(&[counts(1, 0)]), any_bad(&[])), (counts(1, 0), unknown));
}

#[test]
fn objectives_that_cannot_be() {
    let one = objective(0.99, Family::Stream, HOUR);
    let message = Objective { target: 1.0, ..one.clone() }.checked().unwrap_err().to_string();
    assert_eq!(message, "objective `availability`: target 1; expected a number above 0 and below 1");
    assert!(Objective { method: Method::Timeslices(1.5), ..one.clone() }.checked().is_err());
    assert!(one.checked().is_ok());
}

#[test]
fn ledgers_are_bounded() {
    let mut ledger = Ledger::new(HOUR);
    for at in 0..200 {
        ledger.record(START, START + at, counts(u64::try_from(at).unwrap(), 0));
    }
    let revisions = ledger.revisions(START);
    assert_eq!(revisions.len(), REVISIONS_MAX);
    assert_eq!((revisions[0].counts.good, revisions[REVISIONS_MAX - 1].counts.good), (0, 199));
    ledger.forget_before(START + 1);
    assert_eq!(ledger.first(), None);
}

fn records() -> impl Strategy<Value = Vec<(i64, i64, u64, u64)>> {
    proptest::collection::vec((0_i64..12, 0_i64..40, 0_u64..50, 0_u64..10), 1..50).prop_map(|mut records| {
        // One record a slice and time: two different ones at once would say two things.
        records.sort_unstable();
        records.dedup_by_key(|(slice, known, ..)| (*slice, *known));
        records
    })
}

proptest! {
    /// Whatever was known at a time does not depend on what became known later.
    #[test]
    fn the_past_does_not_change(records in records(), known in 0_i64..40) {
        let mut all = Ledger::new(HOUR);
        let mut then = Ledger::new(HOUR);
        let mut ordered = records;
        ordered.sort_by_key(|(_, at, ..)| *at);
        for (slice, at, good, bad) in ordered {
            all.record(slice * HOUR, at, counts(good, bad));
            if at <= known {
                then.record(slice * HOUR, at, counts(good, bad));
            }
        }
        let objective = objective(0.9, Family::Stream, HOUR);
        let end = 12 * HOUR;
        prop_assert_eq!(evaluate(&objective, &all, end, known, NONE), evaluate(&objective, &then, end, known, NONE));
        prop_assert_eq!(all.sum(&objective, (0, end), known, NONE), then.sum(&objective, (0, end), i64::MAX, NONE));
    }

    /// Saved and loaded it is the same.
    #[test]
    fn ledgers_are_saved(records in records()) {
        let mut ledger = Ledger::new(HOUR);
        for (slice, at, good, bad) in records {
            ledger.record(slice * HOUR, at, counts(good, bad));
        }
        let loaded: Ledger = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
        prop_assert_eq!(loaded, ledger);
    }
}
