//! Categorical columns: the census that makes a dictionary, the counter that uses it, and the profile.

use std::collections::{BTreeMap, HashMap};

use crate::ProfileError;
use crate::grid::{CATEGORIES_KEPT, CATEGORIES_KNOWN_MAX, CategoryGrid, label_of};
use crate::hash::hash_bytes;

/// Unseen values that are remembered by name.
const UNSEEN_NAMED: usize = 64;

/// Exact counts of all categories of a reference, before it has a grid.
#[derive(Debug, Clone, Default)]
pub struct CategoryCensus {
    index: HashMap<u64, u32>,
    entries: Vec<CensusEntry>,
    overflow: bool,
}

#[derive(Debug, Clone)]
struct CensusEntry {
    hash: u64,
    label: String,
    count: u64,
}

impl CategoryCensus {
    /// Adds `count` rows of `value`; returns its dense number (in order of first appearance), or `None` once there
    /// are more than 100,000 categories and this one is not among them.
    pub fn add(&mut self, value: &str, count: u64) -> Option<u32> {
        let hash = hash_bytes(value.as_bytes());
        let number = match self.index.get(&hash) {
            Some(&number) => number,
            None if self.entries.len() >= CATEGORIES_KNOWN_MAX => {
                self.overflow = true;
                return None;
            }
            None => {
                let number = self.entries.len() as u32;
                self.index.insert(hash, number);
                self.entries.push(CensusEntry { hash, label: label_of(value), count: 0 });
                number
            }
        };
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.count += count;
        }
        Some(number)
    }

    /// Whether there are more categories than can be known.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflow
    }

    /// Number of distinct categories.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.entries.len()
    }

    /// Hashes of the categories in the order of their numbers.
    #[must_use]
    pub fn hashes(&self) -> Vec<u64> {
        self.entries.iter().map(|e| e.hash).collect()
    }

    /// Freezes the dictionary: the most frequent categories are kept, ties by label (methods.md A.4). Returns the
    /// grid and the profile of what was counted.
    #[must_use]
    pub fn finish(self) -> (CategoryGrid, CategoricalProfile) {
        let mut entries = self.entries;
        entries.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)).then(a.hash.cmp(&b.hash)));
        let rest = entries.split_off(entries.len().min(CATEGORIES_KEPT));
        let mut counts: Vec<u64> = entries.iter().map(|e| e.count).collect();
        counts.push(rest.iter().map(|e| e.count).sum());
        counts.push(0);
        let kept = entries.into_iter().map(|e| (e.label, e.hash)).collect();
        let grid = CategoryGrid::new(kept, rest.into_iter().map(|e| e.hash));
        let profile = CategoricalProfile { grid_id: grid.id(), counts, unseen: UnseenNames::default() };
        (grid, profile)
    }
}

/// Counts per bin of a [`CategoryGrid`]: kept categories, `other`, `unseen`. Integers: merges and subtracts exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoricalProfile {
    pub(crate) grid_id: u64,
    pub(crate) counts: Vec<u64>,
    pub(crate) unseen: UnseenNames,
}

impl CategoricalProfile {
    /// The empty profile over `grid`.
    #[must_use]
    pub fn empty(grid: &CategoryGrid) -> Self {
        Self { grid_id: grid.id(), counts: vec![0; grid.bins()], unseen: UnseenNames::default() }
    }

    /// Adds `count` rows of `value`.
    pub fn add(&mut self, grid: &CategoryGrid, value: &str, count: u64) {
        let hash = hash_bytes(value.as_bytes());
        let bin = grid.bin_of(hash);
        self.add_bin(bin, count);
        if bin == grid.unseen_bin() {
            self.unseen.add(hash, value, count);
        }
    }

    /// Adds `count` rows to a bin.
    pub fn add_bin(&mut self, bin: usize, count: u64) {
        if let Some(sum) = self.counts.get_mut(bin) {
            *sum += count;
        }
    }

    /// Counts per bin.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Values counted.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Unseen values by name with their counts, most frequent first. All of them while there are at most 64 distinct.
    #[must_use]
    pub fn unseen_names(&self) -> Vec<(&str, u64)> {
        let mut names: Vec<(&str, u64)> = self.unseen.names.values().map(|(label, n)| (label.as_str(), *n)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        names
    }

    /// Adds all of `other`.
    ///
    /// # Errors
    /// [`ProfileError::GridMismatch`] on different dictionaries.
    pub fn merge(&mut self, other: &Self) -> Result<(), ProfileError> {
        self.check(other)?;
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.unseen.merge(&other.unseen);
        Ok(())
    }

    /// Takes away `other`, which must have been added before. Names of unseen values keep their counts' difference.
    ///
    /// # Errors
    /// [`ProfileError::GridMismatch`] on different dictionaries, [`ProfileError::NotContained`] when a bin of `other`
    /// has more rows.
    pub fn subtract(&mut self, other: &Self) -> Result<(), ProfileError> {
        self.check(other)?;
        if self.counts.iter().zip(&other.counts).any(|(a, b)| a < b) {
            return Err(ProfileError::NotContained);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a -= b);
        self.unseen.subtract(&other.unseen);
        Ok(())
    }

    fn check(&self, other: &Self) -> Result<(), ProfileError> {
        let same = self.grid_id == other.grid_id && self.counts.len() == other.counts.len();
        if same { Ok(()) } else { Err(ProfileError::GridMismatch) }
    }
}

/// The unseen values with the smallest hashes and their exact counts: bounded, and blind to order and split.
///
/// A value whose hash is among the smallest at the end was so from its first row on, so its count is complete.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct UnseenNames {
    pub(crate) names: BTreeMap<u64, (String, u64)>,
}

impl UnseenNames {
    fn add(&mut self, hash: u64, value: &str, count: u64) {
        if let Some((_, sum)) = self.names.get_mut(&hash) {
            *sum += count;
        } else if self.names.len() < UNSEEN_NAMED || self.names.last_key_value().is_some_and(|(&last, _)| hash < last) {
            self.names.insert(hash, (label_of(value), count));
            self.trim();
        }
    }

    fn merge(&mut self, other: &Self) {
        for (&hash, (label, count)) in &other.names {
            self.names.entry(hash).or_insert_with(|| (label.clone(), 0)).1 += count;
        }
        self.trim();
    }

    fn subtract(&mut self, other: &Self) {
        for (hash, (_, count)) in &other.names {
            let left = self.names.get_mut(hash).map(|(_, sum)| {
                *sum = sum.saturating_sub(*count);
                *sum
            });
            if left == Some(0) {
                self.names.remove(hash);
            }
        }
    }

    fn trim(&mut self) {
        while self.names.len() > UNSEEN_NAMED {
            self.names.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(values: &[(&str, u64)]) -> (CategoryGrid, CategoricalProfile) {
        let mut census = CategoryCensus::default();
        values.iter().for_each(|(v, n)| {
            census.add(v, *n);
        });
        census.finish()
    }

    #[test]
    fn most_frequent_are_kept_and_ties_go_by_label() {
        let many: Vec<(String, u64)> = (0..150).map(|i| (format!("c{i:03}"), 1)).collect();
        let mut values: Vec<(&str, u64)> = many.iter().map(|(v, n)| (v.as_str(), *n)).collect();
        values.push(("big", 9));
        let (grid, profile) = census(&values);
        assert_eq!((grid.labels()[0].as_str(), grid.labels()[1].as_str()), ("big", "c000"));
        assert_eq!(profile.counts()[grid.other_bin()], 51);
        assert_eq!(profile.n(), 159);
    }

    #[test]
    fn unseen_values_are_counted_and_named() {
        let (grid, _) = census(&[("a", 3), ("", 1)]);
        let mut profile = CategoricalProfile::empty(&grid);
        for value in ["a", "", "é", "é", "z"] {
            profile.add(&grid, value, 1);
        }
        assert_eq!(profile.counts(), [1, 1, 0, 3]);
        assert_eq!(profile.unseen_names(), [("é", 2), ("z", 1)]);
    }

    #[test]
    fn merge_then_subtract_returns_the_start() {
        let (grid, _) = census(&[("a", 3)]);
        let of = |values: &[&str]| {
            let mut p = CategoricalProfile::empty(&grid);
            values.iter().for_each(|v| p.add(&grid, v, 1));
            p
        };
        let (start, more) = (of(&["a", "x"]), of(&["a", "y", "x"]));
        let mut sum = start.clone();
        sum.merge(&more).unwrap();
        sum.subtract(&more).unwrap();
        assert_eq!(sum, start);
        assert_eq!(sum.subtract(&of(&["a", "a"])), Err(ProfileError::NotContained));
        assert_eq!(sum.merge(&census(&[("b", 1)]).1), Err(ProfileError::GridMismatch));
    }

    #[test]
    fn too_many_categories_overflow_without_growing() {
        let mut census = CategoryCensus::default();
        for i in 0..CATEGORIES_KNOWN_MAX + 10 {
            census.add(&i.to_string(), 1);
        }
        assert!(census.overflowed());
        assert_eq!(census.distinct(), CATEGORIES_KNOWN_MAX);
    }
}
