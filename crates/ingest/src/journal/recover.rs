//! What a process finds when it opens a journal.

use super::catalogue::Sealed;
use super::{JournalError, Records, SegmentInfo, SegmentNo, segment, wal};
use std::path::Path;

/// What was found when the journal was opened. All of it is sealed now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Oldest first; those without a record are gone.
    pub segments: Vec<RecoveredSegment>,
}

/// A segment as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveredSegment {
    /// Its number.
    pub number: SegmentNo,
    /// Records that can be read.
    pub records: u64,
    /// Whether it was sealed before, or only now.
    pub was_sealed: bool,
    /// Bytes of an append that was never acknowledged; they were cut off.
    pub torn_bytes: u64,
    /// Where in the log the first damage lies, in bytes, if acknowledged records may be lost: reading tells which.
    pub damaged_at: Option<u64>,
}

/// Examines the folder. Torn tails are cut. Returns what to note in `sealed`; its `last` is the largest number in use.
pub(super) fn recover(
    dir: &Path,
    known: &Sealed,
    above: SegmentNo,
) -> Result<(Sealed, Vec<SegmentInfo>, Recovered), JournalError> {
    let mut sealed = Sealed { last: known.last.max(above.0), ..Sealed::default() };
    let (mut infos, mut recovered, mut empty) = (Vec::new(), Recovered::default(), Vec::new());
    for number in numbers(dir)? {
        sealed.last = sealed.last.max(number.0);
        let (info, found, log_bytes) = examine(dir, number, known.segments.get(&number).copied())?;
        if info.frames == 0 && found.damaged_at.is_none() {
            empty.push(number);
            continue;
        }
        sealed.segments.insert(number, (log_bytes, info.frames));
        infos.push(info);
        recovered.segments.push(found);
    }
    for number in empty {
        segment::unlink(dir, number)?;
    }
    Ok((sealed, infos, recovered))
}

/// The numbers of the segments in the folder; what a crash may have left beside them is removed.
fn numbers(dir: &Path) -> Result<Vec<SegmentNo>, JournalError> {
    let read = || std::fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>();
    let names = read().map_err(JournalError::io("list", dir))?;
    let mut numbers = Vec::new();
    for name in names.iter().filter_map(|name| name.to_str()) {
        let number = |suffix| name.strip_suffix(suffix).and_then(|number| number.parse().ok()).map(SegmentNo);
        if let Some(number) = number(".db") {
            numbers.push(number);
            continue;
        }
        let orphan = number(".db-wal").is_some_and(|number| !segment::database(dir, number).exists());
        if orphan || name.ends_with(".tmp") || name.contains(".mended.") {
            segment::remove_file(&dir.join(name))?;
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// `known`: length of the log and frames as noted when it was sealed.
fn examine(
    dir: &Path,
    number: SegmentNo,
    known: Option<(u64, u64)>,
) -> Result<(SegmentInfo, RecoveredSegment, u64), JournalError> {
    let log = segment::log(dir, number);
    let scan = wal::scan(&log).map_err(JournalError::io("read", &log))?;
    let (end, mut damaged) = match known {
        Some((len, _)) => (len, scan.whole < len),
        // Only the last commit can be torn. Whole commits behind a bad page say that it is not in the last one: one of
        // them may be the end of the torn commit itself.
        None => (scan.whole, scan.commits_behind >= 2),
    };
    let mut torn_bytes = 0;
    if !damaged && scan.len > end {
        torn_bytes = scan.len - end;
        segment::cut(&log, end)?;
    }
    let mut records = Records::open(dir, number, 0)?;
    let (found, count) = records.found(damaged)?;
    // Frames that nothing leads to any more are told as damage too, one by one.
    let frames = known.map_or(if damaged { found.max(scan.commits) } else { found }, |(_, frames)| frames);
    damaged |= found < frames;
    let damaged_at = damaged.then_some(scan.bad.unwrap_or(scan.whole));
    let log_bytes = if damaged { scan.len } else { end };
    let bytes = log_bytes + std::fs::metadata(segment::database(dir, number)).map_or(0, |file| file.len());
    Ok((
        SegmentInfo { number, frames, records: count, bytes, sealed: true },
        RecoveredSegment { number, records: count, was_sealed: known.is_some(), torn_bytes, damaged_at },
        known.map_or(log_bytes, |(len, _)| len),
    ))
}
