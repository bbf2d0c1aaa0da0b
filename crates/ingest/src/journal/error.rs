//! What can go wrong.

use super::SegmentNo;
use std::path::PathBuf;

/// Why the journal cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The append would pass the journal's bound. Nothing was written; it is free again when segments were removed.
    #[error("journal is full: {needed} bytes needed, {free} of {total} free")]
    Full {
        /// Bytes that the append may take on disk.
        needed: u64,
        /// Bytes that are left.
        free: u64,
        /// The bound.
        total: u64,
    },
    /// The append is larger than any may be. Nothing was written.
    #[error("append of {bytes} bytes is too large for the journal: at most {most} expected")]
    TooLarge {
        /// Bytes of the payloads.
        bytes: u64,
        /// The bound.
        most: u64,
    },
    /// A record that cannot be written down: its table's name is longer than 65,535 bytes.
    #[error("table name of {bytes} bytes is too long for the journal: at most 65535 expected")]
    TableName {
        /// Bytes of the name.
        bytes: usize,
    },
    /// The disk is full. Nothing was acknowledged; the journal works again when there is space.
    #[error("no space left on the disk of journal `{dir}`")]
    NoSpace {
        /// The journal's folder.
        dir: PathBuf,
    },
    /// Another process has it open.
    #[error("journal `{dir}` is in use by another process")]
    Locked {
        /// The journal's folder.
        dir: PathBuf,
    },
    /// What was written is not what is there. Reading goes on behind it.
    #[error("journal segment {segment} is damaged at frame {frame}: {found}")]
    Damaged {
        /// The segment.
        segment: SegmentNo,
        /// Number of the frame in its segment, from 1.
        frame: u64,
        /// What is wrong with it.
        found: &'static str,
    },
    /// Only sealed segments are read and removed.
    #[error("journal segment {segment} is still written to: seal it first")]
    NotSealed {
        /// The segment.
        segment: SegmentNo,
    },
    /// There is no such segment.
    #[error("journal has no segment {segment}")]
    NoSegment {
        /// The number asked for.
        segment: SegmentNo,
    },
    /// A file of the journal could not be read or written.
    #[error("cannot {doing} journal file `{path}`")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot {doing} journal segment {segment}")]
    Store {
        /// What was tried.
        doing: &'static str,
        /// The segment.
        segment: SegmentNo,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

impl JournalError {
    /// Whether the same call can succeed later without anybody repairing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::NoSpace { .. })
    }

    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull => Self::NoSpace { dir: path.parent().unwrap_or(&path).to_path_buf() },
            _ => Self::Io { doing, path, source },
        }
    }

    pub(super) fn store(
        doing: &'static str,
        segment: SegmentNo,
        dir: &std::path::Path,
    ) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::NoSpace { dir: dir.to_path_buf() },
            _ => Self::Store { doing, segment, source },
        }
    }
}
