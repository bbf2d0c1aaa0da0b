//! Ids of events that are erased: noted as such, so that none of them is taken again.
//!
//! The rows themselves are the tables' affair. Before they go there, everything taken so far must be in the tables, and
//! nothing may follow: both are true once [`Intake::erase`] answers.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use tokio::sync::oneshot;

use super::appender::{Appender, Records, today};
use super::record::TableRows;
use super::recover::recovering;
use super::{Intake, IntakeError};
use crate::ids::{Entry, IdHash, Seen};
use crate::names;

/// Ids whose events must not be taken any more.
#[derive(Debug)]
pub(super) struct Erasure {
    /// Paths of the tables.
    pub(super) tables: Vec<String>,
    pub(super) ids: Vec<String>,
    /// Hears the segment after which no event of them comes; `None` when there is none to wait for.
    pub(super) reply: oneshot::Sender<Result<Option<u64>, IntakeError>>,
}

impl Intake {
    /// Notes `ids` as erased from `tables` and waits until everything that was taken before is in the tables. From then
    /// on an event with one of them counts as a duplicate, whatever it says, for as long as ids are known. Without ids
    /// it only waits.
    ///
    /// # Errors
    /// [`IntakeError::Unavailable`], [`IntakeError::Stopped`]: the call may be repeated.
    pub async fn erase(&self, tables: Vec<String>, ids: Vec<String>) -> Result<(), IntakeError> {
        let (reply, answered) = oneshot::channel();
        let full = || IntakeError::Unavailable { reason: "other erasures wait".into(), retry_after_s: 5 };
        self.erasures.try_send(Erasure { tables, ids, reply }).map_err(|_| full())?;
        let segment = answered.await.map_err(|_| IntakeError::Stopped)??;
        if let Some(segment) = segment {
            self.committed.clone().wait_for(|done| *done >= segment).await.map_err(|_| IntakeError::Stopped)?;
        }
        Ok(())
    }
}

impl Appender {
    /// Notes what is to be erased, durably, and seals what came before.
    pub(super) fn erase(&mut self, erasure: Erasure) {
        let Erasure { tables, ids, reply } = erasure;
        let noted = if self.lost { Err(recovering()) } else { self.note_erased(&tables, &ids) };
        if noted.is_ok() {
            self.seal(true);
            // The journal lets go of the erased rows as soon as ids are written.
            self.freeze_now = true;
        }
        // The caller may have gone.
        let _ = reply.send(noted.map(|()| self.newest.map(|newest| newest.0)));
    }

    fn note_erased(&mut self, tables: &[String], ids: &[String]) -> Result<(), IntakeError> {
        let noted = self.write_erased(tables, ids);
        match &noted {
            Ok(()) => self.ids.confirm(),
            Err(_) => self.ids.rollback(),
        }
        noted
    }

    fn write_erased(&mut self, tables: &[String], ids: &[String]) -> Result<(), IntakeError> {
        let (today, mut records) = (today(), Records::default());
        for table in tables {
            let seed = IdHash::seed(table);
            let entries: Vec<Entry> =
                ids.iter().map(|id| Entry::erased(IdHash::seeded(seed, id.as_bytes()), today)).collect();
            let seen = self.ids.check_insert_all(&entries, today).map_err(|error| self.id_error(&error))?;
            let new = entries.into_iter().zip(seen).filter(|(_, seen)| !matches!(seen, Seen::Same { .. }));
            let entries: Vec<Entry> = new.map(|(entry, _)| entry).collect();
            if !entries.is_empty() {
                // A record without rows: it carries the ids over a restart.
                let none: Arc<StringArray> = Arc::new(StringArray::new_null(0));
                let batch = RecordBatch::try_from_iter([(names::PREDICTION_ID, none as _)])
                    .map_err(|error| IntakeError::Internal(error.to_string()))?;
                let rows = TableRows { batch, entries, replace: Vec::new() };
                records.add(table, rows).map_err(|error| IntakeError::Internal(error.to_string()))?;
            }
        }
        self.write(&records).map(drop)
    }
}
