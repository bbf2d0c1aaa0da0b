//! Whole days that go by their age.

use deltalake::kernel::Action;
use deltalake::protocol::DeltaOperation;
use watchkeeper_spec::event::names::DATE;

use super::{RETENTION, TRIES, Tried, try_commit};
use crate::table::{day_text, parse_day};
use crate::{Lake, LakeError, TableId, TableName};

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

impl Lake {
    /// Takes all days before `before_day` (since 1970) out of a table, grids apart, in one commit that followers know as
    /// [`crate::Change::retention`].
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
}
