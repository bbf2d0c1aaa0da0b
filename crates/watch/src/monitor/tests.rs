//! Rules over points: each detector, what it remembers, and what cannot be judged.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use watchkeeper_profile::Kind;
use watchkeeper_profile::measure::Status;
use watchkeeper_spec::{Monitor, Resource, Role};
use watchkeeper_stats::effect::Effect;
use watchkeeper_stats::random::Xoshiro256;

use super::*;
use crate::OutcomeKind;
use crate::measured::{Law, Scope, Statistic};

const HOUR: i64 = 3_600_000_000;

/// A monitor of `model: m` with these lines of `spec`.
pub(super) fn monitor(spec: &str) -> Monitor {
    let lines: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "apiVersion: watchkeeper/v1\nkind: Monitor\nmetadata: {{name: rule}}\nspec:\n  select: {{model: m}}\n{lines}"
    );
    match Resource::from_yaml_documents(text.as_bytes(), "test")
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .remove(0)
    {
        Resource::Monitor(monitor) => *monitor,
        other => panic!("{other:?}"),
    }
}

fn series(measure: &str, column: Option<&str>) -> Series {
    Series {
        scope: Scope::of_model("m"),
        column: column.map(str::to_owned),
        measure: measure.parse().unwrap(),
        window: 3600,
        baseline: "training".into(),
    }
}

fn about(series: &Series) -> About<'_> {
    About { series, role: Some(Role::Feature), thresholds: None, sequential_series: 10, is_categorical: false }
}

fn applied(monitor: &Monitor) -> Applied<'_> {
    Applied { monitor, revision: 1 }
}

fn point(hour: i64, value: f64, rows: u64) -> Point {
    Point::with((hour * HOUR, (hour + 1) * HOUR), (hour + 1) * HOUR + 1, value, rows)
}

fn psi(hour: i64, value: f64, rows: u64) -> Point {
    let s = 1.0 / rows as f64 + 1e-6;
    Point {
        law: Law::ChiSquared { of: Statistic::Psi, s, df: 9.0, floor: None },
        n_reference: 1_000_000,
        ..point(hour, value, rows)
    }
}

fn outcome(rule: &Monitor, series: &Series, history: &[Point], point: &Point) -> Evaluation {
    evaluate(applied(rule), about(series), history, point, &mut Memory::default()).unwrap()
}

#[test]
fn a_test_allows_for_chance() {
    let rule = monitor("detector: {type: test}\nwindow: {size: 1h}");
    let series = series("psi", Some("x"));
    for (value, rows, expected) in [
        (0.01, 2000, OutcomeKind::Clear),
        // Beyond the effect that matters, and within what chance gives 500 rows.
        (0.17, 500, OutcomeKind::Near),
        (0.15, 100_000, OutcomeKind::Breach),
        (0.5, 500, OutcomeKind::Breach),
        // So few that noise alone reaches the effect.
        (0.05, 50, OutcomeKind::Unknown),
        (0.05, 20, OutcomeKind::Unknown),
        (5.0, 50, OutcomeKind::Breach),
    ] {
        let found = outcome(&rule, &series, &[], &psi(0, value, rows));
        assert_eq!(found.outcome.kind(), expected, "PSI {value} of {rows} rows: {}", found.sentence);
    }
    let breach = outcome(&rule, &series, &[], &psi(0, 0.5, 5000));
    assert!(breach.p_value.unwrap() < 1e-6 && breach.limit.unwrap() > 0.1);
    assert!(breach.sentence.starts_with("x: psi 0.5 of 0.1 tolerated"), "{}", breach.sentence);
    assert_eq!((breach.rank, breach.window_end, breach.window), (Rank::FeatureDrift, HOUR, HOUR));
    // A page is about what is critical.
    let page = monitor("detector: {type: test}\nwindow: {size: 1h}\nseverity: page");
    assert_eq!(outcome(&page, &series, &[], &psi(0, 0.15, 100_000)).outcome.kind(), OutcomeKind::Clear);
    let own = monitor("detector: {type: test, effect: 0.01}\nwindow: {size: 1h}");
    assert_eq!(outcome(&own, &series, &[], &psi(0, 0.05, 100_000)).outcome.kind(), OutcomeKind::Breach);
}

#[test]
fn what_has_no_value_is_unknown() {
    let rule = monitor("detector: {type: test}\nwindow: {size: 1h}");
    let series = series("psi", Some("x"));
    for status in [Status::InsufficientData, Status::Undefined, Status::DegenerateReference, Status::NotApplicable] {
        let found = outcome(&rule, &series, &[], &Point::without((0, HOUR), HOUR, status));
        assert_eq!(found.outcome.kind(), OutcomeKind::Unknown, "{status:?}");
    }
}

#[test]
fn a_limit_is_passed_by_the_whole_interval() {
    let rule = monitor("measure: error_rate\ndetector: {type: threshold, op: gt, value: 0.05}\nwindow: {size: 1h}");
    let series = series("error_rate", None);
    let with = |value, low, high| Point { interval: Some((low, high)), ..point(0, value, 1000) };
    for (found, expected) in [
        (with(0.08, 0.06, 0.1), OutcomeKind::Breach),
        (with(0.06, 0.04, 0.08), OutcomeKind::Near),
        (with(0.045, 0.03, 0.06), OutcomeKind::Near),
        (with(0.01, 0.005, 0.02), OutcomeKind::Clear),
    ] {
        assert_eq!(outcome(&rule, &series, &[], &found).outcome.kind(), expected, "{found:?}");
    }
    let point_only = monitor(
        "measure: error_rate\ndetector: {type: threshold, op: gt, value: 0.05, decide: point}\nwindow: {size: 1h}",
    );
    assert_eq!(outcome(&point_only, &series, &[], &with(0.06, 0.04, 0.08)).outcome.kind(), OutcomeKind::Breach);
    let ratio = monitor("measure: mean\ndetector: {type: threshold, op: gt, value: 2, of: ratio}\nwindow: {size: 1h}");
    let mean = self::series("mean", Some("x"));
    assert_eq!(outcome(&ratio, &mean, &[], &point(0, 5.0, 100)).outcome.kind(), OutcomeKind::Unknown, "no reference");
    let doubled = Point { reference: Some(2.0), ..point(0, 5.0, 100) };
    assert_eq!(outcome(&ratio, &mean, &[], &doubled).outcome.kind(), OutcomeKind::Breach);
}

#[test]
fn a_band_knows_the_hour_and_learns_first() {
    let rule = monitor("measure: volume\ndetector: {type: band}\nwindow: {size: 1h}");
    let series = series("volume", None);
    let mut random = Xoshiro256::new(1);
    let mut usual = |hour: i64| {
        let level = if hour.rem_euclid(24) < 8 { 100.0 } else { 10_000.0 };
        let rows = (level * (1.0 + 0.02 * random.normal())).round();
        point(hour, rows, rows as u64)
    };
    let history: Vec<Point> = (0..6 * 168).map(&mut usual).collect();
    let night = 6 * 168 + 2;
    let few = history.get(..2).unwrap();
    let learning = evaluate(applied(&rule), about(&series), few, &point(2, 100.0, 100), &mut Memory::default());
    assert_eq!(learning, None);
    for (hour, rows, expected) in [
        (night, 101_u32, OutcomeKind::Clear),
        (night, 10_000, OutcomeKind::Breach),
        (night + 10, 10_100, OutcomeKind::Clear),
        (night + 10, 100, OutcomeKind::Breach),
        (night + 10, 0, OutcomeKind::Breach),
    ] {
        let found = outcome(&rule, &series, &history, &point(hour, f64::from(rows), rows.into()));
        assert_eq!(found.outcome.kind(), expected, "{rows} rows at hour {hour}: {}", found.sentence);
    }
}

fn bins(hour: i64, shift: f64, random: &mut Xoshiro256) -> Point {
    let mut current = vec![0u64; 10];
    for _ in 0..300 {
        let rank = watchkeeper_stats::special::normal_cdf(random.normal() + shift);
        current[((rank * 10.0) as usize).min(9)] += 1;
    }
    Point { bins: Some((vec![10_000; 10], current)), ..psi(hour, 0.02, 300) }
}

#[test]
fn evidence_adds_up_and_the_memory_is_all_of_it() {
    let rule = monitor("detector: {type: sequential}\nwindow: {size: 1h}");
    let series = series("psi", Some("x"));
    let mut random = Xoshiro256::new(3);
    let points: Vec<Point> = (0..120).map(|hour| bins(hour, if hour < 60 { 0.0 } else { 0.25 }, &mut random)).collect();
    let mut memory = Memory::default();
    let mut evaluations = Vec::new();
    for point in &points {
        // Saved and loaded between any two windows.
        memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
        let found = evaluate(applied(&rule), about(&series), &[], point, &mut memory).unwrap();
        let before = memory.clone();
        // The same window again changes nothing and says the same.
        assert_eq!(evaluate(applied(&rule), about(&series), &[], point, &mut memory).as_ref(), Some(&found));
        assert_eq!(memory, before);
        evaluations.push(found);
    }
    let first = evaluations.iter().position(|e| e.outcome.kind() == OutcomeKind::Breach).unwrap();
    assert!((60..90).contains(&first), "found in window {first}");
    let found = &evaluations[first];
    let onset = found.onset.unwrap() / HOUR;
    assert!((55..=66).contains(&onset), "estimated to begin in window {onset}");
    assert!(found.sentence.contains("values have become greater"), "{}", found.sentence);
    assert!(
        evaluations[..60]
            .iter()
            .all(|e| e.outcome.kind() == OutcomeKind::Clear || e.outcome.kind() == OutcomeKind::Near)
    );
}

#[test]
fn a_changed_rule_begins_anew() {
    let series = series("psi", Some("x"));
    let sequential = monitor("detector: {type: sequential}\nwindow: {size: 1h}");
    let adwin = monitor("measure: psi\ndetector: {type: stream, algorithm: adwin}\nwindow: {size: 1h}");
    let mut random = Xoshiro256::new(4);
    let mut memory = Memory::default();
    evaluate(applied(&sequential), about(&series), &[], &bins(0, 3.0, &mut random), &mut memory).unwrap();
    let found = evaluate(applied(&adwin), about(&series), &[], &bins(1, 3.0, &mut random), &mut memory).unwrap();
    assert_eq!(found.outcome.kind(), OutcomeKind::Clear);
    let found = evaluate(applied(&sequential), about(&series), &[], &bins(2, 0.0, &mut random), &mut memory).unwrap();
    assert_eq!(found.outcome.kind(), OutcomeKind::Clear, "{}", found.sentence);
}

#[test]
fn a_stream_detector_goes_on_after_a_restart() {
    let rule = monitor(
        "measure: mean\ndetector: {type: stream, algorithm: page_hinkley, parameters: {threshold: 5}}\nwindow: {size: 1h}",
    );
    let series = series("mean", Some("x"));
    let mut memory = Memory::default();
    let mut drifts = Vec::new();
    for hour in 0..200 {
        memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
        let value = if hour < 100 { 0.0 } else { 1.0 };
        let found = evaluate(applied(&rule), about(&series), &[], &point(hour, value, 100), &mut memory).unwrap();
        if found.outcome.kind() == OutcomeKind::Breach {
            drifts.push(hour);
        }
    }
    assert_eq!(drifts.first(), Some(&105), "{drifts:?}");
}

#[test]
fn nothing_at_all_is_absence() {
    let rule = monitor("detector: {type: absence}\nwindow: {size: 1h}");
    let volume = series("volume", None);
    assert_eq!(outcome(&rule, &volume, &[], &point(0, 0.0, 0)).outcome.kind(), OutcomeKind::Breach);
    assert_eq!(outcome(&rule, &volume, &[], &point(0, 3.0, 3)).outcome.kind(), OutcomeKind::Clear);
    let rule = monitor("measure: freshness\ndetector: {type: absence, after: 2h}\nwindow: {size: 1h}");
    let freshness = series("freshness", None);
    for (seconds, expected) in [(60.0, OutcomeKind::Clear), (6000.0, OutcomeKind::Near), (7201.0, OutcomeKind::Breach)]
    {
        assert_eq!(outcome(&rule, &freshness, &[], &point(0, seconds, 0)).outcome.kind(), expected, "{seconds}");
    }
    assert_eq!(outcome(&rule, &freshness, &[], &point(0, 0.0, 0)).rank, Rank::Source);
}

#[test]
fn a_composite_counts_rules_in_breach() {
    let rule = monitor("detector: {type: composite, need: 2, monitors: [a, b, c]}\nwindow: {size: 1h}");
    let volume = series("volume", None);
    let of = |name: &str, outcome: Outcome| {
        let simple = monitor("detector: {type: absence}\nwindow: {size: 1h}");
        let mut found = self::outcome(&simple, &volume, &[], &point(0, 1.0, 1));
        (found.rule.name, found.outcome) = (name.to_owned(), outcome);
        found
    };
    let unknown = || Outcome::Unknown("x".into());
    for (outcomes, expected) in [
        (vec![("a", Outcome::Breach), ("b", Outcome::Clear), ("c", Outcome::Clear)], OutcomeKind::Clear),
        (vec![("a", Outcome::Breach), ("b", Outcome::Near), ("c", Outcome::Clear)], OutcomeKind::Near),
        (vec![("a", Outcome::Breach), ("b", unknown()), ("c", Outcome::Clear)], OutcomeKind::Unknown),
        (vec![("a", Outcome::Breach), ("b", Outcome::Breach), ("c", unknown())], OutcomeKind::Breach),
        // Two series of one rule are one rule, and others do not count.
        (vec![("a", Outcome::Breach), ("a", Outcome::Breach), ("d", Outcome::Breach)], OutcomeKind::Clear),
    ] {
        let evaluations: Vec<Evaluation> = outcomes.iter().map(|(name, outcome)| of(name, outcome.clone())).collect();
        let found = composite(applied(&rule), &evaluations);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].outcome.kind(), expected, "{outcomes:?}: {}", found[0].sentence);
        assert_eq!(found[0].rule.name, "rule");
    }
    assert!(composite(applied(&rule), &[]).is_empty());
}

#[test]
fn series_are_those_that_the_rule_picks() {
    let column = |name: &str, role, kind| WatchedColumn { name: name.into(), role, kind, importance: 1.0 };
    let columns = [
        column("age", Role::Feature, Kind::Numeric),
        column("vip", Role::Feature, Kind::Boolean),
        column("seen", Role::Feature, Kind::Presence),
        column("score", Role::Score, Kind::Numeric),
    ];
    let whole = Scope::of_model("m");
    let gold = Scope { segment: Some(("plan".into(), "gold".into())), ..whole.clone() };
    let v1 = Scope { version: Some("v1".into()), ..whole.clone() };
    let scopes = [whole, gold, v1, Scope::of_model("other")];
    let shown = |spec: &str| -> Vec<String> {
        series_of(&monitor(spec), &columns, &scopes).iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        shown("detector: {type: test}"),
        ["{column=age,measure=psi,model=m}", "{column=vip,measure=proportion_difference,model=m}"]
    );
    assert_eq!(shown("measure: score_drift\ndetector: {type: test}"), ["{column=score,measure=psi,model=m}"]);
    assert_eq!(shown("measure: volume\ndetector: {type: band}"), ["{measure=volume,model=m}"]);
    assert_eq!(
        shown("measure: missing_rate\ndetector: {type: test}\nfamily: {procedure: none}").len(),
        3,
        "presence columns can be missing"
    );
    let select = |fields: &str, scopes: &[Scope]| {
        let text = format!(
            "apiVersion: watchkeeper/v1\nkind: Monitor\nmetadata: {{name: rule}}\nspec:\n  select: {{model: m, {fields}}}\n  measure: volume\n  detector: {{type: band}}\n"
        );
        let Resource::Monitor(rule) = Resource::from_yaml_documents(text.as_bytes(), "test").unwrap().remove(0) else {
            panic!("a monitor")
        };
        series_of(&rule, &columns, scopes).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(select("segment: plan", &scopes), ["{measure=volume,model=m,segment=plan:gold}"]);
    assert_eq!(select("segment: 'plan:silver'", &scopes), Vec::<String>::new());
    assert_eq!(select("version: '*'", &scopes), ["{measure=volume,model=m,version=v1}"]);
    assert_eq!(select("version: v2", &scopes), Vec::<String>::new());
}

#[test]
fn the_law_of_a_point_judges_as_the_measurement_does() {
    let noise = watchkeeper_profile::measure::Noise::ChiSquared { effect: Effect::Psi, s: 0.001, df: 9.0, floor: None };
    let live = crate::judge::judge_effect(&noise, 0.2, 0.1, 0.01);
    assert_eq!(crate::judge::judge_effect(&Law::of(&noise).noise(), 0.2, 0.1, 0.01), live);
}
