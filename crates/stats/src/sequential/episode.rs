//! What happens after an alarm: start again, and say when it is over.

use super::confidence::{asymptotic, beta_binomial};
use super::{EDetector, SequentialError};
use crate::interval::Interval;

/// Sums of observations in `[0, 1]`; they add.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    /// Observations.
    pub rows: u64,
    /// Their sum.
    pub sum: f64,
    /// Sum of their squares; equal to the sum for 0 and 1.
    pub sum_of_squares: f64,
}

impl Totals {
    /// `bad` ones among `rows` observations of 0 or 1.
    #[must_use]
    pub fn of_counts(bad: u64, rows: u64) -> Self {
        Self { rows, sum: bad as f64, sum_of_squares: bad as f64 }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows.saturating_add(other.rows),
            sum: self.sum + other.sum,
            sum_of_squares: self.sum_of_squares + other.sum_of_squares,
        }
    }

    /// Confidence sequence of the mean at error `alpha`: beta-binomial for 0 and 1, asymptotic otherwise. `None`
    /// without rows, for sums that no observations in `[0, 1]` have, or `alpha` outside `(0, 1)`.
    #[must_use]
    pub fn interval(self, alpha: f64) -> Option<Interval> {
        let rows = self.rows as f64;
        let is_sane =
            self.rows > 0 && (0.0..=rows).contains(&self.sum) && (0.0..=self.sum).contains(&self.sum_of_squares);
        if !is_sane {
            return None;
        }
        if self.sum == self.sum_of_squares && self.sum.fract() == 0.0 {
            return beta_binomial(self.sum as u64, self.rows, alpha);
        }
        let mean = self.sum / rows;
        let variance = (self.sum_of_squares / rows - mean * mean).max(0.0);
        asymptotic(self.rows, mean, variance.sqrt(), alpha)
    }
}

/// What a window did to an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transition {
    /// Nothing.
    None,
    /// An alarm is raised.
    Raised(Alarm),
    /// The evidence crossed the threshold once more while the alarm was on.
    Renewed(Alarm),
    /// The alarm is over.
    Cleared,
}

/// An alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarm {
    /// Label of the window that raised it.
    pub at: i64,
    /// Label of the window at which the change most likely began.
    pub change: Option<i64>,
    /// `ln M` when it was raised.
    pub log_evidence: f64,
}

/// Whether an alarm is on, and what was observed since it was raised.
///
/// At an alarm the detector forgets its evidence and goes on. The alarm is over when the confidence sequence of the
/// mean of what came after it lies inside the bounds of [`Bounds`]; a renewed alarm starts that mean again, so that a
/// long bad time need not be averaged away.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Episode {
    alarm: Option<Alarm>,
    since: Totals,
}

/// When an alarm is raised and when it is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Threshold `c` of the detector.
    pub threshold: f64,
    /// The mean must be shown to lie above this; `−∞` for monitoring upwards only.
    pub above: f64,
    /// The mean must be shown to lie below this: `θ0` plus a hysteresis.
    pub below: f64,
    /// Error of the confidence sequence, such as 0.05.
    pub alpha: f64,
}

impl Episode {
    /// An episode as [`Episode::alarm`] and [`Episode::since`] gave it.
    #[must_use]
    pub fn from_parts(alarm: Option<Alarm>, since: Totals) -> Self {
        Self { alarm, since }
    }

    /// The alarm that is on.
    #[must_use]
    pub fn alarm(&self) -> Option<Alarm> {
        self.alarm
    }

    /// What was observed since the alarm was raised or renewed, without the window that did so.
    #[must_use]
    pub fn since(&self) -> Totals {
        self.since
    }

    /// Takes one window with rows: updates the detector, then raises, renews or clears the alarm.
    ///
    /// # Errors
    /// Those of [`EDetector::update`]; nothing is then changed.
    pub fn step(
        &mut self,
        detector: &mut EDetector,
        at: i64,
        log_wealth: &[f64],
        window: Totals,
        bounds: Bounds,
    ) -> Result<Transition, SequentialError> {
        let log_evidence = detector.update(at, log_wealth)?;
        if log_evidence >= bounds.threshold.ln() {
            let alarm = Alarm { at, change: detector.change_time(), log_evidence };
            let is_renewal = self.alarm.is_some();
            detector.restart();
            // The first alarm of an episode is the one that is told; later ones only say that it goes on.
            (self.alarm, self.since) = (self.alarm.or(Some(alarm)), Totals::default());
            return Ok(if is_renewal { Transition::Renewed(alarm) } else { Transition::Raised(alarm) });
        }
        if self.alarm.is_none() {
            return Ok(Transition::None);
        }
        self.since = self.since.plus(window);
        let is_over = |interval: Interval| interval.hi < bounds.below && interval.lo > bounds.above;
        if !self.since.interval(bounds.alpha).is_some_and(is_over) {
            return Ok(Transition::None);
        }
        *self = Self::default();
        Ok(Transition::Cleared)
    }

    /// Ends the alarm without evidence, as after an acknowledged change of baseline, and starts the detector again.
    pub fn reset(&mut self, detector: &mut EDetector) {
        *self = Self::default();
        detector.restart();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequential::Recursion;
    use crate::sequential::bets::log_wealth_of_counts;
    use crate::sequential::proportion;

    #[test]
    fn raises_renews_and_clears() {
        let bets = proportion::bets(0.01).unwrap();
        let mut detector = EDetector::new(Recursion::ShiryaevRoberts, bets.len()).unwrap();
        let mut episode = Episode::default();
        let bounds = Bounds { threshold: 1_000.0, above: f64::NEG_INFINITY, below: 0.012, alpha: 0.05 };
        let mut step = |at: i64, bad: u64| {
            let ell = log_wealth_of_counts(&bets, bad, 500).unwrap();
            episode.step(&mut detector, at, &ell, Totals::of_counts(bad, 500), bounds).unwrap()
        };
        assert!((0..50).all(|at| step(at, 3) == Transition::None));
        let raised = (50..100).find_map(|at| match step(at, 15) {
            Transition::Raised(alarm) => Some(alarm),
            _ => None,
        });
        let raised = raised.unwrap();
        assert_eq!((raised.change, raised.at), (Some(50), 51));
        let renewed = (100..110).find_map(|at| match step(at, 15) {
            Transition::Renewed(alarm) => Some(alarm),
            _ => None,
        });
        assert_eq!(renewed.unwrap().at, 101);
        let cleared = (110..400).find(|&at| step(at, 3) == Transition::Cleared).unwrap();
        // 0.6 % must be shown to lie below 1.2 %: some thousand rows.
        assert!((112..135).contains(&cleared), "{cleared}");
        assert_eq!(step(400, 3), Transition::None);
    }

    #[test]
    fn intervals_of_totals() {
        let binary = Totals::of_counts(100, 1_000).interval(0.05).unwrap();
        assert!((binary.lo - 0.068901).abs() < 1e-6);
        let bounded = Totals { rows: 1_000, sum: 100.25, sum_of_squares: 20.0 }.interval(0.05).unwrap();
        assert!(bounded.lo > 0.07 && bounded.hi < 0.13);
        assert_eq!(Totals::default().interval(0.05), None);
        assert_eq!(Totals { rows: 1, sum: 2.0, sum_of_squares: 2.0 }.interval(0.05), None);
        assert_eq!(Totals { rows: 1, sum: f64::NAN, sum_of_squares: 0.0 }.interval(0.05), None);
    }
}
