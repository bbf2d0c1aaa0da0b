//! Bounds of a journal.

use super::SegmentNo;

/// Bounds of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOptions {
    /// A segment that would grow beyond this is sealed by the append that finds it so; bytes on disk.
    pub segment_bytes: u64,
    /// All files together take at most this; bytes on disk.
    pub total_bytes: u64,
    /// One append carries at most this; bytes of its payloads, below 1 GB.
    pub append_bytes: u64,
    /// The largest number that the caller knows to have been used, from the tables for example. New numbers are larger
    /// even if the folder was lost.
    pub above: SegmentNo,
}

impl Default for JournalOptions {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self { segment_bytes: 64 * MIB, total_bytes: 4096 * MIB, append_bytes: 256 * MIB, above: SegmentNo(0) }
    }
}
