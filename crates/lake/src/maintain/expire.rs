//! Rows that go: whole days by their age, single rows by their id.

use deltalake::kernel::Action;
use deltalake::protocol::DeltaOperation;
use watchkeeper_spec::event::names::DATE;

use super::{RETENTION, TRIES, Tried, try_commit};
use crate::table::{day_text, parse_day};
use crate::{Change, Committed, Lake, LakeError, Replace, TableId, TableName, Write};

/// Application under which erasures are numbered.
const ERASE: &str = "watchkeeper:erase";

/// What went by age.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// The version without the days; `None` when there was nothing to drop.
    pub version: Option<u64>,
    /// Files.
    pub files: usize,
    /// Their bytes; on the disk until [`Lake::vacuum`].
    pub bytes: u64,
    /// Their rows, as the log tells.
    pub rows: u64,
}

/// What was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// The version without the rows; `None` when there is no such table.
    pub version: Option<u64>,
    /// Rows that went.
    pub rows: u64,
}

impl Lake {
    /// Takes all days before `before_day` (since 1970) out of a table, grids apart, in one commit that followers know as
    /// [`Change::retention`].
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read or written; [`LakeError::CutOff`] when other writers were always faster.
    pub async fn expire(&self, id: &TableId, before_day: i32) -> Result<Expired, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        for _ in 0..TRIES {
            if !self.refresh(&handle, &mut opened).await? {
                return Ok(Expired::default());
            }
            let mut gone = Expired::default();
            let mut actions = Vec::new();
            for file in opened.table(&handle.path)?.snapshot()?.log_data().iter() {
                let day = file.partition_values_map().remove(DATE).flatten().as_deref().and_then(parse_day);
                // Grids lie in 1970 and are of no age: without them no profile can be read.
                let grids = id.name == TableName::Profiles && day == Some(0);
                if !grids && day.is_some_and(|day| day < before_day) {
                    gone.files += 1;
                    gone.bytes += u64::try_from(file.size()).unwrap_or(0);
                    gone.rows += file.num_records().unwrap_or(0) as u64;
                    actions.push(Action::Remove(file.remove_action(true)));
                }
            }
            if actions.is_empty() {
                return Ok(gone);
            }
            let predicate = Some(format!("{DATE} < '{}'", day_text(before_day)));
            let operation = DeltaOperation::Delete { predicate };
            if let Tried::In(version) = try_commit(&handle, &mut opened, actions, operation, Some(RETENTION)).await? {
                return Ok(Expired { version: Some(version), ..gone });
            }
        }
        Err(LakeError::CutOff(format!("retention of table `{}`: other writers were faster {TRIES} times", handle.path)))
    }

    /// Takes rows out of a table by their ids. Files that held them are written anew; the old ones, and with them the rows,
    /// are on the disk until [`Lake::vacuum`]. Followers see the change as a correction.
    ///
    /// # Errors
    /// [`LakeError::MissingColumn`] for a table whose rows have no id; else as [`Lake::commit`].
    pub async fn erase(&self, id: &TableId, ids: &[Replace]) -> Result<Erased, LakeError> {
        if id.name.id_column().is_none() {
            return Err(LakeError::MissingColumn { table: id.to_string(), column: "of an id".into() });
        }
        if ids.is_empty() || self.version(id).await?.is_none() {
            return Ok(Erased::default());
        }
        for _ in 0..TRIES {
            let number = self.transaction(id, ERASE).await?.unwrap_or(0) + 1;
            let write =
                Write { batches: Vec::new(), replace: ids.to_vec(), applications: vec![(ERASE.into(), number)] };
            match self.commit(id, &write).await? {
                Committed::At(version) => {
                    let change = self.changes(id, version.checked_sub(1), 1).await?;
                    let rows = match change.first() {
                        Some(change) => self.rows_gone(id, change).await?,
                        None => 0,
                    };
                    return Ok(Erased { version: Some(version), rows });
                }
                // Another process has taken the number.
                Committed::Before | Committed::Nothing => {}
            }
        }
        Err(LakeError::CutOff(format!("erasure from table `{id}`: other writers were faster {TRIES} times")))
    }

    /// Rows of the files that went, less those of the files that came.
    async fn rows_gone(&self, id: &TableId, change: &Change) -> Result<u64, LakeError> {
        let mut before = 0;
        for file in &change.removed {
            let mut rows = self.read_file(id, file, Some(&[id.name.id_column().unwrap_or_default()])).await?;
            while let Some(batch) = rows.next().await? {
                before += batch.num_rows() as u64;
            }
        }
        let after: u64 = change.added.iter().filter_map(|file| file.rows).sum();
        Ok(before.saturating_sub(after))
    }
}
