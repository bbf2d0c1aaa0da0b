//! Plan for a slow or small shift of a column, from bin counts alone.
//!
//! Rows are mapped through the reference's distribution function on the frozen bins: bin `b` stands for
//! `u_b = (F_{b−1} + F_b)/2`. Without drift the mean of `u` is ½ for any distribution, ties included; nothing need be
//! bounded, and the result does not change under monotone transforms of the column. Location is bet on with `u`, spread
//! with `v = (2u − 1)²`, each up and down, against a band of tolerance.

use super::SequentialError;
use super::bets::{Bet, LogTable, Variance, doubling, downward_grid, upward_grid};
use super::episode::Totals;

/// Default tolerance of the mean of `u`: 0.02 is a shift of about 0.07 deviations of a normal.
pub const DEFAULT_TOLERANCE: f64 = 0.02;
/// Variances of `u` and of `v` for a uniform `u`.
const VARIANCES: [f64; 2] = [1.0 / 12.0, 4.0 / 45.0];
const DELTA_MIN: f64 = 0.02;
const BETS: usize = 4;

/// One of the four one-sided hypotheses; bets come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Values have become greater.
    LocationUp,
    /// Values have become smaller.
    LocationDown,
    /// Values lie farther out.
    SpreadUp,
    /// Values lie closer to the middle.
    SpreadDown,
}

/// A band in which the mean of `u` or `v` may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Lower end: the bound of the downward bets.
    pub lo: f64,
    /// Upper end: the bound of the upward bets.
    pub hi: f64,
}

/// How many rows the reference has, and what may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PitSettings {
    /// Tolerance of the mean of `u`.
    pub location: f64,
    /// Tolerance of the mean of `v`.
    pub spread: f64,
    /// Whether three standard errors of the reference are added to both.
    pub with_reference_noise: bool,
}

impl Default for PitSettings {
    fn default() -> Self {
        Self { location: DEFAULT_TOLERANCE, spread: DEFAULT_TOLERANCE, with_reference_noise: true }
    }
}

/// The plan of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Pit {
    values: Vec<f64>,
    bands: [Band; 2],
    sides: Vec<Side>,
    bets: Vec<Bet>,
    table: Vec<LogTable>,
}

impl Pit {
    /// A plan for the reference's `counts` a bin, in the order of values.
    ///
    /// # Errors
    /// [`SequentialError::EmptyReference`] without rows; [`SequentialError::Parameter`] for a negative tolerance.
    /// [`SequentialError::Theta`] when tolerance and noise leave no room for a change, as with a reference of a few
    /// rows.
    pub fn new(counts: &[u64], settings: PitSettings) -> Result<Self, SequentialError> {
        let rows = counts.iter().fold(0_u64, |sum, &count| sum.saturating_add(count));
        if rows == 0 {
            return Err(SequentialError::EmptyReference);
        }
        let values = mid_distribution(counts, rows as f64);
        let squares: Vec<f64> = values.iter().map(|u| (2.0 * u - 1.0).powi(2)).collect();
        let mean = |values: &[f64]| values.iter().zip(counts).map(|(x, &n)| x * n as f64).sum::<f64>() / rows as f64;
        let mut plan = Self {
            bands: [Band { lo: 0.0, hi: 1.0 }; 2],
            sides: Vec::new(),
            bets: Vec::new(),
            table: Vec::new(),
            values: Vec::new(),
        };
        let parts = [(&values, settings.location), (&squares, settings.spread)];
        for (index, (representatives, tolerance)) in parts.into_iter().enumerate() {
            if !(tolerance >= 0.0 && tolerance.is_finite()) {
                let expected = "a number ≥ 0";
                return Err(SequentialError::Parameter { what: "tolerance", found: tolerance, expected });
            }
            let noise = 3.0 * (VARIANCES[index] / rows as f64).sqrt();
            let room = tolerance + if settings.with_reference_noise { noise } else { 0.0 };
            let centre = mean(representatives);
            plan.bands[index] = Band { lo: centre - room, hi: centre + room };
            plan.add(index, representatives)?;
        }
        plan.values = values;
        Ok(plan)
    }

    /// Adds the bets of one variable. A side whose bound cannot be passed has none.
    fn add(&mut self, index: usize, representatives: &[f64]) -> Result<(), SequentialError> {
        let variance = Variance::Reference(VARIANCES[index]);
        let deltas = doubling(DELTA_MIN, BETS);
        let Band { lo, hi } = self.bands[index];
        let [up, down] =
            if index == 0 { [Side::LocationUp, Side::LocationDown] } else { [Side::SpreadUp, Side::SpreadDown] };
        let (greater, smaller) = (hi < 1.0, lo > 0.0);
        if !greater && !smaller {
            return Err(SequentialError::Theta(hi));
        }
        let mut bets = if greater { upward_grid(hi, &deltas, variance)? } else { Vec::new() };
        self.sides.extend(std::iter::repeat_n(up, bets.len()));
        let below = if smaller { downward_grid(lo, &deltas, variance)? } else { Vec::new() };
        self.sides.extend(std::iter::repeat_n(down, below.len()));
        bets.extend(below);
        self.table.push(LogTable::new(&bets, representatives)?);
        self.bets.extend(bets);
        Ok(())
    }

    /// Log wealth of a window with these counts a bin, one number a bet. For an [`EDetector`](super::EDetector) of
    /// equal weights.
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bins.
    pub fn log_wealth(&self, counts: &[u64]) -> Result<Vec<f64>, SequentialError> {
        let mut all = Vec::with_capacity(self.bets.len());
        for table in &self.table {
            all.extend(table.log_wealth(counts)?);
        }
        Ok(all)
    }

    /// The bets, in the order of [`Pit::log_wealth`].
    #[must_use]
    pub fn bets(&self) -> &[Bet] {
        &self.bets
    }

    /// What a bet was on: the meaning of [`EDetector::leading_bet`](super::EDetector::leading_bet).
    #[must_use]
    pub fn side(&self, bet: usize) -> Option<Side> {
        self.sides.get(bet).copied()
    }

    /// The value `u_b` of each bin.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Tolerated bands of the mean of `u` and of `v`.
    #[must_use]
    pub fn bands(&self) -> [Band; 2] {
        self.bands
    }

    /// Sums of `u` and of `v` in a window, for [`Totals::interval`]: the estimates to show with an alarm.
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bins.
    pub fn totals(&self, counts: &[u64]) -> Result<[Totals; 2], SequentialError> {
        let (found, expected) = (counts.len(), self.values.len());
        if found != expected {
            return Err(SequentialError::Length { what: "bins", found, expected });
        }
        let of = |value: fn(f64) -> f64| {
            self.values.iter().zip(counts).fold(Totals::default(), |sums, (&u, &rows)| {
                let (x, n) = (value(u), rows as f64);
                sums.plus(Totals { rows, sum: n * x, sum_of_squares: n * x * x })
            })
        };
        Ok([of(|u| u), of(|u| (2.0 * u - 1.0).powi(2))])
    }
}

/// `u_b = (F_{b−1} + F_b)/2`, from whole counts so that nothing is rounded twice.
fn mid_distribution(counts: &[u64], rows: f64) -> Vec<f64> {
    let mut below = 0_u64;
    let mut value = |&count: &u64| {
        let upper = below.saturating_add(count);
        let twice = below as f64 + upper as f64;
        below = upper;
        0.5 * twice / rows
    };
    counts.iter().map(&mut value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::sequential::{EDetector, Recursion};
    use proptest::prelude::*;

    const EXACT: PitSettings = PitSettings { location: 0.02, spread: 0.02, with_reference_noise: false };

    #[test]
    fn example_of_the_specification() {
        let plan = Pit::new(&[25; 4], EXACT).unwrap();
        assert_eq!(plan.values(), [0.125, 0.375, 0.625, 0.875]);
        let ell = plan.log_wealth(&[10, 20, 30, 40]).unwrap();
        // Δ = 0.08 is the third of four bets of each side.
        let expected = [
            (2, 0.891530460624, 6.573866846627, Side::LocationUp),
            (6, -0.891530460624, -16.977477662573, Side::LocationDown),
            (10, 0.839552238806, -4.025436327368, Side::SpreadUp),
            (14, -0.839552238806, -4.025436327368, Side::SpreadDown),
        ];
        for (index, lambda, wealth, side) in expected {
            assert!((plan.bets()[index].lambda() - lambda).abs() < 1e-12, "{index}");
            assert!((ell[index] - wealth).abs() < 1e-11, "{index}: {}", ell[index]);
            assert_eq!(plan.side(index), Some(side));
        }
        assert_eq!((ell.len(), plan.side(16)), (16, None));
        let [location, _] = plan.totals(&[10, 20, 30, 40]).unwrap();
        assert_eq!((location.rows, location.sum), (100, 62.5));
    }

    #[test]
    fn degenerate_references() {
        assert_eq!(Pit::new(&[0, 0], EXACT), Err(SequentialError::EmptyReference));
        assert_eq!(Pit::new(&[], EXACT), Err(SequentialError::EmptyReference));
        // One constant bin: u = ½ always, v = 0: only more spread can be bet on, and rows elsewhere are seen.
        let plan = Pit::new(&[0, 100, 0], EXACT).unwrap();
        assert_eq!(plan.values(), [0.0, 0.5, 1.0]);
        assert!(plan.side(8) == Some(Side::SpreadUp) && !plan.sides.contains(&Side::SpreadDown));
        assert!(plan.log_wealth(&[0, 0, 100]).unwrap().iter().any(|&ell| ell > 50.0));
        assert!(Pit::new(&[1, 1], PitSettings::default()).is_err());
        assert!(plan.log_wealth(&[1]).is_err() && plan.totals(&[1]).is_err());
        assert!(Pit::new(&[9, 9], PitSettings { location: f64::NAN, ..EXACT }).is_err());
    }

    #[test]
    fn finds_a_small_shift_and_tells_its_side() {
        let mut generator = Xoshiro256::new(4);
        let bin = |x: f64| (crate::special::normal_cdf(x) * 10.0) as usize;
        let mut counts = |rows: usize, shift: f64, scale: f64| {
            let mut counts = [0_u64; 10];
            for _ in 0..rows {
                counts[bin(scale * generator.normal() + shift).min(9)] += 1;
            }
            counts
        };
        let reference = counts(10_000, 0.0, 1.0);
        let plan = Pit::new(&reference, PitSettings::default()).unwrap();
        for (shift, scale, side) in [
            (0.3, 1.0, Side::LocationUp),
            (-0.3, 1.0, Side::LocationDown),
            (0.0, 1.4, Side::SpreadUp),
            (0.0, 0.7, Side::SpreadDown),
        ] {
            let mut detector = EDetector::new(Recursion::ShiryaevRoberts, plan.bets().len()).unwrap();
            for at in 0..200 {
                let wealth = plan.log_wealth(&counts(100, 0.0, 1.0)).unwrap();
                assert!(detector.update(at, &wealth).unwrap() < 1_000_f64.ln());
            }
            let found = (200..300).find(|&at| {
                detector.update(at, &plan.log_wealth(&counts(100, shift, scale)).unwrap()).unwrap() >= 1_000_f64.ln()
            });
            assert!(found.is_some_and(|at| at < 212), "{side:?} {found:?}");
            assert_eq!(plan.side(detector.leading_bet().unwrap()), Some(side));
            assert!((195..=203).contains(&detector.change_time().unwrap()), "{side:?} {:?}", detector.change_time());
        }
    }

    proptest! {
        /// The mean of u is ½ whatever the reference, and the reference itself never wins a bet.
        #[test]
        fn the_reference_is_no_drift(counts in prop::collection::vec(0u64..1_000, 1..20)) {
            prop_assume!(counts.iter().sum::<u64>() > 0);
            let plan = Pit::new(&counts, EXACT).unwrap();
            let [location, spread] = plan.totals(&counts).unwrap();
            prop_assert!((location.sum / location.rows as f64 - 0.5).abs() < 1e-12);
            prop_assert!(plan.bands()[1].lo <= spread.sum / spread.rows as f64);
            prop_assert!(plan.log_wealth(&counts).unwrap().iter().all(|&ell| ell < 1e-9));
        }
    }
}
