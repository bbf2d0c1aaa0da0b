//! Circular block bootstrap: series with the short-range dependence of the one that was seen.

use crate::random::Xoshiro256;

/// `length` values made of blocks of `block` consecutive values of `series`, which is taken as a circle; starts are
/// uniform.
///
/// Empty when `series` is. A block of 0 counts as 1.
///
/// Source: Politis & Romano 1992, in *Exploring the Limits of Bootstrap*; Lahiri 1999,
/// <https://doi.org/10.1214/aos/1018031117>.
#[must_use]
pub fn circular_blocks(series: &[f64], block: usize, length: usize, generator: &mut Xoshiro256) -> Vec<f64> {
    let mut values = Vec::new();
    if series.is_empty() {
        return values;
    }
    while values.len() < length {
        let start = generator.below(series.len() as u64) as usize;
        let taken = block.max(1).min(length - values.len());
        values.extend((0..taken).map(|offset| series[(start + offset) % series.len()]));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_circle() {
        let series: Vec<f64> = (0..10).map(f64::from).collect();
        let got = circular_blocks(&series, 4, 10, &mut Xoshiro256::new(1));
        assert_eq!(got.len(), 10);
        for block in got.chunks(4) {
            assert!(block.windows(2).all(|pair| (pair[0] + 1.0) % 10.0 == pair[1]), "{got:?}");
        }
        assert_eq!(circular_blocks(&series, 4, 10, &mut Xoshiro256::new(1)), got);
        assert!(circular_blocks(&[], 4, 10, &mut Xoshiro256::new(1)).is_empty());
        assert_eq!(circular_blocks(&[7.0], 0, 3, &mut Xoshiro256::new(1)), [7.0; 3]);
    }

    #[test]
    fn keeps_mean_and_dependence() {
        let mut generator = Xoshiro256::new(5);
        let mut x = 0.0;
        let series: Vec<f64> = (0..20_000)
            .map(|_| {
                x = 0.8 * x + generator.normal();
                x
            })
            .collect();
        let correlation = |series: &[f64]| {
            let mean = series.iter().sum::<f64>() / series.len() as f64;
            let of = |lag: usize| series.iter().zip(&series[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
            of(1) / of(0)
        };
        let drawn = circular_blocks(&series, 48, 20_000, &mut generator);
        // One pair in 48 is broken.
        assert!((correlation(&drawn) - correlation(&series) * 47.0 / 48.0).abs() < 0.02);
    }
}
