//! A fake outbox in memory, a world that can die at any step, and receivers with whims.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use watchkeeper_connect::delivery::{
    Change, Clock, Disabled, Done, Entry, Found, Outbox, Outcome, PortError, Queue, QueueId, Sender, Settlement,
    Targets, Wanted,
};
use watchkeeper_connect::targets::{Channel, Target};
use watchkeeper_stats::random::SplitMix64;
use watchkeeper_watch::notice::Notice;

use super::target;

/// One process and what it works with. Each step of a port counts; at the step `dies_at` the process is dead: that step and
/// all later ones do nothing more, until [`World::restart`].
pub(crate) struct World {
    now: AtomicI64,
    steps: AtomicU64,
    dies_at: AtomicU64,
    pub(crate) outbox: Mutex<FakeOutbox>,
    pub(crate) arrivals: Mutex<Vec<(QueueId, Notice)>>,
    whims: Mutex<SplitMix64>,
    /// Of 100 attempts: how many fail, and how many arrive although the answer is lost.
    fails: (u64, u64),
    pub(crate) targets: Mutex<BTreeMap<String, Found>>,
    pub(crate) outcomes: Mutex<BTreeMap<String, Outcome>>,
    /// Targets that take their time.
    pub(crate) slow: Mutex<BTreeMap<String, Duration>>,
}

/// What a real outbox keeps in tables.
#[derive(Default)]
pub(crate) struct FakeOutbox {
    queues: BTreeMap<QueueId, FakeQueue>,
    leases: u64,
    ids: u64,
    keys: BTreeSet<String>,
    pub(crate) done: BTreeMap<String, Done>,
    pub(crate) dead: BTreeMap<String, String>,
    pub(crate) disabled: Vec<Disabled>,
}

#[derive(Default)]
struct FakeQueue {
    entries: Vec<(Entry, i64)>,
    lease: Option<(u64, i64)>,
}

impl FakeQueue {
    /// When its turn comes: of a repetition that others follow, the next counts.
    fn due(&self) -> Option<i64> {
        let first = self.entries.first()?;
        let counts = if first.0.delivered { self.entries.get(1).unwrap_or(first) } else { first };
        Some(counts.1)
    }
}

impl FakeOutbox {
    pub(crate) fn put(&mut self, notice: &Notice, hops: u8, due: i64) {
        if !self.keys.insert(notice.key.clone()) {
            return;
        }
        self.ids += 1;
        let entry = Entry {
            id: format!("e{}", self.ids),
            notice: notice.clone(),
            attempts: 0,
            first_at: 0,
            delivered: false,
            hops,
        };
        self.queues.entry(QueueId::of(notice)).or_default().entries.push((entry, due));
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queues.values().map(|queue| queue.entries.len()).sum()
    }

    pub(crate) fn next_due(&self) -> Option<i64> {
        let at = |queue: &FakeQueue| Some(queue.due()?.max(queue.lease.map_or(i64::MIN, |(_, until)| until)));
        self.queues.values().filter_map(at).min()
    }

    fn lease(&mut self, wanted: Wanted) -> Vec<Queue> {
        let Wanted { now, until, queues_max, per_target_max } = wanted;
        let mut due: Vec<(i64, QueueId)> = self
            .queues
            .iter()
            .filter(|(_, queue)| queue.lease.is_none_or(|(_, until)| until <= now))
            .filter_map(|(id, queue)| Some((queue.due().filter(|due| *due <= now)?, id.clone())))
            .collect();
        due.sort();
        let mut leased = Vec::new();
        for (_, id) in due {
            let held = |(other, queue): &(&QueueId, &FakeQueue)| {
                other.target == id.target && queue.lease.is_some_and(|(_, until)| until > now)
            };
            if leased.len() == queues_max || self.queues.iter().filter(held).count() >= per_target_max {
                continue;
            }
            self.leases += 1;
            let queue = self.queues.get_mut(&id).unwrap();
            queue.lease = Some((self.leases, until));
            let first = &mut queue.entries[0].0;
            first.attempts += 1;
            if first.attempts == 1 {
                first.first_at = now;
            }
            let entries = queue.entries.iter().map(|(entry, _)| entry.clone()).collect();
            leased.push(Queue { id, lease: self.leases, entries });
        }
        leased
    }

    fn settle(&mut self, settlement: &Settlement, now: i64) -> bool {
        let queue = self.queues.get_mut(&settlement.queue).unwrap();
        if queue.lease.map(|(lease, _)| lease) != Some(settlement.lease) {
            return false;
        }
        queue.lease = None;
        for (id, change) in &settlement.changes {
            let at = queue.entries.iter().position(|(entry, _)| entry.id == *id).unwrap();
            let key = queue.entries[at].0.notice.key.clone();
            match change {
                Change::Done(done) => {
                    self.done.insert(key, *done);
                    queue.entries.remove(at);
                }
                Change::Dead { why } => {
                    self.dead.insert(key, why.clone());
                    queue.entries.remove(at);
                }
                Change::Again(again) => {
                    let (entry, due) = &mut queue.entries[at];
                    (entry.delivered, entry.attempts, *due) = (true, 0, *again);
                    self.done.insert(key, Done::Delivered);
                }
                Change::Retry { at: again, .. } => queue.entries[at].1 = *again,
            }
        }
        if let Some((notice, hops)) = &settlement.add {
            self.put(notice, *hops, now);
        }
        self.disabled.extend(settlement.disable.clone());
        true
    }
}

fn dead() -> PortError {
    PortError("the process is dead".to_owned())
}

impl World {
    pub(crate) fn new(seed: u64, fails: (u64, u64)) -> Self {
        Self {
            now: AtomicI64::new(super::AT),
            steps: AtomicU64::new(0),
            dies_at: AtomicU64::new(u64::MAX),
            outbox: Mutex::default(),
            arrivals: Mutex::default(),
            whims: Mutex::new(SplitMix64::new(seed)),
            fails,
            targets: Mutex::default(),
            outcomes: Mutex::default(),
            slow: Mutex::default(),
        }
    }

    /// Dies `steps` steps from now.
    pub(crate) fn die_in(&self, steps: u64) {
        self.dies_at.store(self.steps.load(SeqCst) + steps, SeqCst);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.steps.load(SeqCst) > self.dies_at.load(SeqCst)
    }

    pub(crate) fn restart(&self) {
        self.dies_at.store(u64::MAX, SeqCst);
    }

    pub(crate) fn advance_to(&self, at: i64) {
        self.now.fetch_max(at, SeqCst);
    }

    pub(crate) fn put(&self, notice: &Notice) {
        self.outbox.lock().unwrap().put(notice, 0, self.now());
    }

    /// Whether the process still lives after one more step.
    fn step(&self) -> bool {
        self.steps.fetch_add(1, SeqCst) < self.dies_at.load(SeqCst)
    }

    pub(crate) fn keys_arrived(&self) -> BTreeSet<String> {
        self.arrivals.lock().unwrap().iter().map(|(_, notice)| notice.key.clone()).collect()
    }
}

impl Clock for World {
    fn now(&self) -> i64 {
        self.now.load(SeqCst)
    }
}

#[async_trait]
impl Outbox for World {
    async fn lease(&self, wanted: Wanted) -> Result<Vec<Queue>, PortError> {
        if !self.step() {
            return Err(dead());
        }
        let leased = self.outbox.lock().unwrap().lease(wanted);
        // Durable, but nobody hears of it.
        if self.step() { Ok(leased) } else { Err(dead()) }
    }

    async fn settle(&self, settlement: &Settlement) -> Result<bool, PortError> {
        if !self.step() {
            return Err(dead());
        }
        let settled = self.outbox.lock().unwrap().settle(settlement, self.now());
        if self.step() { Ok(settled) } else { Err(dead()) }
    }
}

#[async_trait]
impl Targets for World {
    async fn target(&self, _tenant: &str, name: &str) -> Result<Found, PortError> {
        let known = self.targets.lock().unwrap().get(name).cloned();
        let slack = || Channel::Slack { url: "https://hooks.example.com/x".parse().unwrap() };
        Ok(known.unwrap_or_else(|| Found::Target(Box::new(target(name, slack())))))
    }
}

#[async_trait]
impl Sender for World {
    async fn send(&self, target: &Target, notice: &Notice, _now: i64) -> Outcome {
        let failed = |why: &str| Outcome::Failed { retry_after_ms: None, why: why.to_owned() };
        if !self.step() {
            return failed("dead before it arrived");
        }
        let slow = self.slow.lock().unwrap().get(&target.name).copied();
        if let Some(slow) = slow {
            tokio::time::sleep(slow).await;
        }
        if let Some(outcome) = self.outcomes.lock().unwrap().get(&target.name) {
            return outcome.clone();
        }
        let whim = self.whims.lock().unwrap().next_u64() % 100;
        if whim < self.fails.0 {
            return failed("status 503");
        }
        self.arrivals.lock().unwrap().push((QueueId::of(notice), notice.clone()));
        if !self.step() || whim < self.fails.0 + self.fails.1 {
            return failed("no answer");
        }
        Outcome::Delivered
    }
}
