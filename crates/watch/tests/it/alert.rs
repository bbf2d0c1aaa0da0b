//! Each row of the table of states.

use watchkeeper_watch::alert::{Alert, AlertSettings, Ended, Health, Phase, What};
use watchkeeper_watch::time::HOUR;
use watchkeeper_watch::{Fingerprint, OutcomeKind, Severity};

use crate::support::{START, fold, history, told};

fn phase(letters: &str) -> Phase {
    fold(&history(letters), &AlertSettings::default()).0.phase
}

fn whats(letters: &str) -> Vec<(i64, What)> {
    told(&fold(&history(letters), &AlertSettings::default()).1)
}

#[test]
fn from_nothing_to_pending_to_firing() {
    assert_eq!(phase("ccc"), Phase::Inactive);
    assert_eq!(phase("ccb"), Phase::Pending);
    assert_eq!(whats("cbb"), [(2, What::Pending), (3, What::Fired { episode: 1 })]);
    assert_eq!(whats("bcb"), [(1, What::Pending), (3, What::Fired { episode: 1 })]);
    assert_eq!(phase("bnb"), Phase::Firing);
}

#[test]
fn breaches_that_are_too_few_are_near_misses() {
    assert_eq!(whats("bcc"), [(1, What::Pending), (3, What::NearMiss)]);
    assert_eq!(phase("bccb"), Phase::Pending);
    // The breach of the first window counts no more.
    assert_eq!(whats("bnnb").last(), Some(&(4, What::Pending)));
}

#[test]
fn clear_for_long_enough_ends_it() {
    let recovering = [(3, What::Recovering)];
    assert_eq!(whats("bbc")[2..], recovering);
    assert_eq!(phase("bbcc"), Phase::Recovering);
    assert_eq!(whats("bbccc").last(), Some(&(5, What::Resolved { reason: Ended::Recovered })));
    // Near is neither clear nor a breach: the count of clear windows begins anew.
    assert_eq!(phase("bbn"), Phase::Firing);
    assert_eq!(phase("bbccncc"), Phase::Recovering);
    assert_eq!(phase("bbccnccc"), Phase::Resolved);
    assert_eq!(whats("bbcb").last(), Some(&(4, What::Refired)));
    assert_eq!(phase("bbcccb"), Phase::Pending);
    assert_eq!(whats("bbcccbb").last(), Some(&(7, What::Fired { episode: 2 })));
}

#[test]
fn going_back_and_forth_holds_it() {
    let settings = AlertSettings { breaches: 1, of: 1, keep_firing: 1, no_data_after: None };
    // With one clear window to end it, each breach begins an episode; the fourth return within ten windows is too many.
    let (alert, changes) = fold(&history("bcbcbcbcb"), &settings);
    assert!(alert.is_flapping());
    let flapping = told(&changes).into_iter().find(|(_, what)| matches!(what, What::Flapping { .. }));
    assert_eq!(flapping, Some((9, What::Flapping { until: START + 19 * HOUR })));
    // Held: clear windows do not end it.
    let (alert, _) = fold(&history("bcbcbcbcbccccccccc"), &settings);
    assert_eq!((alert.phase, alert.is_flapping()), (Phase::Recovering, true));
    // After ten hours without going back and forth it ends.
    let (alert, changes) = fold(&history("bcbcbcbcbcccccccccc"), &settings);
    assert_eq!((alert.phase, alert.is_flapping()), (Phase::Resolved, false));
    assert!(told(&changes).contains(&(19, What::Steady)));
    // Going on, it is held twice as long, at most a day.
    let long = "bc".repeat(60);
    let (alert, changes) = fold(&history(&long), &settings);
    assert_eq!(alert.hold.map(|hold| hold.width), Some(24 * HOUR));
    assert_eq!(changes.iter().filter(|change| matches!(change.what, What::Flapping { .. })).count(), 1);
}

#[test]
fn an_episode_long_after_another_is_no_flap() {
    let settings = AlertSettings::immediate();
    let letters = "bc".to_owned() + &"c".repeat(12);
    let (alert, _) = fold(&history(&letters.repeat(6)), &settings);
    assert_eq!((alert.episode, alert.is_flapping()), (6, false));
}

#[test]
fn unknown_changes_the_health_only() {
    let settings = AlertSettings { no_data_after: Some(3 * HOUR), ..AlertSettings::default() };
    let (alert, changes) = fold(&history("bbuuuu"), &settings);
    assert_eq!((alert.phase, alert.health), (Phase::Firing, Health::NoData));
    assert_eq!(told(&changes).last(), Some(&(5, What::Health { health: Health::NoData })));
    let (alert, changes) = fold(&history("bbuuuub"), &settings);
    assert_eq!((alert.phase, alert.health), (Phase::Firing, Health::Ok));
    assert_eq!(told(&changes).last(), Some(&(7, What::Health { health: Health::Ok })));
    // Unknown windows do not count among the n.
    assert_eq!(phase("buuuuub"), Phase::Firing);
    assert_eq!(phase("bbcuuuucuc"), Phase::Resolved);
}

#[test]
fn silence_is_noticed_without_evaluations() {
    let settings = AlertSettings { no_data_after: Some(3 * HOUR), ..AlertSettings::default() };
    let (mut alert, _) = fold(&history("cc"), &settings);
    let mut changes = Vec::new();
    alert.tick(START + 5 * HOUR - 1, &settings, &mut changes);
    assert!(changes.is_empty());
    alert.tick(START + 5 * HOUR, &settings, &mut changes);
    alert.tick(START + 6 * HOUR, &settings, &mut changes);
    assert_eq!(told(&changes), [(5, What::Health { health: Health::NoData })]);
}

#[test]
fn three_errors_are_a_matter_of_health() {
    assert_eq!(whats("bbee").len(), 2);
    assert_eq!(whats("bbeee").last(), Some(&(5, What::Health { health: Health::Error })));
    assert_eq!(phase("bbeee"), Phase::Firing);
    assert_eq!(whats("bbeeeu").last(), Some(&(6, What::Health { health: Health::Ok })));
    assert_eq!(whats("beeceeb").len(), 2, "a known window ends the row");
}

#[test]
fn another_revision_carries_on() {
    let mut windows = history("bbb");
    windows[2].revision = 2;
    let (alert, changes) = fold(&windows, &AlertSettings::default());
    assert_eq!((alert.phase, alert.revision, alert.episode), (Phase::Firing, 2, 1));
    assert_eq!(told(&changes).last(), Some(&(3, What::Carried { revision: 2 })));
}

#[test]
fn a_series_that_is_not_looked_at_any_more_ends() {
    let (mut alert, _) = fold(&history("bb"), &AlertSettings::default());
    let mut changes = Vec::new();
    alert.end(START + 3 * HOUR, &mut changes);
    assert_eq!(told(&changes), [(3, What::Resolved { reason: Ended::RuleChanged })]);
    assert_eq!(alert.phase, Phase::Resolved);
}

#[test]
fn what_becomes_known_later_is_a_note() {
    let mut windows = history("bbb");
    let mut later = windows[0].clone();
    later.known_at += 5 * HOUR;
    later.outcome = crate::support::outcome('c');
    windows.push(later.clone());
    let (alert, changes) = fold(&windows, &AlertSettings::default());
    let note = What::Restated { was: Some(OutcomeKind::Breach), is: OutcomeKind::Clear };
    assert_eq!(told(&changes).last(), Some(&(1, note)));
    assert_eq!(alert.phase, Phase::Firing);
    // The same again is no news, nor is what was known before it.
    let mut again = alert.clone();
    let mut more = Vec::new();
    assert!(!again.fold(&later, &AlertSettings::default(), &mut more));
    assert!(!again.fold(&windows[0], &AlertSettings::default(), &mut more));
    assert!(more.is_empty() && again == alert);
}

#[test]
fn the_newest_window_counts_once_it_can_be_judged() {
    let mut windows = history("bu");
    let mut later = windows[1].clone();
    later.known_at += HOUR / 2;
    later.outcome = crate::support::outcome('b');
    windows.push(later);
    let (alert, changes) = fold(&windows, &AlertSettings::default());
    assert_eq!(alert.phase, Phase::Firing);
    assert_eq!(told(&changes).last(), Some(&(2, What::Fired { episode: 1 })));
}

#[test]
fn a_worse_breach_raises_it_and_it_stays_so() {
    let mut windows = history("bbbcb");
    windows[2].severity = Severity::Page;
    let (alert, changes) = fold(&windows, &AlertSettings::default());
    assert_eq!(told(&changes)[2], (3, What::Raised { severity: Severity::Page }));
    assert_eq!(alert.severity, Severity::Page);
}

/// These must never change: stored alerts are found by them.
#[test]
fn fingerprints_are_for_ever() {
    let of = |pairs: &[(&str, &str)]| Fingerprint::of(&crate::support::rule("drift"), &crate::support::labels(pairs));
    let named = of(&[("tenant", "acme"), ("model", "credit"), ("column", "age"), ("version", "7")]);
    assert_eq!(
        (of(&[]).to_string().as_str(), named.to_string().as_str()),
        ("9902737bf69446bb3d0dc221e039dd65", "87671c36b17416b8148fa3cc21e90e98")
    );
}

#[test]
fn settings_that_cannot_be() {
    let bad = AlertSettings { breaches: 4, of: 3, ..AlertSettings::default() };
    let message = bad.checked().unwrap_err().to_string();
    assert!(message.starts_with("4 breaches of 3 windows and 3 clear ones; expected"), "{message}");
    assert!(AlertSettings { of: 101, ..AlertSettings::default() }.checked().is_err());
    assert!(AlertSettings { keep_firing: 0, ..AlertSettings::default() }.checked().is_err());
    let widest = AlertSettings { breaches: 100, of: 100, ..AlertSettings::default() }.checked().unwrap();
    assert_eq!(fold(&history(&"b".repeat(99)), &widest).0.phase, Phase::Pending);
    assert_eq!(fold(&history(&"b".repeat(100)), &widest).0.phase, Phase::Firing);
    let empty = Alert::new(&history("b")[0]);
    assert_eq!((empty.phase, empty.newest()), (Phase::Inactive, None));
}

#[test]
fn numbers_that_are_none_are_not_kept() {
    let mut window = history("b").remove(0);
    window.value = Some(f64::NAN);
    window.limit = Some(f64::INFINITY);
    window.evidence.insert("lower".into(), f64::NAN);
    window.evidence.insert("rows".into(), 7.0);
    let (alert, _) = fold(&[window], &AlertSettings::default());
    let facts = alert.facts.as_ref().unwrap();
    assert_eq!((facts.value, facts.limit, facts.evidence.len()), (None, None, 1));
    let loaded: Alert = serde_json::from_str(&serde_json::to_string(&alert).unwrap()).unwrap();
    assert_eq!(loaded, alert);
}
