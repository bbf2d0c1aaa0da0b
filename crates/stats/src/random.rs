//! Seeded generators: SplitMix64 (seeding, test vectors) and xoshiro256++ (simulation).
//!
//! Both are given by their authors as public-domain algorithms: <https://prng.di.unimi.it/>.
//! Not for secrets. The same seed gives the same stream on every platform.

use crate::special::normal_quantile;

/// Uniform in `[0, 1)` from the upper 53 bits of `bits`: a multiple of `2^-53`.
#[must_use]
pub fn unit_interval(bits: u64) -> f64 {
    const SCALE: f64 = 1.0 / (1u64 << 53) as f64;
    (bits >> 11) as f64 * SCALE
}

/// SplitMix64: one 64-bit state word, used to seed other generators and for the specification's vectors.
///
/// Source: Steele, Lea & Flood 2014, <https://doi.org/10.1145/2660193.2660195>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator with the given state; every seed, zero too, is good.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        unit_interval(self.next_u64())
    }
}

/// xoshiro256++: 256 bits of state, period `2^256 - 1`.
///
/// Source: Blackman & Vigna 2021, <https://doi.org/10.1145/3460772>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xoshiro256 {
    state: [u64; 4],
}

impl Xoshiro256 {
    /// A generator whose four words are the first four of SplitMix64 with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut words = SplitMix64::new(seed);
        Self { state: [words.next_u64(), words.next_u64(), words.next_u64(), words.next_u64()] }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// The next uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        unit_interval(self.next_u64())
    }

    /// A uniform integer in `0..bound`; 0 when `bound` is 0. Bias at most `bound / 2^64`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// The next standard normal, by inversion (one uniform each, so streams line up whatever is drawn).
    pub fn normal(&mut self) -> f64 {
        // The centre of the cell keeps 0 and 1 out.
        const HALF_CELL: f64 = 0.5 / (1u64 << 53) as f64;
        normal_quantile(self.uniform() + HALF_CELL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_vectors_of_the_specification() {
        let mut seed_42 = SplitMix64::new(42);
        assert_eq!(seed_42.uniform(), 0.741_564_878_771_823_3);
        assert_eq!(seed_42.uniform(), 0.159_910_392_876_920_1);
        assert_eq!(seed_42.uniform(), 0.278_601_130_255_138_66);
        let mut seed_1 = SplitMix64::new(1);
        assert_eq!(seed_1.uniform(), 0.566_561_575_172_280_9);
        assert_eq!(seed_1.uniform(), 0.745_781_757_262_701_1);
    }

    #[test]
    fn normal_has_the_right_moments() {
        let mut generator = Xoshiro256::new(7);
        let draws: Vec<f64> = (0..200_000).map(|_| generator.normal()).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / n;
        let fourth = draws.iter().map(|x| x.powi(4)).sum::<f64>() / n;
        assert!(mean.abs() < 0.01, "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
        assert!((fourth - 3.0).abs() < 0.1, "{fourth}");
    }

    #[test]
    fn below_stays_below() {
        let mut generator = Xoshiro256::new(1);
        assert!((0..1000).all(|_| generator.below(3) < 3));
        assert_eq!(generator.below(0), 0);
    }
}
