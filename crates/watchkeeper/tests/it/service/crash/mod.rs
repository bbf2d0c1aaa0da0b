//! Trouble under load: kills at random moments, a full disk, a store that is away, a clock that jumps. Nothing acknowledged
//! is lost, nothing counts twice, profiles equal a rebuild.

mod clock;
mod disk;
mod load;
mod s3;
mod store;
mod verify;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use watchkeeper_stats::random::Xoshiro256;

use super::delta;
use super::process::{JSON, NDJSON, Service, Setup, wait_for};
use crate::support::Dir;
use load::{Event, Load};
use verify::{apply, profiles, upkeep, verify};

const PREDICTIONS: &str = "/api/v1/models/m/predictions";
/// Folder of the model's tables in the lake.
const MODEL: &str = "default/models/m";
/// Commits often, and everything that runs beside the writers runs all the time.
const SETTINGS: [&str; 5] = [
    "commit.interval=1s",
    "maintenance.compact=700ms",
    "maintenance.checkpoint=1s",
    "maintenance.vacuum=2s",
    "maintenance.retention=3s",
];
const DAY: i64 = 24 * 3600;

/// A number of the environment.
fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// The seed of a run: of the environment, or another one every day.
fn seed() -> u64 {
    variable("WATCHKEEPER_TORTURE_SEED", Timestamp::now().as_second() as u64 / DAY as u64)
}

/// Says that a test is skipped, past the harness, which keeps what a test that passes prints.
fn skipped(why: &str) {
    let mut terminal = std::io::stderr();
    writeln!(terminal, "skipped: {why}").unwrap();
}

/// How often each fault but a kill comes in a run.
fn faults() -> u64 {
    variable("WATCHKEEPER_TORTURE_FAULTS", 1)
}

fn amount(random: &mut Xoshiro256) -> f64 {
    // Numbers of very different size: sums in another order would have other bits.
    random.normal() * 10f64.powi(random.below(12) as i32 - 6)
}

#[test]
fn killed_at_random_moments_it_loses_nothing_and_counts_nothing_twice() {
    let (kills, seed) = (variable("WATCHKEEPER_TORTURE_KILLS", 6), seed());
    println!("{kills} kills with WATCHKEEPER_TORTURE_SEED={seed}");
    let started = Instant::now();
    let mut random = Xoshiro256::new(seed);
    let folder = Dir::new("torture");
    let setup = Setup::new(&folder.path().join("data"), &SETTINGS);
    let base = Timestamp::now().as_second();
    let mut service = setup.start();
    apply(&folder, &service);
    let load = Load::start(&service, &mut random, base, true);
    for _ in 0..kills {
        load.more(1 + random.below(120));
        std::thread::sleep(Duration::from_micros(random.below(50_000)));
        service.kill();
        while random.below(4) == 0 {
            setup.start_and_kill(Duration::from_millis(random.below(600)));
        }
        service = setup.start();
        load.follow(&service);
    }
    let written = load.end(&service, seed);
    service.stop();
    let lake = setup.data.join("lake");
    let rows = verify(&folder, &setup, &lake, base, &written, seed);
    let (merges, checkpoints) = upkeep(&lake);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{kills} kills, {rows} rows in {} requests, {} repeated rows, {} corrected rows, {seconds:.0} s",
        written.requests, written.repeated, written.corrected
    );
    let (delayed, twins) = (written.delayed, written.twins);
    println!(
        "{delayed} batches late, {twins} sent by two at once, {merges} merges and {checkpoints} checkpoints meanwhile"
    );
}

#[test]
fn a_crash_before_profiles_are_committed_costs_no_profile() {
    let folder = Dir::new("behind");
    let data = folder.path().join("data");
    let base = Timestamp::now().as_second();
    let service = Service::start(&data, &SETTINGS);
    apply(&folder, &service);
    let mut random = Xoshiro256::new(5);
    let rows = (0..500).map(|n| Event { id: format!("e{n}"), ts: base - n * 60, amount: amount(&mut random) }.line());
    assert_eq!(service.post(&format!("{PREDICTIONS}?ack=commit"), NDJSON, rows.collect::<String>()).counts()[0], 500);
    let before = profiles(&service, base, 500);
    // Once the ids are on the disk the journal lets its segment go: only the table has the rows then.
    wait_for("the journal to be empty", || {
        let entries = std::fs::read_dir(data.join("journal")).unwrap();
        let largest = entries.map(|entry| entry.unwrap().metadata().unwrap().len()).max();
        (largest < Some(1000)).then_some(())
    });
    service.kill();
    let service = Service::start(&data, &SETTINGS);
    assert_eq!(profiles(&service, base, 500), before);
    service.stop();
}

#[test]
fn a_full_journal_says_so_and_loses_nothing() {
    let folder = Dir::new("full");
    let data = folder.path().join("data");
    let settings = ["journal.segment_bytes=1MiB", "journal.total_bytes=4MiB", "commit.interval=1h"];
    let service = Service::start(&data, &settings);
    let mut random = Xoshiro256::new(3);
    let mut batch = |number: u64| -> String {
        let mut row = |n: u64| {
            let features: BTreeMap<String, f64> = (0..20).map(|f| (format!("f{f}"), random.normal())).collect();
            format!("{}\n", serde_json::json!({"id": format!("e{number}-{n}"), "features": features}))
        };
        (0..2000).map(&mut row).collect()
    };
    let mut taken = 0;
    let (refused, answer) = loop {
        assert!(taken < 100, "the journal of 4 MiB is never full");
        let body = batch(taken);
        let answer = service.post(PREDICTIONS, NDJSON, body.clone());
        if answer.status != 200 {
            break (body, answer);
        }
        assert_eq!(answer.counts(), [2000, 0, 0, 0]);
        taken += 1;
    };
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)), "{answer:?}");
    assert!(taken >= 3, "full after {taken} requests");
    service.get("/healthz").json(200);
    // What was refused is not half there: once there is room again, every row of it is new.
    let counts = wait_for("room in the journal", || {
        let answer = service.post(PREDICTIONS, NDJSON, refused.clone());
        (answer.status != 503).then(|| answer.counts())
    });
    assert_eq!(counts, [2000, 0, 0, 0]);
    service.post("/api/v1/models/other/predictions", JSON, "{\"id\":\"a\"}").counts();
    service.kill();
    let service = Service::start(&data, &settings);
    service.stop();
    let found = delta::by_id(&data.join("lake").join(MODEL).join("predictions"), "f0");
    assert_eq!(found.len() as u64, (taken + 1) * 2000);
    assert!(found.values().all(|(times, _)| *times == 1));
}
