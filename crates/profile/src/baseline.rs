//! Making a baseline: the grid of a column, and the reference's profile over it, in one pass over the data.

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_select::take::take;

use crate::chunks::ChunkCounts;
use crate::counter::{count_categories, count_presence, sort_numbers, text_measures};
use crate::decode::finite_numbers;
use crate::grid::{BY_VALUE_MAX, COARSE_BINS, CategoryGrid, EDGE_SAMPLE, NumericGrid, Support, coarse_groups};
use crate::hash::hash_bytes;
use crate::{Body, CategoryCensus, Counter, Distinct, Grid, Keep, Kind, Profile, ValueClasses};

/// What a reference is compared by: the grid, and the reference's own profile over it.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// How the column is counted.
    pub kind: Kind,
    /// The frozen bins.
    pub grid: Grid,
    /// The reference over them.
    pub profile: Profile,
    /// All finite values in ascending order, while they fit [`BaselineOptions::values_max`].
    pub values: Option<Vec<f64>>,
    /// Counts per contiguous stretch of the reference.
    pub chunks: Option<ChunkCounts>,
    /// Whether there were more categories than a dictionary can hold.
    pub too_many_categories: bool,
}

/// How a baseline is made.
#[derive(Debug, Clone, Copy)]
pub struct BaselineOptions {
    /// Finite values up to which the grid's edges are exact quantiles and the values are kept.
    pub values_max: usize,
    /// Rows looked at before the edges are placed; beyond `values_max` a systematic sample of them is sorted.
    pub rows_before_grid: usize,
    /// Rows of the reference if known, else 0.
    pub rows_expected: u64,
    /// Declared range of valid values; the reference's own range when absent.
    pub limits: Option<Support>,
    /// Keep a sample of rows.
    pub sample: bool,
    /// Keep counts per contiguous stretch of rows.
    pub stretches: bool,
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self {
            values_max: 100_000,
            rows_before_grid: 1 << 20,
            rows_expected: 0,
            limits: None,
            sample: false,
            stretches: true,
        }
    }
}

impl BaselineOptions {
    fn chunks(&self) -> ChunkCounts {
        if self.stretches { ChunkCounts::new(self.rows_expected) } else { ChunkCounts::none() }
    }
}

/// Collects arrays until the grid can be placed, then counts.
#[derive(Debug)]
pub struct BaselineBuilder {
    kind: Kind,
    options: BaselineOptions,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Arrays held back until the edges are placed, with their first row numbers.
    Waiting {
        arrays: Vec<(u64, ArrayRef)>,
        rows: usize,
    },
    /// The grid is there; partial profiles are added as arrays come.
    Counting {
        grid: Box<Grid>,
        profile: Box<Profile>,
        chunks: ChunkCounts,
    },
    Census {
        census: CategoryCensus,
        classes: ValueClasses,
        distinct: Option<Distinct>,
        chunks: ChunkCounts,
    },
    Presence(ValueClasses),
}

impl BaselineBuilder {
    /// A builder for a column of `kind`.
    #[must_use]
    pub fn new(kind: Kind, options: BaselineOptions) -> Self {
        let state = match kind {
            Kind::Numeric | Kind::Text => State::Waiting { arrays: Vec::new(), rows: 0 },
            Kind::Boolean | Kind::Categorical => State::Census {
                census: CategoryCensus::default(),
                classes: ValueClasses::default(),
                distinct: Some(Distinct::default()),
                chunks: options.chunks(),
            },
            Kind::Presence => State::Presence(ValueClasses::default()),
        };
        Self { kind, options, state }
    }

    /// Adds rows; the first is row `first_row` of the reference.
    pub fn push(&mut self, first_row: u64, array: &ArrayRef) {
        match &mut self.state {
            State::Presence(classes) => count_presence(array, classes),
            State::Census { census, classes, distinct, chunks } => {
                for (row, part) in stretches(chunks, first_row, array) {
                    count_categories(self.kind, &part, classes, &mut |text, rows| {
                        if let Some(distinct) = distinct {
                            distinct.add_hash(hash_bytes(text.as_bytes()));
                        }
                        if let Some(number) = census.add(text, rows) {
                            chunks.add(row, (number as usize).min(CENSUS_CHUNK_BINS), rows);
                        }
                    });
                }
            }
            State::Waiting { arrays, rows } => {
                arrays.push((first_row, array.clone()));
                *rows += array.len();
                if *rows > self.options.rows_before_grid.max(self.options.values_max) {
                    self.place_grid();
                }
            }
            State::Counting { grid, profile, chunks } => {
                let keep = Keep { distinct: true, sample: self.options.sample, values_max: 0 };
                count_part(self.kind, grid, keep, profile, chunks, &[(first_row, array.clone())]);
            }
        }
    }

    fn place_grid(&mut self) {
        let State::Waiting { arrays, .. } = &mut self.state else { return };
        let arrays = std::mem::take(arrays);
        let (grid, _) = place(self.kind, &self.options, &arrays);
        let mut profile = Box::new(Profile::empty(&grid));
        let mut chunks = self.options.chunks();
        let keep = Keep { distinct: true, sample: self.options.sample, values_max: 0 };
        count_part(self.kind, &grid, keep, &mut profile, &mut chunks, &arrays);
        self.state = State::Counting { grid: Box::new(grid), profile, chunks };
    }

    /// The baseline of all rows pushed.
    #[must_use]
    pub fn finish(mut self) -> Baseline {
        let mut values = None;
        if let State::Waiting { arrays, .. } = &self.state {
            // All rows are here: sort once for the edges, and keep the values for the rank statistics.
            let (grid, sorted) = place(self.kind, &self.options, arrays);
            values = sorted;
            let mut profile = Box::new(Profile::empty(&grid));
            let mut chunks = self.options.chunks();
            let keep = Keep { distinct: true, sample: self.options.sample, values_max: 0 };
            count_part(self.kind, &grid, keep, &mut profile, &mut chunks, arrays);
            self.state = State::Counting { grid: Box::new(grid), profile, chunks };
        }
        let (kind, stretches_kept) = (self.kind, self.options.stretches);
        match self.state {
            State::Counting { mut grid, mut profile, chunks } => {
                // Only now is the whole range of the reference known; what lies beyond it is out of range.
                if self.options.limits.is_none()
                    && let (Grid::Numeric(grid), Body::Numeric(profile)) = (&mut *grid, &mut profile.body)
                {
                    profile.become_the_range_of(grid);
                }
                let chunks = (kind == Kind::Numeric && stretches_kept).then_some(chunks);
                Baseline { kind, grid: *grid, profile: *profile, values, chunks, too_many_categories: false }
            }
            State::Census { census, classes, mut distinct, chunks } => {
                if let Some(distinct) = &mut distinct {
                    distinct.settle();
                }
                let too_many_categories = census.overflowed();
                let (grid, profile, chunks) = freeze_census(kind, census, &chunks);
                let profile = Profile { classes, body: Body::Categorical(profile), distinct, sample: None };
                Baseline {
                    kind,
                    grid: Grid::Categorical(grid),
                    profile,
                    values: None,
                    chunks: stretches_kept.then_some(chunks),
                    too_many_categories,
                }
            }
            State::Presence(classes) => {
                let profile = Profile { classes, body: Body::Presence, distinct: None, sample: None };
                Baseline { kind, grid: Grid::Presence, profile, values: None, chunks: None, too_many_categories: false }
            }
            State::Waiting { .. } => {
                let grid = Grid::Presence;
                Baseline {
                    kind,
                    profile: Profile::empty(&grid),
                    grid,
                    values: None,
                    chunks: None,
                    too_many_categories: false,
                }
            }
        }
    }
}

/// Categories told apart in stretches: the first 255 to appear; the rest share one bin.
const CENSUS_CHUNK_BINS: usize = 255;

fn freeze_census(
    kind: Kind,
    census: CategoryCensus,
    chunks: &ChunkCounts,
) -> (CategoryGrid, crate::CategoricalProfile, ChunkCounts) {
    let order = census.hashes();
    let (grid, profile) = census.finish();
    let (grid, profile) = if kind == Kind::Boolean { onto_boolean(&grid, &profile) } else { (grid, profile) };
    let bins: Vec<usize> = order.iter().take(CENSUS_CHUNK_BINS).map(|&hash| grid.bin_of(hash)).collect();
    let other = grid.other_bin();
    (grid, profile, chunks.renumbered(|number| bins.get(number).copied().unwrap_or(other)))
}

/// A boolean column has the same two bins whatever the reference holds.
fn onto_boolean(grid: &CategoryGrid, profile: &crate::CategoricalProfile) -> (CategoryGrid, crate::CategoricalProfile) {
    let boolean = CategoryGrid::boolean();
    let mut counts = crate::CategoricalProfile::empty(&boolean);
    for (label, &count) in grid.labels().iter().zip(profile.counts()) {
        counts.add(&boolean, label, count);
    }
    (boolean, counts)
}

/// Splits an array where stretches of the reference end.
fn stretches(chunks: &ChunkCounts, first_row: u64, array: &ArrayRef) -> Vec<(u64, ArrayRef)> {
    let (mut at, mut parts) = (0, Vec::new());
    while at < array.len() {
        let row = first_row + at as u64;
        let len = usize::try_from(chunks.end_of(row) - row).unwrap_or(usize::MAX).min(array.len() - at);
        parts.push((row, array.slice(at, len)));
        at += len;
    }
    parts
}

fn count_part(
    kind: Kind,
    grid: &Grid,
    keep: Keep,
    profile: &mut Profile,
    chunks: &mut ChunkCounts,
    arrays: &[(u64, ArrayRef)],
) {
    // The distinct values go on from where they were: starting anew for each part would be slow.
    let mut counter = Counter::new(kind, grid, keep).resume(profile.distinct.take());
    for (first_row, array) in arrays {
        for (row, part) in stretches(chunks, *first_row, array) {
            counter.push(row, &part);
            counter.flush_with(|bin, count| chunks.add(row, bin, count));
        }
    }
    let (mut part, _) = counter.finish();
    profile.distinct = part.distinct.take();
    let merged = profile.merge(&part);
    debug_assert!(merged.is_ok(), "a counter's profile lies over the grid it was made with");
}

/// Places the grid by the values of `arrays`; also returns them sorted when they are few enough to keep.
fn place(kind: Kind, options: &BaselineOptions, arrays: &[(u64, ArrayRef)]) -> (Grid, Option<Vec<f64>>) {
    if kind == Kind::Text {
        return (place_text(arrays), None);
    }
    let rows: usize = arrays.iter().map(|(_, array)| array.len()).sum();
    let all = rows <= options.values_max.max(EDGE_SAMPLE);
    let mut values = Vec::with_capacity(rows.min(options.values_max.max(EDGE_SAMPLE)));
    for (_, array) in arrays {
        let part = if all { array.clone() } else { systematic_sample(array, rows) };
        finite_numbers(&part, &mut ValueClasses::default(), &mut |block| values.extend_from_slice(block));
    }
    if values.is_empty() && !all {
        // Nearly all rows are missing: the sample met none of the others.
        for (_, array) in arrays {
            finite_numbers(array, &mut ValueClasses::default(), &mut |block| values.extend_from_slice(block));
        }
        values.truncate(EDGE_SAMPLE);
    }
    sort_numbers(&mut values);
    match NumericGrid::from_sorted(&values, options.limits) {
        Ok(grid) => (Grid::Numeric(Box::new(grid)), (all && rows <= options.values_max).then_some(values)),
        Err(_) => (Grid::Presence, None),
    }
}

/// About every `rows / 65,536`-th row of an array. The step shares no factor with hours, days or weeks of rows.
fn systematic_sample(array: &ArrayRef, rows: usize) -> ArrayRef {
    let mut step = rows.div_ceil(EDGE_SAMPLE).max(1) as u32;
    while step > 1 && [2, 3, 5, 7].iter().any(|factor| step.is_multiple_of(*factor)) {
        step += 1;
    }
    let picked = UInt32Array::from_iter_values((0..array.len() as u32).step_by(step as usize));
    take(array, &picked, None).unwrap_or_else(|_| array.clone())
}

fn place_text(arrays: &[(u64, ArrayRef)]) -> Grid {
    let (mut lengths, mut tokens) = (Vec::new(), Vec::new());
    for (_, array) in arrays {
        text_measures(array, &mut ValueClasses::default(), &mut None, &mut |of_length, of_tokens| {
            lengths.extend_from_slice(of_length);
            tokens.extend_from_slice(of_tokens);
        });
    }
    sort_numbers(&mut lengths);
    sort_numbers(&mut tokens);
    match (NumericGrid::from_sorted(&lengths, None), NumericGrid::from_sorted(&tokens, None)) {
        (Ok(lengths), Ok(tokens)) => Grid::Text(Box::new([lengths, tokens])),
        _ => Grid::Presence,
    }
}

impl Baseline {
    /// Groups of bins that drift metrics compare: tenths of the reference, or each value of a column of few values.
    #[must_use]
    pub fn coarse_groups(&self, coarse_bins: u64) -> Vec<usize> {
        match (&self.grid, &self.profile.body) {
            (Grid::Numeric(grid), Body::Numeric(profile)) => {
                let few =
                    self.profile.distinct.as_ref().is_some_and(|d| d.is_exact() && d.estimate() <= BY_VALUE_MAX as f64);
                coarse_groups(&profile.bins(), &grid.point_bins(), coarse_bins, few && coarse_bins >= COARSE_BINS)
            }
            (Grid::Categorical(grid), _) => (0..grid.bins()).collect(),
            _ => Vec::new(),
        }
    }
}
