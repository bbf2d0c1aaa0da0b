//! Counting: the reference into baselines, the current data into profiles.
//!
//! Two Parquet sides go column by column, both sides of a column after one another, so only the columns in work are
//! in memory. Otherwise each side is one pass over all columns. The counting itself is the same code.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_cast::cast;
use arrow_schema::DataType;
use arrow_select::take::take;
use watchkeeper_profile::{Baseline, BaselineBuilder, BaselineOptions, Counter, Keep, Kind, Profile};
use watchkeeper_spec::Metric;
use watchkeeper_stats::null::NullDraws;

use super::column::{ColumnContext, ColumnOutcome, finish_column};
use super::keys::{Axis, Keys, NO_GROUP};
use super::plan::{ColumnPlan, Plan};
use super::quality::{Ids, TimeOrder};
use super::{CheckError, Progress};
use crate::table::{InputError, Table};

/// Seed and size of the simulated nulls: the same for every run, so that results repeat.
const NULL_SEED: u64 = 0x5eed;
const NULL_DRAWS: usize = 2000;
/// Batches that may wait for a worker.
const BATCHES_WAITING: usize = 4;

/// What the scan found.
pub(super) struct Scanned {
    pub(super) rows: (u64, u64),
    pub(super) columns: Vec<ColumnOutcome>,
    pub(super) ids: Option<(Ids, Ids)>,
    pub(super) time_ordered: bool,
}

/// Counts of the current rows of one column: all of them, and those of each group of each axis.
pub(super) struct CurrentProfiles {
    pub(super) all: Profile,
    pub(super) values: Option<Vec<f64>>,
    pub(super) groups: Vec<Vec<Option<Profile>>>,
    /// The reference's rows of each segment.
    pub(super) reference_segments: Vec<Option<Profile>>,
}

pub(super) fn null_draws() -> NullDraws {
    NullDraws::new(NULL_SEED, NULL_DRAWS)
}

pub(super) fn scan(
    reference: &Table,
    current: &Table,
    plan: &Plan,
    keys: &Keys,
    nulls: NullDraws,
    progress: &Progress,
) -> Result<Scanned, CheckError> {
    let columns = plan.columns.len() as u64;
    progress.expect(columns * (reference.rows.unwrap_or(0) + current.rows.unwrap_or(0)));
    let work = Work { reference, current, plan, keys, progress, nulls };
    let by_column = reference.is_columnar() && current.is_columnar() && plan.columns.len() <= WIDE;
    if by_column { work.by_column() } else { work.by_side() }
}

struct Work<'a> {
    reference: &'a Table,
    current: &'a Table,
    plan: &'a Plan,
    keys: &'a Keys,
    progress: &'a Progress,
    nulls: NullDraws,
}

impl Work<'_> {
    fn by_column(&self) -> Result<Scanned, CheckError> {
        let time_ordered = self.reference_is_in_order()?;
        let states: Vec<Mutex<Option<Finished>>> = self.plan.columns.iter().map(|_| Mutex::new(None)).collect();
        let indices: Vec<usize> = (0..states.len()).collect();
        in_parallel(self.plan.settings.threads, indices, |index| {
            let Some(column) = self.plan.columns.get(index) else { return Ok(()) };
            let mut reference =
                ReferenceState::new(column, self.plan, index, self.reference.rows.unwrap_or(0), BY_COLUMN_ROWS);
            let dictionary = matches!(column.rule.kind, Kind::Categorical | Kind::Boolean);
            self.reference.scan_column(column.reference, dictionary, &mut |row, array| {
                self.progress.add(array.len() as u64);
                reference.push(row, array);
            })?;
            let reference_ids = reference.ids;
            let baseline = reference.builder.finish();
            let mut current = CurrentState::new(column, &baseline, self.keys, self.plan, index);
            self.current.scan_column(column.current, dictionary, &mut |row, array| {
                self.progress.add(array.len() as u64);
                current.push(row, array);
            })?;
            let (mut profiles, current_ids) = current.finish();
            if let Some(axis) = &self.keys.reference_segments {
                let mut parts = GroupCounters::new(column.rule.kind, &baseline, axis);
                self.reference.scan_column(column.reference, dictionary, &mut |row, array| {
                    parts.push(row, &prepared(array, column.empty_is_null));
                })?;
                profiles.reference_segments = parts.finish();
            }
            let outcome = self.finish(column, &baseline, &profiles, time_ordered);
            if let Some(Ok(mut slot)) = states.get(index).map(Mutex::lock) {
                *slot = Some(Finished { outcome, ids: reference_ids.zip(current_ids) });
            }
            Ok(())
        })?;
        let finished = states.into_iter().filter_map(|state| state.into_inner().ok().flatten());
        let rows = (self.reference.rows.unwrap_or(0), self.current.rows.unwrap_or(0));
        Ok(collect(finished, rows, time_ordered))
    }

    fn by_side(&self) -> Result<Scanned, CheckError> {
        let plan = self.plan;
        let mut references: Vec<ReferenceState> = plan
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| ReferenceState::new(column, plan, index, self.reference.rows.unwrap_or(0), 0))
            .collect();
        let columns: Vec<usize> = plan.columns.iter().map(|column| column.reference).collect();
        let reference_rows =
            self.pass(self.reference, &columns, &mut references, |state, row, array| state.push(row, array))?;
        let time_ordered =
            plan.time.and_then(|time| references.get(time)).is_some_and(|state| state.order.is_ordered());
        let mut reference_ids = None;
        let baselines: Vec<Baseline> = references
            .into_iter()
            .map(|state| {
                reference_ids = reference_ids.take().or(state.ids);
                state.builder.finish()
            })
            .collect();
        let mut currents: Vec<CurrentState<'_>> = plan
            .columns
            .iter()
            .zip(&baselines)
            .enumerate()
            .map(|(index, (column, baseline))| CurrentState::new(column, baseline, self.keys, plan, index))
            .collect();
        let columns: Vec<usize> = plan.columns.iter().map(|column| column.current).collect();
        let current_rows =
            self.pass(self.current, &columns, &mut currents, |state, row, array| state.push(row, array))?;
        let mut segments = self.reference_segments(&baselines)?.into_iter();
        let mut finished = Vec::with_capacity(currents.len());
        for ((column, baseline), state) in plan.columns.iter().zip(&baselines).zip(currents) {
            let (mut profiles, current_ids) = state.finish();
            profiles.reference_segments = segments.next().unwrap_or_default();
            let outcome = self.finish(column, baseline, &profiles, time_ordered);
            let ids = if current_ids.is_some() { reference_ids.take().zip(current_ids) } else { None };
            finished.push(Finished { outcome, ids });
        }
        Ok(collect(finished.into_iter(), (reference_rows, current_rows), time_ordered))
    }

    /// A second pass over the reference, for the segments' own references.
    fn reference_segments(&self, baselines: &[Baseline]) -> Result<Vec<Vec<Option<Profile>>>, CheckError> {
        let Some(axis) = &self.keys.reference_segments else { return Ok(Vec::new()) };
        let counters = self.plan.columns.iter().zip(baselines);
        let mut parts: Vec<(bool, GroupCounters<'_>)> =
            counters.map(|(c, baseline)| (c.empty_is_null, GroupCounters::new(c.rule.kind, baseline, axis))).collect();
        let columns: Vec<usize> = self.plan.columns.iter().map(|column| column.reference).collect();
        self.pass(self.reference, &columns, &mut parts, |(empty_is_null, counters), row, array| {
            counters.push(row, &prepared(array, *empty_is_null));
        })?;
        Ok(parts.into_iter().map(|(_, counters)| counters.finish()).collect())
    }

    /// One pass over a side: each column's state sees all its arrays, on one of the worker threads.
    fn pass<S: Send>(
        &self,
        table: &Table,
        columns: &[usize],
        states: &mut [S],
        push: impl Fn(&mut S, u64, &ArrayRef) + Sync,
    ) -> Result<u64, CheckError> {
        if table.is_columnar() && columns.len() > WIDE {
            let blocks = columns.chunks(BLOCK).zip(states.chunks_mut(BLOCK)).collect();
            in_parallel(self.plan.settings.threads, blocks, |(block, states)| {
                table.scan_batches(block, &mut |row, batch| {
                    self.progress.add(batch.num_rows() as u64 * block.len() as u64);
                    states.iter_mut().zip(batch.columns()).for_each(|(state, array)| push(state, row, array));
                    Ok(())
                })
            })?;
            return Ok(table.rows.unwrap_or(0));
        }
        if table.is_columnar() {
            let kinds: Vec<bool> =
                self.plan.columns.iter().map(|c| matches!(c.rule.kind, Kind::Categorical | Kind::Boolean)).collect();
            let work: Vec<(usize, bool, &mut S)> = columns
                .iter()
                .zip(kinds)
                .zip(states)
                .map(|((&column, dictionary), state)| (column, dictionary, state))
                .collect();
            in_parallel(self.plan.settings.threads, work, |(column, dictionary, state)| {
                table.scan_column(column, dictionary, &mut |row, array| {
                    self.progress.add(array.len() as u64);
                    push(state, row, array);
                })
            })?;
            return Ok(table.rows.unwrap_or(0));
        }
        let rows = AtomicU64::new(0);
        let workers = self.plan.settings.threads.min(states.len()).max(1);
        let mut shares: Vec<Vec<(usize, &mut S)>> = (0..workers).map(|_| Vec::new()).collect();
        for (at, state) in states.iter_mut().enumerate() {
            if let Some(share) = shares.get_mut(at % workers) {
                share.push((at, state));
            }
        }
        std::thread::scope(|scope| -> Result<(), InputError> {
            let mut senders = Vec::with_capacity(workers);
            for share in shares {
                let (sender, receiver) = sync_channel::<(u64, RecordBatch)>(BATCHES_WAITING);
                senders.push(sender);
                let push = &push;
                scope.spawn(move || work_through(&receiver, share, push));
            }
            table.scan_batches(columns, &mut |row, batch| {
                rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
                self.progress.add(batch.num_rows() as u64 * columns.len() as u64);
                for sender in &senders {
                    // A worker ends only when the senders do.
                    let _ = sender.send((row, batch.clone()));
                }
                Ok(())
            })
        })?;
        Ok(rows.into_inner())
    }

    fn finish(
        &self,
        column: &ColumnPlan,
        baseline: &Baseline,
        profiles: &CurrentProfiles,
        time_ordered: bool,
    ) -> ColumnOutcome {
        let context = ColumnContext { plan: self.plan, keys: self.keys, nulls: &self.nulls, time_ordered };
        finish_column(column, baseline, profiles, &context)
    }

    /// Whether the reference's rows are in order of its time column.
    fn reference_is_in_order(&self) -> Result<bool, CheckError> {
        let Some(column) = self.plan.time.and_then(|time| self.plan.columns.get(time)) else { return Ok(false) };
        let mut order = TimeOrder::default();
        self.reference.scan_column(column.reference, false, &mut |row, array| order.see(row, array))?;
        Ok(order.is_ordered())
    }
}

/// Opening a reader costs time in proportion to all columns of a file, so beyond this many they are read in blocks.
pub(super) const WIDE: usize = 1000;
const BLOCK: usize = 250;
/// Values of a column looked at before its grid is placed, when columns are read one by one: 32 MB.
const BY_COLUMN_ROWS: usize = 1 << 22;

struct Finished {
    outcome: ColumnOutcome,
    ids: Option<(Ids, Ids)>,
}

fn collect(finished: impl Iterator<Item = Finished>, rows: (u64, u64), time_ordered: bool) -> Scanned {
    let mut ids = None;
    let columns = finished
        .map(|finished| {
            ids = ids.take().or(finished.ids);
            finished.outcome
        })
        .collect();
    Scanned { rows, columns, ids, time_ordered }
}

fn work_through<S>(
    batches: &Receiver<(u64, RecordBatch)>,
    mut share: Vec<(usize, &mut S)>,
    push: &(impl Fn(&mut S, u64, &ArrayRef) + Sync),
) {
    while let Ok((row, batch)) = batches.recv() {
        for (column, state) in &mut share {
            if let Some(array) = batch.columns().get(*column) {
                push(state, row, array);
            }
        }
    }
}

/// Runs `work` on every item on up to `threads` threads; the first error wins.
fn in_parallel<T: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> Result<(), InputError> + Sync,
) -> Result<(), InputError> {
    let threads = threads.min(items.len()).max(1);
    let queue = Mutex::new(items.into_iter());
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut items| items.next());
                    let Some(item) = next else { break };
                    if let Err(error) = work(item) {
                        if let Ok(mut first) = failure.lock() {
                            first.get_or_insert(error);
                        }
                        break;
                    }
                }
            });
        }
    });
    failure.into_inner().ok().flatten().map_or(Ok(()), Err)
}

struct ReferenceState {
    builder: BaselineBuilder,
    ids: Option<Ids>,
    order: TimeOrder,
    is_time: bool,
    empty_is_null: bool,
}

impl ReferenceState {
    fn new(column: &ColumnPlan, plan: &Plan, index: usize, rows: u64, rows_before_grid: usize) -> Self {
        let options = BaselineOptions {
            values_max: usize::try_from(plan.settings.exact_rows).unwrap_or(usize::MAX),
            rows_before_grid,
            rows_expected: rows,
            limits: column.limits,
            sample: wants_sample(column),
            stretches: plan.time.is_some(),
        };
        Self {
            builder: BaselineBuilder::new(column.rule.kind, options),
            ids: (plan.id == Some(index)).then(Ids::default),
            order: TimeOrder::default(),
            is_time: plan.time == Some(index),
            empty_is_null: column.empty_is_null,
        }
    }

    fn push(&mut self, row: u64, array: &ArrayRef) {
        let array = &prepared(array, self.empty_is_null);
        if let Some(ids) = &mut self.ids {
            ids.see(array);
        }
        if self.is_time {
            self.order.see(row, array);
        }
        self.builder.push(row, array);
    }
}

fn wants_sample(column: &ColumnPlan) -> bool {
    column.metrics.contains(&Metric::AndersonDarling)
}

struct CurrentState<'a> {
    empty_is_null: bool,
    all: Counter<'a>,
    axes: Vec<GroupCounters<'a>>,
    ids: Option<Ids>,
}

impl<'a> CurrentState<'a> {
    fn new(column: &ColumnPlan, baseline: &'a Baseline, keys: &'a Keys, plan: &Plan, index: usize) -> Self {
        let exact_rows = usize::try_from(plan.settings.exact_rows).unwrap_or(usize::MAX);
        let values_max = if baseline.values.is_some() { exact_rows } else { 0 };
        let keep = Keep { distinct: true, sample: wants_sample(column), values_max };
        Self {
            empty_is_null: column.empty_is_null,
            all: Counter::new(column.rule.kind, &baseline.grid, keep),
            axes: keys.axes().map(|axis| GroupCounters::new(column.rule.kind, baseline, axis)).collect(),
            ids: (plan.id == Some(index)).then(Ids::default),
        }
    }

    fn push(&mut self, row: u64, array: &ArrayRef) {
        let array = &prepared(array, self.empty_is_null);
        if let Some(ids) = &mut self.ids {
            ids.see(array);
        }
        self.all.push(row, array);
        self.axes.iter_mut().for_each(|axis| axis.push(row, array));
    }

    fn finish(self) -> (CurrentProfiles, Option<Ids>) {
        let (all, values) = self.all.finish();
        let groups = self.axes.into_iter().map(GroupCounters::finish).collect();
        (CurrentProfiles { all, values, groups, reference_segments: Vec::new() }, self.ids)
    }
}

/// One counter per group of an axis, made when its first row comes.
struct GroupCounters<'a> {
    kind: Kind,
    baseline: &'a Baseline,
    axis: &'a Axis,
    counters: Vec<Option<Counter<'a>>>,
}

impl<'a> GroupCounters<'a> {
    fn new(kind: Kind, baseline: &'a Baseline, axis: &'a Axis) -> Self {
        Self { kind, baseline, axis, counters: axis.groups.iter().map(|_| None).collect() }
    }

    fn push(&mut self, row: u64, array: &ArrayRef) {
        let start = usize::try_from(row).unwrap_or(usize::MAX);
        let codes = self.axis.codes.get(start..start.saturating_add(array.len())).unwrap_or(&[]);
        for (code, part) in parts(codes, array) {
            if let Some(counter) = self.counters.get_mut(usize::from(code)) {
                let new = || Counter::new(self.kind, &self.baseline.grid, Keep::default());
                counter.get_or_insert_with(new).push(row, &part);
            }
        }
    }

    fn finish(self) -> Vec<Option<Profile>> {
        self.counters.into_iter().map(|counter| counter.map(|counter| counter.finish().0)).collect()
    }
}

/// The array as the model wants it read: with `empty_is_null`, empty texts are missing.
fn prepared(array: &ArrayRef, empty_is_null: bool) -> ArrayRef {
    if !empty_is_null {
        return array.clone();
    }
    let Ok(texts) = cast(array, &DataType::Utf8) else { return array.clone() };
    let texts = texts.as_string::<i32>().iter().map(|text| text.filter(|text| !text.is_empty()));
    Arc::new(texts.collect::<StringArray>())
}

/// The rows of an array by group.
fn parts(codes: &[u16], array: &ArrayRef) -> Vec<(u16, ArrayRef)> {
    let Some(&first) = codes.first() else { return Vec::new() };
    if codes.iter().all(|&code| code == first) {
        return if first == NO_GROUP { Vec::new() } else { vec![(first, array.clone())] };
    }
    let mut order: Vec<u32> = (0..codes.len() as u32).collect();
    let code_of = |row: u32| codes.get(row as usize).copied().unwrap_or(NO_GROUP);
    order.sort_by_key(|&row| code_of(row));
    let runs = order.chunk_by(|&a, &b| code_of(a) == code_of(b));
    let part = |rows: &[u32]| {
        let code = code_of(rows.first().copied()?);
        let taken = take(array, &UInt32Array::from(rows.to_vec()), None).ok()?;
        (code != NO_GROUP).then_some((code, taken))
    };
    runs.filter_map(part).collect()
}
