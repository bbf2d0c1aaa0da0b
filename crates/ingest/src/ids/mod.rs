//! Which events were seen before: ids within a horizon of days, in bounded memory, across restarts.
//!
//! An id is 96 bits of a hash of (table, id); among ten billion of them two are equal by chance with a probability of
//! one in a billion. With it are kept a hash of the event's content, its day, and the day of its arrival.
//!
//! - *Recent* ids are a map in memory. What is acknowledged is in the journal, so after a crash the caller restores
//!   them from the segments behind [`IdIndex::covers`].
//! - [`IdIndex::freeze`] turns the recent part into an immutable sorted *run* file; [`IdIndex::compaction`] merges
//!   runs of like size. Both are jobs that another thread runs while ids are looked up.
//! - A run holds pages of sorted entries, the first key of each page (in memory: 8 bytes per 204 ids), and a blocked
//!   Bloom filter of 12 bits per id (one cache line per id). Filters are in memory, newest first, as far as
//!   `memory_bytes` goes; without filter, a look-up costs one read of a page.
//!
//! The files are an index, not a data format: they are made again from the tables and the journal when they are
//! missing, damaged or of another version. Each page carries a checksum.
//!
//! - INVARIANT IDS-1: an id is never told as seen because of an append that failed: see [`IdIndex::rollback`].
//! - INVARIANT IDS-2: of several entries of one id the latest counts, wherever they lie.
//!
//! Not here: what to do with a repeated event; reading journal and tables.

mod entry;
mod error;
mod filter;
mod index;
mod job;
mod layout;
mod list;
mod merge;
mod recent;
mod run;
mod write;

pub use entry::{Entry, IdHash, Seen};
pub use error::IdsError;
pub use index::{IdIndex, IdOptions, IdStats, Opened};
pub use job::{Done, Job};
