//! Laws of the fold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use watchkeeper_watch::alert::{Alert, AlertSettings, Change, Phase};
use watchkeeper_watch::engine::{Engine, Input, Output};
use watchkeeper_watch::time::{HOUR, MINUTE};
use watchkeeper_watch::{Action, Evaluation, Notice, Outcome};

use crate::support::{START, config, evaluation, fold, history, outcome};

fn letters(max: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![4 => Just('b'), 1 => Just('n'), 3 => Just('c'), 1 => Just('u'), 1 => Just('e')],
        1..max,
    )
    .prop_map(|letters| letters.into_iter().collect())
}

fn settings() -> impl Strategy<Value = AlertSettings> {
    (1_u32..5, 0_u32..4, 1_u32..4, proptest::option::of(1_i64..5)).prop_map(|(breaches, more, keep_firing, hours)| {
        AlertSettings { breaches, of: breaches + more, keep_firing, no_data_after: hours.map(|hours| hours * HOUR) }
    })
}

/// Evaluations of several series, some windows known again later, all in the order in which they are known.
fn story() -> impl Strategy<Value = Vec<Evaluation>> {
    let one = (0_usize..4, 1_i64..40, 0_i64..4, prop_oneof![3 => Just('b'), 2 => Just('c'), 1 => Just('u')]);
    proptest::collection::vec(one, 1..60).prop_map(|ones| {
        let models = ["credit", "credit", "fraud", "churn"];
        let columns = ["age", "pay", "age", "age"];
        let mut all: Vec<Evaluation> = ones
            .into_iter()
            .map(|(series, hour, late, letter)| {
                let mut one = evaluation("drift", &[("model", models[series]), ("column", columns[series])], hour);
                one.known_at += late * 20 * MINUTE;
                one.outcome = outcome(letter);
                one
            })
            .collect();
        all.sort_by_key(Evaluation::order);
        all.dedup_by_key(|one| one.order());
        all
    })
}

fn inputs(evaluations: &[Evaluation]) -> Vec<Input> {
    evaluations.iter().map(|one| Input::Evaluation(Box::new(one.clone()))).collect()
}

fn reload(engine: &Engine) -> Engine {
    serde_json::from_str(&serde_json::to_string(engine).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn unknown_never_changes_the_phase(letters in letters(40), settings in settings()) {
        let mut windows = history(&letters);
        let mut alert = Alert::new(&windows[0]);
        for window in &mut windows {
            let before = alert.phase;
            alert.fold(window, &settings, &mut Vec::new());
            if matches!(window.outcome, Outcome::Unknown(_) | Outcome::Error(_)) {
                prop_assert_eq!(before, alert.phase);
            }
        }
    }

    #[test]
    fn without_what_is_unknown_the_phase_is_the_same(letters in letters(40), settings in settings()) {
        let known: Vec<Evaluation> = history(&letters)
            .into_iter()
            .filter(|one| !matches!(one.outcome, Outcome::Unknown(_) | Outcome::Error(_)))
            .collect();
        prop_assume!(!known.is_empty());
        let (all, some) = (fold(&history(&letters), &settings).0, fold(&known, &settings).0);
        prop_assert_eq!((all.phase, all.episode, all.hold), (some.phase, some.episode, some.hold));
    }

    #[test]
    fn everything_twice_is_everything_once(letters in letters(25), settings in settings()) {
        let windows = history(&letters);
        let (once, changes) = fold(&windows, &settings);
        let mut again = once.clone();
        let mut more: Vec<Change> = Vec::new();
        for window in &windows {
            prop_assert!(!again.fold(window, &settings, &mut more));
        }
        prop_assert!(more.is_empty());
        prop_assert_eq!(&again, &once);
        let doubled: Vec<Evaluation> = windows.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
        prop_assert_eq!(fold(&doubled, &settings), (once, changes));
    }

    #[test]
    fn saved_and_loaded_anywhere_it_is_the_same(letters in letters(30), settings in settings(), cut in 0_usize..30) {
        let windows = history(&letters);
        let (whole, _) = fold(&windows, &settings);
        let mut alert = Alert::new(&windows[0]);
        for (index, window) in windows.iter().enumerate() {
            if index == cut {
                alert = serde_json::from_str(&serde_json::to_string(&alert).unwrap()).unwrap();
            }
            alert.fold(window, &settings, &mut Vec::new());
        }
        prop_assert_eq!(alert, whole);
    }

    #[test]
    fn an_active_alert_has_facts_and_an_episode(letters in letters(60), settings in settings()) {
        let (alert, _) = fold(&history(&letters), &settings);
        if alert.phase.is_active() {
            let facts = alert.facts.as_ref().unwrap();
            prop_assert!(alert.episode > 0 && facts.fired >= Some(facts.first_breach) && facts.resolved.is_none());
        }
        prop_assert_eq!(alert.phase == Phase::Inactive, alert.facts.is_none());
        prop_assert!(alert.seen.len() <= 32);
    }

    /// Alerts do not depend on how a history is cut into batches.
    #[test]
    fn batches_do_not_matter(story in story(), cuts in proptest::collection::vec(0_usize..60, 0..6)) {
        let end = START + 50 * HOUR;
        let mut whole = crate::support::engine(config(&["drift"]));
        whole.apply(inputs(&story), end);
        let mut parts = crate::support::engine(config(&["drift"]));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(story.len())).chain([0, story.len()]).collect();
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            parts.apply(inputs(&story[pair[0]..pair[1]]), end);
        }
        prop_assert!(whole.alerts().eq(parts.alerts()));
        let ids = |engine: &Engine| engine.incidents().map(|one| (one.id.clone(), one.status.clone(), one.stamps.fired, one.members.keys().copied().collect::<Vec<_>>())).collect::<Vec<_>>();
        prop_assert_eq!(ids(&whole), ids(&parts));
    }

    /// Each target hears of an incident from the first notice to the last, numbered without gaps; what is said twice to the
    /// engine is told once.
    #[test]
    fn notices_are_numbered_and_told_once(story in story()) {
        let run = |times: usize| {
            let mut engine = crate::support::engine(config(&["drift"]));
            let mut out: Vec<Output> = Vec::new();
            for one in &story {
                for _ in 0..times {
                    out.extend(engine.apply(inputs(std::slice::from_ref(one)), one.known_at));
                }
                out.extend(engine.tick(one.known_at + MINUTE));
            }
            crate::support::notices(&out).into_iter().cloned().collect::<Vec<_>>()
        };
        let told = run(1);
        prop_assert_eq!(&told, &run(2));
        let mut by_incident: BTreeMap<String, Vec<&Notice>> = BTreeMap::new();
        for notice in &told {
            by_incident.entry(notice.incident.clone()).or_default().push(notice);
        }
        let mut keys = BTreeSet::new();
        for notices in by_incident.values() {
            prop_assert_eq!(notices[0].action, Action::Trigger);
            for (index, notice) in notices.iter().enumerate() {
                prop_assert_eq!(notice.sequence, index as u64 + 1);
                prop_assert!(keys.insert(notice.key.clone()), "a key is used once");
                prop_assert_eq!(notice.action == Action::Resolve, notice.resolved_at.is_some());
                prop_assert!(notice.action != Action::Resolve || index + 1 == notices.len());
            }
        }
    }

    /// A restart after any batch changes nothing that is said afterwards.
    #[test]
    fn a_restart_changes_nothing(story in story(), cut in 0_usize..60) {
        let run = |restart: bool| {
            let mut engine = crate::support::engine(config(&["drift"]));
            let mut out: Vec<Output> = Vec::new();
            for (index, one) in story.iter().enumerate() {
                if restart && index == cut {
                    engine = reload(&engine);
                }
                out.extend(engine.apply(inputs(std::slice::from_ref(one)), one.known_at));
                out.extend(engine.tick(one.known_at + MINUTE));
            }
            (engine.alerts().cloned().collect::<Vec<_>>(), engine.incidents().cloned().collect::<Vec<_>>(), out)
        };
        prop_assert_eq!(run(false), run(true));
    }
}
