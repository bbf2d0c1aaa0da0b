//! Small files of a day become few.
//!
//! delta-rs's `optimize()` is not used: its commits may write checkpoints and clean the log up, whoever still has to read
//! it; its run has no bound in bytes; it does not count the rows it wrote; it is blind to a compaction by another process
//! (see the module above); and its row groups are bounded in rows only, which is much memory in a wide table.

use std::collections::BTreeMap;

use deltalake::kernel::{Action, Add};
use deltalake::protocol::DeltaOperation;

use super::{TRIES, Tried, try_commit};
use crate::table::{FileRef, Handle, merge};
use crate::{Lake, LakeError, TableId};

/// A file of this part of the target is small enough to be rewritten each time.
const NEGLIGIBLE: u64 = 128;

/// How files are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactOptions {
    /// Bytes that a file should have; files of half of it and more are left alone.
    pub target_bytes: u64,
    /// Small files of a day from which on they are merged; at least 2.
    pub min_files: usize,
    /// Bytes that one run reads at most; the rest waits for the next.
    pub max_bytes_per_run: u64,
    /// Only this UTC day, since 1970.
    pub day: Option<i32>,
}

impl Default for CompactOptions {
    fn default() -> Self {
        Self { target_bytes: 128 << 20, min_files: 8, max_bytes_per_run: 512 << 20, day: None }
    }
}

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Live files (of the day, when one was asked for) before.
    pub files_before: usize,
    /// Live files after, apart from those that others wrote meanwhile.
    pub files_after: usize,
    /// Bytes of the files that were merged.
    pub bytes_before: u64,
    /// Bytes of the files that took their place.
    pub bytes_after: u64,
    /// Rows that were moved.
    pub rows: u64,
    /// Merges given up because their files were rewritten or removed by others meanwhile; for the next run.
    pub dropped: usize,
}

impl Lake {
    /// Merges small files of each day into few. No row changes: followers see a commit without files.
    ///
    /// Memory holds one row group that is read and one that is written. The order of rows is
    /// that of the files. In the two newest days a file of more than 1/128 of the target waits until the smaller ones are as
    /// large together, so that a day of many small commits is rewritten a few times in all, not once a run.
    ///
    /// # Errors
    /// [`LakeError::Merge`] when what was written is not what was read; else the store's or the log's error. What was
    /// committed before the error stays.
    pub async fn compact(&self, id: &TableId, options: &CompactOptions) -> Result<Compacted, LakeError> {
        let handle = self.handle(id);
        let (files, schema, newest) = {
            let mut opened = handle.state.lock().await;
            if !self.refresh(&handle, &mut opened).await? {
                return Ok(Compacted::default());
            }
            let newest = opened.files(&handle.path, None)?.iter().filter_map(|file| file.day).max();
            (opened.files(&handle.path, options.day)?, opened.file_schema(&handle.path)?, newest)
        };
        let mut done = Compacted { files_before: files.len(), files_after: files.len(), ..Compacted::default() };
        for group in groups(files, options, newest) {
            let merged = match merge(self, &handle, &schema, &group, None).await {
                Err(LakeError::Store(object_store::Error::NotFound { .. })) => {
                    done.dropped += 1;
                    continue;
                }
                merged => merged?,
            };
            let add = Add { data_change: false, ..merged.add };
            let bytes = u64::try_from(add.size).unwrap_or(0);
            if self.take_place(&handle, &group, add, options).await? {
                done.files_after = done.files_after + 1 - group.len();
                done.bytes_before += group.iter().map(|file| file.bytes).sum::<u64>();
                done.bytes_after += bytes;
                done.rows += merged.rows;
            } else {
                done.dropped += 1;
            }
        }
        Ok(done)
    }

    /// Commits `merged` in the place of `group`; `false`, and no file left, when one of the group is no longer live.
    async fn take_place(
        &self,
        handle: &Handle,
        group: &[FileRef],
        merged: Add,
        options: &CompactOptions,
    ) -> Result<bool, LakeError> {
        let mut opened = handle.state.lock().await;
        for _ in 0..TRIES {
            if !self.refresh(handle, &mut opened).await? {
                break;
            }
            let Some(mut actions) = opened.removes(&handle.path, group, false)? else { break };
            actions.push(Action::Add(merged.clone()));
            let target_size = i64::try_from(options.target_bytes).unwrap_or(i64::MAX);
            let operation = DeltaOperation::Optimize { predicate: None, target_size };
            match try_commit(handle, &mut opened, actions, operation, None).await? {
                Tried::In(_) => return Ok(true),
                Tried::Late => {}
            }
        }
        drop(opened);
        self.discard(handle, &merged).await?;
        Ok(false)
    }
}

/// The files to merge with each other, newest day first, within the bytes of a run.
fn groups(files: Vec<FileRef>, options: &CompactOptions, newest: Option<i32>) -> Vec<Vec<FileRef>> {
    let mut days: BTreeMap<i32, Vec<FileRef>> = BTreeMap::new();
    for file in files {
        if let Some(day) = file.day.filter(|_| file.bytes < options.target_bytes / 2) {
            days.entry(day).or_default().push(file);
        }
    }
    let mut left = options.max_bytes_per_run;
    let mut groups = Vec::new();
    for (day, files) in days.into_iter().rev() {
        let settled = newest.is_some_and(|newest| day < newest - 1);
        let mut group: Vec<FileRef> = Vec::new();
        let mut bytes = 0;
        let always = if settled { u64::MAX } else { options.target_bytes / NEGLIGIBLE };
        for file in worthwhile(files, options.min_files.max(2), always) {
            if bytes + file.bytes > options.target_bytes {
                groups.push(std::mem::take(&mut group));
                bytes = 0;
            }
            if file.bytes > left {
                break;
            }
            left -= file.bytes;
            bytes += file.bytes;
            group.push(file);
        }
        groups.push(group);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// Those of the small files of a day that are merged now, in the order they were written: a file of more than `always`
/// bytes only when the smaller ones together are as large.
fn worthwhile(mut files: Vec<FileRef>, min_files: usize, always: u64) -> Vec<FileRef> {
    files.sort_by(|a, b| (a.bytes, &a.path).cmp(&(b.bytes, &b.path)));
    let mut smaller = 0;
    let mut take = 0;
    for (index, file) in files.iter().enumerate() {
        if index + 1 >= min_files && file.bytes <= smaller.max(always) {
            take = index + 1;
        }
        smaller += file.bytes;
    }
    files.truncate(take);
    // Names begin with the time of writing (UUID version 7).
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(day: i32, number: u64, bytes: u64) -> FileRef {
        FileRef { path: format!("date={day}/part-{number:04}"), day: Some(day), bytes, rows: Some(1) }
    }

    fn options(min_files: usize, max_bytes_per_run: u64) -> CompactOptions {
        CompactOptions { target_bytes: 1000, min_files, max_bytes_per_run, day: None }
    }

    #[test]
    fn few_or_large_files_are_left_alone() {
        let few: Vec<_> = (0..7).map(|n| file(9, n, 10)).collect();
        assert!(groups(few.clone(), &options(8, 10_000), Some(9)).is_empty());
        let large: Vec<_> = (0..20).map(|n| file(9, n, 500)).collect();
        assert!(groups(large, &options(8, 100_000), Some(9)).is_empty());
        let enough: Vec<_> = few.into_iter().chain([file(9, 7, 10)]).collect();
        assert_eq!(groups(enough, &options(8, 10_000), Some(9)).iter().map(Vec::len).collect::<Vec<_>>(), [8]);
    }

    #[test]
    fn a_merged_file_waits_for_as_much_again_in_new_days_only() {
        let files = |day| (0..8).map(|n| file(day, n, 10)).chain([file(day, 8, 81)]).collect::<Vec<_>>();
        assert_eq!(groups(files(9), &options(8, 10_000), Some(9)).first().map(Vec::len), Some(8));
        assert_eq!(groups(files(9), &options(8, 10_000), Some(10)).first().map(Vec::len), Some(8));
        assert_eq!(groups(files(9), &options(8, 10_000), Some(11)).first().map(Vec::len), Some(9));
    }

    #[test]
    fn many_small_commits_are_rewritten_a_few_times_in_all() {
        let options = CompactOptions { target_bytes: 128_000, ..options(8, 1 << 30) };
        let (mut files, mut written, mut most) = (Vec::new(), 0, 0);
        for n in 0..20_000 {
            files.push(file(9, n, 100));
            for group in groups(files.clone(), &options, Some(9)) {
                let bytes = group.iter().map(|file| file.bytes).sum::<u64>();
                written += bytes;
                files.retain(|file| !group.contains(file));
                files.push(file(9, n, bytes));
            }
            files.retain(|file| file.bytes < options.target_bytes / 2);
            most = most.max(files.len());
        }
        assert!(most <= 14, "{most} small files");
        assert!(written <= 20_000 * 100 * 8, "{written} bytes written for 2,000,000");
    }

    #[test]
    fn groups_fill_the_target_and_end_at_the_bound_of_a_run() {
        let files: Vec<_> = (0..30).map(|n| file(9, n, 100)).collect();
        let lengths = |max| groups(files.clone(), &options(2, max), Some(9)).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(10_000), [10, 10, 10]);
        assert_eq!(lengths(1_550), [10, 5]);
        assert_eq!(lengths(150), [0; 0]);
    }
}
