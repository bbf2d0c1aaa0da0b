//! Work on files that another thread can do.

use super::entry::{Key, Value};
use super::error::IdsError;
use super::list::List;
use super::merge::merge;
use super::recent::Map;
use super::run::{self, Filter, Run};
use super::write::RunWriter;
use crate::journal::{SegmentNo, files};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something to do on files; ids are looked up meanwhile. Its outcome goes to [`super::IdIndex::install`], also an
/// error.
#[derive(Debug)]
pub struct Job {
    pub(super) dir: PathBuf,
    pub(super) list: List,
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) cutoff: u16,
    /// Memory for filters.
    pub(super) filter_bytes: u64,
    pub(super) work: Work,
}

#[derive(Debug)]
pub(super) enum Work {
    /// Frozen parts, newest first, become one run.
    Persist { frozen: Vec<Arc<Map>>, covers: SegmentNo },
    /// Neighbouring runs become one.
    Merge(Range<usize>),
    /// Runs beyond the horizon go.
    Expire,
}

/// What a [`Job`] brought about.
#[derive(Debug)]
pub struct Done {
    pub(super) list: List,
    pub(super) runs: Vec<Arc<Run>>,
    /// The filter of the run that was made, if it may be in memory.
    pub(super) filter: Option<(u64, Filter)>,
    /// So many of the oldest frozen parts are in a run now.
    pub(super) persisted: usize,
}

impl Job {
    /// Does it. Durable when it returns; a crash in between leaves the index as it was.
    ///
    /// # Errors
    /// [`IdsError::Io`], [`IdsError::Damaged`]: the index is as before, and the job can be made again.
    pub fn run(self) -> Result<Done, IdsError> {
        let Self { dir, mut list, mut runs, cutoff, filter_bytes, work } = self;
        let number = list.next;
        list.next += 1;
        let path = run::path(&dir, number);
        let mut persisted = 0;
        let mut gone: Vec<Arc<Run>> = Vec::new();
        let made = match work {
            Work::Persist { frozen, covers } => {
                persisted = frozen.len();
                list.covers = list.covers.max(Some(covers));
                let entries = sorted(&frozen, cutoff);
                if !entries.is_empty() {
                    write(&path, &entries, covers)?;
                    runs.insert(0, Arc::new(Run::open(&dir, number)?));
                    list.runs.insert(0, number);
                }
                !entries.is_empty()
            }
            Work::Merge(range) => {
                let old: Vec<Arc<Run>> = runs.get(range.clone()).map(<[_]>::to_vec).unwrap_or_default();
                merge(&old, cutoff, &path)?;
                let merged = Arc::new(Run::open(&dir, number)?);
                let kept = (merged.facts.entries > 0).then_some(merged);
                list.runs.splice(range.clone(), kept.iter().map(|run| run.number));
                let made = kept.is_some();
                runs.splice(range, kept);
                gone = old;
                made
            }
            Work::Expire => {
                gone = runs.extract_if(.., |run| run.facts.newest < cutoff).collect();
                list.runs.retain(|number| !gone.iter().any(|run| run.number == *number));
                false
            }
        };
        if made {
            files::sync_dir(&dir).map_err(IdsError::io("sync", &dir))?;
        } else {
            remove(&path);
        }
        list.write(&dir)?;
        for run in gone {
            remove(&run::path(&dir, run.number));
        }
        // Read here, so that who installs this need not wait for it.
        let mut newer = 0;
        let fits = runs.iter().find(|run| {
            newer += run.filter_bytes();
            run.number == number && newer < filter_bytes
        });
        let filter = fits.map(|run| run.load_filter().map(|filter| (number, filter))).transpose()?;
        Ok(Done { list, runs, filter, persisted })
    }
}

/// A file that nothing names any more; if it stays, opening the index removes it.
fn remove(path: &Path) {
    if let Err(error) = files::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "cannot remove a file of the id index");
    }
}

/// The latest entry of each id, in order.
fn sorted(frozen: &[Arc<Map>], cutoff: u16) -> Vec<(Key, Value)> {
    let mut all = Vec::with_capacity(frozen.iter().map(|map| map.len()).sum());
    for map in frozen {
        all.extend(map.iter().map(|(key, value)| (*key, *value)));
    }
    if frozen.len() == 1 {
        all.sort_unstable_by_key(|(key, _)| *key);
    } else {
        // Stable, and newest parts first: of equal keys the first is the latest.
        all.sort_by_key(|(key, _)| *key);
    }
    all.dedup_by_key(|(key, _)| *key);
    all.retain(|(_, value)| value.keep_day() >= cutoff);
    all
}

fn write(path: &Path, entries: &[(Key, Value)], covers: SegmentNo) -> Result<(), IdsError> {
    let days = || entries.iter().map(|(_, value)| value.keep_day());
    let range = (days().min().unwrap_or(0), days().max().unwrap_or(0));
    let write = || {
        let mut out = RunWriter::create(path, entries.len() as u64, range, covers)?;
        entries.iter().try_for_each(|(key, value)| out.push(*key, *value))?;
        out.finish()
    };
    write().map_err(IdsError::io("write", path))
}
