//! Bytes of a run file.
//!
//! Pages of 4 KiB, each ending in a checksum: one page of facts, then entries (204 a page), then the first key of each
//! page of entries (511 a page), then the filter's blocks (63 a page). Integers are little-endian. Sections begin
//! where the facts say; a page that a section does not need is a hole.

use super::entry::{Key, Value};
use crate::journal::SegmentNo;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(super) const PAGE: usize = 4096;
/// Bytes of a page before its checksum.
pub(super) const BODY: usize = PAGE - 8;
const ENTRY: usize = 20;
pub(super) const ENTRIES: u64 = (BODY / ENTRY) as u64;
pub(super) const FENCES: u64 = (BODY / 8) as u64;
pub(super) const BLOCKS: u64 = (BODY / 64) as u64;

const MAGIC: u64 = u64::from_le_bytes(*b"wk-ids01");
/// Buckets of the histogram of days.
const DAYS: usize = 128;

pub(super) type Page = [u8; PAGE];

/// What is known of a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) entries: u64,
    pub(super) blocks: u64,
    /// First page of the keys, and of the filter.
    pub(super) fences_at: u64,
    pub(super) filter_at: u64,
    /// All journal segments up to this are in this run or an older one.
    pub(super) covers: SegmentNo,
    pub(super) newest: u16,
    pub(super) days: Histogram,
}

impl Facts {
    pub(super) fn entry_pages(&self) -> u64 {
        self.entries.div_ceil(ENTRIES)
    }

    pub(super) fn encode(&self) -> Page {
        let head = [MAGIC, self.entries, self.blocks, self.fences_at, self.filter_at, self.covers.0];
        let days = [u64::from(self.newest), u64::from(self.days.base), u64::from(self.days.width)];
        let mut page = [0; PAGE];
        put(&mut page, head.into_iter().chain(days).chain(self.days.counts.iter().copied()));
        seal(&mut page, 0);
        page
    }

    pub(super) fn decode(page: &Page) -> Option<Self> {
        let mut numbers =
            page.chunks_exact(8).filter_map(<[u8]>::first_chunk::<8>).map(|bytes| u64::from_le_bytes(*bytes));
        if !is_right(page, 0) || numbers.next()? != MAGIC {
            return None;
        }
        let mut next = || numbers.next();
        Some(Self {
            entries: next()?,
            blocks: next()?,
            fences_at: next()?,
            filter_at: next()?,
            covers: SegmentNo(next()?),
            newest: u16::try_from(next()?).ok()?,
            days: Histogram {
                base: u16::try_from(next()?).ok()?,
                width: u16::try_from(next()?).ok()?,
                counts: numbers.take(DAYS).collect(),
            },
        })
    }
}

/// How many entries end with the horizon when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Histogram {
    base: u16,
    width: u16,
    counts: Vec<u64>,
}

impl Histogram {
    pub(super) fn new(oldest: u16, newest: u16) -> Self {
        let width = (newest.saturating_sub(oldest) / DAYS as u16).saturating_add(1);
        Self { base: oldest, width, counts: vec![0; DAYS] }
    }

    pub(super) fn oldest(&self) -> u16 {
        self.base
    }

    pub(super) fn add(&mut self, day: u16) {
        let bucket = usize::from(day.saturating_sub(self.base) / self.width.max(1)).min(DAYS - 1);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
    }

    /// At least so many entries lie before `cutoff`.
    pub(super) fn before(&self, cutoff: u16) -> u64 {
        let whole = usize::from(cutoff.saturating_sub(self.base) / self.width.max(1));
        self.counts.iter().take(whole).sum()
    }
}

pub(super) fn put(page: &mut Page, numbers: impl Iterator<Item = u64>) {
    for (place, number) in page.split_at_mut(BODY).0.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

pub(super) fn put_entry(page: &mut Page, place: u64, key: Key, value: Value) {
    let start = usize::try_from(place).unwrap_or(usize::MAX).saturating_mul(ENTRY);
    let Some(bytes) = page.get_mut(start..).and_then(<[u8]>::first_chunk_mut::<ENTRY>) else { return };
    let all = key.high.to_be_bytes().into_iter().chain(key.low.to_be_bytes()).chain(value.content.to_le_bytes());
    for (to, byte) in bytes.iter_mut().zip(all.chain(value.day.to_le_bytes()).chain(value.arrived.to_le_bytes())) {
        *to = byte;
    }
}

pub(super) fn entry(page: &Page, place: u64) -> Option<(Key, Value)> {
    let start = usize::try_from(place).ok()?.checked_mul(ENTRY)?;
    let bytes = page.get(start..)?.first_chunk::<ENTRY>()?;
    let [h0, h1, h2, h3, h4, h5, h6, h7, l0, l1, l2, l3, c0, c1, c2, c3, d0, d1, a0, a1] = *bytes;
    let key =
        Key { high: u64::from_be_bytes([h0, h1, h2, h3, h4, h5, h6, h7]), low: u32::from_be_bytes([l0, l1, l2, l3]) };
    let content = u32::from_le_bytes([c0, c1, c2, c3]);
    Some((key, Value { content, day: u16::from_le_bytes([d0, d1]), arrived: u16::from_le_bytes([a0, a1]) }))
}

/// Writes the checksum, which knows the page's place in its file.
pub(super) fn seal(page: &mut Page, number: u64) {
    let (body, sum) = page.split_at_mut(BODY);
    sum.copy_from_slice(&xxh3_64_with_seed(body, number).to_le_bytes());
}

pub(super) fn is_right(page: &Page, number: u64) -> bool {
    let (body, sum) = page.split_at(BODY);
    sum == xxh3_64_with_seed(body, number).to_le_bytes()
}
