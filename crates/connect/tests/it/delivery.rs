//! Delivery over a fake outbox in simulated time: order, repetitions, dead letters, and a death at every step.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::Notify;
use watchkeeper_connect::delivery::{Done, Found, Options, Outcome, QueueId, Round, deliver_due, run};
use watchkeeper_connect::targets::{Channel, Target};
use watchkeeper_watch::notice::{Action, Notice, Severity};

use crate::support::outbox::World;
use crate::support::{AT, MINUTE, SECOND, notice, target};

const HOUR: i64 = 60 * MINUTE;

fn options() -> Options {
    Options::default()
}

async fn round(world: &World) -> Option<Round> {
    deliver_due(world, world, world, world, &options()).await.ok()
}

/// Delivers until nothing waits; time jumps to what is due next, the dead start again.
async fn drain(world: &World) {
    for _ in 0..10_000 {
        let due = world.outbox.lock().unwrap().next_due();
        let Some(due) = due else { return };
        world.advance_to(due);
        round(world).await;
        if world.is_dead() {
            world.restart();
        }
    }
    panic!("{} notices still wait", world.outbox.lock().unwrap().waiting());
}

/// Three incidents, two targets, a few notices each; the third is over at once.
fn notices() -> Vec<Notice> {
    use Action::{Acknowledge, Resolve, Trigger, Update};
    let mut all = Vec::new();
    for (incident, actions) in [
        ("inc-1", vec![Trigger, Update, Acknowledge, Update]),
        ("inc-2", vec![Trigger, Update, Acknowledge, Resolve]),
        ("inc-3", vec![Trigger, Resolve]),
    ] {
        for target in ["chat", "pager"] {
            for (sequence, action) in (1..).zip(&actions) {
                all.push(notice(incident, target, sequence, *action, AT));
            }
        }
    }
    all
}

/// What must hold whatever happened.
fn check(world: &World, sent: &[Notice], what: &str) {
    let arrived = world.keys_arrived();
    let outbox = world.outbox.lock().unwrap();
    assert_eq!(outbox.waiting(), 0, "{what}");
    for notice in sent {
        let done = outbox.done.get(&notice.key);
        let told = arrived.contains(&notice.key);
        assert!(told || done == Some(&Done::Superseded), "{what}: {} is lost: {done:?}", notice.key);
        // Who was told of an incident is told of its end.
        let began = arrived.contains(&format!("{}.{}.1", notice.incident, notice.target));
        assert!(told || notice.action != Action::Resolve || !began, "{what}: {} is not ended", notice.key);
    }
    let mut last: BTreeMap<&QueueId, u64> = BTreeMap::new();
    let mut bodies: BTreeMap<&str, &Notice> = BTreeMap::new();
    let arrivals = world.arrivals.lock().unwrap();
    for (queue, notice) in arrivals.iter() {
        let before = last.insert(queue, notice.sequence).unwrap_or_default();
        assert!(notice.sequence >= before, "{what}: {} came after {before}", notice.key);
        let same = *bodies.entry(&notice.key).or_insert(notice) == notice;
        assert!(same, "{what}: {} came with another body", notice.key);
    }
}

#[tokio::test]
async fn a_death_at_any_step_loses_nothing_and_keeps_the_order() {
    let sent = notices();
    let mut deaths = 0;
    // Until a run ends before the step comes.
    for step in 0.. {
        let world = World::new(7, (20, 10));
        sent.iter().for_each(|notice| world.put(notice));
        world.die_in(step);
        round(&world).await;
        for _ in 0..200 {
            if world.is_dead() || world.outbox.lock().unwrap().waiting() == 0 {
                break;
            }
            let due = world.outbox.lock().unwrap().next_due().unwrap();
            world.advance_to(due);
            round(&world).await;
        }
        let died = world.is_dead();
        world.restart();
        drain(&world).await;
        check(&world, &sent, &format!("death at step {step}"));
        if !died {
            break;
        }
        deaths += 1;
    }
    // Sixteen notices are sent and settled in two steps each, four of them being superseded at most.
    assert!(deaths >= 60, "{deaths}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn many_deaths_and_whims_lose_nothing(seed: u64, fails in 0_u64..60, lost in 0_u64..40, deaths in proptest::collection::vec(0_u64..60, 0..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let sent = notices();
            let world = World::new(seed, (fails, lost));
            // The ends come when the starts were tried, and have perhaps arrived.
            let is_end = |notice: &&Notice| notice.action == Action::Resolve;
            sent.iter().filter(|notice| !is_end(notice)).for_each(|notice| world.put(notice));
            round(&world).await;
            sent.iter().filter(is_end).for_each(|notice| world.put(notice));
            for death in deaths {
                world.die_in(death);
                for _ in 0..100 {
                    let Some(due) = world.outbox.lock().unwrap().next_due() else { break };
                    world.advance_to(due);
                    round(&world).await;
                    if world.is_dead() {
                        break;
                    }
                }
                world.restart();
            }
            drain(&world).await;
            check(&world, &sent, &format!("seed {seed}"));
        });
    }
}

#[tokio::test]
async fn a_failing_notice_holds_up_its_own_queue_only() {
    let world = World::new(1, (0, 0));
    world
        .outcomes
        .lock()
        .unwrap()
        .insert("pager".to_owned(), Outcome::Failed { retry_after_ms: Some(60_000), why: "503".into() });
    notices().iter().filter(|notice| notice.incident == "inc-1").for_each(|notice| world.put(notice));
    for _ in 0..4 {
        round(&world).await.unwrap();
    }
    let arrived = world.keys_arrived();
    assert_eq!(arrived.iter().filter(|key| key.contains(".chat.")).count(), 4);
    assert_eq!(arrived.iter().filter(|key| key.contains(".pager.")).count(), 0);
    // The wait that was asked for, and no attempt before.
    assert_eq!(world.outbox.lock().unwrap().next_due(), Some(AT + MINUTE));
    world.advance_to(AT + MINUTE - 1);
    assert_eq!(round(&world).await.unwrap(), Round::default());
}

#[tokio::test]
async fn after_a_day_the_fallback_is_told_once() {
    let world = World::new(1, (0, 0));
    let channel = || Channel::Slack { url: "https://hooks.example.com/x".parse().unwrap() };
    let pager = Target { fallback: Some("mail".to_owned()), ..target("pager", channel()) };
    world.targets.lock().unwrap().insert("pager".to_owned(), Found::Target(Box::new(pager)));
    world
        .outcomes
        .lock()
        .unwrap()
        .insert("pager".to_owned(), Outcome::Failed { retry_after_ms: None, why: "status 503".into() });
    let sent = notice("inc-1", "pager", 1, Action::Trigger, AT);
    world.put(&sent);
    let mut attempts = 0;
    while world.arrivals.lock().unwrap().is_empty() {
        let due = world.outbox.lock().unwrap().next_due().unwrap();
        world.advance_to(due);
        attempts += round(&world).await.unwrap().retried;
    }
    let now = watchkeeper_connect::delivery::Clock::now(&world);
    assert_eq!(now, AT + 24 * HOUR, "a last attempt when the day is over");
    // Waits grow to a mean of 450 s: a day holds some 192 of those.
    assert!((150..250).contains(&attempts), "{attempts}");
    let outbox = world.outbox.lock().unwrap();
    assert_eq!(outbox.dead.get(&sent.key).map(String::as_str), Some("status 503"));
    let arrivals = world.arrivals.lock().unwrap();
    assert_eq!(arrivals.len(), 1);
    assert_eq!(
        (arrivals[0].0.target.as_str(), arrivals[0].1.summary.as_str()),
        ("mail", "Not delivered to `pager`: status 503. The distribution of `income` moved.")
    );
    assert_ne!(arrivals[0].1.key, sent.key);
}

#[tokio::test]
async fn fallbacks_in_a_circle_end() {
    let world = World::new(1, (0, 0));
    for (name, other) in [("a", "b"), ("b", "a")] {
        let found = Found::Unusable { why: "its secret cannot be read".to_owned(), fallback: Some(other.to_owned()) };
        world.targets.lock().unwrap().insert(name.to_owned(), found);
    }
    world.put(&notice("inc-1", "a", 1, Action::Trigger, AT));
    drain(&world).await;
    assert_eq!(world.outbox.lock().unwrap().dead.len(), 4, "the first and three hops");
    assert!(world.arrivals.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_target_that_is_gone_is_disabled() {
    let world = World::new(1, (0, 0));
    world.outcomes.lock().unwrap().insert("chat".to_owned(), Outcome::Gone { why: "status 410".to_owned() });
    world.targets.lock().unwrap().insert("nobody".to_owned(), Found::Absent);
    world.put(&notice("inc-1", "chat", 1, Action::Trigger, AT));
    world.put(&notice("inc-1", "nobody", 1, Action::Trigger, AT));
    let round = round(&world).await.unwrap();
    assert_eq!((round.queues, round.dead), (2, 2));
    let outbox = world.outbox.lock().unwrap();
    assert_eq!(outbox.disabled.len(), 1);
    assert_eq!((outbox.disabled[0].target.as_str(), outbox.disabled[0].why.as_str()), ("chat", "status 410"));
    assert_eq!(outbox.dead["inc-1.nobody.1"], "there is no target `nobody`");
}

#[tokio::test]
async fn what_is_over_before_it_was_told_is_not_told_as_a_page_and_shortly_as_a_ticket() {
    let world = World::new(1, (0, 0));
    for (incident, severity) in [("inc-1", Severity::Page), ("inc-2", Severity::Ticket)] {
        for (sequence, action) in [(1, Action::Trigger), (2, Action::Update), (3, Action::Resolve)] {
            let mut notice = notice(incident, "chat", sequence, action, AT);
            (notice.severity, notice.resolved_at) = (severity, Some(AT + 12 * MINUTE));
            world.put(&notice);
        }
    }
    drain(&world).await;
    let arrivals = world.arrivals.lock().unwrap();
    let told: Vec<_> = arrivals.iter().map(|(_, notice)| (notice.key.as_str(), notice.summary.as_str())).collect();
    let summary = "Resolved after 12 min, before it was told. The distribution of `income` moved.";
    assert_eq!(told, [("inc-2.chat.3", summary)]);
    let outbox = world.outbox.lock().unwrap();
    let superseded = outbox.done.values().filter(|done| **done == Done::Superseded).count();
    assert_eq!((superseded, outbox.dead.len()), (5, 0));
}

#[tokio::test]
async fn alertmanager_is_told_again_until_it_is_over() {
    let world = World::new(1, (0, 0));
    let am = target("am", Channel::Alertmanager { url: "https://am.example.com".parse().unwrap() });
    world.targets.lock().unwrap().insert("am".to_owned(), Found::Target(Box::new(am)));
    world.put(&notice("inc-1", "am", 1, Action::Trigger, AT));
    for minute in 0..5 {
        assert_eq!(world.outbox.lock().unwrap().next_due(), Some(AT + minute * MINUTE));
        world.advance_to(AT + minute * MINUTE);
        assert_eq!(round(&world).await.unwrap().delivered, 1);
    }
    world.advance_to(AT + 4 * MINUTE + SECOND);
    world.put(&notice("inc-1", "am", 2, Action::Resolve, AT + 4 * MINUTE + SECOND));
    let last = round(&world).await.unwrap();
    assert_eq!((last.delivered, last.superseded), (1, 1), "at once, not with the next repetition");
    assert_eq!(world.outbox.lock().unwrap().waiting(), 0);
    let sequences: Vec<u64> = world.arrivals.lock().unwrap().iter().map(|(_, notice)| notice.sequence).collect();
    assert_eq!(sequences, [1, 1, 1, 1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_target_holds_up_no_other_and_the_end_waits_for_it() {
    let world = World::new(1, (0, 0));
    world.slow.lock().unwrap().insert("slow".to_owned(), Duration::from_secs(60));
    for incident in 0..100 {
        world.put(&notice(&format!("inc-{incident}"), "slow", 1, Action::Trigger, AT));
    }
    let (wake, stop) = (Notify::new(), Notify::new());
    let options = options();
    let rounds = AtomicU64::new(0);
    let count = |round: &Round| {
        rounds.fetch_add(round.delivered, SeqCst);
    };
    let worker = run(&world, &world, &world, &world, &options, &wake, stop.notified(), &count);
    let others = async {
        let start = tokio::time::Instant::now();
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.put(&notice("inc-200", "pager", 1, Action::Trigger, AT));
        wake.notify_one();
        while !world.keys_arrived().contains("inc-200.pager.1") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let waited = start.elapsed();
        assert!(waited < Duration::from_millis(5_050), "{waited:?}");
        // Nobody wakes the worker: it looks by itself.
        world.put(&notice("inc-201", "pager", 1, Action::Trigger, AT));
        while !world.keys_arrived().contains("inc-201.pager.1") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(start.elapsed() < Duration::from_millis(6_100), "{:?}", start.elapsed());
        assert!(!world.keys_arrived().contains("inc-0.slow.1"));
        stop.notify_one();
    };
    tokio::join!(worker, others);
    // The eight that were under way came to their end; the others still wait.
    let slow = world.keys_arrived().iter().filter(|key| key.contains(".slow.")).count();
    assert_eq!((slow, rounds.load(SeqCst), world.outbox.lock().unwrap().waiting()), (8, 10, 92));
}
