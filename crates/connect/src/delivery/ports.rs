//! What delivery needs of storage, clocks and configuration.

use async_trait::async_trait;
use watchkeeper_watch::notice::Notice;

use super::Outcome;
use crate::targets::Target;

/// A fault behind a port. The text is for operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PortError(pub String);

/// Notices of one incident to one target: what keeps an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId {
    /// Whose.
    pub tenant: String,
    /// The incident.
    pub incident: String,
    /// The target's name.
    pub target: String,
}

impl QueueId {
    /// The queue that `notice` is in.
    #[must_use]
    pub fn of(notice: &Notice) -> Self {
        Self { tenant: notice.tenant.clone(), incident: notice.incident.clone(), target: notice.target.clone() }
    }
}

/// A notice in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The outbox's own name for it.
    pub id: String,
    /// The notice.
    pub notice: Notice,
    /// How often it was leased as the first of its queue since it was last settled as delivered, this time included.
    pub attempts: u32,
    /// When it was first leased so, in microseconds since 1970.
    pub first_at: i64,
    /// Whether it was delivered before and is sent again because the target forgets ([`Change::Again`]).
    pub delivered: bool,
    /// How many targets gave it up before this one.
    pub hops: u8,
}

/// A queue under lease: its entries in order, at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Which.
    pub id: QueueId,
    /// Names the lease: a settlement with another is refused.
    pub lease: u64,
    /// The first entries, the oldest first; some may be left out behind.
    pub entries: Vec<Entry>,
}

/// What is to be leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Now, in microseconds since 1970: what is due then, and whose lease has ended then.
    pub now: i64,
    /// When the lease ends.
    pub until: i64,
    /// How many queues at most.
    pub queues_max: usize,
    /// How many queues of one target may be under lease at once, those of other workers too: a slow target must not keep
    /// all workers busy.
    pub per_target_max: usize,
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The target has it.
    Delivered,
    /// The target is not told such notices.
    Skipped,
    /// A later notice made it needless.
    Superseded,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It leaves the outbox.
    Done(Done),
    /// It was delivered, and is sent again at this time (microseconds since 1970) unless a later one comes first. Its
    /// attempts count from 0.
    Again(i64),
    /// It is tried again at this time.
    Retry {
        /// When, in microseconds since 1970.
        at: i64,
        /// What happened, for the delivery log.
        why: String,
    },
    /// It leaves the outbox undelivered and is kept as a dead letter.
    Dead {
        /// What happened.
        why: String,
    },
}

/// A target to which nothing is to be sent any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// Whose.
    pub tenant: String,
    /// Its name.
    pub target: String,
    /// What happened.
    pub why: String,
}

/// What an attempt changes, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Which queue.
    pub queue: QueueId,
    /// Under which lease; it ends with the settlement.
    pub lease: u64,
    /// Entries by id, and what becomes of each.
    pub changes: Vec<(String, Change)>,
    /// A notice for another queue, and its hops: the fallback. One whose key is in the outbox already, or was, is not added.
    pub add: Option<(Notice, u8)>,
    /// A target that is no more.
    pub disable: Option<Disabled>,
}

/// The outbox: notices that were decided and not yet delivered.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases queues that are due.
    ///
    /// A queue is due when nobody has a lease on it and its first entry is due; a first entry that was
    /// [delivered](Entry::delivered) holds up nobody: if others follow, the second counts. The lease, the new count of
    /// attempts of the first entry and the time of its first attempt are durable when this returns. Queues that have been
    /// due the longest come first; a target that has its share of leases is passed over.
    ///
    /// # Errors
    /// [`PortError`]; then nothing is leased, or what is leased comes back when the lease ends.
    async fn lease(&self, wanted: Wanted) -> Result<Vec<Queue>, PortError>;

    /// Records what an attempt changed and ends the lease. `false` if the lease is not valid any more (another worker has
    /// the queue): then nothing is changed.
    ///
    /// # Errors
    /// [`PortError`]; then it is changed as a whole or not at all.
    async fn settle(&self, settlement: &Settlement) -> Result<bool, PortError>;
}

/// The time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970, UTC.
    fn now(&self) -> i64;
}

/// What a target's name leads to.
#[derive(Debug, Clone)]
pub enum Found {
    /// The target.
    Target(Box<Target>),
    /// It is disabled, or cannot be used as it is configured.
    Unusable {
        /// Why.
        why: String,
        /// Its fallback.
        fallback: Option<String>,
    },
    /// There is none of that name.
    Absent,
}

/// The targets that users configured, with their secrets.
#[async_trait]
pub trait Targets: Send + Sync {
    /// The target of that name.
    ///
    /// # Errors
    /// [`PortError`]: then the attempt is made later.
    async fn target(&self, tenant: &str, name: &str) -> Result<Found, PortError>;
}

/// Sends one notice to one target.
#[async_trait]
pub trait Sender: Send + Sync {
    /// One attempt at `now` (microseconds since 1970).
    async fn send(&self, target: &Target, notice: &Notice, now: i64) -> Outcome;
}
