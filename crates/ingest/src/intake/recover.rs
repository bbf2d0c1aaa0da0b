//! Ids that the index has lost, made again from the tables and the journal.
//!
//! A table does not hold what an event said before the privacy gate, so entries made from it carry the content as it is
//! stored; an event that comes again is compared in that form too ([`stored_hashes`]).

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use tokio::sync::mpsc;

use super::appender::{Appender, Pending, today};
use super::ports::StoredRows;
use super::record::TableRows;
use super::{IntakeError, day_of};
use crate::decode::stored_hashes;
use crate::ids::{Entry, IdHash, IdIndex, IdsError};
use crate::journal::{SegmentNo, Segments};
use crate::names;

/// Batches read ahead.
const AHEAD: usize = 2;
/// After a table could not be read.
const RETRY_AFTER: Duration = Duration::from_secs(5);
const TELL_EVERY: Duration = Duration::from_secs(10);
/// Between two looks at what comes.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How far the index of ids is made again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovering {
    /// Files of tables that are read.
    pub files_done: u64,
    /// All of them; 0 while they are not counted.
    pub files: u64,
}

/// Why it did not end.
enum Stop {
    /// Nobody sends any more: the service stops.
    Over,
    Failed(String),
}

impl From<IdsError> for Stop {
    fn from(error: IdsError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Appender {
    /// Makes lost ids again. Requests are refused until it is done; `false` when the service stops first.
    pub(super) fn recover(&mut self, queue: &Receiver<Pending>) -> bool {
        let start = Instant::now();
        tracing::info!("ids of events are read from the tables; until that is done no events are taken");
        loop {
            self.recovering.send_replace(Some(Recovering::default()));
            match self.mended(queue) {
                Ok(ids) => {
                    self.lost = false;
                    self.recovering.send_replace(None);
                    if ids > 0 {
                        tracing::warn!(ids, seconds = start.elapsed().as_secs(), "ids of events are complete again");
                    }
                    return true;
                }
                Err(Stop::Over) => return false,
                Err(Stop::Failed(reason)) => {
                    tracing::error!(reason, "ids of events cannot be read from the tables; trying again");
                    if !refuse_until(queue, Instant::now() + RETRY_AFTER) {
                        return false;
                    }
                }
            }
        }
    }

    /// One try; answers how many ids the tables had.
    fn mended(&mut self, queue: &Receiver<Pending>) -> Result<u64, Stop> {
        if self.at_work.take().is_some() {
            // Also of work that failed the outcome must be taken.
            let outcome = self.finished.recv().map_err(|_| Stop::Over)?;
            if let Err(error) = self.ids.install(outcome) {
                tracing::debug!(%error, "work on the index of ids had failed");
            }
        }
        self.ids.rollback();
        self.ids.mend()?;
        let today = today();
        self.ids.expire(today)?;
        let oldest = today.saturating_sub(i32::from(self.ids.horizon_days()));
        let ids = self.read_tables(queue, oldest)?;
        self.keep()?;
        self.ids.rebuilt()?;
        // The journal is newer than the tables; it also holds what is not there yet.
        self.seal(true);
        restore(&self.journal.handle(), &mut self.ids).map_err(|error| Stop::Failed(error.to_string()))?;
        Ok(ids)
    }

    fn read_tables(&mut self, queue: &Receiver<Pending>, oldest: i32) -> Result<u64, Stop> {
        let Some(runtime) = &self.runtime else { return Err(Stop::Failed("there is no runtime".into())) };
        let runtime = runtime.clone();
        let (to, mut from) = mpsc::channel(AHEAD);
        let tables = self.tables.clone();
        let reading = runtime.spawn(async move { tables.stored(oldest, to).await });
        let (mut ids, mut told) = (0, Instant::now());
        loop {
            match from.try_recv() {
                Ok(rows) => {
                    ids += self.note_stored(&rows, oldest)?;
                    let (files_done, files) = (rows.files_done, rows.files);
                    self.recovering.send_replace(Some(Recovering { files_done, files }));
                    if told.elapsed() >= TELL_EVERY {
                        told = Instant::now();
                        tracing::warn!(files_done, files, ids, "reading ids of events from the tables");
                    }
                    if !refuse_waiting(queue) {
                        return Err(Stop::Over);
                    }
                }
                // All of it came, or no more will: the reader has let go of its end.
                Err(mpsc::error::TryRecvError::Disconnected) => break,
                Err(mpsc::error::TryRecvError::Empty) => {
                    if !refuse_until(queue, Instant::now() + LOOK_EVERY) {
                        return Err(Stop::Over);
                    }
                }
            }
        }
        match runtime.block_on(reading) {
            Ok(Ok(())) => Ok(ids),
            Ok(Err(error)) => Err(Stop::Failed(error.to_string())),
            Err(_) => Err(Stop::Failed("reading the tables was cut off".into())),
        }
    }

    fn note_stored(&mut self, rows: &StoredRows, oldest: i32) -> Result<u64, Stop> {
        let mut entries = stored_entries(rows);
        entries.retain(|(entry, arrived)| entry.day.max(*arrived) >= oldest);
        let count = entries.len() as u64;
        self.ids.restore(entries);
        if self.ids.wants_freeze() {
            self.keep()?;
        }
        Ok(count)
    }

    /// Takes what is noted to the disk.
    fn keep(&mut self) -> Result<(), IdsError> {
        // Nothing of the journal is among them: what it holds is read again at each start.
        self.ids.persist(SegmentNo(0))?;
        while self.ids.compact_step()? {}
        Ok(())
    }
}

/// Refuses what waits; `false` when nobody sends any more.
fn refuse_waiting(queue: &Receiver<Pending>) -> bool {
    loop {
        match queue.try_recv() {
            Ok(pending) => refuse(pending),
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
}

/// Refuses what comes until `end`.
fn refuse_until(queue: &Receiver<Pending>, end: Instant) -> bool {
    loop {
        match queue.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(pending) => refuse(pending),
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

fn refuse(pending: Pending) {
    // The caller may have gone: then there is nobody to tell.
    let _ = pending.reply.send(Err(recovering()));
}

/// The answer to requests meanwhile.
pub(super) fn recovering() -> IntakeError {
    IntakeError::Unavailable { reason: "ids of events are being read from the tables".into(), retry_after_s: 5 }
}

/// Identity, content as stored and day of each row, with its day of arrival.
fn stored_entries(rows: &StoredRows) -> Vec<(Entry, i32)> {
    let StoredRows { stream, table, batch, .. } = rows;
    let times = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>();
    let day = |name: &str, row: usize| {
        times(name).filter(|times| times.is_valid(row)).map_or(0, |times| day_of(times.value(row)))
    };
    let ids = batch.column_by_name(stream.id_column()).and_then(|column| column.as_string_opt::<i32>());
    let Some(ids) = ids else { return Vec::new() };
    let seed = IdHash::seed(table);
    let hashes = stored_hashes(*stream, batch);
    let rows = ids.iter().zip(hashes).enumerate();
    rows.filter_map(|(row, (id, content))| {
        let id = IdHash::seeded(seed, id?.as_bytes());
        let entry = Entry { id, content: Entry::fold(content), day: day(stream.time_column(), row) };
        Some((entry, day(names::RECEIVED_AT, row)))
    })
    .collect()
}

/// UTC day on which rows of a record arrived.
fn arrival_day(rows: &TableRows) -> i32 {
    let received = rows
        .batch
        .column_by_name(names::RECEIVED_AT)
        .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
        .and_then(|times| times.values().first().copied());
    received.map_or(0, day_of)
}

/// Puts the ids of what is in the journal back into the index.
pub(super) fn restore(segments: &Segments, ids: &mut IdIndex) -> Result<(), IntakeError> {
    for segment in segments.list() {
        let records = segments.read(segment.number).map_err(|error| IntakeError::Internal(error.to_string()))?;
        for record in records {
            match record {
                Ok(record) => {
                    let rows = TableRows::decode(&record.payload)
                        .map_err(|error| IntakeError::Internal(format!("segment {}: {error}", segment.number.0)))?;
                    let day = arrival_day(&rows);
                    ids.restore(rows.entries.into_iter().map(|entry| (entry, day)));
                }
                Err(error) => tracing::error!(%error, "journal record is lost"),
            }
        }
    }
    Ok(())
}
