//! The worker: lease what is due, try each, settle. [`deliver_due`] is one round, [`run`] goes on.

use aws_lc_rs::digest;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use watchkeeper_watch::notice::Notice;

use super::ports::{
    Change, Clock, Disabled, Done, Found, Outbox, PortError, Queue, Sender, Settlement, Targets, Wanted,
};
use super::supersede::plan;
use super::{Next, Outcome, Policy};

/// Targets that give a notice up, one after another, before nobody else is asked: fallbacks can be a circle.
const HOPS_MAX: u8 = 3;

/// How a round is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// When to try again.
    pub policy: Policy,
    /// How long a lease lasts, in milliseconds: longer than any attempt.
    pub lease_ms: u64,
    /// Attempts at once: so many queues are leased.
    pub concurrency: usize,
    /// Attempts at once at one target.
    pub per_target_max: usize,
    /// How often [`run`] looks for what is due when nobody wakes it, in milliseconds.
    pub poll_ms: u64,
}

impl Default for Options {
    /// Leases of three minutes (an attempt may take two), 32 attempts at once, 8 at one target, a look each second.
    fn default() -> Self {
        Self { policy: Policy::default(), lease_ms: 180_000, concurrency: 32, per_target_max: 8, poll_ms: 1_000 }
    }
}

impl Options {
    pub(super) fn wanted(&self, now: i64, queues_max: usize) -> Wanted {
        let lease = i64::try_from(self.lease_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
        Wanted { now, until: now.saturating_add(lease), queues_max, per_target_max: self.per_target_max.max(1) }
    }
}

/// What a round came to, as numbers of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Queues that were due.
    pub queues: u64,
    /// Accepted by their target.
    pub delivered: u64,
    /// Not told to this target, by its settings.
    pub skipped: u64,
    /// Made needless by later ones.
    pub superseded: u64,
    /// To be tried again.
    pub retried: u64,
    /// Given up.
    pub dead: u64,
    /// Tried, but the lease had ended before it was recorded: will be delivered again.
    pub lost: u64,
}

/// A round that could not be finished. What was leased and not settled comes back when its lease ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Nothing could be leased.
    #[error("failed to lease notices: {0}")]
    Lease(PortError),
    /// Some attempts could not be recorded; the others were.
    #[error("failed to record {failed} deliveries: {first}")]
    Settle {
        /// How many.
        failed: u64,
        /// What the first said.
        first: PortError,
    },
}

/// Delivers what is due: of each queue at most one notice. Call it again at once while it finds queues.
///
/// # Errors
/// [`DeliveryError`], after all attempts of the round were made.
pub async fn deliver_due(
    outbox: &dyn Outbox,
    targets: &dyn Targets,
    sender: &dyn Sender,
    clock: &dyn Clock,
    options: &Options,
) -> Result<Round, DeliveryError> {
    let leased = outbox.lease(options.wanted(clock.now(), options.concurrency.max(1))).await;
    let queues = leased.map_err(DeliveryError::Lease)?;
    let mut round = Round { queues: u64::try_from(queues.len()).unwrap_or(u64::MAX), ..Round::default() };
    let work = Work { outbox, targets, sender, clock, policy: options.policy };
    let mut settled: FuturesUnordered<_> = queues.into_iter().map(|queue| work.deliver(queue)).collect();
    let mut failure: Option<(u64, PortError)> = None;
    while let Some((settlement, recorded)) = settled.next().await {
        match recorded {
            Ok(true) => round.count(&settlement),
            Ok(false) => round.lost += 1,
            Err(error) => {
                let (failed, _) = failure.get_or_insert((0, error));
                *failed += 1;
            }
        }
    }
    match failure {
        None => Ok(round),
        Some((failed, first)) => Err(DeliveryError::Settle { failed, first }),
    }
}

pub(super) struct Work<'a> {
    pub(super) outbox: &'a dyn Outbox,
    pub(super) targets: &'a dyn Targets,
    pub(super) sender: &'a dyn Sender,
    pub(super) clock: &'a dyn Clock,
    pub(super) policy: Policy,
}

impl Work<'_> {
    /// Tries a queue and records what it came to.
    pub(super) async fn deliver(&self, queue: Queue) -> (Settlement, Result<bool, PortError>) {
        let settlement = self.attempt(queue).await;
        let recorded = self.outbox.settle(&settlement).await;
        (settlement, recorded)
    }

    /// Tries the notice of a queue whose turn it is.
    async fn attempt(&self, queue: Queue) -> Settlement {
        let plan = plan(&queue.entries);
        let mut settlement =
            Settlement { queue: queue.id.clone(), lease: queue.lease, changes: Vec::new(), add: None, disable: None };
        for entry in queue.entries.iter().take(plan.superseded) {
            settlement.changes.push((entry.id.clone(), Change::Done(Done::Superseded)));
        }
        let (Some(entry), Some(notice)) = (queue.entries.get(plan.superseded), plan.send) else { return settlement };
        let found = self.targets.target(&queue.id.tenant, &queue.id.target).await;
        let mut fallback = None;
        let outcome = match &found {
            Ok(Found::Target(target)) => {
                fallback.clone_from(&target.fallback);
                self.sender.send(target, &notice, self.clock.now()).await
            }
            Ok(Found::Unusable { why, fallback: other }) => {
                fallback.clone_from(other);
                Outcome::Rejected { why: why.clone() }
            }
            Ok(Found::Absent) => Outcome::Rejected { why: format!("there is no target `{}`", queue.id.target) },
            Err(error) => Outcome::Failed { retry_after_ms: None, why: error.to_string() },
        };
        let now = self.clock.now();
        let change = match outcome {
            Outcome::Delivered => {
                let again = if let Ok(Found::Target(target)) = &found { target.again_at(&notice, now) } else { None };
                again.map_or(Change::Done(Done::Delivered), Change::Again)
            }
            Outcome::Skipped { .. } => Change::Done(Done::Skipped),
            Outcome::Failed { retry_after_ms, why } => {
                // A repetition counts from itself, and an entry that moved up because others were superseded from now.
                let first_at = if entry.attempts == 0 { now } else { entry.first_at };
                match self.policy.next(&notice.key, entry.attempts.max(1), first_at, now, retry_after_ms) {
                    Next::Retry { at } => Change::Retry { at, why },
                    Next::Dead => Change::Dead { why },
                }
            }
            Outcome::Rejected { why } => Change::Dead { why },
            Outcome::Gone { why } => {
                let (tenant, target) = (queue.id.tenant.clone(), queue.id.target.clone());
                settlement.disable = Some(Disabled { tenant, target, why: why.clone() });
                Change::Dead { why }
            }
        };
        if let Change::Dead { why } = &change {
            let other = fallback.filter(|other| *other != queue.id.target && entry.hops < HOPS_MAX);
            settlement.add = other.map(|other| (fallback_notice(&notice, &other, why), entry.hops + 1));
        }
        settlement.changes.push((entry.id.clone(), change));
        settlement
    }
}

/// The notice that tells `fallback` what another target could not be told. Its key is made from the other's: deterministic,
/// so it is added once however often the worker crashes there.
#[must_use]
pub fn fallback_notice(notice: &Notice, fallback: &str, why: &str) -> Notice {
    let digest = digest::digest(&digest::SHA256, format!("{}\n{fallback}", notice.key).as_bytes());
    let summary = format!("Not delivered to `{}`: {why}. {}", notice.target, notice.summary);
    Notice {
        target: fallback.to_owned(),
        key: digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
        summary: summary.trim_end().to_owned(),
        ..notice.clone()
    }
}

impl Round {
    pub(super) fn count(&mut self, settlement: &Settlement) {
        for (_, change) in &settlement.changes {
            let counter = match change {
                Change::Done(Done::Delivered) | Change::Again(_) => &mut self.delivered,
                Change::Done(Done::Skipped) => &mut self.skipped,
                Change::Done(Done::Superseded) => &mut self.superseded,
                Change::Retry { .. } => &mut self.retried,
                Change::Dead { .. } => &mut self.dead,
            };
            *counter += 1;
        }
    }
}
