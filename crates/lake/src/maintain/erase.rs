//! Rows that go because somebody asked for it.

use std::collections::{BTreeMap, HashSet};

use deltalake::kernel::{Action, Add};
use deltalake::protocol::DeltaOperation;

use super::{ERASURE, TRIES, Tried, try_commit};
use crate::table::{FileRef, Handle, merge};
use crate::{Lake, LakeError, Selection, TableId};

/// Paths of files that are told.
const FILES_TOLD: usize = 100;

/// What was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The version without the rows; `None` when there were none.
    pub version: Option<u64>,
    /// Rows that went.
    pub rows: u64,
    /// Files that held them.
    pub files: u64,
    /// The first hundred of these, below the table.
    pub paths: Vec<String>,
}

/// A day's files without the rows.
struct Rewritten {
    adds: Vec<Add>,
    rows: u64,
}

impl Lake {
    /// Takes the rows selected out of a table, wherever they lie: every file is looked at, in all but the first pass those
    /// that came meanwhile, until a pass finds nothing. Files that held such rows are written anew, a day with one commit;
    /// the old ones, and with them the rows, are on the disk until [`Lake::vacuum`]. Followers see it as a correction.
    /// Memory holds a file at a time. `told` hears of each look at the files: how many there are, and how many are done.
    ///
    /// # Errors
    /// [`LakeError`] when the log or the store cannot be read or written; what was committed before stays, and the call may
    /// be repeated. [`LakeError::CutOff`] when other writers were always faster.
    pub async fn erase(
        &self,
        id: &TableId,
        which: &Selection,
        told: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<Erased, LakeError> {
        let handle = self.handle(id);
        let mut done = Erased::default();
        let mut clean: HashSet<String> = HashSet::new();
        for _ in 0..TRIES {
            let (files, schema) = {
                let mut opened = handle.state.lock().await;
                if !self.refresh(&handle, &mut opened).await? {
                    return Ok(done);
                }
                (opened.files(&handle.path, None)?, opened.file_schema(&handle.path)?)
            };
            let (mut days, mut is_whole) = (BTreeMap::<Option<i32>, Vec<FileRef>>::new(), true);
            let count = files.len() as u64;
            for (number, file) in (1..).zip(files) {
                told(number, count);
                if clean.contains(&file.path) {
                    continue;
                }
                match self.holds(id, &file, which).await {
                    Ok(true) => days.entry(file.day).or_default().push(file),
                    Ok(false) => _ = clean.insert(file.path),
                    // Another writer has replaced it: its successor is looked at in the next pass.
                    Err(LakeError::Store(object_store::Error::NotFound { .. })) => is_whole = false,
                    Err(error) => return Err(error),
                }
            }
            if days.is_empty() && is_whole {
                return Ok(done);
            }
            for files in days.into_values() {
                let rewritten = match self.without(&handle, &schema, &files, which).await {
                    Err(LakeError::Store(object_store::Error::NotFound { .. })) => continue,
                    rewritten => rewritten?,
                };
                let new: Vec<String> = rewritten.adds.iter().map(|add| add.path.clone()).collect();
                let rows = rewritten.rows;
                if let Some(version) = self.put_in_place(&handle, &files, rewritten.adds).await? {
                    done.rows += rows;
                    done.files += files.len() as u64;
                    done.version = Some(version);
                    let room = FILES_TOLD.saturating_sub(done.paths.len());
                    done.paths.extend(files.into_iter().take(room).map(|file| file.path));
                    clean.extend(new);
                }
            }
        }
        Err(LakeError::CutOff(format!("erasure from table `{id}`: other writers were faster {TRIES} times")))
    }

    async fn without(
        &self,
        handle: &Handle,
        schema: &arrow_schema::SchemaRef,
        files: &[FileRef],
        which: &Selection,
    ) -> Result<Rewritten, LakeError> {
        let mut rewritten = Rewritten { adds: Vec::new(), rows: 0 };
        for file in files {
            match merge(self, handle, schema, std::slice::from_ref(file), Some(which)).await {
                Ok(merged) => {
                    rewritten.rows += merged.left_out;
                    let add = merged.add;
                    if merged.rows > 0 { rewritten.adds.push(add) } else { self.discard(handle, &add).await? }
                }
                Err(error) => {
                    for add in &rewritten.adds {
                        self.discard(handle, add).await?;
                    }
                    return Err(error);
                }
            }
        }
        Ok(rewritten)
    }

    /// Commits `adds` in the place of `files`; `None`, and no file left, when one of them is no longer live.
    async fn put_in_place(&self, handle: &Handle, files: &[FileRef], adds: Vec<Add>) -> Result<Option<u64>, LakeError> {
        let mut opened = handle.state.lock().await;
        for _ in 0..TRIES {
            if !self.refresh(handle, &mut opened).await? {
                break;
            }
            let Some(mut actions) = opened.removes(&handle.path, files, true)? else { break };
            actions.extend(adds.iter().cloned().map(Action::Add));
            // The log outlives the rows: it must not say what they were.
            let operation = DeltaOperation::Delete { predicate: None };
            if let Tried::In(version) = try_commit(handle, &mut opened, actions, operation, Some(ERASURE)).await? {
                return Ok(Some(version));
            }
        }
        drop(opened);
        for add in &adds {
            self.discard(handle, add).await?;
        }
        Ok(None)
    }
}
