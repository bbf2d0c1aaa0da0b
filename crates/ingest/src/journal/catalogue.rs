//! Which segments there are.

use super::{JournalError, Records, SegmentNo, segment};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// A segment from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its number.
    pub number: SegmentNo,
    /// Appends in it.
    pub frames: u64,
    /// Records in it; of a damaged segment those that were found.
    pub records: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Whether nothing is added to it any more. Only then it can be read and removed.
    pub sealed: bool,
}

/// The segments of an open journal: a handle for the thread that reads, commits and removes while another appends.
#[derive(Debug, Clone)]
pub struct Segments {
    dir: Arc<PathBuf>,
    all: Arc<Mutex<BTreeMap<SegmentNo, SegmentInfo>>>,
}

impl Segments {
    pub(super) fn new(dir: &Path, all: impl IntoIterator<Item = SegmentInfo>) -> Self {
        let all = all.into_iter().map(|info| (info.number, info)).collect();
        Self { dir: Arc::new(dir.to_path_buf()), all: Arc::new(Mutex::new(all)) }
    }

    /// All segments, oldest first, also the one that is written to.
    #[must_use]
    pub fn list(&self) -> Vec<SegmentInfo> {
        self.lock().values().copied().collect()
    }

    /// Bytes of all segments on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lock().values().map(|info| info.bytes).sum()
    }

    /// The records of a sealed segment in the order of writing. Memory: one append at a time.
    ///
    /// A segment has one reader at a time; a second one fails after five seconds.
    ///
    /// # Errors
    /// [`JournalError::NoSegment`], [`JournalError::NotSealed`], or that it cannot be opened. Damage is told by the
    /// iterator, which goes on behind it.
    pub fn read(&self, number: SegmentNo) -> Result<Records, JournalError> {
        let info = self.lock().get(&number).copied().ok_or(JournalError::NoSegment { segment: number })?;
        if !info.sealed {
            return Err(JournalError::NotSealed { segment: number });
        }
        Records::open(&self.dir, number, info.frames)
    }

    /// Forgets a sealed segment and gives its space back. To be called when its rows are committed to the tables.
    ///
    /// A segment that is gone already is no error.
    ///
    /// # Errors
    /// [`JournalError::NotSealed`], or that a file cannot be removed; then call again.
    pub fn remove(&self, number: SegmentNo) -> Result<(), JournalError> {
        match self.lock().get(&number) {
            None => return Ok(()),
            Some(info) if !info.sealed => return Err(JournalError::NotSealed { segment: number }),
            Some(_) => {}
        }
        segment::unlink(&self.dir, number)?;
        self.lock().remove(&number);
        Ok(())
    }

    pub(super) fn put(&self, info: SegmentInfo) {
        self.lock().insert(info.number, info);
    }

    pub(super) fn forget(&self, number: SegmentNo) {
        self.lock().remove(&number);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SegmentNo, SegmentInfo>> {
        // Each change is one call on the map: a panic elsewhere leaves it whole.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the file `sealed` holds. It tells a torn tail from damage: below the length noted here nothing is torn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sealed {
    /// The largest number that may have been given out. It is noted before the number is used.
    pub(super) last: u64,
    /// Length of the log and frames of each sealed segment.
    pub(super) segments: BTreeMap<SegmentNo, (u64, u64)>,
}

impl Sealed {
    const NAME: &'static str = "sealed";
    const TITLE: &'static str = "watchkeeper journal 1";

    /// Nothing if there is no such file or its checksum is wrong: then all segments are examined as if not sealed.
    pub(super) fn read(dir: &Path) -> Result<Self, JournalError> {
        let path = dir.join(Self::NAME);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(Self::parse).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(JournalError::io("read", path)(error)),
        }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), JournalError> {
        segment::write_durably(&dir.join(Self::NAME), self.text().as_bytes())
    }

    fn text(&self) -> String {
        let mut text = format!("{}\nlast {}\n", Self::TITLE, self.last);
        for (number, (bytes, frames)) in &self.segments {
            let _ = writeln!(text, "segment {number} {bytes} {frames}");
        }
        let _ = writeln!(text, "checksum {:016x}", xxh3_64(text.as_bytes()));
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut sealed = Self::default();
        if lines.next()? != Self::TITLE {
            return None;
        }
        for line in lines {
            let mut words = line.split(' ');
            let word = words.next();
            let mut number = || words.next()?.parse().ok();
            match word? {
                "last" => sealed.last = number()?,
                "segment" => _ = sealed.segments.insert(SegmentNo(number()?), (number()?, number()?)),
                "checksum" => {}
                _ => return None,
            }
        }
        (sealed.text() == text).then_some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_sealed_segments_reads_back_or_not_at_all() {
        let sealed = Sealed { last: 9, segments: [(SegmentNo(7), (1000, 3)), (SegmentNo(8), (50, 1))].into() };
        let text = sealed.text();
        assert_eq!(Sealed::parse(&text), Some(sealed));
        for at in 0..text.len() {
            assert_eq!(Sealed::parse(&text[..at]), None, "cut at {at}");
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            assert_eq!(String::from_utf8(changed).ok().and_then(|text| Sealed::parse(&text)), None, "changed at {at}");
        }
    }
}
