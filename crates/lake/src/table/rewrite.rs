//! Files of a day replaced by others, and the files that a version had.

use arrow_array::RecordBatch;
use deltalake::kernel::Action;

use super::{Committed, FileRef, Lake, TableId};
use crate::LakeError;

/// What the name of a file of sums begins with; the rest is the name of the file whose rows it sums.
const SUMS: &str = "sums-";

fn sums_name(name: &str) -> String {
    format!("{SUMS}{name}")
}

/// The path of the file whose rows the file at `path` sums; `None` when it holds rows itself.
pub(crate) fn summed_by(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    Some(format!("{folder}/{}", name.strip_prefix(SUMS)?))
}

impl Lake {
    /// Replaces `old` files of `day` by one of `rows` and, when given, one of their `sums`, in one commit. `None` when one of
    /// them is no longer there: nothing was done then, and the caller looks again.
    ///
    /// # Errors
    /// [`LakeError`] of the store or the log; the table is then as before.
    pub(crate) async fn rewrite_day(
        &self,
        id: &TableId,
        day: i32,
        old: &[FileRef],
        rows: RecordBatch,
        sums: Option<RecordBatch>,
    ) -> Result<Option<Committed>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(None);
        }
        let Some(mut actions) = opened.removes(&handle.path, old, true)? else { return Ok(None) };
        let schema = opened.file_schema(&handle.path)?;
        let name = super::commit::new_name();
        actions.push(Action::Add(self.add_file(&handle, &schema, day, &name, vec![rows]).await?));
        if let Some(sums) = sums {
            actions.push(Action::Add(self.add_file(&handle, &schema, day, &sums_name(&name), vec![sums]).await?));
        }
        match self.append_to_log(&mut opened, actions, Vec::new()).await {
            Ok(committed) => Ok(Some(committed)),
            // Another process was faster: its files are looked at the next time.
            Err(LakeError::Delta(error)) if super::is_conflict(&error) => {
                *opened = super::Opened::default();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The files that a version of a table had.
    ///
    /// # Errors
    /// [`LakeError`] when the version is no longer in the log.
    pub(crate) async fn files_at(&self, id: &TableId, version: u64) -> Result<Vec<FileRef>, LakeError> {
        let handle = self.handle(id);
        {
            let mut opened = handle.state.lock().await;
            if !self.refresh(&handle, &mut opened).await? {
                return Ok(Vec::new());
            }
            if opened.table(&handle.path)?.version() == Some(version) {
                return opened.files(&handle.path, None);
            }
        }
        let mut table = self.unopened(&handle.path)?;
        table.load_version(version).await?;
        super::Opened::of(table).files(&handle.path, None)
    }
}
