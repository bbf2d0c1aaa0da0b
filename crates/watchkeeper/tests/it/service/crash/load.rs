//! Load: writers that send until acknowledged, and know what they sent last.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use reqwest::Method;
use reqwest::blocking::Client;
use watchkeeper_stats::random::Xoshiro256;

use super::{DAY, PREDICTIONS, amount};
use crate::service::process::{Answer, NDJSON, Service, ask, wait_for};

const WRITERS: usize = 2;

/// One row as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) ts: i64,
    pub(super) amount: f64,
}

impl Event {
    pub(super) fn line(&self) -> String {
        let Self { id, ts, amount } = self;
        let city = ["Oslo", "Bergen", "Hamar", "Bodø"][(amount.to_bits() % 4) as usize];
        let features = serde_json::json!({"amount": amount, "city": city});
        format!("{}\n", serde_json::json!({"id": id, "ts": ts, "features": features, "version": "1"}))
    }
}

/// What writers know when they are done.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Acknowledged rows with the content that was sent last.
    pub(super) rows: BTreeMap<String, f64>,
    pub(super) requests: u64,
    pub(super) repeated: u64,
    pub(super) corrected: u64,
    /// Batches that were sent after later ones.
    pub(super) delayed: u64,
    /// Batches that two sent at once.
    pub(super) twins: u64,
}

/// What writers and the one who troubles the server share.
struct Shared {
    url: Mutex<String>,
    done: AtomicBool,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    /// The `detail` of the newest refusal.
    refusal: Mutex<String>,
    /// Whether some requests wait for the tables.
    commits: bool,
    client: Client,
}

/// Writers at work.
pub(super) struct Load {
    shared: Arc<Shared>,
    writers: Vec<JoinHandle<Written>>,
}

impl Load {
    /// Starts writers whose events lie before `base`. With `commits` some of their requests are answered only when the
    /// rows are in the table.
    pub(super) fn start(service: &Service, random: &mut Xoshiro256, base: i64, commits: bool) -> Self {
        let shared = Arc::new(Shared {
            url: Mutex::new(service.url.clone()),
            done: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            refusal: Mutex::default(),
            commits,
            client: service.client(),
        });
        let writers = (0..WRITERS).map(|name| {
            let (shared, seed) = (shared.clone(), random.next_u64());
            std::thread::spawn(move || write(&shared, name, seed, base))
        });
        Self { writers: writers.collect(), shared }
    }

    /// From now on the server is this one.
    pub(super) fn follow(&self, service: &Service) {
        *self.shared.url.lock().unwrap() = service.url.clone();
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(SeqCst)
    }

    /// Requests that were refused, and what the last refusal said.
    pub(super) fn refused(&self) -> (u64, String) {
        (self.shared.refused.load(SeqCst), self.shared.refusal.lock().unwrap().clone())
    }

    /// Whether a writer found something wrong: [`Load::end`] tells.
    pub(super) fn failed(&self) -> bool {
        self.writers.iter().any(JoinHandle::is_finished)
    }

    /// Waits for so many more acknowledged requests.
    pub(super) fn more(&self, requests: u64) {
        let goal = self.acknowledged() + requests;
        wait_for("requests to be acknowledged", || (self.failed() || self.acknowledged() >= goal).then_some(()));
    }

    /// Ends the load; everything that was sent is acknowledged then.
    pub(super) fn end(self, service: &Service, seed: u64) -> Written {
        self.shared.done.store(true, SeqCst);
        let mut all = Written::default();
        for writer in self.writers {
            let written = writer.join().unwrap_or_else(|_| panic!("seed {seed}: a writer failed: {}", service.log()));
            all.rows.extend(written.rows);
            all.requests += written.requests;
            all.repeated += written.repeated;
            all.corrected += written.corrected;
            all.delayed += written.delayed;
            all.twins += written.twins;
        }
        all
    }
}

/// Sends batches until told to end; each until it is acknowledged.
fn write(shared: &Shared, name: usize, seed: u64, base: i64) -> Written {
    let mut random = Xoshiro256::new(seed);
    let mut written = Written::default();
    let mut former: Vec<Event> = Vec::new();
    let mut delayed: Option<Vec<Event>> = None;
    let mut number = 0;
    while !shared.done.load(SeqCst) {
        let next = batch(name, &mut number, &mut former, base, &mut random, &mut written);
        if delayed.is_none() && random.below(8) == 0 {
            delayed = Some(next);
            continue;
        }
        send(shared, next, &mut random, &mut written, &mut former);
        if let Some(late) = delayed.take_if(|_| random.below(4) == 0) {
            written.delayed += 1;
            send(shared, late, &mut random, &mut written, &mut former);
        }
    }
    if let Some(late) = delayed {
        send(shared, late, &mut random, &mut written, &mut former);
    }
    written
}

/// New rows, and some that were sent before: as they were, or corrected.
fn batch(
    name: usize,
    number: &mut u64,
    former: &mut [Event],
    base: i64,
    random: &mut Xoshiro256,
    written: &mut Written,
) -> Vec<Event> {
    let mut batch = Vec::new();
    for _ in 0..1 + random.below(60) {
        let back = [0, 0, 0, 0, 0, 0, 0, 3 * DAY, 70 * DAY][random.below(9) as usize] + random.below(6 * 3600) as i64;
        batch.push(Event { id: format!("w{name}-{number}"), ts: base - back, amount: amount(random) });
        *number += 1;
    }
    if random.below(3) == 0 && !former.is_empty() {
        let from = random.below(former.len() as u64) as usize;
        batch.extend(former.iter().skip(from).take(20).cloned());
        written.repeated += former.len().saturating_sub(from).min(20) as u64;
    }
    if random.below(12) == 0 && !former.is_empty() {
        let at = random.below(former.len() as u64) as usize;
        former[at].amount = amount(random);
        // After the repeated rows: of two rows with one id the last one counts.
        batch.push(former[at].clone());
        written.corrected += 1;
    }
    if random.below(4) == 0 {
        let at = random.below(batch.len() as u64) as usize;
        let again = batch[at].clone();
        // A repeated row must be the newest content of its id.
        if !batch.iter().any(|event| event.id == again.id && event.amount != again.amount) {
            batch.push(again);
        }
    }
    batch
}

/// Sends a batch until it is acknowledged; sometimes once more, sometimes by two at once.
fn send(shared: &Shared, batch: Vec<Event>, random: &mut Xoshiro256, written: &mut Written, former: &mut Vec<Event>) {
    let body: String = batch.iter().map(Event::line).collect();
    let commit = shared.commits && random.below(10) == 0;
    let path = if commit { format!("{PREDICTIONS}?ack=commit") } else { PREDICTIONS.to_owned() };
    let rows = batch.len() as u64;
    let deliver = || deliver(shared, &path, &body, rows);
    match random.below(20) {
        0 | 1 => written.requests += deliver() + deliver(),
        2 => {
            written.requests += std::thread::scope(|scope| {
                let twin = scope.spawn(deliver);
                deliver() + twin.join().unwrap()
            });
            written.twins += 1;
        }
        _ => written.requests += deliver(),
    }
    for event in batch {
        if written.rows.insert(event.id.clone(), event.amount).is_none() {
            former.push(event);
        }
    }
}

/// Sends until there is an acknowledgement; the number of requests.
fn deliver(shared: &Shared, path: &str, body: &str, rows: u64) -> u64 {
    let mut requests = 0;
    wait_for("an acknowledgement", || {
        let url = shared.url.lock().unwrap().clone();
        requests += 1;
        let headers = [("content-type", NDJSON)];
        // Without an answer, and when it is refused, nobody knows what became of the rows: send them again.
        let answer = ask(&shared.client, &url, Method::POST, path, &headers, body.as_bytes().to_vec())?;
        if matches!(answer.status, 429 | 503 | 507) {
            refused(shared, &answer);
            return None;
        }
        let [accepted, duplicate, _, rejected] = answer.counts();
        assert_eq!((accepted + duplicate, rejected), (rows, 0), "{}", answer.text());
        Some(())
    });
    shared.acknowledged.fetch_add(1, SeqCst);
    requests
}

/// A refusal is a problem that says what is wrong, and when to come back.
fn refused(shared: &Shared, answer: &Answer) {
    let problem = answer.json(answer.status);
    let detail = problem["detail"].as_str().unwrap_or_default().to_owned();
    assert!(!detail.is_empty() && !answer.header("retry-after").is_empty(), "{answer:?}: {problem}");
    *shared.refusal.lock().unwrap() = detail;
    shared.refused.fetch_add(1, SeqCst);
}
