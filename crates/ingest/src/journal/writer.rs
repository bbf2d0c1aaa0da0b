//! The journal as its one writer sees it.

use super::catalogue::Sealed;
use super::frame::{self, Record};
use super::recover::{Recovered, recover};
use super::segment::{self, PAGE_BYTES};
use super::{JournalError, JournalOptions, Records, SegmentInfo, SegmentNo, Segments, wal};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Where an append lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Its segment. Another one than that of the append before says that the former was sealed.
    pub segment: SegmentNo,
    /// Its number in the segment, from 1.
    pub frame: u64,
}

/// An open journal. One process has it open, one thread appends; [`Journal::handle`] serves others.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    options: JournalOptions,
    segments: Segments,
    /// What the file `sealed` holds; its numbers of segments may be ahead of the file if the disk was full.
    sealed: Sealed,
    /// The number of the segment to begin next.
    next: SegmentNo,
    /// The bytes of an empty segment's database.
    template: Vec<u8>,
    active: Option<Active>,
    /// Unlocked by the system if the process dies.
    lock: File,
}

/// The segment that is written to.
#[derive(Debug)]
struct Active {
    number: SegmentNo,
    /// None after a failed append: what a failed sync left behind is not known, so nothing is added to it.
    connection: Option<Connection>,
    frames: u64,
    records: u64,
    log_bytes: u64,
}

impl Journal {
    /// Opens the journal in `dir`, which is made if missing. Reads all of its logs once.
    ///
    /// All segments found are sealed; a torn tail is cut and reported, as is damage.
    ///
    /// # Errors
    /// [`JournalError::Locked`] if a process has it open; [`JournalError::Io`], [`JournalError::Store`].
    pub fn open(dir: impl AsRef<Path>, options: JournalOptions) -> Result<(Self, Recovered), JournalError> {
        let dir = dir.as_ref().to_path_buf();
        std::fs::create_dir_all(&dir).map_err(JournalError::io("make", &dir))?;
        let path = dir.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(JournalError::io("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Locked { dir }),
            Err(TryLockError::Error(error)) => return Err(JournalError::io("lock", path)(error)),
        }
        let known = Sealed::read(&dir)?;
        let (found, infos, recovered) = recover(&dir, &known, options.above)?;
        dir.parent()
            .map_or(Ok(()), |parent| if parent.as_os_str().is_empty() { Ok(()) } else { segment::sync_dir(parent) })?;
        let segments = Segments::new(&dir, infos);
        let sealed = Sealed { last: known.last, segments: found.segments };
        let (template, next) = (segment::template()?, SegmentNo(found.last).next());
        let mut journal = Self { dir, options, segments, sealed, next, template, active: None, lock };
        journal.note()?;
        Ok((journal, recovered))
    }

    /// Appends `records`, all or none of them; when it returns they are durable. One sync for all.
    ///
    /// Seals the segment first if it would grow beyond `segment_bytes`. No records: nothing is written, and the
    /// position is that of the last append in the current segment (frame 0 if there is none).
    ///
    /// # Errors
    /// [`JournalError::Full`], [`JournalError::TooLarge`], [`JournalError::TableName`]: nothing was written.
    /// [`JournalError::NoSpace`], [`JournalError::Store`], [`JournalError::Io`]: nothing is acknowledged; the next
    /// append begins a new segment.
    pub fn append(&mut self, records: &[Record<'_>]) -> Result<Position, JournalError> {
        if records.is_empty() {
            return Ok(self.active.as_ref().map_or(Position { segment: self.next, frame: 0 }, Active::position));
        }
        let bytes = records.iter().map(|record| record.payload.len() as u64).sum();
        if bytes > self.options.append_bytes {
            return Err(JournalError::TooLarge { bytes, most: self.options.append_bytes });
        }
        let needed = self.bytes_on_disk(frame::size(records));
        let free = self.options.total_bytes.saturating_sub(self.segments.bytes());
        if needed > free {
            return Err(JournalError::Full { needed, free, total: self.options.total_bytes });
        }
        let frame = frame::encode(records)?;
        let goes_on = |active: &Active| {
            active.connection.is_some()
                && (active.frames == 0 || active.log_bytes + needed <= self.options.segment_bytes)
        };
        if !self.active.as_ref().is_some_and(goes_on) {
            self.seal()?;
            self.begin()?;
        }
        self.write(&frame, records.len() as u64)
    }

    /// Closes the current segment, so that it can be read and removed; later appends go to the next one.
    ///
    /// Returns its number, or none if nothing was appended to it.
    ///
    /// # Errors
    /// [`JournalError::Io`]: the segment stays as it is. A full disk is no error here.
    pub fn seal(&mut self) -> Result<Option<SegmentNo>, JournalError> {
        let Some(active) = &self.active else { return Ok(None) };
        let number = active.number;
        if active.frames == 0 {
            segment::unlink(&self.dir, number)?;
            self.active = None;
            self.segments.forget(number);
            return Ok(None);
        }
        self.sealed.segments.insert(number, (active.log_bytes, active.frames));
        self.note()?;
        if let Some(active) = self.active.take() {
            self.segments.put(self.info(&active, true));
        }
        Ok(Some(number))
    }

    /// A handle to list, read and remove segments from another thread.
    #[must_use]
    pub fn handle(&self) -> Segments {
        self.segments.clone()
    }

    /// See [`Segments::read`].
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, number: SegmentNo) -> Result<Records, JournalError> {
        self.segments.read(number)
    }

    /// See [`Segments::remove`].
    ///
    /// # Errors
    /// As there.
    pub fn remove(&self, number: SegmentNo) -> Result<(), JournalError> {
        self.segments.remove(number)
    }

    /// Bytes of all segments on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.bytes()
    }

    /// All segments, oldest first, also the one that is written to.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.segments.list()
    }

    /// Writes the file `sealed` and reserves the next number in it.
    ///
    /// A full disk is no reason to stop: segments must be read and removed to get space back. What is not noted is
    /// noted by the next call; until then no segment begins.
    fn note(&mut self) -> Result<(), JournalError> {
        let there: BTreeSet<SegmentNo> = self.segments.list().iter().map(|info| info.number).collect();
        self.sealed.segments.retain(|number, _| there.contains(number));
        let sealed = Sealed { last: self.next.0, segments: self.sealed.segments.clone() };
        match sealed.write(&self.dir) {
            Ok(()) => self.sealed = sealed,
            Err(JournalError::NoSpace { .. }) => tracing::warn!("no space to note which journal segments are sealed"),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), JournalError> {
        let number = self.next;
        if self.sealed.last < number.0 {
            self.note()?;
        }
        if self.sealed.last < number.0 {
            return Err(JournalError::NoSpace { dir: self.dir.clone() });
        }
        segment::create(&self.dir, number, &self.template)?;
        let connection = segment::connect(&segment::database(&self.dir, number));
        let connection = connection.map_err(JournalError::store("open", number, &self.dir))?;
        let active = Active { number, connection: Some(connection), frames: 0, records: 0, log_bytes: 0 };
        self.segments.put(self.info(&active, false));
        self.active = Some(active);
        self.next = number.next();
        Ok(())
    }

    fn write(&mut self, frame: &[u8], records: u64) -> Result<Position, JournalError> {
        let Some(active) = &mut self.active else { return Err(JournalError::NoSegment { segment: SegmentNo(0) }) };
        let log = segment::log(&self.dir, active.number);
        let written = active.insert(frame, records).map_err(JournalError::store("append to", active.number, &self.dir));
        let length = written.and_then(|()| std::fs::metadata(&log).map_err(JournalError::io("examine", &log)));
        match length {
            Ok(file) => active.log_bytes = file.len(),
            Err(error) => {
                // Closed first: then nobody else writes to the log that is cut. If cutting fails, the length that is
                // noted when the segment is sealed does the same.
                active.connection = None;
                if log.exists()
                    && let Err(error) = segment::cut(&log, active.log_bytes)
                {
                    tracing::warn!(segment = active.number.0, %error, "journal segment keeps an append that failed");
                }
                return Err(error);
            }
        }
        active.frames += 1;
        active.records += records;
        let position = active.position();
        if let Some(active) = &self.active {
            self.segments.put(self.info(active, false));
        }
        Ok(position)
    }

    fn info(&self, active: &Active, sealed: bool) -> SegmentInfo {
        let bytes = active.log_bytes + self.template.len() as u64;
        SegmentInfo { number: active.number, frames: active.frames, records: active.records, bytes, sealed }
    }

    /// At most this is what an append of a frame of `bytes` takes: its overflow pages, the path of pages down to its
    /// row and the pages that come when they are full; and a new segment.
    fn bytes_on_disk(&self, bytes: u64) -> u64 {
        const ROW_PAGES: u64 = 8;
        let pages = bytes / (PAGE_BYTES as u64 - 4) + 1 + ROW_PAGES;
        pages * wal::PAGE_FRAME as u64 + self.template.len() as u64 + 32
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing is not enough while a child process that is just being started has a copy of the descriptor.
        let _ = self.lock.unlock();
    }
}

impl Active {
    fn position(&self) -> Position {
        Position { segment: self.number, frame: self.frames }
    }

    fn insert(&self, bytes: &[u8], records: u64) -> rusqlite::Result<()> {
        let connection = self.connection.as_ref().ok_or(rusqlite::Error::InvalidQuery)?;
        let frame = self.frames + 1;
        let sum = frame::checksum(bytes, self.number.0, frame).cast_signed();
        let text = "INSERT INTO frames (id, records, checksum, bytes) VALUES (?1, ?2, ?3, ?4)";
        let mut statement = connection.prepare_cached(text)?;
        statement.execute(rusqlite::params![frame.cast_signed(), records.cast_signed(), sum, bytes]).map(|_| ())
    }
}
