//! Null laws without closed form (W1, TVD, L∞), simulated once from a fixed table of normals.
//!
//! All results are for `√s = 1`: multiply by `√s`, `s = 1/n + 1/m`. One table serves every column and metric, so
//! thresholds of different columns share their simulation error and do not jump between runs.

use crate::random::{SplitMix64, Xoshiro256};

/// Bins held in the table; more are drawn on the fly from the same seed.
pub const BINS_STORED: usize = 204;
/// Draws worked on at a time, so that a block of all bins stays in cache.
const BLOCK: usize = 128;

/// Standard normals, `draws` for each bin, contiguous per bin.
#[derive(Debug, Clone)]
pub struct NullDraws {
    seed: u64,
    draws: usize,
    /// `normals[bin · draws + draw]`.
    normals: Vec<f64>,
}

impl NullDraws {
    /// A table of `draws` (at least 1; 2,000 is usual) normals for each of [`BINS_STORED`] bins.
    ///
    /// Bin `b` has its own generator, seeded from `seed` and `b`: results do not depend on how many bins are stored.
    #[must_use]
    pub fn new(seed: u64, draws: usize) -> Self {
        let draws = draws.max(1);
        let mut table = Self { seed, draws, normals: Vec::new() };
        table.normals = (0..BINS_STORED).flat_map(|bin| table.column(bin)).collect();
        table
    }

    /// Number of draws.
    #[must_use]
    pub const fn draws(&self) -> usize {
        self.draws
    }

    fn column(&self, bin: usize) -> Vec<f64> {
        let mut words = SplitMix64::new(self.seed ^ (bin as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut generator = Xoshiro256::new(words.next_u64());
        (0..self.draws).map(|_| generator.normal()).collect()
    }

    /// Sorted draws of the W1 null `∫ |B(F(x))| dx`, `B` a Brownian bridge known at the bins' edges.
    ///
    /// * `shares`: reference shares of the `B` bins, summing to 1.
    /// * `widths`: width of each bin in the unit of the column, the outer two cut at the reference's min and max.
    /// * Statistic: `Σ_b w_b (|B_{b−1}| + |B_b|)/2`, increments Gaussian with variance `p_b`, pinned at both ends.
    ///
    /// Bins missing in the shorter slice, and shares or widths that are negative or not finite, count as 0.
    ///
    /// Source: del Barrio, Giné & Matrán 1999, <https://doi.org/10.1214/aop/1022677394>.
    #[must_use]
    pub fn bridge_sample(&self, shares: &[f64], widths: &[f64]) -> Vec<f64> {
        let bins = shares.len().min(widths.len());
        let (shares, widths) = (cleaned(&shares[..bins]), cleaned(&widths[..bins]));
        let roots: Vec<f64> = shares.iter().map(|share| share.sqrt()).collect();
        let cumulative: Vec<f64> = running(&shares);
        self.sample(bins, |z, out| {
            let mut total = [0.0; BLOCK];
            add_scaled(&mut total, z, &roots);
            let (mut walk, mut last) = ([0.0_f64; BLOCK], [0.0_f64; BLOCK]);
            for bin in 0..bins {
                let (root, height, half) = (roots[bin], cumulative[bin], 0.5 * widths[bin]);
                let column = &z[bin];
                for d in 0..BLOCK {
                    walk[d] += root * column[d];
                    let bridge = (walk[d] - height * total[d]).abs();
                    out[d] += half * (last[d] + bridge);
                    last[d] = bridge;
                }
            }
        })
    }

    /// Quantiles `κ` of [`NullDraws::bridge_sample`] at `probs`; the W1 threshold is `κ·√s`.
    #[must_use]
    pub fn bridge_quantiles(&self, shares: &[f64], widths: &[f64], probs: &[f64]) -> Vec<f64> {
        quantiles(&self.bridge_sample(shares, widths), probs)
    }

    /// Sorted draws of the TVD null `½ Σ_b |Z_b|`, `Z` Gaussian with the covariance of multinomial shares.
    #[must_use]
    pub fn tvd_sample(&self, shares: &[f64]) -> Vec<f64> {
        self.multinomial_sample(shares, |sum, z| sum + 0.5 * z)
    }

    /// Quantiles of [`NullDraws::tvd_sample`] at `probs`.
    #[must_use]
    pub fn tvd_quantiles(&self, shares: &[f64], probs: &[f64]) -> Vec<f64> {
        quantiles(&self.tvd_sample(shares), probs)
    }

    /// Sorted draws of the L∞ null `max_b |Z_b|`, `Z` as in [`NullDraws::tvd_sample`].
    #[must_use]
    pub fn linf_sample(&self, shares: &[f64]) -> Vec<f64> {
        self.multinomial_sample(shares, f64::max)
    }

    /// Quantiles of [`NullDraws::linf_sample`] at `probs`.
    #[must_use]
    pub fn linf_quantiles(&self, shares: &[f64], probs: &[f64]) -> Vec<f64> {
        quantiles(&self.linf_sample(shares), probs)
    }

    /// `Z_b = √p_b z_b − p_b Σ_c √p_c z_c`, folded over bins by `fold(so far, |Z_b|)`.
    fn multinomial_sample(&self, shares: &[f64], fold: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let shares = cleaned(shares);
        let roots: Vec<f64> = shares.iter().map(|share| share.sqrt()).collect();
        self.sample(shares.len(), |z, out| {
            let mut total = [0.0; BLOCK];
            add_scaled(&mut total, z, &roots);
            for bin in 0..shares.len() {
                for d in 0..BLOCK {
                    out[d] = fold(out[d], (roots[bin] * z[bin][d] - shares[bin] * total[d]).abs());
                }
            }
        })
    }

    /// Runs `kernel(normals of a block per bin, statistics of the block)` over all blocks of draws, and sorts.
    fn sample(&self, bins: usize, kernel: impl Fn(&[&[f64; BLOCK]], &mut [f64; BLOCK])) -> Vec<f64> {
        let extra: Vec<Vec<f64>> = (BINS_STORED..bins).map(|bin| self.column(bin)).collect();
        let column = |bin: usize| match bin.checked_sub(BINS_STORED) {
            None => &self.normals[bin * self.draws..(bin + 1) * self.draws],
            Some(beyond) => &extra[beyond][..],
        };
        let mut all = Vec::with_capacity(self.draws);
        let mut start = 0;
        while start < self.draws {
            let length = BLOCK.min(self.draws - start);
            // The last, short block is padded with zeros so that the kernels have one fixed length.
            let padded: Vec<[f64; BLOCK]> = if length < BLOCK {
                (0..bins).map(|bin| pad(&column(bin)[start..start + length])).collect()
            } else {
                Vec::new()
            };
            let empty = [0.0; BLOCK];
            let block: Vec<&[f64; BLOCK]> = (0..bins)
                .map(|bin| padded.get(bin).unwrap_or_else(|| column(bin)[start..].first_chunk().unwrap_or(&empty)))
                .collect();
            let mut out = [0.0; BLOCK];
            kernel(&block, &mut out);
            all.extend_from_slice(&out[..length]);
            start += length;
        }
        all.sort_unstable_by(f64::total_cmp);
        all
    }
}

fn pad(values: &[f64]) -> [f64; BLOCK] {
    let mut block = [0.0; BLOCK];
    block[..values.len()].copy_from_slice(values);
    block
}

fn add_scaled(total: &mut [f64; BLOCK], columns: &[&[f64; BLOCK]], roots: &[f64]) {
    for (column, &root) in columns.iter().zip(roots) {
        for d in 0..BLOCK {
            total[d] += root * column[d];
        }
    }
}

fn cleaned(values: &[f64]) -> Vec<f64> {
    values.iter().map(|&value| if value.is_finite() { value.max(0.0) } else { 0.0 }).collect()
}

fn running(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    values
        .iter()
        .map(|value| {
            sum += value;
            sum
        })
        .collect()
}

/// Quantiles of an ascending sample: the least value with at least a share `p` of the sample at or below it.
/// `p` is moved into `[0, 1]` (NaN to 0); an empty sample gives 0.
#[must_use]
pub fn quantiles(sorted: &[f64], probs: &[f64]) -> Vec<f64> {
    let at = |&p: &f64| {
        let rank = (p * sorted.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        sorted.get(rank.min(sorted.len()).saturating_sub(1)).copied().unwrap_or(0.0)
    };
    probs.iter().map(at).collect()
}

/// Simulated p-value of a statistic in the sample's scale: `(1 + #{draws ≥ value})/(draws + 1)`. NaN counts as 1.
#[must_use]
pub fn p_value(sorted: &[f64], value: f64) -> f64 {
    if value.is_nan() {
        return 1.0;
    }
    let below = sorted.partition_point(|&draw| draw < value);
    (1 + sorted.len() - below) as f64 / (sorted.len() + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::{normal_cdf, normal_quantile};

    fn normal_bins(bins: usize) -> (Vec<f64>, Vec<f64>) {
        // 199 quantile edges of N(0,1), outer limits of some 10,000 values.
        let mut edges = vec![-3.9];
        edges.extend((1..bins).map(|j| normal_quantile(j as f64 / bins as f64)));
        edges.push(3.9);
        let widths = edges.windows(2).map(|pair| pair[1] - pair[0]).collect();
        (vec![1.0 / bins as f64; bins], widths)
    }

    #[test]
    fn bridge_of_the_normal() {
        let table = NullDraws::new(1, 20_000);
        let (shares, widths) = normal_bins(200);
        let sample = table.bridge_sample(&shares, &widths);
        let mean = sample.iter().sum::<f64>() / sample.len() as f64;
        assert!((mean - 1.28838).abs() < 0.02, "{mean}");
        let kappa = table.bridge_quantiles(&shares, &widths, &[0.95, 0.99]);
        assert!((kappa[0] - 2.11).abs() < 0.06 && (kappa[1] - 2.66).abs() < 0.12, "{kappa:?}");
    }

    #[test]
    fn two_bins_are_a_half_normal() {
        // One free proportion: TVD = |Z|, Z ~ N(0, p(1-p)).
        let table = NullDraws::new(3, 50_000);
        for (name, got) in
            [("tvd", table.tvd_quantiles(&[0.3, 0.7], &[0.95])), ("linf", table.linf_quantiles(&[0.3, 0.7], &[0.95]))]
        {
            let expected = 1.959_964 * 0.21_f64.sqrt();
            assert!((got[0] / expected - 1.0).abs() < 0.02, "{name} {got:?} {expected}");
        }
        let mean = table.tvd_sample(&[0.25; 4]).iter().sum::<f64>() / 50_000.0;
        let formula = 4.0 * (0.25 * 0.75 / (2.0 * std::f64::consts::PI)).sqrt();
        assert!((mean / formula - 1.0).abs() < 0.01, "{mean} {formula}");
    }

    #[test]
    fn any_number_of_bins_and_draws() {
        let table = NullDraws::new(9, 130);
        assert_eq!(table.tvd_sample(&vec![1.0 / 300.0; 300]).len(), 130);
        assert_eq!(table.tvd_sample(&[]), vec![0.0; 130]);
        assert!(table.bridge_sample(&[f64::NAN, 1.0], &[1.0, f64::INFINITY]).iter().all(|v| v.is_finite()));
        assert_eq!(NullDraws::new(9, 0).draws(), 1);
    }

    #[test]
    fn quantile_and_p_value() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantiles(&sorted, &[0.0, 0.25, 0.26, 1.0, 2.0, f64::NAN]), [1.0, 1.0, 2.0, 4.0, 4.0, 1.0]);
        assert_eq!(quantiles(&[], &[0.5]), [0.0]);
        assert_eq!(p_value(&sorted, 3.5), 0.4);
        assert_eq!(p_value(&sorted, f64::NAN), 1.0);
        assert!(normal_cdf(0.0) == 0.5);
    }
}
