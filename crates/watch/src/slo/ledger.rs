//! What was known of each slice, and when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Counts, Objective};

/// Revisions of one slice that are kept: the first, and the newest.
pub const REVISIONS_MAX: usize = 64;

/// Slices that are kept: the newest. Five-minute slices of 90 days are 25,920.
pub const SLICES_MAX: usize = 200_000;

/// What was known of a slice from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// From when on, µs UTC.
    pub known_at: i64,
    /// What.
    pub counts: Counts,
}

/// Counts of slices of one width, restated as data arrive: what was known at any time can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    width: i64,
    slices: BTreeMap<i64, Vec<Revision>>,
}

impl Ledger {
    /// A ledger of slices of `width` µs, at least 1.
    #[must_use]
    pub fn new(width: i64) -> Self {
        Self { width: width.max(1), slices: BTreeMap::new() }
    }

    /// How long a slice is, µs.
    #[must_use]
    pub const fn width(&self) -> i64 {
        self.width
    }

    /// Records what is known of the slice that begins at `start`, from `known_at` on. Returns whether it is news: the same
    /// record twice, in whatever order records come, is none.
    pub fn record(&mut self, start: i64, known_at: i64, counts: Counts) -> bool {
        if !self.slices.contains_key(&start) && self.slices.len() >= SLICES_MAX {
            // The oldest slice makes room, unless this one is older still.
            match self.slices.first_key_value() {
                Some((oldest, _)) if *oldest < start => {
                    self.slices.pop_first();
                }
                _ => return false,
            }
        }
        let revisions = self.slices.entry(start).or_default();
        let news = match revisions.binary_search_by_key(&known_at, |revision| revision.known_at) {
            Ok(index) => revisions.get_mut(index).is_some_and(|old| {
                let other = old.counts != counts;
                old.counts = counts;
                other
            }),
            Err(index) => {
                let before = index.checked_sub(1).and_then(|before| revisions.get(before));
                let news = before.map(|revision| revision.counts) != Some(counts);
                if news {
                    revisions.insert(index, Revision { known_at, counts });
                }
                news
            }
        };
        if revisions.len() > REVISIONS_MAX {
            // The first tells what was acted on, the last ones what is true.
            revisions.remove(1);
        }
        news
    }

    /// What was known at `known_at` of the slice that begins at `start`.
    #[must_use]
    pub fn as_known(&self, start: i64, known_at: i64) -> Option<Counts> {
        known(self.slices.get(&start)?, known_at)
    }

    /// All revisions of a slice, the oldest first.
    #[must_use]
    pub fn revisions(&self, start: i64) -> &[Revision] {
        self.slices.get(&start).map_or(&[], Vec::as_slice)
    }

    /// Start of the newest slice, µs UTC.
    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.slices.last_key_value().map(|(start, _)| *start)
    }

    /// Beginning of the first slice, µs UTC.
    #[must_use]
    pub fn first(&self) -> Option<i64> {
        self.slices.first_key_value().map(|(start, _)| *start)
    }

    /// Forgets slices that begin before `start`.
    pub fn forget_before(&mut self, start: i64) {
        self.slices = self.slices.split_off(&start);
    }

    /// Slices that lie in `from..to` and are not excluded, with their beginning, as known at `known_at` and as the objective
    /// counts them.
    pub fn units(
        &self,
        objective: &Objective,
        (from, to): (i64, i64),
        known_at: i64,
        excluded: &dyn Fn(i64, i64) -> bool,
    ) -> impl DoubleEndedIterator<Item = (i64, Counts)> {
        let width = self.width;
        let last = to.saturating_sub(width).saturating_add(1);
        // `range` refuses an end before its beginning.
        let slices = self.slices.range(from..last.max(from));
        slices.filter(move |(start, _)| !excluded(**start, start.saturating_add(width))).filter_map(
            move |(start, revisions)| known(revisions, known_at).map(|counts| (*start, objective.unit(counts))),
        )
    }

    /// The sum of [`Ledger::units`].
    pub fn sum(
        &self,
        objective: &Objective,
        range: (i64, i64),
        known_at: i64,
        excluded: &dyn Fn(i64, i64) -> bool,
    ) -> Counts {
        self.units(objective, range, known_at, excluded).fold(Counts::default(), |sum, (_, unit)| sum.plus(unit))
    }

    /// What became known after `from` and up to `to`, whenever it happened: the difference of what was known at both.
    pub fn became_known(
        &self,
        objective: &Objective,
        (from, to): (i64, i64),
        excluded: &dyn Fn(i64, i64) -> bool,
    ) -> Counts {
        let mut sum = Counts::default();
        for (start, revisions) in &self.slices {
            let news = revisions.iter().any(|revision| from < revision.known_at && revision.known_at <= to);
            if !news || excluded(*start, start.saturating_add(self.width)) {
                continue;
            }
            let before = known(revisions, from).map(|counts| objective.unit(counts)).unwrap_or_default();
            let after = known(revisions, to).map(|counts| objective.unit(counts)).unwrap_or_default();
            sum = sum.plus(after.since(before));
        }
        sum
    }
}

fn known(revisions: &[Revision], known_at: i64) -> Option<Counts> {
    let after = revisions.partition_point(|revision| revision.known_at <= known_at);
    revisions.get(after.checked_sub(1)?).map(|revision| revision.counts)
}
