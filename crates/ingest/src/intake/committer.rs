//! Sealed segments into the tables.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use futures::StreamExt;
use tokio::sync::{mpsc, watch};

use super::ports::{CommitError, TableWrite, Tables};
use super::record::TableRows;
use super::{IntakeError, IntakeStats};
use crate::journal::{OwnedRecord, SegmentNo, Segments};
use crate::names;

/// Tables written to at a time.
const AT_ONCE: usize = 4;
const WAIT_FIRST: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(15);

/// Takes segments to the tables, one after the other.
#[derive(Debug)]
pub struct Committer {
    pub(super) segments: Segments,
    pub(super) tables: Arc<dyn Tables>,
    /// Name under which this journal commits.
    pub(super) node: String,
    pub(super) stats: Arc<IntakeStats>,
    pub(super) sealed: mpsc::UnboundedReceiver<SegmentNo>,
    pub(super) to_appender: Sender<SegmentNo>,
    pub(super) done: watch::Sender<u64>,
    /// The newest segment that is dealt with: in the tables, or parked.
    pub(super) settled: watch::Sender<u64>,
    pub(super) commit_micros: Arc<AtomicU64>,
    /// Tables with new rows, for those who follow them.
    pub(super) changed: mpsc::UnboundedSender<String>,
    /// Tables that did not take a segment. What comes later for them waits in the journal too: a later number in the table
    /// would say that the earlier one is in, and the next start would drop its rows.
    pub(super) held: Mutex<BTreeSet<String>>,
}

/// What became of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its rows are in the tables.
    Committed {
        /// So many.
        rows: u64,
    },
    /// A table does not take its rows, or those of an earlier one: the segment stays in the journal, and so do its rows.
    Parked,
}

impl Committer {
    /// Works until the appender is gone and all it sealed is in the tables, or `stop` says so.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while let Some(segment) = self.sealed.recv().await {
            tokio::select! {
                () = self.take(segment) => {}
                // What is not committed stays in the journal for the next start.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn take(&self, segment: SegmentNo) {
        let start = Instant::now();
        match self.commit(segment).await {
            Ok(Outcome::Committed { rows }) => {
                let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.commit_micros.store(micros, Relaxed);
                self.stats.committed(micros, rows);
                // The appender may have ended: the segment is then found committed at the next start.
                let _ = self.to_appender.send(segment);
                self.done.send_replace(segment.0);
            }
            Ok(Outcome::Parked) => self.stats.parked(),
            Err(error) => {
                tracing::error!(%error, segment = segment.0, "a journal segment cannot be read");
                self.stats.parked();
            }
        }
        self.settled.send_replace(segment.0);
    }

    /// Commits one segment, waiting for as long as the tables do not answer.
    ///
    /// # Errors
    /// [`IntakeError::Internal`] when the segment cannot be read.
    pub async fn commit(&self, segment: SegmentNo) -> Result<Outcome, IntakeError> {
        let segments = self.segments.clone();
        let read = tokio::task::spawn_blocking(move || tables_of(&segments, segment));
        let tables = read.await.map_err(|error| IntakeError::Internal(error.to_string()))??;
        let number = i64::try_from(segment.0).unwrap_or(i64::MAX);
        let application = (format!("journal:{}", self.node), number);
        let rows = tables.values().flat_map(|table| &table.batches).map(|batch| batch.num_rows() as u64).sum();
        let writes = tables.into_iter().map(|(table, Collected { batches, replace })| TableWrite {
            table,
            batches,
            replace,
            application: application.clone(),
        });
        let outcomes: Vec<bool> = futures::stream::iter(writes)
            .map(|write| self.write(segment, write))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        Ok(if outcomes.iter().all(|done| *done) { Outcome::Committed { rows } } else { Outcome::Parked })
    }

    /// Whether the table took the rows.
    async fn write(&self, segment: SegmentNo, write: TableWrite) -> bool {
        if self.held().contains(&write.table) {
            tracing::error!(table = write.table, segment = segment.0, "rows wait in the journal behind others");
            return false;
        }
        let mut wait = WAIT_FIRST;
        loop {
            match self.tables.commit(write.clone()).await {
                Ok(()) => {
                    // Nobody may be following.
                    let _ = self.changed.send(write.table);
                    return true;
                }
                Err(CommitError::Later(reason)) => {
                    self.stats.commit_failed();
                    tracing::warn!(
                        table = write.table,
                        segment = segment.0,
                        reason,
                        wait_ms = wait.as_millis() as u64,
                        "commit failed; trying again"
                    );
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(WAIT_MAX);
                }
                Err(CommitError::Never(reason)) => {
                    self.stats.commit_failed();
                    tracing::error!(
                        table = write.table,
                        segment = segment.0,
                        reason,
                        "the table does not take the rows; they stay in the journal"
                    );
                    self.held().insert(write.table);
                    return false;
                }
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Collected {
    batches: Vec<RecordBatch>,
    replace: Vec<(String, i32)>,
}

/// The rows of a segment by table, those that a later record replaces left out.
fn tables_of(segments: &Segments, segment: SegmentNo) -> Result<BTreeMap<String, Collected>, IntakeError> {
    let internal = |error: &dyn std::fmt::Display| IntakeError::Internal(format!("segment {}: {error}", segment.0));
    let mut tables: BTreeMap<String, Collected> = BTreeMap::new();
    for record in segments.read(segment).map_err(|error| internal(&error))? {
        let OwnedRecord { table, payload, .. } = record.map_err(|error| internal(&error))?;
        let TableRows { batch, replace, .. } = TableRows::decode(&payload).map_err(|error| internal(&error))?;
        let collected = tables.entry(table.to_string()).or_default();
        if !replace.is_empty() {
            let gone: HashSet<&str> = replace.iter().map(|(id, _)| id.as_str()).collect();
            for earlier in &mut collected.batches {
                *earlier = without(earlier, &gone).map_err(|error| internal(&error))?;
            }
            collected.replace.extend(replace);
        }
        // A record of erased ids has no rows.
        if batch.num_rows() > 0 {
            collected.batches.push(batch);
        }
    }
    Ok(tables)
}

/// The rows of `batch` whose ids are not `gone`.
fn without(batch: &RecordBatch, gone: &HashSet<&str>) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let columns = [names::PREDICTION_ID, names::KPI_ID, names::CHANGE_ID];
    let ids = columns.iter().find_map(|name| batch.column_by_name(name)).and_then(|ids| ids.as_string_opt::<i32>());
    let Some(ids) = ids else { return Ok(batch.clone()) };
    if !ids.iter().flatten().any(|id| gone.contains(id)) {
        return Ok(batch.clone());
    }
    let keep: BooleanArray = ids.iter().map(|id| Some(id.is_none_or(|id| !gone.contains(id)))).collect();
    filter_record_batch(batch, &keep)
}
