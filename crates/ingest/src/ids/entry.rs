//! Ids, entries and answers.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

/// Hash of an id within its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdHash(pub u128);

impl IdHash {
    /// xxh3-128 of `id`, seeded by the hash of `table`. The same for all time and on all machines.
    #[must_use]
    pub fn of(table: &str, id: &[u8]) -> Self {
        Self::seeded(Self::seed(table), id)
    }

    /// What all ids of a table have in common, to hash many of them.
    #[must_use]
    pub fn seed(table: &str) -> u64 {
        xxh3_64(table.as_bytes())
    }

    /// As [`IdHash::of`], with the table's [`IdHash::seed`].
    #[must_use]
    pub fn seeded(seed: u64, id: &[u8]) -> Self {
        Self(xxh3_128_with_seed(id, seed))
    }
}

/// An event as the index knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: IdHash,
    /// Hash of its content: see [`Entry::fold`].
    pub content: u32,
    /// Its UTC day, in days since 1970-01-01. Days outside 0..=65535 count as the nearest of them.
    pub day: i32,
}

/// The content of an event that was erased. No content folds to it.
const ERASED: u32 = u32::MAX;

impl Entry {
    /// The two halves of a 64-bit hash of the content, as one.
    #[must_use]
    pub fn fold(content: u64) -> u32 {
        (((content >> 32) ^ (content & 0xffff_ffff)) as u32).min(ERASED - 1)
    }

    /// An event that was erased on `day`: whatever comes with its id counts as seen.
    #[must_use]
    pub const fn erased(id: IdHash, day: i32) -> Self {
        Self { id, content: ERASED, day }
    }
}

/// What the index knows of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Not seen within the horizon.
    New,
    /// Seen with the same content, or erased.
    Same {
        /// Day of the event as it was seen.
        day: i32,
    },
    /// Seen with other content. The index knows the new content now.
    Changed {
        /// Day of the event as it was seen last.
        day: i32,
    },
}

/// The part of the hash that is kept; runs are sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) high: u64,
    pub(super) low: u32,
}

impl From<IdHash> for Key {
    fn from(IdHash(hash): IdHash) -> Self {
        Self { high: (hash >> 64) as u64, low: (hash >> 32) as u32 }
    }
}

/// What is kept of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) content: u32,
    pub(super) day: u16,
    pub(super) arrived: u16,
}

impl Value {
    pub(super) fn new(entry: &Entry, arrived: i32) -> Self {
        Self { content: entry.content, day: day(entry.day), arrived: day(arrived) }
    }

    /// The day that the horizon counts from: an old event that arrives now may be repeated in a minute.
    pub(super) fn keep_day(self) -> u16 {
        self.day.max(self.arrived)
    }

    pub(super) fn seen_as(self, entry: &Entry) -> Seen {
        let day = i32::from(self.day);
        let same = self.content == entry.content || self.content == ERASED;
        if same { Seen::Same { day } } else { Seen::Changed { day } }
    }
}

pub(super) fn day(day: i32) -> u16 {
    u16::try_from(day.max(0)).unwrap_or(u16::MAX)
}
