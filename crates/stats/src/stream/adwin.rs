//! ADWIN: a window that drops its old part when its halves differ.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Rows of buckets; row `i` holds sums over `2^i` observations, so this covers any stream.
const ROWS: usize = 64;
/// The most buckets a row may hold.
const BUCKETS: usize = 64;

/// Parameters of [`Adwin`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdwinParameters {
    /// Confidence of a cut, in `(0, 1)`.
    pub delta: f64,
    /// Observations between checks; 0 counts as 1.
    pub clock: u64,
    /// Buckets a row may hold before two are merged; 1 to 63.
    pub max_buckets: usize,
    /// The least observations on each side of a cut.
    pub min_window_length: u64,
    /// No check up to this width.
    pub grace_period: u64,
}

impl Default for AdwinParameters {
    fn default() -> Self {
        Self { delta: 0.002, clock: 32, max_buckets: 5, min_window_length: 5, grace_period: 10 }
    }
}

/// Sum and sum of squared deviations of the observations of one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    total: f64,
    variance: f64,
}

/// ADWIN2 for the mean of bounded observations.
///
/// Keeps an exponential histogram of the recent past, `O(log W)` buckets. A cut between an older and a newer part,
/// means `μ0`, `μ1`, holds when `|μ0 − μ1| > √(2/m·σ²·δ') + ⅔·δ'/m` with `δ' = ln(2 ln W/δ)` and `1/m = 1/(n0−l+1) +
/// 1/(n1−l+1)`, `l` the least length of a side. The bound holds for bounded observations only.
///
/// Source: Bifet & Gavaldà 2007, <https://doi.org/10.1137/1.9781611972771.42>.
#[derive(Debug, Clone, PartialEq)]
pub struct Adwin {
    parameters: AdwinParameters,
    /// Oldest bucket of a row first; the newest row is row 0.
    rows: Vec<Vec<Bucket>>,
    ticks: u64,
    width: u64,
    total: f64,
    variance: f64,
    status: Status,
}

impl Adwin {
    /// A fresh detector. Parameters out of range are moved to its border.
    #[must_use]
    pub fn new(parameters: AdwinParameters) -> Self {
        let parameters = AdwinParameters {
            clock: parameters.clock.max(1),
            max_buckets: parameters.max_buckets.clamp(1, BUCKETS - 1),
            min_window_length: parameters.min_window_length.max(1),
            ..parameters
        };
        Self {
            parameters,
            rows: vec![Vec::new()],
            ticks: 0,
            width: 0,
            total: 0.0,
            variance: 0.0,
            status: Status::Stable,
        }
    }

    /// Observations in the window.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.width
    }

    /// Mean of the window; 0 when it is empty.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.width == 0 { 0.0 } else { self.total / self.width as f64 }
    }

    /// Sum of squared deviations in the window.
    #[must_use]
    pub fn variance_sum(&self) -> f64 {
        self.variance
    }

    fn insert(&mut self, x: f64) {
        self.width = self.width.saturating_add(1);
        if self.width > 1 {
            let width = self.width as f64;
            let deviation = x - self.total / (width - 1.0);
            self.variance += (width - 1.0) * deviation * deviation / width;
        }
        self.total += x;
        self.rows[0].push(Bucket { total: x, variance: 0.0 });
    }

    /// Merges the two oldest buckets of each row that is over-full.
    fn compress(&mut self) {
        let full = self.parameters.max_buckets + 1;
        let mut index = 0;
        while self.rows[index].len() == full && index + 1 < ROWS {
            let size = (index as f64).exp2();
            let (old, new) = (self.rows[index][0], self.rows[index][1]);
            let gap = old.total / size - new.total / size;
            let variance = old.variance + new.variance + 0.5 * size * gap * gap;
            self.rows[index].drain(..2);
            if self.rows.len() == index + 1 {
                self.rows.push(Vec::new());
            }
            self.rows[index + 1].push(Bucket { total: old.total + new.total, variance });
            index += 1;
        }
    }

    fn is_cut(&self, n0: u64, u0: f64, n1: u64, u1: f64) -> bool {
        let least = self.parameters.min_window_length;
        if n0 < least || n1 < least {
            return false;
        }
        let width = self.width as f64;
        let confidence = (2.0 * width.ln() / self.parameters.delta).ln();
        let inverse = 1.0 / (n0 - least + 1) as f64 + 1.0 / (n1 - least + 1) as f64;
        let bound = (2.0 * inverse * (self.variance / width) * confidence).sqrt() + 2.0 / 3.0 * confidence * inverse;
        (u0 / n0 as f64 - u1 / n1 as f64).abs() > bound
    }

    /// Whether some cut of the window holds.
    fn has_cut(&self) -> bool {
        let (mut n0, mut u0, mut n1, mut u1) = (0_u64, 0.0, self.width, self.total);
        for (index, row) in self.rows.iter().enumerate().rev() {
            for (position, bucket) in row.iter().enumerate() {
                let size = 1_u64 << index;
                n0 = n0.saturating_add(size);
                n1 = n1.saturating_sub(size);
                u0 += bucket.total;
                u1 -= bucket.total;
                if index == 0 && position + 1 == row.len() {
                    return false;
                }
                if self.is_cut(n0, u0, n1, u1) {
                    return true;
                }
            }
        }
        false
    }

    fn drop_oldest(&mut self) {
        let last = self.rows.len() - 1;
        if self.rows[last].is_empty() {
            return;
        }
        let oldest = self.rows[last].remove(0);
        let size = (last as f64).exp2();
        self.width = self.width.saturating_sub(1 << last);
        self.total -= oldest.total;
        let width = self.width as f64;
        let gap = oldest.total / size - self.total / width;
        self.variance -= oldest.variance + size * width * gap * gap / (size + width);
        if self.rows[last].is_empty() && last > 0 {
            self.rows.pop();
        }
    }
}

impl Detector for Adwin {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        self.insert(x);
        self.compress();
        self.ticks = self.ticks.saturating_add(1);
        self.status = Status::Stable;
        if !self.ticks.is_multiple_of(self.parameters.clock) || self.width <= self.parameters.grace_period {
            return;
        }
        while self.has_cut() {
            self.status = Status::Drift;
            self.drop_oldest();
        }
    }
}

impl Checkpoint for Adwin {
    fn save(&self) -> Vec<u64> {
        let head = [self.status.word(), self.ticks, self.width, self.total.to_bits(), self.variance.to_bits()];
        let mut words = head.to_vec();
        words.push(self.rows.len() as u64);
        for row in &self.rows {
            words.push(row.len() as u64);
            words.extend(row.iter().flat_map(|bucket| [bucket.total.to_bits(), bucket.variance.to_bits()]));
        }
        words
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("ADWIN", words);
        let status = Status::read(&mut reader)?;
        let (ticks, width) = (reader.count()?, reader.count()?);
        let (total, variance) = (reader.float()?, reader.float()?);
        let mut rows = Vec::new();
        let mut held = 0_u64;
        for index in 0..reader.length(ROWS)? {
            let length = reader.length(self.parameters.max_buckets)?;
            held = held.saturating_add((length as u64).saturating_mul(1 << index));
            let mut row = Vec::with_capacity(length);
            for _ in 0..length {
                row.push(Bucket { total: reader.float()?, variance: reader.float()? });
            }
            rows.push(row);
        }
        if rows.is_empty() || held != width {
            return Err(reader.error("rows that hold the window"));
        }
        reader.end()?;
        *self = Self { parameters: self.parameters, rows, ticks, width, total, variance, status };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::detections;
    use crate::stream::tests::vectors;

    #[test]
    fn vectors_of_the_specification() {
        let (bits, real) = vectors();
        let adwin = || Adwin::new(AdwinParameters::default());
        assert_eq!(detections(&mut adwin(), bits), [2143, 4223]);
        assert_eq!(detections(&mut adwin(), real.clone()), [2079, 4127]);
        let mut every = Adwin::new(AdwinParameters { clock: 1, ..Default::default() });
        assert_eq!(detections(&mut every, real.clone()), [2074, 4119]);
        let mut first = adwin();
        assert!(detections(&mut first, real[..1_500].to_vec()).is_empty());
        assert_eq!(first.width(), 1_500);
        assert!((first.mean() - 0.49965404914200856).abs() < 1e-15);
        assert!((first.variance_sum() - 125.39352815731095).abs() < 1e-11);
    }
}
