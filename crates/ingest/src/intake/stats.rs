//! Counts of what was taken in, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the start. All are totals but those named otherwise.
#[derive(Debug, Default)]
pub struct IntakeStats {
    accepted: AtomicU64,
    duplicate: AtomicU64,
    corrected: AtomicU64,
    rejected: AtomicU64,
    shed: AtomicU64,
    bytes: AtomicU64,
    syncs: AtomicU64,
    sync_micros: AtomicU64,
    segments: AtomicU64,
    commit_micros: AtomicU64,
    commit_failures: AtomicU64,
    journal_bytes: AtomicU64,
    parked: AtomicU64,
    committed_rows: AtomicU64,
}

/// A copy of the counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the metrics, explained there")]
pub struct IntakeCounts {
    pub accepted: u64,
    pub duplicate: u64,
    pub corrected: u64,
    pub rejected: u64,
    pub shed: u64,
    pub bytes: u64,
    pub syncs: u64,
    pub sync_micros: u64,
    pub segments: u64,
    pub commit_micros: u64,
    pub commit_failures: u64,
    /// Bytes in the journal now.
    pub journal_bytes: u64,
    /// Segments that no table takes, now.
    pub parked: u64,
    pub committed_rows: u64,
}

impl IntakeStats {
    /// The counts now.
    #[must_use]
    pub fn counts(&self) -> IntakeCounts {
        let of = |count: &AtomicU64| count.load(Relaxed);
        IntakeCounts {
            accepted: of(&self.accepted),
            duplicate: of(&self.duplicate),
            corrected: of(&self.corrected),
            rejected: of(&self.rejected),
            shed: of(&self.shed),
            bytes: of(&self.bytes),
            syncs: of(&self.syncs),
            sync_micros: of(&self.sync_micros),
            segments: of(&self.segments),
            commit_micros: of(&self.commit_micros),
            commit_failures: of(&self.commit_failures),
            journal_bytes: of(&self.journal_bytes),
            parked: of(&self.parked),
            committed_rows: of(&self.committed_rows),
        }
    }

    pub(super) fn appended(&self, accepted: u64, duplicate: u64, corrected: u64) {
        self.accepted.fetch_add(accepted, Relaxed);
        self.duplicate.fetch_add(duplicate, Relaxed);
        self.corrected.fetch_add(corrected, Relaxed);
    }

    pub(super) fn rejected(&self, rows: u64) {
        self.rejected.fetch_add(rows, Relaxed);
    }

    pub(super) fn shed(&self) {
        self.shed.fetch_add(1, Relaxed);
    }

    pub(super) fn body(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn synced(&self, micros: u64, journal_bytes: u64) {
        self.syncs.fetch_add(1, Relaxed);
        self.sync_micros.fetch_add(micros, Relaxed);
        self.journal_bytes.store(journal_bytes, Relaxed);
    }

    pub(super) fn committed(&self, micros: u64, rows: u64) {
        self.segments.fetch_add(1, Relaxed);
        self.commit_micros.fetch_add(micros, Relaxed);
        self.committed_rows.fetch_add(rows, Relaxed);
    }

    pub(super) fn commit_failed(&self) {
        self.commit_failures.fetch_add(1, Relaxed);
    }

    pub(super) fn parked(&self) {
        self.parked.fetch_add(1, Relaxed);
    }
}
