//! Files that no reader needs any more.
//!
//! delta-rs's vacuum is not used: it cannot keep what a follower has yet to read (a file that came and went after the
//! follower's version belongs to no version that could be named), it writes two commits a run, and it does not see the
//! staged files of writes that a crash cut off.

use std::collections::{HashMap, HashSet};
use std::path::{Path as FsPath, PathBuf};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::ObjectMeta;
use object_store::path::Path;
use watchkeeper_spec::event::names::DATE;

use crate::table::Handle;
use crate::{Lake, LakeError, TableId};

/// Age from which a file that the log does not know counts as left over, not as about to be committed.
const ORPHAN_AGE: Duration = Duration::from_secs(86_400);
/// Commits read at once to find what a follower needs.
const CHANGES: usize = 1000;
const DELETES: usize = 1000;

/// What a vacuum deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// Data files: removed from the table, or never in it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Staged files of writes that never ended.
    pub staged: u64,
    /// Data files old enough to go that a follower has yet to read.
    pub kept_for_followers: u64,
}

impl Lake {
    /// Deletes the data files that left the table longer than `retention` before `now`, files of commits that never came
    /// (after a day, or `retention` if that is longer), and on local disks what cut-off writes staged (after a day).
    ///
    /// `keep_from_version` is the last version that every follower has read: files that came or went after it stay.
    /// Readers of older versions have `retention` to finish; the log remembers when a file left for
    /// `delta.deletedFileRetentionDuration` (a week unless set), so time travel reaches back that far at most. Whoever
    /// erases personal data gives zero and loses time travel.
    ///
    /// # Errors
    /// [`LakeError`] when the log or the store cannot be read, or a file cannot be deleted; what was deleted stays so.
    pub async fn vacuum(
        &self,
        id: &TableId,
        retention: Duration,
        keep_from_version: Option<u64>,
        now: Timestamp,
    ) -> Result<Vacuumed, LakeError> {
        let handle = self.handle(id);
        let Some(known) = self.known(&handle).await? else { return Ok(Vacuumed::default()) };
        let needed = match keep_from_version {
            Some(version) => self.needed(id, version).await?,
            None => HashSet::new(),
        };
        let prefix = self.file_path(&handle.path, "")?;
        let store = self.root().store();
        let mut done = Vacuumed::default();
        let mut listed = store.list(Some(&prefix)).chunks(DELETES);
        while let Some(chunk) = listed.next().await {
            let (mut gone, mut unknown) = (Vec::new(), false);
            for file in chunk {
                let file = file?;
                let Some(path) = data_file(&prefix, &file) else { continue };
                if !known.is_over(&path, &file, retention, now) {
                    continue;
                }
                if needed.contains(&path) {
                    done.kept_for_followers += 1;
                    continue;
                }
                unknown |= !known.left.contains_key(&path);
                gone.push((path, file));
            }
            if unknown {
                // Ages are as right as the clocks of this machine and of the store. Whatever these say: a file that a
                // commit of this process was about to bring when the files were listed is in the log by now.
                let live = self.live(&handle).await?;
                gone.retain(|(path, _)| !live.contains(path));
            }
            done.files += gone.len() as u64;
            done.bytes += gone.iter().map(|(_, file)| file.size).sum::<u64>();
            let gone = gone.into_iter().map(|(_, file)| Ok(file.location));
            let deleted = store.delete_stream(stream::iter(gone.collect::<Vec<_>>()).boxed());
            deleted
                .filter(|result| std::future::ready(!matches!(result, Err(object_store::Error::NotFound { .. }))))
                .try_for_each(|_| std::future::ready(Ok(())))
                .await?;
        }
        if let Ok(folder) = self.root().child(&handle.path)?.to_file_path() {
            // What a commit of this process is staging now is not left over, whatever the clock says.
            let _no_commit = handle.state.lock().await;
            done.staged = tokio::task::spawn_blocking(move || sweep(&folder, now)).await?;
        }
        Ok(done)
    }

    /// What the log knows of files; `None` when there is no such table.
    async fn known(&self, handle: &Handle) -> Result<Option<Known>, LakeError> {
        let table = {
            let mut opened = handle.state.lock().await;
            if !self.refresh(handle, &mut opened).await? {
                return Ok(None);
            }
            opened.table(&handle.path)?.clone()
        };
        let snapshot = table.snapshot()?;
        let live = snapshot.log_data().iter().map(|view| view.path().into_owned()).collect();
        let left = snapshot
            .all_tombstones(table.log_store().as_ref())
            .map_ok(|gone| (gone.path().into_owned(), gone.deletion_timestamp()))
            .try_collect()
            .await?;
        Ok(Some(Known { live, left }))
    }

    /// The files of the newest version. Waits for the commit of this process that is under way.
    async fn live(&self, handle: &Handle) -> Result<HashSet<String>, LakeError> {
        let mut opened = handle.state.lock().await;
        if !self.refresh(handle, &mut opened).await? {
            return Ok(HashSet::new());
        }
        let snapshot = opened.table(&handle.path)?.snapshot()?;
        Ok(snapshot.log_data().iter().map(|view| view.path().into_owned()).collect())
    }

    /// Files that a follower of a table needs to go on from `version`.
    async fn needed(&self, id: &TableId, version: u64) -> Result<HashSet<String>, LakeError> {
        let mut needed = HashSet::new();
        let mut after = version;
        loop {
            let changes = match self.changes(id, Some(after), CHANGES).await {
                // It cannot go on and must start afresh from the live files.
                Err(LakeError::LogTruncated { .. }) => return Ok(HashSet::new()),
                changes => changes?,
            };
            let Some(last) = changes.last() else { return Ok(needed) };
            after = last.version;
            for change in changes {
                needed.extend(change.added.into_iter().chain(change.removed).map(|file| file.path));
                // A version before the merge, as a follower counts it, has the files that were merged.
                needed.extend(change.merged);
            }
        }
    }
}

/// The files that a log knows, by their paths below the table.
struct Known {
    live: HashSet<String>,
    /// When they left, in milliseconds since 1970.
    left: HashMap<String, Option<i64>>,
}

impl Known {
    /// Whether nobody is to read a file any more.
    fn is_over(&self, path: &str, file: &ObjectMeta, retention: Duration, now: Timestamp) -> bool {
        if self.live.contains(path) {
            return false;
        }
        let age = |since: i64| now.as_millisecond().saturating_sub(since);
        let at_least = |age: i64, wanted: Duration| u128::try_from(age).is_ok_and(|age| age >= wanted.as_millis());
        match self.left.get(path) {
            Some(Some(left)) => at_least(age(*left), retention),
            _ => at_least(age(file.last_modified.timestamp_millis()), retention.max(ORPHAN_AGE)),
        }
    }
}

/// The path below the table of a data file; `None` for everything else.
fn data_file(prefix: &Path, file: &ObjectMeta) -> Option<String> {
    let parts: Vec<_> = file.location.prefix_match(prefix)?.collect();
    let [folder, name] = parts.as_slice() else { return None };
    let (folder, name) = (folder.as_ref(), name.as_ref());
    let partition = folder.strip_prefix(DATE).is_some_and(|rest| rest.starts_with('='));
    (partition && name.ends_with(".parquet")).then(|| format!("{folder}/{name}"))
}

/// Deletes staged files (`name#digits`, which listings of the store pass over) in the folders of a table.
///
/// A file that cannot be looked at or deleted is left for the next run: it takes room, nothing else.
fn sweep(table: &FsPath, now: Timestamp) -> u64 {
    let below = |folder: &FsPath| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let folders = below(table).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| below(&folder)).filter(|path| is_staged(path) && is_old(path, now));
    files.map(|path| u64::from(std::fs::remove_file(path).is_ok())).sum()
}

fn is_staged(path: &FsPath) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit_once('#').is_some_and(|(_, digits)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn is_old(path: &FsPath, now: Timestamp) -> bool {
    let modified = path.metadata().and_then(|meta| meta.modified()).ok();
    let modified = modified.and_then(|time| Timestamp::try_from(time).ok());
    modified.is_some_and(|time| Duration::try_from(now.duration_since(time)).is_ok_and(|age| age >= ORPHAN_AGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staged_files_are_known_by_their_names() {
        let staged = |name: &str| is_staged(FsPath::new(name));
        assert!(staged("date=2026-11-01/part-1.parquet#17") && staged("0.json#0"));
        for name in ["part-1.parquet", "a#", "#", "a#1b", "a#1.parquet"] {
            assert!(!staged(name), "{name}");
        }
    }
}
