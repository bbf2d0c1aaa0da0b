//! The index as its one writer sees it.

use super::entry::{Entry, Key, Seen, Value, day};
use super::error::IdsError;
use super::job::{Done, Job, Work};
use super::list::List;
use super::merge;
use super::recent::{Map, Recent, bytes, bytes_of};
use super::run::{Filter, Run};
use crate::journal::{SegmentNo, files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Ids looked up together: so many stay in the nearest cache.
const CHUNK: usize = 256;

/// Bounds of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdOptions {
    /// An id is known for so many days after its event's day and its arrival's, whichever is later.
    pub horizon_days: u16,
    /// Memory for recent ids and filters. Recent ids that take more than a quarter of it ask to be frozen
    /// ([`IdIndex::wants_freeze`]); half of it is for filters, and those that do not fit stay on disk. Beside it stand
    /// 8 bytes per 204 ids, and while a job runs the entries that it sorts and the filter that it makes.
    pub memory_bytes: u64,
}

impl Default for IdOptions {
    fn default() -> Self {
        Self { horizon_days: 400, memory_bytes: 512 << 20 }
    }
}

/// What was found when the index was opened.
#[derive(Debug)]
pub struct Opened {
    /// The index, without what is damaged.
    pub index: IdIndex,
    /// Files that are missing or not what was written. If there are any, ids are forgotten: make the index again from
    /// the tables ([`IdIndex::mend`], [`IdIndex::restore`], [`IdIndex::rebuilt`]).
    pub damaged: Vec<IdsError>,
    /// There was no index: it knows nothing of tables that may be there.
    pub is_new: bool,
}

/// How large the index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdStats {
    /// Entries; an id that came again with other content may count twice until runs are merged.
    pub ids: u64,
    /// Of these in memory only.
    pub recent: u64,
    /// Run files.
    pub runs: usize,
    /// Of these with their filter in memory.
    pub filters: usize,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes in memory, as good as they are known.
    pub memory_bytes: u64,
}

/// The ids that were seen. One writer; [`Job`]s run beside it.
#[derive(Debug)]
pub struct IdIndex {
    dir: PathBuf,
    options: IdOptions,
    recent: Recent,
    /// Parts on their way to a run, newest first.
    frozen: Vec<Arc<Map>>,
    /// Newest first; the filter if it is in memory.
    runs: Vec<(Arc<Run>, Option<Filter>)>,
    list: List,
    /// Entries before this day are forgotten.
    cutoff: u16,
    busy: bool,
}

impl IdIndex {
    /// Opens the index in `dir`, which is made if missing. One process at a time: the journal's lock sees to it.
    ///
    /// # Errors
    /// [`IdsError::Io`]. Damage is no error here.
    pub fn open(dir: impl AsRef<Path>, options: IdOptions) -> Result<Opened, IdsError> {
        let dir = dir.as_ref().to_path_buf();
        std::fs::create_dir_all(&dir).map_err(IdsError::io("make", &dir))?;
        let mut damaged = Vec::new();
        let mut is_new = false;
        let mut list = match List::read(&dir) {
            Ok(Some(list)) => list,
            Ok(None) => {
                is_new = true;
                List::default()
            }
            Err(error @ IdsError::Damaged { .. }) => {
                damaged.push(error);
                List { incomplete: true, ..List::default() }
            }
            Err(error) => return Err(error),
        };
        remove_unlisted(&dir, &mut list)?;
        let mut runs = Vec::new();
        for number in &list.runs {
            match Run::open(&dir, *number) {
                Ok(run) => runs.push((Arc::new(run), None)),
                Err(error) => damaged.push(error),
            }
        }
        list.runs = runs.iter().map(|(run, _): &(Arc<Run>, _)| run.number).collect();
        if list.incomplete && damaged.is_empty() {
            damaged.push(IdsError::Incomplete { dir: dir.clone() });
        }
        list.incomplete |= !damaged.is_empty();
        let (recent, frozen) = (Recent::default(), Vec::new());
        let mut index = Self { dir, options, recent, frozen, runs, list, cutoff: 0, busy: false };
        damaged.extend(index.place_filters());
        Ok(Opened { index, damaged, is_new })
    }

    /// Looks an id up and notes it. `arrival_day`: days since 1970-01-01, as [`Entry::day`].
    ///
    /// Like [`IdIndex::check_insert_all`], to be confirmed or rolled back.
    ///
    /// # Errors
    /// [`IdsError::Io`], [`IdsError::Damaged`]: nothing was noted.
    pub fn check_insert(&mut self, entry: Entry, arrival_day: i32) -> Result<Seen, IdsError> {
        let key = Key::from(entry.id);
        let known = match self.in_memory(key) {
            Some(value) => Some(value),
            None => self.in_runs(key)?,
        };
        Ok(self.note(&entry, key, known, arrival_day))
    }

    /// Looks ids up and notes them, in their order: the second of two equal ids in `entries` is a repeated one.
    ///
    /// When the append of the new ones is durable, [`IdIndex::confirm`]; when it failed, [`IdIndex::rollback`].
    ///
    /// # Errors
    /// [`IdsError::Io`], [`IdsError::Damaged`]: nothing of `entries` was noted.
    pub fn check_insert_all(&mut self, entries: &[Entry], arrival_day: i32) -> Result<Vec<Seen>, IdsError> {
        self.check_insert_all_or(entries, arrival_day, |_| None)
    }

    /// As [`IdIndex::check_insert_all`]; an event is also the same when the index knows its content as `other` of its
    /// place in `entries`. It is asked only where the content is not the one known.
    ///
    /// # Errors
    /// As there.
    pub fn check_insert_all_or(
        &mut self,
        entries: &[Entry],
        arrival_day: i32,
        mut other: impl FnMut(usize) -> Option<u32>,
    ) -> Result<Vec<Seen>, IdsError> {
        let kept = self.recent.unconfirmed();
        let mut seen = Vec::with_capacity(entries.len());
        let mut known = [None; CHUNK];
        for chunk in entries.chunks(CHUNK) {
            if let Err(error) = self.look_up(chunk, &mut known) {
                self.recent.undo_to(kept);
                return Err(error);
            }
            for (entry, known) in chunk.iter().zip(known) {
                let key = Key::from(entry.id);
                // What came earlier in this chunk counts more than what was found before it.
                let known = self.in_recent(key).or(known);
                let same = known.filter(|value| value.content != entry.content && value.keep_day() >= self.cutoff);
                let same = same.filter(|value| other(seen.len()) == Some(value.content));
                seen.push(match same {
                    Some(value) => Seen::Same { day: i32::from(value.day) },
                    None => self.note(entry, key, known, arrival_day),
                });
            }
        }
        Ok(seen)
    }

    /// What was looked up since the last confirmation is durable in the journal.
    pub fn confirm(&mut self) {
        self.recent.confirm();
    }

    /// Forgets what was noted since the last confirmation: its append failed.
    pub fn rollback(&mut self) {
        self.recent.undo_to(0);
    }

    /// Notes entries of journal or tables, oldest first, without looking them up. Each with its day of arrival.
    pub fn restore(&mut self, entries: impl IntoIterator<Item = (Entry, i32)>) {
        for (entry, arrival_day) in entries {
            self.recent.map.insert(Key::from(entry.id), Value::new(&entry, arrival_day));
        }
    }

    /// Drops every run that is not as it was written, to be restored from the tables. Until [`IdIndex::rebuilt`] says
    /// that this is done, each opening tells that the index is incomplete. What is whole stays: it knows of events that
    /// no table has any more.
    ///
    /// # Errors
    /// [`IdsError::Busy`], [`IdsError::Io`].
    pub fn mend(&mut self) -> Result<(), IdsError> {
        if self.busy {
            return Err(IdsError::Busy);
        }
        self.runs.retain(|(run, _)| match run.verify() {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "a file of the index of event ids is dropped");
                false
            }
        });
        let runs = self.runs.iter().map(|(run, _)| run.number).collect();
        let list = List { incomplete: true, runs, ..self.list.clone() };
        list.write(&self.dir)?;
        self.list = list;
        remove_unlisted(&self.dir, &mut self.list)?;
        self.place_filters().into_iter().next().map_or(Ok(()), Err)
    }

    /// All that was lost is restored and persisted.
    ///
    /// # Errors
    /// [`IdsError::Busy`], [`IdsError::Io`].
    pub fn rebuilt(&mut self) -> Result<(), IdsError> {
        if self.busy {
            return Err(IdsError::Busy);
        }
        let list = List { incomplete: false, ..self.list.clone() };
        list.write(&self.dir)?;
        self.list = list;
        Ok(())
    }

    /// Days for which an id is known.
    #[must_use]
    pub fn horizon_days(&self) -> u16 {
        self.options.horizon_days
    }

    /// The newest segment whose ids are all in runs: later ones are restored from the journal after a restart.
    #[must_use]
    pub fn covers(&self) -> Option<SegmentNo> {
        self.list.covers
    }

    /// Whether the recent ids take so much memory that they should be frozen.
    #[must_use]
    pub fn wants_freeze(&self) -> bool {
        // What they fill, not what is held ready for them. Another quarter is for those on their way to a run.
        bytes_of(self.recent.map.len()) > self.options.memory_bytes / 4
    }

    /// Takes all recent ids out of the way, to be written to a run. Those of the segments up to `segment` must be
    /// among them; those of later ones may be.
    ///
    /// # Errors
    /// [`IdsError::Unconfirmed`], [`IdsError::Busy`].
    pub fn freeze(&mut self, segment: SegmentNo) -> Result<Job, IdsError> {
        match self.recent.unconfirmed() {
            0 if self.busy => return Err(IdsError::Busy),
            0 => {}
            ids => return Err(IdsError::Unconfirmed { ids }),
        }
        // As large as this one became: growing again would cost as much as filling it.
        let next = Map::with_capacity_and_hasher(self.recent.map.len(), Default::default());
        let recent = std::mem::replace(&mut self.recent.map, next);
        if !recent.is_empty() {
            self.frozen.insert(0, Arc::new(recent));
        }
        Ok(self.job(Work::Persist { frozen: self.frozen.clone(), covers: segment }))
    }

    /// Merging to do, if there is any. Each job is bounded by the runs it merges; call until there is none.
    #[must_use]
    pub fn compaction(&mut self) -> Option<Job> {
        let runs: Vec<_> = self.runs.iter().map(|(run, _)| Arc::clone(run)).collect();
        let range = merge::choose(&runs, self.cutoff).filter(|_| !self.busy)?;
        Some(self.job(Work::Merge(range)))
    }

    /// Makes the outcome of a job count. An error is handed back; the index is as before the job then.
    ///
    /// # Errors
    /// That of the job, or of reading a new run.
    pub fn install(&mut self, outcome: Result<Done, IdsError>) -> Result<(), IdsError> {
        self.busy = false;
        let Done { list, runs, filter: new, persisted } = match outcome {
            Ok(done) => done,
            Err(error) => {
                // The number may have been used for a file.
                self.list.next += 1;
                return Err(error);
            }
        };
        self.list = list;
        self.frozen.truncate(self.frozen.len().saturating_sub(persisted));
        let mut filters: Vec<(u64, Filter)> = new.into_iter().collect();
        filters.extend(self.runs.drain(..).filter_map(|(run, filter)| Some((run.number, filter?))));
        let filter =
            |run: &Run| filters.iter().find(|(number, _)| *number == run.number).map(|(_, filter)| Arc::clone(filter));
        self.runs = runs.into_iter().map(|run| (Arc::clone(&run), filter(&run))).collect();
        self.place_filters().into_iter().next().map_or(Ok(()), Err)
    }

    /// [`IdIndex::freeze`], run here.
    ///
    /// # Errors
    /// As there, and as [`Job::run`].
    pub fn persist(&mut self, segment: SegmentNo) -> Result<(), IdsError> {
        let outcome = self.freeze(segment)?.run();
        self.install(outcome)
    }

    /// One step of [`IdIndex::compaction`], run here; false if there is nothing to merge.
    ///
    /// # Errors
    /// As [`Job::run`].
    pub fn compact_step(&mut self) -> Result<bool, IdsError> {
        let Some(job) = self.compaction() else { return Ok(false) };
        self.install(job.run()).map(|()| true)
    }

    /// Forgets ids beyond the horizon as of the day `today`. Runs that hold no others are removed; of the rest the next
    /// merging drops them. While a job is under way only forgetting happens.
    ///
    /// # Errors
    /// [`IdsError::Io`].
    pub fn expire(&mut self, today: i32) -> Result<(), IdsError> {
        self.cutoff = day(today.saturating_sub(i32::from(self.options.horizon_days)));
        let cutoff = self.cutoff;
        if self.busy || !self.runs.iter().any(|(run, _)| run.facts.newest < cutoff) {
            return Ok(());
        }
        let job = self.job(Work::Expire);
        self.install(job.run())
    }

    /// How large it is.
    #[must_use]
    pub fn stats(&self) -> IdStats {
        let runs = || self.runs.iter().map(|(run, _)| run);
        let recent = self.recent.map.len() as u64 + self.frozen.iter().map(|map| map.len() as u64).sum::<u64>();
        let filters = || self.runs.iter().filter(|(_, filter)| filter.is_some());
        let filter_bytes: u64 = filters().map(|(run, _)| run.filter_bytes()).sum();
        IdStats {
            ids: recent + runs().map(|run| run.facts.entries).sum::<u64>(),
            recent,
            runs: self.runs.len(),
            filters: filters().count(),
            disk_bytes: runs().map(|run| run.file_bytes()).sum(),
            memory_bytes: filter_bytes + self.recent_bytes() + runs().map(|run| run.fence_bytes()).sum::<u64>(),
        }
    }

    fn job(&mut self, work: Work) -> Job {
        self.busy = true;
        let runs = self.runs.iter().map(|(run, _)| Arc::clone(run)).collect();
        let filter_bytes = self.options.memory_bytes / 2;
        Job { dir: self.dir.clone(), list: self.list.clone(), runs, cutoff: self.cutoff, filter_bytes, work }
    }

    fn note(&mut self, entry: &Entry, key: Key, known: Option<Value>, arrival_day: i32) -> Seen {
        let seen = match known {
            Some(value) if value.keep_day() >= self.cutoff => value.seen_as(entry),
            _ => Seen::New,
        };
        if !matches!(seen, Seen::Same { .. }) {
            let mut value = Value::new(entry, arrival_day);
            // Never forgotten before what it replaces: that may lie in a run which is not merged for long.
            value.arrived = value.arrived.max(known.map_or(0, Value::keep_day));
            self.recent.insert(key, value);
        }
        seen
    }

    fn in_recent(&self, key: Key) -> Option<Value> {
        self.recent.map.get(&key).copied()
    }

    fn in_memory(&self, key: Key) -> Option<Value> {
        self.in_recent(key).or_else(|| self.frozen.iter().find_map(|map| map.get(&key).copied()))
    }

    fn in_runs(&self, key: Key) -> Result<Option<Value>, IdsError> {
        for (run, filter) in &self.runs {
            if filter.as_ref().is_none_or(|filter| run.may_have(filter, key))
                && let Some(value) = run.get(key)?
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Run by run, so that the waits for memory of many ids overlap.
    fn look_up(&self, chunk: &[Entry], known: &mut [Option<Value>; CHUNK]) -> Result<(), IdsError> {
        for (entry, known) in chunk.iter().zip(known.iter_mut()) {
            *known = self.in_memory(Key::from(entry.id));
        }
        for (run, filter) in &self.runs {
            let mut maybe = [true; CHUNK];
            if let Some(filter) = filter {
                for (entry, maybe) in chunk.iter().zip(&mut maybe) {
                    *maybe = run.may_have(filter, Key::from(entry.id));
                }
            }
            for ((entry, known), maybe) in chunk.iter().zip(known.iter_mut()).zip(maybe) {
                if maybe && known.is_none() {
                    *known = run.get(Key::from(entry.id))?;
                }
            }
        }
        Ok(())
    }

    fn recent_bytes(&self) -> u64 {
        self.recent.bytes() + self.frozen.iter().map(|map| bytes(map)).sum::<u64>()
    }

    /// Filters of the newest runs into memory as far as it goes; a half is for recent ids.
    fn place_filters(&mut self) -> Vec<IdsError> {
        let mut left = self.options.memory_bytes / 2;
        let mut failed = Vec::new();
        for (run, filter) in &mut self.runs {
            // Newest first without gaps: a large one in between ends it.
            left = left.saturating_sub(run.filter_bytes());
            if left == 0 {
                *filter = None;
            } else if filter.is_none() {
                match run.load_filter() {
                    Ok(loaded) => *filter = Some(loaded),
                    Err(error) => failed.push(error),
                }
            }
        }
        failed
    }
}

/// Removes files that the list does not name, as a crash leaves them.
fn remove_unlisted(dir: &Path, list: &mut List) -> Result<(), IdsError> {
    let read = || std::fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>();
    for name in read().map_err(IdsError::io("list", dir))? {
        let number = name.to_str().and_then(|name| name.strip_suffix(".run")).and_then(|number| number.parse().ok());
        list.next = number.map_or(list.next, |number: u64| list.next.max(number.saturating_add(1)));
        if number.is_some_and(|number| !list.runs.contains(&number))
            || name.to_str().is_some_and(|n| n.ends_with(".tmp"))
        {
            let path = dir.join(&name);
            files::remove_file(&path).map_err(IdsError::io("remove", &path))?;
        }
    }
    Ok(())
}
