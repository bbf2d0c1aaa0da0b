//! Crashes at random moments under load: nothing acknowledged is lost, nothing counts twice, profiles equal a rebuild.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use reqwest::blocking::Client;
use watchkeeper_stats::random::Xoshiro256;

use super::delta;
use super::process::{JSON, NDJSON, Service, ask, start_and_kill, wait_for};
use crate::support::Dir;

const PREDICTIONS: &str = "/api/v1/models/m/predictions";
const SETTINGS: [&str; 1] = ["commit.interval=1s"];
const TABLE: &str = "lake/default/models/m/predictions";
const WRITERS: usize = 2;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Kills of a run, and its seed: of the environment, or few of them and another seed every day.
fn plan() -> (u64, u64) {
    let variable = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let day = Timestamp::now().as_second() / DAY;
    (variable("WATCHKEEPER_TORTURE_KILLS").unwrap_or(6), variable("WATCHKEEPER_TORTURE_SEED").unwrap_or(day as u64))
}

/// One row as it is sent.
#[derive(Debug, Clone)]
struct Event {
    id: String,
    ts: i64,
    amount: f64,
}

impl Event {
    fn line(&self) -> String {
        let Self { id, ts, amount } = self;
        let city = ["Oslo", "Bergen", "Hamar", "Bodø"][(amount.to_bits() % 4) as usize];
        let features = serde_json::json!({"amount": amount, "city": city});
        format!("{}\n", serde_json::json!({"id": id, "ts": ts, "features": features, "version": "1"}))
    }
}

fn amount(random: &mut Xoshiro256) -> f64 {
    // Numbers of very different size: sums in another order would have other bits.
    random.normal() * 10f64.powi(random.below(12) as i32 - 6)
}

/// What a writer knows when it is done.
#[derive(Debug, Default)]
struct Written {
    /// Acknowledged rows with the content that was sent last.
    rows: BTreeMap<String, f64>,
    requests: u64,
    repeated: u64,
    corrected: u64,
}

/// What writers and the one who kills share.
struct Shared {
    url: Mutex<String>,
    done: AtomicBool,
    acknowledged: AtomicU64,
    client: Client,
}

/// Sends batches until told to end; each until it is acknowledged.
fn write(shared: &Shared, name: usize, seed: u64, base: i64) -> Written {
    let mut random = Xoshiro256::new(seed);
    let mut written = Written::default();
    let mut former: Vec<Event> = Vec::new();
    let mut number = 0;
    while !shared.done.load(SeqCst) {
        let mut batch = Vec::new();
        for _ in 0..1 + random.below(60) {
            let back =
                [0, 0, 0, 0, 0, 0, 0, 3 * DAY, 70 * DAY][random.below(9) as usize] + random.below(6 * 3600) as i64;
            batch.push(Event { id: format!("w{name}-{number}"), ts: base - back, amount: amount(&mut random) });
            number += 1;
        }
        if random.below(3) == 0 && !former.is_empty() {
            let from = random.below(former.len() as u64) as usize;
            batch.extend(former.iter().skip(from).take(20).cloned());
            written.repeated += former.len().saturating_sub(from).min(20) as u64;
        }
        if random.below(12) == 0 && !former.is_empty() {
            let at = random.below(former.len() as u64) as usize;
            former[at].amount = amount(&mut random);
            // After the repeated rows: of two rows with one id the last one counts.
            batch.push(former[at].clone());
            written.corrected += 1;
        }
        if random.below(4) == 0 {
            let at = random.below(batch.len() as u64) as usize;
            batch.push(batch[at].clone());
            let last = batch.len() - 1;
            // A repeated row must be the newest content of its id.
            let newest =
                batch.iter().rposition(|event| event.id == batch[last].id && event.amount != batch[last].amount);
            if newest.is_some() {
                batch.pop();
            }
        }
        send(shared, &batch, &mut random, &mut written);
        for event in batch {
            if written.rows.insert(event.id.clone(), event.amount).is_none() {
                former.push(event);
            }
        }
    }
    written
}

/// Sends a batch until it is acknowledged, and sometimes once more.
fn send(shared: &Shared, batch: &[Event], random: &mut Xoshiro256, written: &mut Written) {
    let body: String = batch.iter().map(Event::line).collect();
    let path = if random.below(10) == 0 { format!("{PREDICTIONS}?ack=commit") } else { PREDICTIONS.to_owned() };
    let times = if random.below(10) == 0 { 2 } else { 1 };
    for _ in 0..times {
        wait_for("an acknowledgement", || {
            let url = shared.url.lock().unwrap().clone();
            written.requests += 1;
            let headers = [("content-type", NDJSON)];
            // Without an answer, and when it is too busy, nobody knows what became of the rows: send them again.
            let answer = ask(&shared.client, &url, Method::POST, &path, &headers, body.clone().into_bytes())?;
            if matches!(answer.status, 429 | 503) {
                return None;
            }
            let [accepted, duplicate, _, rejected] = answer.counts();
            assert_eq!((accepted + duplicate, rejected), (batch.len() as u64, 0), "{}", answer.text());
            Some(())
        });
        shared.acknowledged.fetch_add(1, SeqCst);
    }
}

/// Applies a model and its frozen baseline.
fn apply(folder: &Dir, service: &Service) {
    let mut random = Xoshiro256::new(1);
    let row = |n: i32| {
        format!(
            "{{\"prediction_id\":\"b{n}\",\"amount\":{},\"city\":\"{}\"}}\n",
            amount(&mut random),
            ["Oslo", "Bergen", "Hamar"][n as usize % 3]
        )
    };
    folder.write("reference.ndjson", (0..3000).map(row).collect::<String>());
    folder.write("model.yaml", "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: { name: m }\nspec:\n  task: other\n  columns:\n    - { name: amount, role: feature, type: numeric }\n    - { name: city, role: feature, type: categorical }\n");
    let path = folder.path().join("reference.ndjson");
    folder.write("baseline.yaml", format!("apiVersion: watchkeeper/v1\nkind: Baseline\nmetadata: {{ name: first }}\nspec: {{ model: m, source: {{ file: {{ path: \"{}\" }} }} }}\n", path.display()));
    folder.run(&format!("apply -f model.yaml -f baseline.yaml --server {}", service.url)).code(0);
}

/// The profiles over all events, once they have `rows`: the whole window, its days and its hours.
fn profiles(service: &Service, base: i64, rows: u64) -> Vec<String> {
    let time = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    let (start, end) = (time(base - 80 * DAY), time(base + DAY));
    let near = time(base - 5 * DAY);
    let path = |from: Timestamp, more: &str| format!("/api/v1/models/m/profiles?window={from}/{end}{more}");
    wait_for(&format!("profiles of {rows} rows"), || {
        let found = service.get(&path(start, "&column=amount")).json(200)["profiles"][0]["rows"].as_u64();
        assert!(found <= Some(rows), "{found:?} rows are profiled of {rows}");
        (found == Some(rows)).then_some(())
    });
    [path(start, ""), path(start, "&by=day"), path(near, "&by=hour")]
        .iter()
        .map(|path| service.get(path).text())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The profiles of a server that has the events of `data` but not their profiles.
fn rebuilt(folder: &Dir, data: &Path, base: i64, rows: u64) -> Vec<String> {
    let other = folder.path().join("other");
    copy(data, &other);
    std::fs::remove_dir_all(other.join("lake/default/models/m/profiles")).unwrap();
    let service = Service::start(&other, &SETTINGS);
    // The grids went with the profiles: the same baseline brings them back, and all events are counted over them.
    folder.run(&format!("delete baseline first --server {}", service.url)).code(0);
    folder.run(&format!("apply -f baseline.yaml --server {}", service.url)).code(0);
    let profiles = profiles(&service, base, rows);
    service.stop();
    profiles
}

#[test]
fn killed_at_random_moments_it_loses_nothing_and_counts_nothing_twice() {
    let (kills, seed) = plan();
    println!("{kills} kills with WATCHKEEPER_TORTURE_SEED={seed}");
    let started = Instant::now();
    let mut random = Xoshiro256::new(seed);
    let folder = Dir::new("torture");
    let data: PathBuf = folder.path().join("data");
    let base = Timestamp::now().as_second();
    let mut service = Service::start(&data, &SETTINGS);
    apply(&folder, &service);
    let shared = Arc::new(Shared {
        url: Mutex::new(service.url.clone()),
        done: AtomicBool::new(false),
        acknowledged: AtomicU64::new(0),
        client: service.client(),
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|name| {
            let (shared, seed) = (shared.clone(), random.next_u64());
            std::thread::spawn(move || write(&shared, name, seed, base))
        })
        .collect();
    for _ in 0..kills {
        let goal = shared.acknowledged.load(SeqCst) + 1 + random.below(120);
        wait_for("requests before the next kill", || {
            let failed = writers.iter().any(std::thread::JoinHandle::is_finished);
            (failed || shared.acknowledged.load(SeqCst) >= goal).then_some(())
        });
        std::thread::sleep(Duration::from_micros(random.below(50_000)));
        service.kill();
        while random.below(4) == 0 {
            start_and_kill(&data, &SETTINGS, Duration::from_millis(random.below(600)));
        }
        service = Service::start(&data, &SETTINGS);
        *shared.url.lock().unwrap() = service.url.clone();
    }
    shared.done.store(true, SeqCst);
    let mut expected = BTreeMap::new();
    let (mut requests, mut repeated, mut corrected) = (0, 0, 0);
    for writer in writers {
        let written = writer.join().unwrap_or_else(|_| panic!("seed {seed}: a writer failed: {}", service.log()));
        expected.extend(written.rows);
        requests += written.requests;
        repeated += written.repeated;
        corrected += written.corrected;
    }
    service.stop();

    let found = delta::by_id(&data.join(TABLE), "amount");
    let lost: Vec<_> = expected.keys().filter(|id| !found.contains_key(*id)).take(5).collect();
    assert!(lost.is_empty(), "seed {seed}: acknowledged and lost: {lost:?}");
    let twice: Vec<_> = found.iter().filter(|(_, (times, _))| *times != 1).take(5).collect();
    assert!(twice.is_empty(), "seed {seed}: stored more than once: {twice:?}");
    assert_eq!(found.len(), expected.len(), "seed {seed}: rows that nobody sent");
    let other: Vec<_> = expected.iter().filter(|(id, amount)| found[*id].1 != Some(amount.to_bits())).take(5).collect();
    assert!(other.is_empty(), "seed {seed}: stored with another content than the last: {other:?}");

    let rows = found.len() as u64;
    let service = Service::start(&data, &SETTINGS);
    assert_eq!(service.stored("predictions", Some("m")), rows);
    let followed = profiles(&service, base, rows);
    service.stop();
    let counted = rebuilt(&folder, &data, base, rows);
    for (followed, counted) in followed.iter().zip(&counted) {
        assert_eq!(followed, counted, "seed {seed}: profiles differ from those of a rebuild");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{kills} kills, {rows} rows in {requests} requests, {repeated} repeated rows, {corrected} corrected rows, {seconds:.0} s"
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
    let found = delta::by_id(&data.join(TABLE), "f0");
    assert_eq!(found.len() as u64, (taken + 1) * 2000);
    assert!(found.values().all(|(times, _)| *times == 1));
}
