//! Bounds that depend on the hour: one grid of bets for each distinct `θ0`, one detector over all hours.

use super::SequentialError;
use super::bets::{Bet, Variance};

/// The largest share that is bet on.
const LARGEST: f64 = 0.95;

/// Bets by season slot, such as the hour of the day or of the week. The state is one
/// [`EDetector`](super::EDetector) whose recursion does not change: bet `k` of every hour feeds evidence `k`.
#[derive(Debug, Clone, PartialEq)]
pub struct SeasonalBets {
    grids: Vec<Vec<Bet>>,
    grid_of_slot: Vec<usize>,
}

impl SeasonalBets {
    /// Bets against `thetas[slot]` (upward), the same `deltas` in every slot.
    ///
    /// Deltas are cut where `θ0 + Δ` would pass 0.95 (or half of the way to 1), so every slot has the same number of
    /// bets.
    ///
    /// # Errors
    /// [`SequentialError::Length`] without slots or deltas, and the errors of [`Bet::upward`].
    pub fn new(thetas: &[f64], deltas: &[f64], variance: Variance) -> Result<Self, SequentialError> {
        if thetas.is_empty() || deltas.is_empty() {
            return Err(SequentialError::Length { what: "season slots and changes to bet on", found: 0, expected: 1 });
        }
        let mut distinct: Vec<f64> = thetas.to_vec();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let grid = |&theta: &f64| {
            let room = (LARGEST - theta).max(0.5 * (1.0 - theta));
            deltas.iter().map(|delta| Bet::upward(theta, delta.min(room), variance)).collect::<Result<Vec<Bet>, _>>()
        };
        let grids = distinct.iter().map(grid).collect::<Result<Vec<_>, _>>()?;
        let slot = |theta: &f64| distinct.partition_point(|other| other.total_cmp(theta).is_lt());
        Ok(Self { grids, grid_of_slot: thetas.iter().map(slot).collect() })
    }

    /// The bets of a slot, counted from 0; slots beyond the last begin again.
    #[must_use]
    pub fn bets(&self, slot: usize) -> &[Bet] {
        &self.grids[self.grid_of_slot[slot % self.grid_of_slot.len()]]
    }

    /// Number of distinct bounds.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.grids.len()
    }

    /// Number of bets in every slot.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bets(0).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::sequential::bets::{doubling, log_wealth_of_counts};
    use crate::sequential::{EDetector, Recursion};

    #[test]
    fn one_grid_a_bound() {
        let thetas: Vec<f64> = (0..24).map(|hour| if hour < 8 { 0.15 } else { 0.08 }).collect();
        let bets = SeasonalBets::new(&thetas, &doubling(0.02, 4), Variance::Binary).unwrap();
        assert_eq!((bets.distinct(), bets.count()), (2, 4));
        assert_eq!((bets.bets(3)[0].theta(), bets.bets(9)[0].theta(), bets.bets(24)[0].theta()), (0.15, 0.08, 0.15));
        assert_eq!(SeasonalBets::new(&[0.9, 0.5], &doubling(0.1, 4), Variance::Binary).unwrap().count(), 4);
        assert!(SeasonalBets::new(&[], &[0.1], Variance::Binary).is_err());
        assert!(SeasonalBets::new(&[0.5, f64::NAN], &[0.1], Variance::Binary).is_err());
        assert!(SeasonalBets::new(&[0.5], &[], Variance::Binary).is_err());
    }

    #[test]
    fn a_season_is_no_alarm_and_a_step_is() {
        let rate = |hour: usize| 0.1 + 0.04 * (hour as f64 * std::f64::consts::TAU / 24.0).sin();
        let thetas: Vec<f64> = (0..24).map(rate).collect();
        let bets = SeasonalBets::new(&thetas, &doubling(0.01, 6), Variance::Binary).unwrap();
        let flat = SeasonalBets::new(&[0.1], &doubling(0.01, 6), Variance::Binary).unwrap();
        let mut generator = Xoshiro256::new(6);
        let [mut seasonal, mut constant] = [(); 2].map(|()| EDetector::new(Recursion::ShiryaevRoberts, 6).unwrap());
        let mut first = [None; 2];
        for hour in 0..2_000 {
            let step = if hour < 1_000 { 0.0 } else { 0.05 };
            let bad = (0..300).filter(|_| generator.uniform() < rate(hour) + step).count() as u64;
            for (index, (plan, state)) in [(&bets, &mut seasonal), (&flat, &mut constant)].into_iter().enumerate() {
                let wealth = log_wealth_of_counts(plan.bets(hour), bad, 300).unwrap();
                if state.update(hour as i64, &wealth).unwrap() >= 8_760_f64.ln() {
                    first[index] = first[index].or(Some(hour));
                }
            }
        }
        assert!(first[1].is_some_and(|hour| hour < 24), "{first:?}");
        assert!(first[0].is_some_and(|hour| (1_000..1_012).contains(&hour)), "{first:?}");
    }
}
