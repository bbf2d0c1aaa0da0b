//! A uniform sample of rows that any number of processes agree on without talking: the rows with the smallest hashes.

use std::collections::BTreeMap;

use crate::hash::mix;

/// Rows in the sample.
pub const SAMPLE_ROWS: usize = 1000;

/// Hash of a row by its number, for rows without an id.
#[must_use]
pub fn row_hash(seed: u64, row: u64) -> u64 {
    mix(seed ^ mix(row))
}

/// The values of the rows with the 1,000 smallest hashes (bottom-k; Cohen & Kaplan 2007).
///
/// Uniform without replacement over distinct rows; a repeated row changes nothing; merging is a union. The same rows
/// are taken in every column that is sampled with the same hashes. One more row is kept as the threshold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HashSample {
    rows: BTreeMap<u64, f64>,
}

impl HashSample {
    /// Whether a row with this hash would be taken.
    #[inline]
    #[must_use]
    pub fn wants(&self, hash: u64) -> bool {
        self.rows.len() <= SAMPLE_ROWS || self.rows.last_key_value().is_some_and(|(&last, _)| hash < last)
    }

    /// Offers a row.
    #[inline]
    pub fn offer(&mut self, hash: u64, value: f64) {
        if self.wants(hash) {
            self.rows.insert(hash, value + 0.0);
            self.trim();
        }
    }

    /// The union with `other`.
    pub fn merge(&mut self, other: &Self) {
        self.rows.extend(&other.rows);
        self.trim();
    }

    fn trim(&mut self) {
        while self.rows.len() > SAMPLE_ROWS + 1 {
            self.rows.pop_last();
        }
    }

    /// The sampled values, ascending.
    #[must_use]
    pub fn sorted_values(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.rows.values().copied().take(SAMPLE_ROWS).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = (u64, f64)> + '_ {
        self.rows.iter().map(|(&hash, &value)| (hash, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: impl Iterator<Item = u64>) -> HashSample {
        let mut sample = HashSample::default();
        rows.for_each(|row| sample.offer(row_hash(7, row), row as f64));
        sample
    }

    #[test]
    fn split_order_and_repeats_do_not_matter() {
        let all = sample(0..20_000);
        assert_eq!(all, sample((0..20_000).rev().chain(0..500)));
        let mut merged = sample(0..9_000);
        merged.merge(&sample(9_000..20_000));
        assert_eq!(merged, all);
        assert_eq!(all.sorted_values().len(), SAMPLE_ROWS);
    }

    #[test]
    fn it_is_uniform_over_the_rows() {
        let mean = sample(0..100_000).sorted_values().iter().sum::<f64>() / SAMPLE_ROWS as f64;
        assert!((mean - 50_000.0).abs() < 4.0 * 100_000.0 / 12f64.sqrt() / 1000f64.sqrt(), "{mean}");
    }
}
