//! What a gate has learned of its columns: decisions, and the counts of columns that have none.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use xxhash_rust::xxh3::xxh3_64;

use super::decision::{ColumnDecision, DefaultAction, Standing, decide};
use super::tracker::{CardinalityTracker, SAMPLE_MAX};
use super::transform::Values;

/// Undecided columns that are counted at a time, at most 4 KiB each; further ones wait for their turn.
const TRACKED_MAX: usize = 256;

/// Decided columns of one gate at most; further ones stay undecided.
const DECIDED_MAX: usize = 10_000;

/// What a gate has learned.
#[derive(Debug, Default)]
pub(super) struct Learned {
    pub(super) decisions: Arc<BTreeMap<String, ColumnDecision>>,
    trackers: BTreeMap<String, CardinalityTracker>,
    /// Decisions that no caller has got yet.
    pub(super) fresh: Vec<ColumnDecision>,
}

/// How decisions are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Values from which a column without findings is decided.
    pub(super) values_min: u64,
    /// Whether there is a key for hashes.
    pub(super) has_key: bool,
}

impl Learned {
    pub(super) fn new(decisions: impl IntoIterator<Item = ColumnDecision>) -> Self {
        let decisions = decisions.into_iter().map(|decision| (decision.column.clone(), decision)).collect();
        Self { decisions: Arc::new(decisions), ..Self::default() }
    }

    /// Counts a sample of the values of an undecided column, and decides if enough is known.
    pub(super) fn observe(
        &mut self,
        column: &str,
        array: &ArrayRef,
        standing: Standing,
        rule: Rule,
    ) -> Option<DefaultAction> {
        // Another request may have decided since this one looked.
        if let Some(decision) = self.decisions.get(column) {
            return Some(decision.action);
        }
        let has_room = self.trackers.len() < TRACKED_MAX && self.decisions.len() < DECIDED_MAX;
        if !has_room && !self.trackers.contains_key(column) {
            return None;
        }
        let tracker = self.trackers.entry(column.to_owned()).or_default();
        let rows = sample(array.len()).filter(|row| array.is_valid(*row));
        match Values::of(array) {
            Some(Values::Text(texts)) => rows.for_each(|row| tracker.observe(texts.value(row))),
            Some(Values::Number(numbers)) => rows.for_each(|row| tracker.observe_number(numbers.value(row))),
            _ => {}
        }
        let decision = decide(column, standing, tracker, rule.values_min, rule.has_key)?;
        let action = decision.action;
        self.trackers.remove(column);
        self.fresh.push(decision.clone());
        Arc::make_mut(&mut self.decisions).insert(column.to_owned(), decision);
        Some(action)
    }
}

/// At most [`SAMPLE_MAX`] of `rows` rows: one of each piece of equal length, at a place that only depends on the piece.
/// Always the first one would meet few values of rows that come in turns.
fn sample(rows: usize) -> impl Iterator<Item = usize> {
    let step = rows.div_ceil(SAMPLE_MAX).max(1);
    let place = move |start: usize| start + (xxh3_64(&start.to_le_bytes()) % step as u64) as usize;
    (0..rows).step_by(step).map(place).filter(move |row| *row < rows)
}
