//! Rows looked for in files.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_select::filter::filter_record_batch;

use super::{FileRef, Lake, Selection, TableId};
use crate::LakeError;

impl Lake {
    /// Whether a file holds a row that is selected.
    pub(crate) async fn holds(&self, id: &TableId, file: &FileRef, which: &Selection) -> Result<bool, LakeError> {
        let columns: Vec<&str> = which.columns().collect();
        let mut rows = self.read_file(id, file, Some(&columns)).await?;
        while let Some(batch) = rows.next().await? {
            if which.of(&batch).true_count() > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ids of the rows selected, in order; `None` when they are more than `max`.
    ///
    /// # Errors
    /// [`LakeError`] when the log or a file cannot be read.
    pub async fn ids_of(
        &self,
        id: &TableId,
        which: &Selection,
        max: usize,
    ) -> Result<Option<BTreeSet<String>>, LakeError> {
        let Some(column) = id.name.id_column() else { return Ok(Some(BTreeSet::new())) };
        let columns: Vec<&str> = which.columns().chain([column]).collect();
        let mut ids = BTreeSet::new();
        for file in self.files(id, None).await? {
            let mut rows = self.read_file(id, &file, Some(&columns)).await?;
            while let Some(batch) = rows.next().await? {
                let found = filter_record_batch(&batch, &which.of(&batch))?;
                let found = found.column_by_name(column).and_then(|column| column.as_string_opt::<i32>());
                ids.extend(found.into_iter().flatten().flatten().map(str::to_owned));
                if ids.len() > max {
                    return Ok(None);
                }
            }
        }
        Ok(Some(ids))
    }
}
