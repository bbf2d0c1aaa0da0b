//! What is acknowledged is durable: records are appended to segments, synced once per call, read back after a restart
//! and removed when their rows are in the tables.
//!
//! A segment is one SQLite database in WAL mode (`synchronous = FULL`) that is never checkpointed: what was appended
//! stays in its write-ahead log until both files are unlinked. Why SQLite, and what it costs:
//! `docs/adr/003-journal.md`. Layout of the folder, `n` being the segment's number:
//!
//! | file | holds |
//! |---|---|
//! | `lock` | nothing; locked by the process that has the journal open |
//! | `sealed` | the largest number that may be in use, and length and frames of each sealed segment |
//! | `n.db` | the empty database, the same for all segments |
//! | `n.db-wal` | the frames; a *frame* is what one [`Journal::append`] wrote: one row, one checksum |
//!
//! - INVARIANT JOURNAL-1: an append that returned `Ok` is read back after any crash, in order, once.
//! - INVARIANT JOURNAL-2: an append is there as a whole or not at all.
//! - INVARIANT JOURNAL-3: segment numbers only rise, also when everything was removed before a restart.
//! - INVARIANT JOURNAL-4: the files together never take more than `total_bytes`. Only a damaged segment is copied
//!   while it is read.
//!
//! An append that returned an error may still be there after a crash that followed at once, as a commit whose answer
//! got lost.
//!
//! Not here: grouping of requests into one append, encoding of rows, the commit to the tables.

mod catalogue;
mod error;
pub(crate) mod files;
mod frame;
mod number;
mod options;
mod read;
mod recover;
mod segment;
mod wal;
mod writer;

pub use catalogue::{SegmentInfo, Segments};
pub use error::JournalError;
pub use frame::{OwnedRecord, Record};
pub use number::SegmentNo;
pub use options::JournalOptions;
pub use read::Records;
pub use recover::{Recovered, RecoveredSegment};
pub use writer::{Journal, Position};
