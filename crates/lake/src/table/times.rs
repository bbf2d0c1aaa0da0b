//! When the rows of a table begin and end, and when a version of it was made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use deltalake::kernel::Action;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::{FileRef, Lake, TableId, file};
use crate::LakeError;

/// Ranges that are remembered at most.
const REMEMBERED_MAX: usize = 10_000;
/// How far the log's statistics may lie outside of the times of a file, µs.
const COARSE: i64 = 1000;

/// Ranges of times of files, which never change, by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranges(Arc<Mutex<HashMap<String, (i64, i64)>>>);

impl Ranges {
    fn get(&self, path: &str) -> Option<(i64, i64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied()
    }

    fn put(&self, path: String, range: (i64, i64)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(path, range);
    }
}

/// A file with what the log tells of its times: a range that holds them, and is less than [`COARSE`] wider at each end.
struct Outline {
    file: FileRef,
    range: Option<(i64, i64)>,
}

impl Lake {
    /// The first and the last time in the time column of a table, in µs since 1970; `None` for a table without rows.
    ///
    /// The log tells times to the millisecond, so the files that may hold the first or the last are asked.
    ///
    /// # Errors
    /// [`LakeError`] when the log or a file cannot be read.
    pub async fn times(&self, id: &TableId) -> Result<Option<(i64, i64)>, LakeError> {
        let files = self.outlines(id).await?;
        let first = files.iter().filter_map(|file| file.range).map(|(low, _)| low).min();
        let last = files.iter().filter_map(|file| file.range).map(|(_, high)| high).max();
        let may_hold_an_end = |file: &&Outline| match (file.range, first, last) {
            (Some((low, high)), Some(first), Some(last)) => {
                low < first.saturating_add(COARSE) || high > last.saturating_sub(COARSE)
            }
            _ => true,
        };
        let mut whole: Option<(i64, i64)> = None;
        for file in files.iter().filter(may_hold_an_end) {
            let Some((low, high)) = self.times_of(id, &file.file).await? else { continue };
            whole = Some(whole.map_or((low, high), |(first, last)| (first.min(low), last.max(high))));
        }
        Ok(whole)
    }

    /// When version `version` of a table was committed, in µs since 1970; `None` when its log entry does not tell.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read.
    pub async fn committed_at(&self, id: &TableId, version: u64) -> Result<Option<i64>, LakeError> {
        let handle = self.handle(id);
        let log = {
            let mut opened = handle.state.lock().await;
            if !self.refresh(&handle, &mut opened).await? {
                return Ok(None);
            }
            opened.table(&handle.path)?.log_store()
        };
        let Some(entry) = log.read_commit_entry(version).await? else { return Ok(None) };
        for action in serde_json::Deserializer::from_slice(&entry).into_iter::<Action>() {
            if let Action::CommitInfo(commit) = action.map_err(deltalake::DeltaTableError::from)? {
                return Ok(commit.timestamp.map(|millis| millis.saturating_mul(1000)));
            }
        }
        Ok(None)
    }

    async fn outlines(&self, id: &TableId) -> Result<Vec<Outline>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(Vec::new());
        }
        let files = opened.table(&handle.path)?.snapshot()?.log_data();
        let outlines = files.iter().map(|view| Outline {
            file: FileRef::of(&view),
            range: view.stats().and_then(|stats| told(&stats, id.name.time_column())),
        });
        Ok(outlines.collect())
    }

    /// The times of one file, from its footer; from its rows when that does not tell.
    async fn times_of(&self, id: &TableId, file: &FileRef) -> Result<Option<(i64, i64)>, LakeError> {
        let place = self.file_path(&id.to_string(), &file.path)?;
        let key = place.to_string();
        if let Some(known) = self.ranges.get(&key) {
            return Ok(Some(known));
        }
        let time = id.name.time_column();
        let mut range = footer_range(self.footer(id, file).await?.as_ref(), time);
        if range.is_none() {
            let mut batches = self.read_file(id, file, Some(&[time])).await?;
            while let Some(batch) = batches.next().await? {
                range = file::time_range(range, &batch, time);
            }
        }
        if let Some(range) = range {
            self.ranges.put(key, range);
        }
        Ok(range)
    }
}

/// The range of times in the statistics of a log entry.
fn told(stats: &str, time: &str) -> Option<(i64, i64)> {
    let stats: serde_json::Value = serde_json::from_str(stats).ok()?;
    let at = |values: &str| {
        let text = stats.get(values)?.get(time)?.as_str()?;
        text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
    };
    Some((at("minValues")?, at("maxValues")?))
}

/// The range of the column `time` of all row groups; `None` when one of them does not tell.
fn footer_range(footer: &ParquetMetaData, time: &str) -> Option<(i64, i64)> {
    let columns = footer.file_metadata().schema_descr().columns();
    let column = columns.iter().position(|column| column.name() == time)?;
    let mut range: Option<(i64, i64)> = None;
    for group in footer.row_groups() {
        let Some(Statistics::Int64(found)) = group.columns().get(column)?.statistics() else { return None };
        let (low, high) = (*found.min_opt()?, *found.max_opt()?);
        range = Some(range.map_or((low, high), |(first, last)| (first.min(low), last.max(high))));
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_times_to_the_millisecond_outwards() {
        let text = file::statistics_text(3, Some((1_700_000_000_123_456, 1_700_000_001_000_000)), "ts");
        assert_eq!(told(&text, "ts"), Some((1_700_000_000_123_000, 1_700_000_001_001_000)));
        assert_eq!(told(&file::statistics_text(3, None, "ts"), "ts"), None);
        assert_eq!(told("{", "ts"), None);
    }
}
