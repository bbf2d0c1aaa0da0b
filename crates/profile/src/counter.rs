//! Counts Arrow arrays into a profile over a frozen grid.

use arrow_array::{Array, ArrayRef};
use voracious_radix_sort::RadixSort;

use crate::decode::{finite_numbers, for_each_string, is_null_word};
use crate::hash::hash_bytes;
use crate::hash_sample::row_hash;
use crate::{Body, CategoricalProfile, Distinct, Grid, HashSample, Kind, NumericCounter, Profile, ValueClasses, grid};

/// Seed of the row sample: fixed, so that all columns and both sides take the same rows.
const SAMPLE_SEED: u64 = 0x5741_5443_484b_5052;

/// What a counter keeps beside the profile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keep {
    /// Count distinct values.
    pub distinct: bool,
    /// Sample rows by hash.
    pub sample: bool,
    /// Keep the finite values themselves while there are at most this many.
    pub values_max: usize,
}

/// Accumulates arrays of one column into a [`Profile`].
#[derive(Debug)]
pub struct Counter<'g> {
    kind: Kind,
    classes: ValueClasses,
    body: CounterBody<'g>,
    distinct: Option<Distinct>,
    sample: Option<HashSample>,
    values: Option<Vec<f64>>,
    values_max: usize,
}

#[derive(Debug)]
enum CounterBody<'g> {
    Numeric(Box<NumericCounter<'g>>),
    Categorical(&'g grid::CategoryGrid, CategoricalProfile),
    Text(Box<[NumericCounter<'g>; 2]>),
    Presence,
}

impl<'g> Counter<'g> {
    /// An empty counter of a column of `kind` over its `grid`.
    #[must_use]
    pub fn new(kind: Kind, grid: &'g Grid, keep: Keep) -> Self {
        let body = match grid {
            Grid::Numeric(grid) => CounterBody::Numeric(Box::new(NumericCounter::new(grid, keep.distinct))),
            Grid::Categorical(grid) => CounterBody::Categorical(grid, CategoricalProfile::empty(grid)),
            Grid::Text(grids) => {
                CounterBody::Text(Box::new(grids.each_ref().map(|grid| NumericCounter::new(grid, false))))
            }
            Grid::Presence => CounterBody::Presence,
        };
        let counts_itself = matches!(body, CounterBody::Numeric(_));
        Self {
            kind,
            classes: ValueClasses::default(),
            distinct: (keep.distinct && !counts_itself).then(Distinct::default),
            sample: (keep.sample && counts_itself).then(HashSample::default),
            values: (keep.values_max > 0 && counts_itself).then(Vec::new),
            values_max: keep.values_max,
            body,
        }
    }

    /// Goes on counting distinct values where another counter of the column ended.
    #[must_use]
    pub fn resume(mut self, distinct: Option<Distinct>) -> Self {
        if let Some(distinct) = distinct {
            match &mut self.body {
                CounterBody::Numeric(counter) => counter.resume(distinct),
                _ => self.distinct = Some(distinct),
            }
        }
        self
    }

    /// Adds the rows of `array`, the first of which is row `first_row` of its side.
    pub fn push(&mut self, first_row: u64, array: &ArrayRef) {
        let Self { classes, body, distinct, sample, values, values_max, kind } = self;
        match body {
            CounterBody::Numeric(counter) => {
                finite_numbers(array, classes, &mut |block| {
                    counter.add(block);
                    keep_values(values, *values_max, block);
                });
                if let Some(sample) = sample {
                    sample_rows(sample, first_row, array);
                }
            }
            CounterBody::Categorical(grid, profile) => {
                count_categories(*kind, array, classes, &mut |text, rows| {
                    profile.add(grid, text, rows);
                    if let Some(distinct) = distinct {
                        distinct.add_hash(hash_bytes(text.as_bytes()));
                    }
                });
            }
            CounterBody::Text(counters) => {
                let [lengths, tokens] = &mut **counters;
                text_measures(array, classes, distinct, &mut |of_length, of_tokens| {
                    lengths.add(of_length);
                    tokens.add(of_tokens);
                });
            }
            CounterBody::Presence => count_presence(array, classes),
        }
    }

    /// Calls `seen(bin, count)` for the values counted since the last call (numeric columns only).
    pub(crate) fn flush_with(&mut self, seen: impl FnMut(usize, u64)) {
        if let CounterBody::Numeric(counter) = &mut self.body {
            counter.flush_with(seen);
        }
    }

    /// The profile, and the values in ascending order if all of them could be kept.
    #[must_use]
    pub fn finish(self) -> (Profile, Option<Vec<f64>>) {
        let mut distinct = self.distinct;
        let body = match self.body {
            CounterBody::Numeric(counter) => {
                let (profile, values) = counter.finish();
                distinct = values;
                Body::Numeric(Box::new(profile))
            }
            CounterBody::Categorical(_, profile) => Body::Categorical(profile),
            CounterBody::Text(counters) => Body::Text(Box::new((*counters).map(|counter| counter.finish().0))),
            CounterBody::Presence => Body::Presence,
        };
        if let Some(distinct) = &mut distinct {
            distinct.settle();
        }
        let values = self.values.map(|mut values| {
            sort_numbers(&mut values);
            values
        });
        (Profile { classes: self.classes, body, distinct, sample: self.sample }, values)
    }
}

/// From this size on a radix sort is quicker than comparing.
const RADIX_FROM: usize = 2048;

/// Sorts finite numbers; −0 becomes +0.
pub(crate) fn sort_numbers(values: &mut [f64]) {
    values.iter_mut().for_each(|x| *x += 0.0);
    if values.len() < RADIX_FROM {
        values.sort_unstable_by(f64::total_cmp);
    } else {
        values.voracious_sort();
    }
}

fn keep_values(kept: &mut Option<Vec<f64>>, max: usize, block: &[f64]) {
    if kept.as_ref().is_some_and(|values| values.len() + block.len() > max) {
        *kept = None;
    }
    if let Some(values) = kept {
        values.extend_from_slice(block);
    }
}

fn sample_rows(sample: &mut HashSample, first_row: u64, array: &ArrayRef) {
    for row in 0..array.len() {
        let hash = row_hash(SAMPLE_SEED, first_row + row as u64);
        if sample.wants(hash) {
            finite_numbers(&array.slice(row, 1), &mut ValueClasses::default(), &mut |values| {
                values.iter().for_each(|&x| sample.offer(hash, x));
            });
        }
    }
}

pub(crate) fn count_presence(array: &ArrayRef, classes: &mut ValueClasses) {
    let nulls = array.logical_null_count() as u64;
    classes.null += nulls;
    classes.value += array.len() as u64 - nulls;
}

/// Hands each value of a categorical or boolean column to `visit`; booleans are read from words and 0/1 too.
pub(crate) fn count_categories(
    kind: Kind,
    array: &ArrayRef,
    classes: &mut ValueClasses,
    visit: &mut dyn FnMut(&str, u64),
) {
    let readable = for_each_string(array, &mut |text, rows| match (kind, text) {
        (_, None) => classes.null += rows,
        (Kind::Boolean, Some(text)) => match boolean_word(text) {
            Some(value) => {
                classes.value += rows;
                visit(if value { "true" } else { "false" }, rows);
            }
            None if is_null_word(text) => classes.null += rows,
            None => classes.invalid += rows,
        },
        (_, Some(text)) => {
            classes.value += rows;
            visit(text, rows);
        }
    });
    if !readable {
        classes.invalid += array.len() as u64;
    }
}

fn boolean_word(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "t" | "1" | "1.0" | "yes" | "Yes" => Some(true),
        "false" | "False" | "FALSE" | "f" | "0" | "0.0" | "no" | "No" => Some(false),
        _ => None,
    }
}

/// Lengths in characters and numbers of white-space separated tokens of the texts of `array`.
pub(crate) fn text_measures(
    array: &ArrayRef,
    classes: &mut ValueClasses,
    distinct: &mut Option<Distinct>,
    visit: &mut dyn FnMut(&[f64], &[f64]),
) {
    let (mut lengths, mut tokens) = (Vec::new(), Vec::new());
    let readable = for_each_string(array, &mut |text, rows| match text {
        None => classes.null += rows,
        Some(text) => {
            classes.value += rows;
            if let Some(distinct) = distinct {
                distinct.add_hash(hash_bytes(text.as_bytes()));
            }
            lengths.extend(std::iter::repeat_n(text.chars().count() as f64, rows as usize));
            tokens.extend(std::iter::repeat_n(text.split_whitespace().count() as f64, rows as usize));
        }
    });
    if !readable {
        classes.invalid += array.len() as u64;
    }
    visit(&lengths, &tokens);
}
