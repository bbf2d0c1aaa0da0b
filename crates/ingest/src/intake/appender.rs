//! The one thread that orders requests: tells repeated events, writes the journal, answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, BooleanArray};
use arrow_schema::ArrowError;
use arrow_select::filter::filter_record_batch;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::erase::Erasure;
use super::prepare::Prepared;
use super::record::TableRows;
use super::recover::Recovering;
use super::{Ack, IntakeError, IntakeStats, StreamState, Tables, day_of};
use crate::decode::stored_hashes;
use crate::ids::{Done, Entry, IdHash, IdIndex, IdsError, Job, Seen};
use crate::journal::{Journal, JournalError, Record, SegmentNo};

/// Bytes of records that one sync covers at most.
const GROUP_BYTES: usize = 16 << 20;
const GROUP_REQUESTS: usize = 1024;
/// A segment is sealed at this age, however long commits take.
const PACE_MAX: Duration = Duration::from_secs(300);
/// Ids are written to the disk no more often than this, unless they take too much memory.
const FREEZE_EVERY: Duration = Duration::from_secs(20);
/// The same while there is no room, which may be the disk's: then writing them fails too.
const FREEZE_FULL: Duration = Duration::from_secs(1);

/// When a segment is sealed, so that its rows go to the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppenderOptions {
    /// Age of its first row.
    pub interval: Duration,
    /// Its bytes.
    pub segment_bytes: u64,
    /// Its rows.
    pub segment_rows: u64,
}

impl Default for AppenderOptions {
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), segment_bytes: 64 << 20, segment_rows: 1_000_000 }
    }
}

/// A request that waits.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) prepared: Prepared,
    pub(super) ack: Ack,
    pub(super) reply: oneshot::Sender<Result<Appended, IntakeError>>,
    pub(super) memory: OwnedSemaphorePermit,
}

/// What became of a request's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Appended {
    pub(super) accepted: u64,
    pub(super) duplicate: u64,
    pub(super) corrected: u64,
    /// The segment that holds them; `None` when there was nothing to store.
    pub(super) segment: Option<u64>,
}

/// The thread's state.
pub(super) struct Appender {
    pub(super) journal: Journal,
    pub(super) ids: IdIndex,
    pub(super) options: AppenderOptions,
    pub(super) stats: Arc<IntakeStats>,
    /// Segments for the committer; it ends when this is gone.
    pub(super) sealed: Option<mpsc::UnboundedSender<SegmentNo>>,
    /// Segments that are in the tables.
    pub(super) committed: Receiver<SegmentNo>,
    /// Streams by table of the segments that are not in the tables: what these know of their columns, the tables do not.
    pub(super) uncommitted: BTreeMap<SegmentNo, BTreeMap<String, Arc<StreamState>>>,
    /// Committed segments that stay in the journal until their ids are in a run.
    pub(super) in_tables: BTreeSet<SegmentNo>,
    /// Work on the files of the index, done beside; and the newest segment that it covers.
    pub(super) jobs: SyncSender<Job>,
    pub(super) finished: Receiver<Result<Done, IdsError>>,
    pub(super) at_work: Option<Work>,
    pub(super) frozen_at: Instant,
    /// The journal is full.
    pub(super) freeze_now: bool,
    /// When the open segment got its first record.
    pub(super) opened: Option<Instant>,
    /// Bytes and rows in the open segment.
    pub(super) open_bytes: u64,
    pub(super) open_rows: u64,
    /// Its number, once something is in it.
    pub(super) open_segment: Option<SegmentNo>,
    /// The newest segment that got a record: what is known by now is in it or in an earlier one.
    pub(super) newest: Option<SegmentNo>,
    /// UTC day on which ids beyond the horizon were forgotten last.
    pub(super) expired: i32,
    /// Microseconds that the last commit took: many small tables must not keep the machine busy with commits.
    pub(super) commit_micros: Arc<AtomicU64>,
    pub(super) erasures: Receiver<Erasure>,
    /// Where ids that are lost come from, and what reads them.
    pub(super) tables: Arc<dyn Tables>,
    pub(super) runtime: Option<Handle>,
    /// The index does not know all ids: nothing can be told from a repetition.
    pub(super) lost: bool,
    pub(super) recovering: watch::Sender<Option<Recovering>>,
}

/// What is done on the files of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Ids of the segments up to this one are written.
    Freeze(SegmentNo),
    /// Runs are merged.
    Merge,
}

/// A request after de-duplication.
struct Sorted {
    rows: Option<TableRows>,
    appended: Appended,
}

impl Appender {
    /// Works until the senders are gone, then seals what is open.
    pub(super) fn run(mut self, queue: &Receiver<Pending>) {
        loop {
            if self.lost && !self.recover(queue) {
                break;
            }
            self.settle_ids(false);
            while let Ok(erasure) = self.erasures.try_recv() {
                self.erase(erasure);
            }
            match queue.recv_timeout(Duration::from_millis(50)) {
                Ok(first) => self.group(first, queue),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.seal(false);
        }
        self.seal(true);
        self.sealed = None;
        // The committer takes what is sealed to the tables; the index of ids follows once more.
        while let Ok(segment) = self.committed.recv() {
            self.is_in_tables(segment);
            self.settle_unless_lost(false);
        }
        self.settle_unless_lost(true);
    }

    /// An index that is not whole must not let go of the journal: the next start makes it again.
    fn settle_unless_lost(&mut self, wait: bool) {
        if !self.lost {
            self.settle_ids(wait);
        }
    }

    /// Takes `first` and what else waits as one group: one append, one sync.
    fn group(&mut self, first: Pending, queue: &Receiver<Pending>) {
        let mut bytes = 0;
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(pending) = next {
            bytes += pending.prepared.batch.get_array_memory_size();
            group.push(pending);
            next = if bytes < GROUP_BYTES && group.len() < GROUP_REQUESTS { queue.try_recv().ok() } else { None };
        }
        let mut records: Records = Records::default();
        let mut waiting = Vec::with_capacity(group.len());
        let mut streams = BTreeMap::new();
        for pending in group {
            let Pending { prepared, ack, reply, memory } = pending;
            match self.sort(&prepared) {
                Ok(sorted) => {
                    let state = &prepared.state;
                    let added =
                        sorted.rows.map_or(Ok(()), |rows| records.add(&state.table, rows)).and_then(
                            |()| match prepared.rejects_batch {
                                Some(batch) => records.add(&state.rejects_table, TableRows::without_identity(batch)),
                                None => Ok(()),
                            },
                        );
                    match added {
                        Ok(()) => {
                            waiting.push((ack, reply, memory, sorted.appended));
                            streams.insert(state.table.clone(), state.clone());
                        }
                        // What the index noted of these rows is of no use, but of the others it is: the rows cannot be
                        // joined only if their columns contradict themselves, which the gate does not let through.
                        Err(error) => {
                            // The caller may have gone: then there is nobody to tell.
                            let _ = reply.send(Err(IntakeError::Internal(error.to_string())));
                        }
                    }
                }
                Err(error) => {
                    let _ = reply.send(Err(error));
                }
            }
        }
        let result = self.write(&records);
        let seal_now = waiting.iter().any(|(ack, ..)| *ack == Ack::Commit);
        match &result {
            Ok(segment) => {
                self.ids.confirm();
                if let Some(segment) = segment {
                    self.uncommitted.entry(SegmentNo(*segment)).or_default().append(&mut streams);
                }
            }
            Err(_) => self.ids.rollback(),
        }
        for (_, reply, memory, mut appended) in waiting {
            let answer = match &result {
                Ok(segment) => {
                    // Rows that are all known may not be in the tables yet either.
                    appended.segment = segment.or(self.newest.map(|newest| newest.0));
                    self.stats.appended(appended.accepted, appended.duplicate, appended.corrected);
                    Ok(appended)
                }
                Err(error) => Err(error.again()),
            };
            drop(memory);
            let _ = reply.send(answer);
        }
        if seal_now {
            self.seal(true);
        }
    }

    pub(super) fn write(&mut self, records: &Records) -> Result<Option<u64>, IntakeError> {
        if records.all.is_empty() {
            return Ok(None);
        }
        let start = Instant::now();
        let mut payloads = Vec::with_capacity(records.all.len());
        for (table, rows) in &records.all {
            let payload = rows.encode().map_err(|error| IntakeError::Internal(error.to_string()))?;
            payloads.push((table, payload));
        }
        let written: Vec<Record<'_>> =
            payloads.iter().map(|(table, payload)| Record { table, request: [0; 16], payload }).collect();
        let appended = self.journal.append(&written);
        if matches!(appended, Err(JournalError::Full { .. } | JournalError::NoSpace { .. })) {
            // Room comes back when ids are written and committed segments go: soon, not at the next regular time.
            self.freeze_now = true;
        }
        let position = appended.map_err(|error| unavailable(&error))?;
        self.newest = Some(position.segment);
        if let Some(full) = self.open_segment.replace(position.segment).filter(|before| *before != position.segment) {
            // The journal sealed it by itself, at its own bound.
            self.pass_on(full);
            (self.opened, self.open_bytes, self.open_rows) = (None, 0, 0);
        }
        self.open_rows += records.all.iter().map(|(_, rows)| rows.batch.num_rows() as u64).sum::<u64>();
        self.opened.get_or_insert(start);
        self.open_bytes += payloads.iter().map(|(_, payload)| payload.len() as u64).sum::<u64>();
        self.stats.synced(micros(start.elapsed()), self.journal.bytes());
        Ok(Some(position.segment.0))
    }

    /// Tells new rows from repeated and corrected ones.
    fn sort(&mut self, prepared: &Prepared) -> Result<Sorted, IntakeError> {
        let (batch, state) = (&prepared.batch, &prepared.state);
        let mut appended = Appended::default();
        if batch.num_rows() == 0 {
            return Ok(Sorted { rows: None, appended });
        }
        let entries = entries(prepared);
        let today = today();
        if self.expired != today {
            self.expired = today;
            if let Err(error) = self.ids.expire(today) {
                tracing::error!(%error, "old ids cannot be forgotten; trying again tomorrow");
            }
        }
        if let Some(request) = prepared.identity {
            let seen = self.ids.check_insert(request, today).map_err(|error| self.id_error(&error))?;
            if matches!(seen, Seen::Same { .. }) {
                appended.duplicate = batch.num_rows() as u64;
                return Ok(Sorted { rows: None, appended });
            }
        }
        // An id that was read from its table is known by the content as it is stored.
        let mut stored: Option<Vec<u64>> = None;
        let as_stored = |row: usize| {
            let hashes = stored.get_or_insert_with(|| stored_hashes(state.stream, batch));
            hashes.get(row).map(|hash| Entry::fold(*hash))
        };
        let answers =
            self.ids.check_insert_all_or(&entries, today, as_stored).map_err(|error| self.id_error(&error))?;
        let ids = batch.column_by_name(state.stream.id_column()).and_then(|column| column.as_string_opt::<i32>());
        let mut keep = vec![true; entries.len()];
        let mut replace = Vec::new();
        // Only when something is corrected does it matter whether the corrected row is in this very request.
        let mut last: HashMap<IdHash, usize> = HashMap::new();
        if answers.iter().any(|seen| matches!(seen, Seen::Changed { .. })) {
            for (row, entry) in entries.iter().enumerate() {
                let earlier = last.insert(entry.id, row);
                match (answers.get(row), earlier) {
                    (Some(Seen::Changed { .. }), Some(earlier)) => set(&mut keep, earlier, false),
                    (Some(Seen::Changed { day }), None) => {
                        let id = ids.map_or_else(String::new, |ids| ids.value(row).to_owned());
                        replace.push((id, *day));
                    }
                    (Some(Seen::Same { .. }), Some(earlier)) => {
                        last.insert(entry.id, earlier);
                    }
                    // It repeats a row of before: that one, not this, goes when a correction follows.
                    (Some(Seen::Same { .. }), None) => {
                        last.remove(&entry.id);
                    }
                    _ => {}
                }
            }
        }
        for (row, seen) in answers.iter().enumerate() {
            match seen {
                Seen::New => appended.accepted += 1,
                Seen::Same { .. } => {
                    appended.duplicate += 1;
                    set(&mut keep, row, false);
                }
                Seen::Changed { .. } => appended.corrected += 1,
            }
        }
        let whole = keep.iter().all(|keep| *keep);
        let kept = if whole {
            batch.clone()
        } else {
            filter_record_batch(batch, &BooleanArray::from(keep.clone())).map_err(internal)?
        };
        let stays = entries.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(entry, _)| *entry);
        let stays = stays.chain(prepared.identity).collect();
        let rows = (kept.num_rows() > 0).then_some(TableRows { batch: kept, entries: stays, replace });
        Ok(Sorted { rows, appended })
    }

    /// What a request is told when ids cannot be looked up. What is damaged is made again.
    pub(super) fn id_error(&mut self, error: &IdsError) -> IntakeError {
        self.lost |= matches!(error, IdsError::Damaged { .. });
        IntakeError::Unavailable { reason: error.to_string(), retry_after_s: 5 }
    }

    pub(super) fn seal(&mut self, now: bool) {
        let Some(opened) = self.opened else { return };
        let pace = Duration::from_micros(self.commit_micros.load(Relaxed)).saturating_mul(2).min(PACE_MAX);
        let due = opened.elapsed() >= self.options.interval.max(pace);
        let full = self.open_bytes >= self.options.segment_bytes || self.open_rows >= self.options.segment_rows;
        if !now && !due && !full {
            return;
        }
        match self.journal.seal() {
            Ok(Some(segment)) => {
                (self.opened, self.open_bytes, self.open_rows, self.open_segment) = (None, 0, 0, None);
                self.pass_on(segment);
            }
            Ok(None) => {
                (self.opened, self.open_bytes, self.open_rows) = (None, 0, 0);
                // The journal sealed it by itself, for an append that then failed.
                if let Some(full) = self.open_segment.take() {
                    self.pass_on(full);
                }
            }
            Err(error) => tracing::error!(%error, "cannot seal a journal segment; trying again"),
        }
    }

    fn pass_on(&self, segment: SegmentNo) {
        // Without a committer the segment waits for the next start.
        let _ = self.sealed.as_ref().map(|sealed| sealed.send(segment));
    }

    /// Writes ids of committed segments to the disk, then removes these segments. Files are worked on beside; `wait` for them.
    fn settle_ids(&mut self, wait: bool) {
        while let Ok(segment) = self.committed.try_recv() {
            self.is_in_tables(segment);
        }
        loop {
            if let Some(work) = self.at_work {
                let outcome = if wait { self.finished.recv().ok() } else { self.finished.try_recv().ok() };
                let Some(outcome) = outcome else { return };
                self.finish(work, outcome);
            }
            if self.lost || !self.start_work(wait) {
                return;
            }
        }
    }

    fn is_in_tables(&mut self, segment: SegmentNo) {
        self.uncommitted.remove(&segment);
        self.in_tables.insert(segment);
    }

    fn finish(&mut self, work: Work, outcome: Result<Done, IdsError>) {
        self.at_work = None;
        match (self.ids.install(outcome), work) {
            (Ok(()), Work::Freeze(covered)) => {
                let rest = self.in_tables.split_off(&covered.next());
                for segment in std::mem::replace(&mut self.in_tables, rest) {
                    if let Err(error) = self.journal.remove(segment) {
                        tracing::error!(%error, segment = segment.0, "a committed journal segment cannot be removed");
                    }
                }
            }
            (Ok(()), Work::Merge) => {}
            (Err(error), _) => {
                self.lost |= matches!(error, IdsError::Damaged { .. });
                tracing::error!(%error, "index of event ids cannot be written; trying again");
            }
        }
    }

    /// Whether work was started.
    fn start_work(&mut self, now: bool) -> bool {
        let wait = if self.freeze_now { FREEZE_FULL } else { FREEZE_EVERY };
        let due = now || self.frozen_at.elapsed() >= wait || self.ids.wants_freeze();
        let (work, job) = match self.in_tables.last() {
            Some(&newest) if due => {
                (self.frozen_at, self.freeze_now) = (Instant::now(), false);
                match self.ids.freeze(newest) {
                    Ok(job) => (Work::Freeze(newest), job),
                    Err(error) => {
                        tracing::error!(%error, "ids cannot be written");
                        return false;
                    }
                }
            }
            _ => match self.ids.compaction() {
                Some(job) => (Work::Merge, job),
                None => return false,
            },
        };
        if self.jobs.send(job).is_err() {
            tracing::error!("the thread that writes ids has ended");
            return false;
        }
        self.at_work = Some(work);
        true
    }
}

/// Records of a group: rows of one table that have the same columns are one record.
#[derive(Default)]
pub(super) struct Records {
    all: Vec<(String, TableRows)>,
    last: BTreeMap<String, usize>,
}

impl Records {
    pub(super) fn add(&mut self, table: &str, rows: TableRows) -> Result<(), ArrowError> {
        let mut rest = Some(rows);
        if let Some((_, earlier)) = self.last.get(table).and_then(|at| self.all.get_mut(*at)) {
            rest = match rest {
                Some(rows) => earlier.join(rows)?,
                None => None,
            };
        }
        if let Some(rows) = rest {
            self.last.insert(table.to_owned(), self.all.len());
            self.all.push((table.to_owned(), rows));
        }
        Ok(())
    }
}

fn set(keep: &mut [bool], row: usize, value: bool) {
    if let Some(place) = keep.get_mut(row) {
        *place = value;
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// UTC day since 1970 of the machine's clock.
pub(super) fn today() -> i32 {
    day_of(jiff::Timestamp::now().as_microsecond())
}

/// Identity, content and day of each row.
fn entries(prepared: &Prepared) -> Vec<Entry> {
    let (batch, state) = (&prepared.batch, &prepared.state);
    let ids = batch.column_by_name(state.stream.id_column()).and_then(|column| column.as_string_opt::<i32>());
    let times = batch
        .column_by_name(state.stream.time_column())
        .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let day = |row: usize| times.filter(|times| times.is_valid(row)).map_or(0, |times| day_of(times.value(row)));
    let seed = IdHash::seed(&state.table);
    let hashes = prepared.hashes.iter().enumerate();
    hashes
        .map(|(row, &content)| Entry {
            id: IdHash::seeded(seed, ids.map_or("", |ids| ids.value(row)).as_bytes()),
            content: Entry::fold(content),
            day: day(row),
        })
        .collect()
}

fn internal(error: ArrowError) -> IntakeError {
    IntakeError::Internal(error.to_string())
}

fn unavailable(error: &JournalError) -> IntakeError {
    if error.is_retryable() {
        return IntakeError::NoRoom(error.to_string());
    }
    IntakeError::Unavailable { reason: error.to_string(), retry_after_s: 5 }
}
