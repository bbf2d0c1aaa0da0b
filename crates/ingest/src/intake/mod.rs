//! From a request to rows that are durable, once, and then in the tables.
//!
//! ```text
//! request ─ decode, gate (many threads) ─► appender (one thread) ─ group sync ─► answer
//!                                          de-duplicate, journal
//!                                                    │ sealed segments
//!                                                    ▼
//!                                          committer ─► tables ─► segment removed
//! ```
//!
//! What is acknowledged is in the journal (or, with [`Ack::Commit`], in the tables). The committer reads every segment from
//! the journal, after a crash as in normal work: there is one path. A segment's number is its transaction in each table.

mod appender;
mod committer;
mod erase;
mod error;
mod ports;
mod prepare;
mod record;
mod recover;
mod start;
mod state;
mod stats;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, TrySendError};

use bytes::Bytes;
use tokio::sync::{Semaphore, oneshot, watch};

pub use appender::AppenderOptions;
pub use committer::{Committer, Outcome};
pub use error::IntakeError;
pub use ports::{CommitError, StoredRows, Streams, TableWrite, Tables};
pub use recover::Recovering;
pub use start::{Left, StartOptions, Started, start};
pub use state::StreamState;
pub use stats::{IntakeCounts, IntakeStats};

use crate::decode::{BodyFormat, Encoding};
use crate::{Limits, Reject, Stream};
use appender::Pending;

/// Rejected rows that an answer shows.
pub const REJECTS_SHOWN: usize = 100;

/// When an append is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ack {
    /// When the journal is synced.
    #[default]
    Journal,
    /// When the rows are in the tables.
    Commit,
}

/// What a request brings.
#[derive(Debug, Clone)]
pub enum Payload {
    /// A body as sent.
    Body {
        /// Its format.
        format: BodyFormat,
        /// Its compression.
        encoding: Encoding,
        /// Its bytes.
        bytes: Bytes,
    },
    /// Events that were converted from another format; `bytes` is what they took.
    Values {
        /// Canonical events.
        events: Vec<serde_json::Value>,
        /// Rows that could not be converted.
        rejects: Vec<Reject>,
        /// Bytes of the request.
        bytes: usize,
    },
}

/// Events for one stream.
#[derive(Debug, Clone)]
pub struct Append {
    /// The tenant.
    pub tenant: String,
    /// The environment of events that name none.
    pub environment: String,
    /// Which stream.
    pub stream: Stream,
    /// The model; needed for predictions and labels.
    pub model: Option<String>,
    /// The events.
    pub payload: Payload,
    /// When to answer.
    pub ack: Ack,
    /// Columns that may hold one value only: what the sender is allowed to write. Rows with another value are rejected.
    pub only: Vec<(&'static str, String)>,
    /// Identity of the request: sent again with the same body, all of its rows are duplicates, also those without an id.
    pub idempotency_key: Option<String>,
}

/// What became of the rows of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// New rows.
    pub accepted: u64,
    /// Rows that were known already.
    pub duplicate: u64,
    /// Rows that take the place of one with the same id and other content.
    pub corrected: u64,
    /// Rows that could not be taken.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<Reject>,
    /// Columns of which nothing was stored, because it is not decided yet whether they are personal.
    pub withheld: Vec<String>,
}

/// Takes requests in.
#[derive(Debug, Clone)]
pub struct Intake {
    streams: Arc<dyn Streams>,
    limits: Arc<Limits>,
    stats: Arc<IntakeStats>,
    queue: SyncSender<Pending>,
    erasures: SyncSender<erase::Erasure>,
    committed: watch::Receiver<u64>,
    left: Left,
    /// Requests that are decoded at a time: as many as there are cores.
    decoders: Arc<Semaphore>,
    /// Kilobytes of requests in memory.
    memory: Arc<Semaphore>,
    /// The process has no room for more.
    full: Arc<AtomicBool>,
}

/// How much may be in memory at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeOptions {
    /// Bytes of requests, decompressed, that are decoded or wait for the journal.
    pub memory_bytes: usize,
    /// Requests decoded at a time.
    pub decoders: usize,
    /// Requests that may wait for the journal.
    pub queue: usize,
}

impl Default for IntakeOptions {
    fn default() -> Self {
        let decoders = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { memory_bytes: 256 << 20, decoders, queue: 4096 }
    }
}

/// UTC day since 1970 of a time in microseconds. Every such time has one.
fn day_of(micros: i64) -> i32 {
    i32::try_from(micros.div_euclid(86_400_000_000)).unwrap_or(i32::MAX)
}

/// A decoded row takes up to so many times its bytes in the body.
const DECODED_PER_BYTE: usize = 3;
const KIB: usize = 1024;

impl Intake {
    /// Takes `append` in.
    ///
    /// # Errors
    /// [`IntakeError`]; nothing of the request is stored then.
    pub async fn append(&self, append: Append, now_us: i64) -> Result<Answer, IntakeError> {
        if !self.left.is_settled() {
            return Err(IntakeError::CatchingUp);
        }
        if self.full.load(Relaxed) {
            return Err(self.shed());
        }
        let state = self.streams.stream(&append.tenant, append.stream, append.model.as_deref()).await?;
        let size = match &append.payload {
            Payload::Body { bytes, encoding: Encoding::Identity, .. } => bytes.len(),
            // A compressed body is counted with what it may become; a small one cannot become much.
            Payload::Body { bytes, .. } => {
                let ratio = usize::try_from(self.limits.decompression_ratio).unwrap_or(usize::MAX);
                bytes.len().saturating_mul(ratio.min(10)).min(self.limits.decompressed_bytes)
            }
            Payload::Values { bytes, .. } => bytes.saturating_mul(2),
        };
        let kib = u32::try_from((size * DECODED_PER_BYTE).div_ceil(KIB).max(1)).unwrap_or(u32::MAX);
        let memory = self.memory.clone().try_acquire_many_owned(kib).map_err(|_| self.shed())?;
        let decoder = self.decoders.clone().acquire_owned().await.map_err(|_| IntakeError::Stopped)?;
        let (limits, stats, at) = (self.limits.clone(), self.stats.clone(), state.clone());
        let Append { environment, payload, ack, only, idempotency_key, .. } = append;
        let prepared = tokio::task::spawn_blocking(move || {
            let _decoder = decoder;
            let request = prepare::Request { payload, environment, only, idempotency_key };
            prepare::prepare(&at, request, &limits, now_us, &stats)
        })
        .await
        .map_err(|error| IntakeError::Internal(error.to_string()))??;
        if !prepared.decisions.is_empty() {
            self.streams.decided(&state, prepared.decisions.clone()).await;
        }
        let mut answer = prepared.answer();
        self.stats.rejected(answer.rejected);
        if prepared.is_empty() {
            return Ok(answer);
        }
        let (reply, answered) = oneshot::channel();
        let pending = Pending { prepared, ack, reply, memory };
        self.queue.try_send(pending).map_err(|error| match error {
            TrySendError::Full(_) => self.shed(),
            TrySendError::Disconnected(_) => IntakeError::Stopped,
        })?;
        let appended = answered.await.map_err(|_| IntakeError::Stopped)??;
        (answer.accepted, answer.duplicate, answer.corrected) =
            (appended.accepted, appended.duplicate, appended.corrected);
        if ack == Ack::Commit
            && let Some(segment) = appended.segment
        {
            self.committed.clone().wait_for(|done| *done >= segment).await.map_err(|_| IntakeError::Stopped)?;
        }
        Ok(answer)
    }

    fn shed(&self) -> IntakeError {
        self.stats.shed();
        IntakeError::Overloaded { retry_after_s: 1 }
    }
}
