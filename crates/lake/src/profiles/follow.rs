//! The profiler of one model: follows its events, commits profile rows, freezes grids.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{RecordBatch, TimestampMicrosecondArray};
use tokio::sync::Mutex;
use watchkeeper_spec::event::names;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::count::{Counted, Counting};
use super::grids::{self, ColumnGrid, EventRange, GridSource};
use super::row::{self, At, Row, What};
use super::{Bucket, Plan, open};
use crate::table::day_of;
use crate::{Change, Committed, FileRef, Lake, LakeError, TableId, TableName, Write};

/// Who commits profile rows; the number is the version of the events' table.
const APPLICATION: &str = "profiler";
/// Who commits rebuilt rows; the number is their sequence.
const REBUILDS: &str = "profiler:rebuilds";
/// Encoded profiles that may wait for a commit.
const PENDING_MAX: usize = 20_000;
/// Commits that are read at once.
const CHANGES_AT_ONCE: usize = 64;
/// Rows from which a grid is placed for the time being.
const PROVISIONAL_ROWS: u64 = 100;
const HOUR_MICROS: i64 = 3_600_000_000;

/// What following did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Followed {
    /// Version of the events' table that profiles include now; `None` while there are no grids.
    pub version: Option<u64>,
    /// Rows counted.
    pub rows: u64,
    /// Whether the grids are still those of the first rows.
    pub learning: bool,
}

/// The profiles of one model.
#[derive(Debug)]
pub struct ModelProfiles {
    pub(super) lake: Lake,
    pub(super) events: TableId,
    pub(super) table: TableId,
    pub(super) state: Mutex<State>,
}

/// What is known between two calls; all of it can be read again from the tables.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) plan: Plan,
    loaded: bool,
    /// Empty also when they are put away.
    pub(super) grids: BTreeMap<String, ColumnGrid>,
    /// The grids as they are stored, while they are put away.
    put_away: Vec<Row>,
    open: Option<open::Counted>,
    /// Days that a roll-up found nothing to do in: what their files were, and the width that was asked for.
    pub(super) left_alone: BTreeMap<i32, (u64, u32)>,
    /// Whether the grids come from a whole baseline.
    frozen: bool,
    /// Counted but not committed, and up to which version events are counted.
    pub(super) pending: Counted,
    pub(super) followed: Option<u64>,
}

impl ModelProfiles {
    /// The profiles of `model`, as `plan` says.
    #[must_use]
    pub fn new(lake: Lake, tenant: &str, model: &str, plan: Plan) -> Self {
        Self {
            events: TableId::of_model(tenant, model, TableName::Predictions),
            table: TableId::of_model(tenant, model, TableName::Profiles),
            state: Mutex::new(State { plan, ..State::default() }),
            lake,
        }
    }

    /// Counts from now on as `plan` says; what is counted stays as it is until it is rebuilt.
    pub async fn set_plan(&self, plan: Plan) {
        self.state.lock().await.plan = plan;
    }

    /// The grids, by column, and whether they come from a whole baseline.
    ///
    /// # Errors
    /// [`LakeError`] when the table cannot be read.
    pub async fn grids(&self) -> Result<(BTreeMap<String, ColumnGrid>, bool), LakeError> {
        let (grids, frozen) = {
            let mut state = self.state.lock().await;
            self.load(&mut state).await?;
            (state.grids.clone(), state.frozen)
        };
        self.rest().await;
        Ok((grids, frozen))
    }

    /// The version of the events that the committed profiles include; `None` while nothing is committed.
    ///
    /// # Errors
    /// [`LakeError`] when the table cannot be read.
    pub async fn committed(&self) -> Result<Option<u64>, LakeError> {
        let number = self.lake.transaction(&self.table, APPLICATION).await?;
        Ok(number.and_then(|number| u64::try_from(number).ok()))
    }

    /// The version of the events that is counted, committed or not; `None` while there are no grids.
    ///
    /// # Errors
    /// [`LakeError`] when a table cannot be read.
    pub async fn followed(&self) -> Result<Option<u64>, LakeError> {
        let followed = {
            let mut state = self.state.lock().await;
            self.load(&mut state).await?;
            state.followed.filter(|_| !state.grids.is_empty())
        };
        self.rest().await;
        Ok(followed)
    }

    /// When the newest commit of the events was made that the profiles include, µs since 1970: all that was committed until
    /// then is counted. `None` while there are no grids.
    ///
    /// # Errors
    /// [`LakeError`] when a table cannot be read.
    pub async fn profiled_to(&self) -> Result<Option<i64>, LakeError> {
        match self.followed().await? {
            Some(version) => self.lake.committed_at(&self.events, version).await,
            None => Ok(None),
        }
    }

    /// Whether nothing is lost when this value is dropped: no call is at work, and all that is counted is committed.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state.try_lock().is_ok_and(|state| state.pending.is_empty())
    }

    /// Counts what was committed to the events since the last call. Call it again when it says that it is behind.
    ///
    /// # Errors
    /// [`LakeError`]; nothing is counted twice when the call is repeated.
    pub async fn follow(&self, now: i64) -> Result<Followed, LakeError> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await?;
        if !state.frozen {
            self.learn(&mut state, now).await?;
        }
        let mut rows = 0;
        while !state.grids.is_empty() {
            let changes = self.lake.changes(&self.events, state.followed, CHANGES_AT_ONCE).await?;
            if changes.is_empty() {
                break;
            }
            for change in changes {
                match self.count(&mut state, change, now).await {
                    Ok(counted) => rows += counted,
                    Err(error) => {
                        // Part of a commit may be counted: forget it and read again from the last one that is in.
                        state.loaded = false;
                        return Err(error);
                    }
                }
                if states(&state.pending) > PENDING_MAX {
                    self.flush_state(&mut state).await?;
                }
            }
            self.new_columns(&mut state, now).await?;
        }
        Ok(Followed { version: state.followed, rows, learning: !state.frozen })
    }

    /// Commits what is counted.
    ///
    /// # Errors
    /// [`LakeError`]; what is counted is kept for the next call.
    pub async fn flush(&self) -> Result<(), LakeError> {
        let mut state = self.state.lock().await;
        if state.pending.is_empty() {
            return Ok(());
        }
        self.load(&mut state).await?;
        self.flush_state(&mut state).await
    }

    /// Freezes grids made of `source` and counts all events anew over them.
    ///
    /// # Errors
    /// [`LakeError`]; the former grids then stay.
    pub async fn freeze(&self, source: GridSource, now: i64) -> Result<BTreeSet<String>, LakeError> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await?;
        let batches = match source {
            GridSource::Rows(batches) => batches,
            GridSource::Range(range) => self.events_in(&range).await?,
        };
        self.regrid(&mut state, &batches, true, now).await?;
        Ok(state.grids.keys().cloned().collect())
    }

    /// Counts all events anew over the grids there are.
    ///
    /// # Errors
    /// [`LakeError`]; the former profiles then stay.
    pub async fn rebuild(&self, now: i64) -> Result<(), LakeError> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await?;
        self.flush_state(&mut state).await?;
        let Some(version) = state.followed else { return Ok(()) };
        let at = self.rebuild_at(version).await?;
        let rows = self.rebuilt(&state, (version, at), None, None, now).await?;
        self.commit(&mut state, rows, version, Some(at)).await
    }

    /// Lets the open grids of a model go that has used them for now, when all models together have too many open.
    pub async fn rest(&self) {
        let mut state = self.state.lock().await;
        self.count_open(&mut state);
        if state.loaded && !state.grids.is_empty() && self.lake.open_columns.too_many() {
            let grids = std::mem::take(&mut state.grids);
            state.put_away = grids::store(&grids, mark(state.frozen), At::version(0));
            state.open = None;
        }
    }

    pub(super) async fn load(&self, state: &mut State) -> Result<(), LakeError> {
        if state.loaded {
            if !state.put_away.is_empty() {
                state.grids = grids::load(&state.put_away)?;
                state.put_away = Vec::new();
            }
            self.count_open(state);
            return Ok(());
        }
        let mut rows = Vec::new();
        for file in self.lake.files(&self.table, Some(0)).await? {
            rows.extend(self.rows_of(&file).await?.iter().cloned());
        }
        state.grids = grids::load(&rows)?;
        state.frozen = rows.iter().any(|row| row.what == What::Grid && row.key.slice.environment == FROZEN);
        state.followed =
            self.lake.transaction(&self.table, APPLICATION).await?.and_then(|version| u64::try_from(version).ok());
        state.pending.clear();
        state.put_away = Vec::new();
        state.loaded = true;
        self.count_open(state);
        Ok(())
    }

    /// Tells the count that all models share of the grids that are open here by now.
    fn count_open(&self, state: &mut State) {
        if state.open.as_ref().map_or(0, open::Counted::columns) != state.grids.len() {
            state.open = Some(self.lake.open_columns.count(state.grids.len()));
        }
    }

    pub(super) async fn flush_state(&self, state: &mut State) -> Result<(), LakeError> {
        let Some(version) = state.followed.filter(|_| !state.pending.is_empty()) else { return Ok(()) };
        let rows = profile_rows(&state.pending, &state.grids, At::version(version));
        self.commit(state, rows, version, None).await
    }

    /// Where the rows of the next rebuild of `version` stand.
    async fn rebuild_at(&self, version: u64) -> Result<At, LakeError> {
        Ok(At::rebuild(version, self.lake.transaction(&self.table, REBUILDS).await?))
    }

    /// Commits rows that include the events up to `version`, with those of a rebuild when it is given; nothing is pending
    /// afterwards.
    async fn commit(
        &self,
        state: &mut State,
        rows: Vec<Row>,
        version: u64,
        rebuild: Option<At>,
    ) -> Result<(), LakeError> {
        let number = At::version(version).source_version;
        let done = self.lake.transaction(&self.table, APPLICATION).await?;
        let follow = (APPLICATION.to_owned(), number.max(done.unwrap_or(number)));
        // A rebuild may repeat a version that is in already, so it is its own number that makes it unique.
        let applications = match rebuild {
            Some(at) => vec![(REBUILDS.to_owned(), at.sequence), follow],
            None => vec![follow],
        };
        let write = Write { batches: vec![row::batch(&rows)?], replace: Vec::new(), applications };
        match self.lake.commit(&self.table, &write).await? {
            Committed::Before => state.loaded = false,
            Committed::At(_) | Committed::Nothing => {
                state.pending.clear();
                state.followed = Some(version);
            }
        }
        Ok(())
    }

    async fn count(&self, state: &mut State, change: Change, now: i64) -> Result<u64, LakeError> {
        if !change.removed.is_empty() && !change.retention {
            return self.count_corrections(state, &change, now).await;
        }
        let mut rows = 0;
        for file in &change.added {
            let columns = self.columns(state);
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let mut batches = self.lake.read_file(&self.events, file, Some(&columns)).await?;
            while let Some(batch) = batches.next().await? {
                rows += batch.num_rows() as u64;
                let State { plan, grids, pending, .. } = state;
                Counting { plan, grids, segment_grids: grids, now }.add(pending, &batch, &|_| true)?;
            }
        }
        state.followed = Some(change.version);
        Ok(rows)
    }

    async fn count_corrections(&self, state: &mut State, change: &Change, now: i64) -> Result<u64, LakeError> {
        self.flush_state(state).await?;
        let days = by_day(change);
        let mut hours = BTreeSet::new();
        // A row that stays lies in the same day's new file: memory holds the identities of one day's files.
        for (removed, added) in days.values() {
            let stayed = self.identities(added).await?;
            for file in removed {
                let mut batches = self.lake.read_file(&self.events, file, Some(&IDENTITY)).await?;
                while let Some(batch) = batches.next().await? {
                    let gone = identities(&batch).filter(|(identity, _)| !stayed.contains(identity));
                    hours.extend(gone.map(|(_, time)| time - time.rem_euclid(HOUR_MICROS)));
                }
            }
        }
        let ranges = self.ranges_of(state, hours.into_iter(), now).await?;
        let at = self.rebuild_at(change.version).await?;
        let mut rows = self.rebuilt(state, (change.version, at), None, Some(&ranges), now).await?;
        let mut counted = Counted::new();
        let mut fresh = 0;
        for (removed, added) in days.into_values() {
            let known = self.identities(&removed).await?;
            for file in added {
                let mut batches = self.lake.read_file(&self.events, file, None).await?;
                while let Some(batch) = batches.next().await? {
                    let keep: arrow_array::BooleanArray =
                        identities(&batch).map(|(identity, _)| Some(!known.contains(&identity))).collect();
                    let batch = arrow_select::filter::filter_record_batch(&batch, &keep)?;
                    fresh += batch.num_rows() as u64;
                    let outside = |time: i64| !ranges.iter().any(|r| r.start <= time && time < r.end());
                    counting(state, now).add(&mut counted, &batch, &outside)?;
                }
            }
        }
        rows.extend(profile_rows(&counted, &state.grids, At::version(change.version)));
        self.commit(state, rows, change.version, Some(at)).await?;
        Ok(fresh)
    }

    /// The ranges that are rebuilt for events at `times`: as wide as any bucket that holds one of them.
    async fn ranges_of(
        &self,
        state: &State,
        times: impl Iterator<Item = i64>,
        now: i64,
    ) -> Result<Vec<Bucket>, LakeError> {
        let hour = super::plan::HOUR;
        let mut stored: BTreeMap<i32, u32> = BTreeMap::new();
        let mut ranges = BTreeSet::new();
        for time in times {
            let day = day_of(time);
            let widest = match stored.get(&day) {
                Some(widest) => *widest,
                None => *stored.entry(day).or_insert(self.widest(day).await?),
            };
            // A day early: the bucket may have been rolled up since.
            let width = state.plan.buckets.width(time.saturating_sub(24 * HOUR_MICROS), now);
            ranges.insert(Bucket::at(time, width.max(hour).max(widest)));
        }
        Ok(ranges.into_iter().collect())
    }

    /// Seconds of the widest bucket of a day. It may be wider than its age asks for: the clock was ahead when it was
    /// written, or the plan was another.
    async fn widest(&self, day: i32) -> Result<u32, LakeError> {
        let mut widest = 0;
        for file in self.lake.files(&self.table, Some(day)).await? {
            let rows = self.rows_of(&file).await?;
            let buckets = rows.iter().filter(|row| row.what == What::Profile).map(|row| row.key.bucket.seconds);
            widest = buckets.max().unwrap_or(0).max(widest);
        }
        Ok(widest)
    }

    async fn identities(&self, files: &[&FileRef]) -> Result<HashSet<Identity>, LakeError> {
        let mut all = HashSet::new();
        for file in files {
            let mut batches = self.lake.read_file(&self.events, file, Some(&IDENTITY)).await?;
            while let Some(batch) = batches.next().await? {
                all.extend(identities(&batch).map(|(identity, _)| identity));
            }
        }
        Ok(all)
    }

    fn columns(&self, state: &State) -> Vec<String> {
        let keys = [names::TS, names::ENVIRONMENT, names::VERSION].into_iter().map(str::to_owned);
        keys.chain(state.plan.segments.iter().cloned()).chain(state.grids.keys().cloned()).collect()
    }

    /// Places grids on the first rows, and again once the hours of learning are over.
    async fn learn(&self, state: &mut State, now: i64) -> Result<(), LakeError> {
        let Some(size) = self.lake.size(&self.events).await? else { return Ok(()) };
        let learning = state.plan.learning;
        let provisional = state.grids.is_empty() && size.rows >= PROVISIONAL_ROWS;
        if !provisional && size.rows < learning.rows {
            return Ok(());
        }
        let Some((first, last)) = self.lake.times(&self.events).await? else { return Ok(()) };
        let end = first.saturating_add(i64::from(learning.hours) * HOUR_MICROS);
        let complete = last >= end && size.rows >= learning.rows;
        if !complete && !provisional {
            return Ok(());
        }
        let mut batches = self.events_in(&EventRange::of(first, end)).await?;
        if batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>() < learning.rows.min(size.rows) {
            batches = self.events_in(&EventRange::of(first, last.saturating_add(1))).await?;
        }
        self.regrid(state, &batches, complete, now).await
    }

    /// Grids for columns that came after the others were placed.
    async fn new_columns(&self, state: &mut State, now: i64) -> Result<(), LakeError> {
        let (Some(schema), Some(version)) = (self.lake.schema(&self.events).await?, state.followed) else {
            return Ok(());
        };
        let missing: BTreeSet<String> = schema
            .fields()
            .iter()
            .filter(|field| !state.grids.contains_key(field.name()))
            .filter(|field| state.plan.kind(field.name(), field.data_type()).is_some())
            .map(|field| field.name().clone())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let Some((_, last)) = self.lake.times(&self.events).await? else { return Ok(()) };
        let range = EventRange::of(last.saturating_sub(24 * HOUR_MICROS), last.saturating_add(1));
        let batches = self.events_in(&range).await?;
        let enough = |column: &str| {
            let values: usize =
                batches.iter().filter_map(|b| b.column_by_name(column)).map(|a| a.len() - a.null_count()).sum();
            (values as u64 >= PROVISIONAL_ROWS && missing.contains(column)).then_some(1)
        };
        let new = grids::place(&state.plan, &batches, enough);
        if new.is_empty() {
            return Ok(());
        }
        self.flush_state(state).await?;
        let columns: BTreeSet<String> = new.keys().cloned().collect();
        let mark = mark(state.frozen);
        self.adopt(state, new, Some(&columns), (version, mark), now).await
    }

    /// Takes `new` grids over: commits them with all events of `version` counted anew, in `columns` only when given. The
    /// former grids stay when the events cannot be read.
    async fn adopt(
        &self,
        state: &mut State,
        new: BTreeMap<String, ColumnGrid>,
        columns: Option<&BTreeSet<String>>,
        (version, mark): (u64, &str),
        now: i64,
    ) -> Result<(), LakeError> {
        let at = self.rebuild_at(version).await?;
        let mut rows = grids::store(&new, mark, at);
        let before = state.grids.clone();
        state.grids.extend(new);
        match self.rebuilt(state, (version, at), columns, None, now).await {
            Ok(more) => rows.extend(more),
            Err(error) => {
                state.grids = before;
                return Err(error);
            }
        }
        self.commit(state, rows, version, Some(at)).await
    }

    async fn regrid(
        &self,
        state: &mut State,
        batches: &[RecordBatch],
        frozen: bool,
        now: i64,
    ) -> Result<(), LakeError> {
        let next = |column: &str| Some(state.grids.get(column).map_or(1, |grid| grid.number + 1));
        let new = grids::place(&state.plan, batches, next);
        if new.is_empty() {
            return Ok(());
        }
        self.flush_state(state).await?;
        let Some(version) = self.lake.version(&self.events).await? else {
            // No events yet, so nothing to follow from: the grids wait for them.
            let at = self.rebuild_at(0).await?;
            let rows = grids::store(&new, mark(frozen), at);
            let applications = vec![(REBUILDS.to_owned(), at.sequence)];
            let write = Write { batches: vec![row::batch(&rows)?], replace: Vec::new(), applications };
            self.lake.commit(&self.table, &write).await?;
            state.loaded = false;
            return Ok(());
        };
        self.adopt(state, new, None, (version, mark(frozen)), now).await?;
        state.frozen |= frozen;
        Ok(())
    }
}

/// Marks of grid rows: made of the first rows for the time being, or of a whole baseline.
const LEARNING: &str = "learning";
const FROZEN: &str = "frozen";

/// Hash of a stored row's id and of when it was received: a correction of it was received later.
type Identity = u128;

/// What an identity and its place in time are made of.
const IDENTITY: [&str; 3] = [names::PREDICTION_ID, names::RECEIVED_AT, names::TS];

/// Files that went and files that came, by their day.
fn by_day(change: &Change) -> BTreeMap<Option<i32>, (Vec<&FileRef>, Vec<&FileRef>)> {
    let mut days: BTreeMap<_, (Vec<_>, Vec<_>)> = BTreeMap::new();
    for file in &change.removed {
        days.entry(file.day).or_default().0.push(file);
    }
    for file in &change.added {
        days.entry(file.day).or_default().1.push(file);
    }
    days
}

/// The mark of grids that come from a whole baseline or not.
const fn mark(frozen: bool) -> &'static str {
    if frozen { FROZEN } else { LEARNING }
}

pub(super) fn times<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a TimestampMicrosecondArray> {
    batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>()
}

fn identities(batch: &RecordBatch) -> impl Iterator<Item = (Identity, i64)> + '_ {
    let ids = batch.column_by_name(names::PREDICTION_ID).and_then(|c| c.as_string_opt::<i32>());
    let (received, time) = (times(batch, names::RECEIVED_AT), times(batch, names::TS));
    (0..batch.num_rows()).map(move |row| {
        let id = ids.map_or("", |ids| ids.value(row));
        let received = received.map_or(0, |times| times.value(row));
        (xxh3_128_with_seed(id.as_bytes(), received.cast_unsigned()), time.map_or(0, |times| times.value(row)))
    })
}

fn states(counted: &Counted) -> usize {
    counted.values().map(BTreeMap::len).sum()
}

fn counting(state: &State, now: i64) -> Counting<'_> {
    Counting { plan: &state.plan, grids: &state.grids, segment_grids: &state.grids, now }
}

/// The rows of counted profiles.
pub(super) fn profile_rows(counted: &Counted, grids: &BTreeMap<String, ColumnGrid>, at: At) -> Vec<Row> {
    let mut rows = Vec::with_capacity(states(counted));
    for (key, columns) in counted {
        for (column, bytes) in columns {
            rows.push(Row {
                what: What::Profile,
                key: key.clone(),
                column: column.clone(),
                grid: grids.get(column).map_or(0, |grid| grid.number),
                source_version: at.source_version,
                sequence: at.sequence,
                state: bytes.clone(),
            });
        }
    }
    rows
}
