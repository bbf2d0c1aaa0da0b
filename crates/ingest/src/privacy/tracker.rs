//! What is known about the values of a column that no decision was made for, across requests and in bounded memory.

use std::collections::{BTreeMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::class::Class;
use super::detect;

/// Different values that are remembered, as hashes of 8 bytes: beyond, a column has many.
pub const DISTINCT_MAX: usize = 512;

/// Values of one request that are looked at.
pub(super) const SAMPLE_MAX: usize = 1000;

/// Counts of the values of a column, until a decision is made. It holds no value, only hashes in memory.
#[derive(Debug, Clone, Default)]
pub struct CardinalityTracker {
    seen: u64,
    characters: u64,
    long_integers: u64,
    distinct: HashSet<u64>,
    classes: BTreeMap<Class, u64>,
}

impl CardinalityTracker {
    /// Counts a text.
    pub fn observe(&mut self, value: &str) {
        self.seen += 1;
        self.characters += value.chars().count() as u64;
        if self.distinct.len() < DISTINCT_MAX {
            self.distinct.insert(xxh3_64(value.as_bytes()));
        }
        self.count(detect::class_of(value));
    }

    /// Counts a number.
    pub fn observe_number(&mut self, value: f64) {
        self.seen += 1;
        self.long_integers += u64::from(detect::long_integer(value).is_some());
        self.count(detect::class_of_number(value));
    }

    fn count(&mut self, class: Option<Class>) {
        if let Some(class) = class {
            *self.classes.entry(class).or_default() += 1;
        }
    }

    /// Values that were counted.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Different texts among them, up to [`DISTINCT_MAX`].
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.distinct.len() as u64
    }

    /// Different texts over texts, 0 to 1; 1 as soon as there are [`DISTINCT_MAX`] of them; 0 for no text.
    #[must_use]
    pub fn distinct_share(&self) -> f64 {
        if self.distinct.len() >= DISTINCT_MAX { 1.0 } else { self.share(self.distinct()) }
    }

    /// Characters of a text on average; 0 for no text.
    #[must_use]
    pub fn length_mean(&self) -> f64 {
        self.share(self.characters)
    }

    /// The share of numbers that are whole and have at least seven digits.
    #[must_use]
    pub fn long_integer_share(&self) -> f64 {
        self.share(self.long_integers)
    }

    /// The class with the largest share of the values, of those whose share is large enough to mean something. A class
    /// that names a person directly goes before the others.
    #[must_use]
    pub fn class(&self) -> Option<(Class, f64)> {
        let shares = self.classes.iter().map(|(class, count)| (*class, self.share(*count)));
        shares
            .filter(|(class, share)| *share >= class.share_min())
            .max_by(|(a, x), (b, y)| a.is_direct().cmp(&b.is_direct()).then(x.total_cmp(y)).then(b.cmp(a)))
    }

    fn share(&self, count: u64) -> f64 {
        if self.seen == 0 { 0.0 } else { count as f64 / self.seen as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::{CardinalityTracker, Class, DISTINCT_MAX};

    #[test]
    fn counts() {
        let mut tracker = CardinalityTracker::default();
        assert_eq!((tracker.distinct_share(), tracker.length_mean(), tracker.class()), (0.0, 0.0, None));
        for value in ["a", "b", "a", "é"] {
            tracker.observe(value);
        }
        assert_eq!(
            (tracker.seen(), tracker.distinct(), tracker.distinct_share(), tracker.length_mean()),
            (4, 3, 0.75, 1.0)
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut tracker = CardinalityTracker::default();
        for value in 0..100_000 {
            tracker.observe(&value.to_string());
        }
        assert_eq!((tracker.seen(), tracker.distinct()), (100_000, DISTINCT_MAX as u64));
        assert_eq!(tracker.distinct_share(), 1.0);
    }

    #[test]
    fn direct_classes_go_first() {
        let mut tracker = CardinalityTracker::default();
        for _ in 0..90 {
            tracker.observe("https://example.org");
        }
        for _ in 0..10 {
            tracker.observe("a@b.co");
        }
        assert_eq!(tracker.class(), Some((Class::Email, 0.1)));
        // A card number in a hundred is chance.
        tracker.observe("4111111111111111");
        assert_eq!(tracker.class().map(|(class, _)| class), Some(Class::Email));
        let mut chance = CardinalityTracker::default();
        chance.observe("4111111111111111");
        for _ in 0..9 {
            chance.observe("4111111111111112");
        }
        assert_eq!(chance.class(), None);
    }
}
