//! The log in short: a checkpoint, and old entries deleted.

use deltalake::checkpoints::{cleanup_expired_logs_for, create_checkpoint};
use deltalake::table::config::TablePropertiesExt;
use jiff::Timestamp;

use crate::table::Opened;
use crate::{Lake, LakeError, TableId};

/// What a checkpoint did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpointed {
    /// The version that the checkpoint holds.
    pub version: u64,
    /// Files of the log that were deleted.
    pub log_files_deleted: usize,
}

impl Lake {
    /// Writes a checkpoint of the newest version and deletes the entries of the log that are older than the table's
    /// `delta.logRetentionDuration` (30 days unless set) at `now`; `None` when there is no such table.
    ///
    /// `keep_from_version` is the last version that every follower has read: it and what comes after it stays.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read or written.
    pub async fn checkpoint(
        &self,
        id: &TableId,
        keep_from_version: Option<u64>,
        now: Timestamp,
    ) -> Result<Option<Checkpointed>, LakeError> {
        let handle = self.handle(id);
        let table = {
            let mut opened = handle.state.lock().await;
            if !self.refresh(&handle, &mut opened).await? {
                return Ok(None);
            }
            opened.table(&handle.path)?.clone()
        };
        let snapshot = table.snapshot()?;
        let version = snapshot.version();
        create_checkpoint(&table, None).await?;
        let age = i64::try_from(snapshot.table_config().log_retention_duration().as_millis()).unwrap_or(i64::MAX);
        // Deletes only what is older than a checkpoint at or before the first version to keep.
        let keep = keep_from_version.map_or(version, |keep| keep.min(version));
        let cutoff = now.as_millisecond().saturating_sub(age);
        let deleted = cleanup_expired_logs_for(keep, table.log_store().as_ref(), cutoff, None).await?;
        // Opened anew, the table is read from the checkpoint and holds nothing of the commits before it.
        *handle.state.lock().await = Opened::default();
        Ok(Some(Checkpointed { version, log_files_deleted: deleted }))
    }
}
