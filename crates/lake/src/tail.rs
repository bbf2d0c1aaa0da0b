//! Following a table: what each commit added and took away.

use deltalake::kernel::Action;

use crate::table::FileRef;
use crate::{Lake, LakeError, TableId, maintain};

/// One commit, as far as it changed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Version of the table.
    pub version: u64,
    /// Files whose rows came.
    pub added: Vec<FileRef>,
    /// Files whose rows went; a corrected row's file is here and, without the row, among the added ones.
    pub removed: Vec<FileRef>,
    /// Whether the rows went because of their age ([`Lake::expire`]), not because they were wrong.
    pub retention: bool,
    /// Files that others took the place of, with the same rows.
    pub(crate) merged: Vec<String>,
}

impl Lake {
    /// The commits after version `after` (all when `None`), oldest first, at most `limit`. Rewrites that change no row
    /// (compaction) come with no files.
    ///
    /// # Errors
    /// [`LakeError::LogTruncated`] when the log no longer goes back that far; else the store's error.
    pub async fn changes(&self, id: &TableId, after: Option<u64>, limit: usize) -> Result<Vec<Change>, LakeError> {
        let handle = self.handle(id);
        let (newest, log) = {
            let mut opened = handle.state.lock().await;
            if !self.refresh(&handle, &mut opened).await? {
                return Ok(Vec::new());
            }
            let table = opened.table(&handle.path)?;
            (table.version().unwrap_or(0), table.log_store())
        };
        let mut changes = Vec::new();
        for version in after.map_or(0, |version| version + 1)..=newest {
            if changes.len() >= limit {
                break;
            }
            let Some(entry) = log.read_commit_entry(version).await? else {
                return Err(LakeError::LogTruncated { table: handle.path.clone(), version });
            };
            changes.push(parse(version, &entry)?);
        }
        Ok(changes)
    }
}

fn parse(version: u64, entry: &[u8]) -> Result<Change, LakeError> {
    let mut change = Change { version, added: Vec::new(), removed: Vec::new(), retention: false, merged: Vec::new() };
    for action in serde_json::Deserializer::from_slice(entry).into_iter::<Action>() {
        let action = action.map_err(deltalake::DeltaTableError::from)?;
        match action {
            Action::Add(add) if add.data_change => {
                let rows = add.stats.as_deref().and_then(rows_of);
                change.added.push(file(add.path, &add.partition_values, add.size, rows));
            }
            Action::CommitInfo(commit) => {
                let reason = commit.info.get(maintain::REASON).and_then(serde_json::Value::as_str);
                change.retention = reason == Some(maintain::RETENTION);
            }
            Action::Remove(remove) if remove.data_change => {
                let partition = remove.partition_values.unwrap_or_default();
                change.removed.push(file(remove.path, &partition, remove.size.unwrap_or(0), None));
            }
            Action::Remove(remove) => change.merged.push(remove.path),
            _ => {}
        }
    }
    Ok(change)
}

fn rows_of(stats: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(stats).ok()?.get("numRecords")?.as_u64()
}

fn file(
    path: String,
    partition: &std::collections::HashMap<String, Option<String>>,
    size: i64,
    rows: Option<u64>,
) -> FileRef {
    let date = partition.get(watchkeeper_spec::event::names::DATE).and_then(Option::as_deref);
    FileRef { path, day: date.and_then(crate::table::parse_day), bytes: u64::try_from(size).unwrap_or(0), rows }
}
