//! How big is what.

use deltalake::DeltaTable;

use super::{Lake, TableId};
use crate::LakeError;

/// What a table takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    /// The newest version.
    pub version: u64,
    /// Live data files.
    pub files: u64,
    /// Bytes of the live data files.
    pub bytes: u64,
    /// Rows, as the log tells.
    pub rows: u64,
    /// First and last UTC day with rows, since 1970.
    pub days: Option<(i32, i32)>,
}

impl Lake {
    /// What a table takes; `None` when there is no such table.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read.
    pub async fn size(&self, id: &TableId) -> Result<Option<TableSize>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(None);
        }
        let files = opened.files(&handle.path, None)?;
        let days = files.iter().filter_map(|file| file.day);
        Ok(Some(TableSize {
            version: opened.table.as_ref().and_then(DeltaTable::version).unwrap_or(0),
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.bytes).sum(),
            rows: files.iter().filter_map(|file| file.rows).sum(),
            days: days.clone().min().zip(days.max()),
        }))
    }

    /// The live files of a table, of one UTC day when given.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read.
    pub async fn files(&self, id: &TableId, day: Option<i32>) -> Result<Vec<super::FileRef>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(Vec::new());
        }
        opened.files(&handle.path, day)
    }
}
