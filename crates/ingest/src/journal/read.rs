//! Reading a sealed segment.

use super::frame::{Decoder, checksum};
use super::wal::Mend;
use super::{JournalError, OwnedRecord, SegmentNo, segment, wal};
use bytes::Bytes;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use std::path::{Path, PathBuf};

/// The records of a segment in the order of writing.
///
/// [`JournalError::Damaged`] stands for one frame that is lost; the frames behind it follow.
#[derive(Debug)]
pub struct Records {
    dir: PathBuf,
    number: SegmentNo,
    frames: u64,
    /// The frame to read next, from 1.
    next: u64,
    decoder: Decoder,
    /// None if SQLite cannot open the segment at all. It stays open beside copies: it locks the segment.
    connection: Option<Connection>,
    /// Copies of a damaged segment that SQLite can read, made when first needed.
    mended: Vec<(Mend, Connection)>,
}

/// Why a frame was not read.
enum Miss {
    Damaged(&'static str),
    Failed(rusqlite::Error),
}

impl Records {
    pub(super) fn open(dir: &Path, number: SegmentNo, frames: u64) -> Result<Self, JournalError> {
        let connection = match segment::connect(&segment::database(dir, number)) {
            Ok(connection) => Some(connection),
            Err(error) if is_damage(&error) => None,
            Err(error) => return Err(JournalError::store("open", number, dir)(error)),
        };
        let dir = dir.to_path_buf();
        Ok(Self { dir, number, frames, next: 1, decoder: Decoder::default(), connection, mended: Vec::new() })
    }

    /// Number of the last frame that can be found, and the records in those that can.
    pub(super) fn found(&mut self, damaged: bool) -> Result<(u64, u64), JournalError> {
        let count = |connection: &Connection| -> rusqlite::Result<(i64, i64)> {
            let all = "SELECT coalesce(max(id), 0), coalesce(sum(records), 0) FROM frames";
            connection.query_row(all, [], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        let mut best = (0, 0);
        if damaged {
            self.mend(Mend::Keep)?;
            self.mend(Mend::Drop)?;
        }
        for connection in self.connection.iter().chain(self.mended.iter().map(|(_, copy)| copy)) {
            match count(connection) {
                Ok((frames, records)) => best = best.max((frames.cast_unsigned(), records.cast_unsigned())),
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(best)
    }

    fn mend(&mut self, how: Mend) -> Result<(), JournalError> {
        let path = segment::mended(&self.dir, self.number, how);
        segment::unlink_database(&path)?;
        std::fs::write(&path, segment::template()?).map_err(JournalError::io("write", &path))?;
        let log = segment::log(&self.dir, self.number);
        wal::mend(&log, &segment::log_of(&path), how).map_err(JournalError::io("copy", log))?;
        let copy = segment::connect(&path).map_err(JournalError::store("open", self.number, &self.dir))?;
        self.mended.push((how, copy));
        Ok(())
    }

    fn frame(&mut self, frame: u64) -> Result<Decoder, JournalError> {
        let mut found = match self.connection.as_ref().map(|connection| self.get(connection, frame)) {
            Some(Ok(decoder)) => return Ok(decoder),
            Some(Err(Miss::Failed(error))) => return Err(self.failed(error)),
            Some(Err(Miss::Damaged(found))) => found,
            None => "it cannot be opened",
        };
        for how in [Mend::Keep, Mend::Drop] {
            if !self.mended.iter().any(|(which, _)| *which == how) {
                tracing::warn!(segment = self.number.0, frame, found, "journal segment is damaged; reading around it");
                self.mend(how)?;
            }
            let copy = self.mended.iter().find(|(which, _)| *which == how);
            match copy.map(|(_, copy)| self.get(copy, frame)) {
                Some(Ok(decoder)) => return Ok(decoder),
                Some(Err(Miss::Failed(error))) => return Err(self.failed(error)),
                Some(Err(Miss::Damaged(why))) => found = why,
                None => {}
            }
        }
        Err(JournalError::Damaged { segment: self.number, frame, found })
    }

    fn get(&self, connection: &Connection, frame: u64) -> Result<Decoder, Miss> {
        let row = connection
            .prepare_cached("SELECT checksum, bytes FROM frames WHERE id = ?1")
            .and_then(|mut statement| {
                let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
                statement.query_row([frame.cast_signed()], row).optional()
            })
            .map_err(
                |error| if is_damage(&error) { Miss::Damaged("its page is wrong") } else { Miss::Failed(error) },
            )?;
        let (sum, bytes): (i64, Vec<u8>) = row.ok_or(Miss::Damaged("it is missing"))?;
        if checksum(&bytes, self.number.0, frame) != sum.cast_unsigned() {
            return Err(Miss::Damaged("its checksum is wrong"));
        }
        Decoder::new(Bytes::from(bytes)).map_err(Miss::Damaged)
    }

    fn failed(&self, error: rusqlite::Error) -> JournalError {
        JournalError::store("read", self.number, &self.dir)(error)
    }
}

impl Iterator for Records {
    type Item = Result<OwnedRecord, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let frame = self.next;
            if let Some(record) = self.decoder.next() {
                let damaged = |found| JournalError::Damaged { segment: self.number, frame: frame - 1, found };
                return Some(record.map_err(damaged));
            }
            if frame > self.frames {
                return None;
            }
            self.next += 1;
            match self.frame(frame) {
                Ok(decoder) => self.decoder = decoder,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        for (how, copy) in self.mended.drain(..) {
            drop(copy);
            // What stays is removed with the segment or when the journal is opened.
            let _ = segment::unlink_database(&segment::mended(&self.dir, self.number, how));
        }
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, text) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                // A page that was never written.
                || failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ
                || text.as_ref().is_some_and(|text| text.starts_with("no such table"))
        }
        rusqlite::Error::InvalidColumnType(..) => true,
        _ => false,
    }
}
