//! The limit `k` of a band from a budget of false alarms, by running the whole rule on a history that is clean.

use super::bootstrap::circular_blocks;
use crate::random::Xoshiro256;
use crate::special::chi2_quantile;

/// The limits that are tried: 2.5, 2.75, …, 10.
const LOWEST: f64 = 2.5;
const STEP: f64 = 0.25;
const LIMITS: usize = 31;
const DAYS: f64 = 30.0;

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// Windows in 30 days: 720 for hourly ones.
    pub windows_per_month: usize,
    /// Windows in a block: 24 for hourly ones, 168 where the week matters.
    pub block: usize,
    /// Series of 30 days; 200 by default.
    pub series: usize,
    /// Seed.
    pub seed: u64,
}

/// A limit and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The limit.
    pub k: f64,
    /// Mean number of alarms in 30 days.
    pub alarms: f64,
    /// Upper 90 % Poisson bound of that mean.
    pub alarms_upper: f64,
    /// Whether the budget is kept; if not, `k` is the greatest that was tried.
    pub is_within_budget: bool,
}

/// The smallest limit at which `rule` raises at most `budget` alarms in 30 days on the average.
///
/// * `scores`: scores of a clean history of at least four weeks, in time order. Since a band is read by its score, this
///   is the same as resampling residuals and adding the season again.
/// * `rule(scores, k)`: alarms of the whole rule with its cooldown, such as
///   [`count_alarms`](super::sustain::count_alarms); fewer for greater `k`.
///
/// Runs the rule `31·series` times. `None` for a history without finite scores, shorter than a block, or nothing to
/// simulate.
pub fn calibrate(
    scores: &[f64],
    replay: Replay,
    budget: f64,
    rule: impl Fn(&[f64], f64) -> u64,
) -> Option<Calibration> {
    let clean: Vec<f64> = scores.iter().copied().filter(|z| z.is_finite()).collect();
    if clean.len() < replay.block.max(1) || replay.series == 0 || replay.windows_per_month == 0 {
        return None;
    }
    let mut generator = Xoshiro256::new(replay.seed);
    let mut alarms = [0_u64; LIMITS];
    for _ in 0..replay.series {
        let series = circular_blocks(&clean, replay.block, replay.windows_per_month, &mut generator);
        for (index, count) in alarms.iter_mut().enumerate() {
            *count += rule(&series, limit(index));
        }
    }
    let of = |index: usize| rate(limit(index), alarms[index], replay.series as f64 * DAYS, budget);
    (0..LIMITS).map(of).find(|found| found.is_within_budget).or_else(|| Some(of(LIMITS - 1)))
}

fn limit(index: usize) -> f64 {
    LOWEST + STEP * index as f64
}

/// The rate that `alarms` in `days` days show.
fn rate(k: f64, alarms: u64, days: f64, budget: f64) -> Calibration {
    let months = days / DAYS;
    let mean = alarms as f64 / months;
    let upper = 0.5 * chi2_quantile(0.9, 2.0 * (alarms as f64 + 1.0)) / months;
    Calibration { k, alarms: mean, alarms_upper: upper, is_within_budget: mean <= budget }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::sustain::count_alarms;

    const REPLAY: Replay = Replay { windows_per_month: 720, block: 24, series: 200, seed: 7 };

    #[test]
    fn normal_scores() {
        let mut generator = Xoshiro256::new(9);
        let scores: Vec<f64> = (0..20_000).map(|_| generator.normal()).collect();
        let found = calibrate(&scores, REPLAY, 0.2, |series, k| count_alarms(series, k, 24)).unwrap();
        // Two of three beyond k: 2·720·p², p = P(|Z| > k). At 2.75 (p = 0.00596) it is 0.05, at 2.5 (0.0124) 0.22;
        // one beyond k + 2 adds 720·2e-6.
        assert!(found.is_within_budget && (2.5..=2.75).contains(&found.k), "{found:?}");
        assert!(found.alarms <= 0.2 && found.alarms_upper > found.alarms);
        assert_eq!(calibrate(&scores, REPLAY, 0.2, |series, k| count_alarms(series, k, 24)), Some(found));
        let strict = calibrate(&scores, REPLAY, 0.0, |series, k| count_alarms(series, k, 24)).unwrap();
        assert!(strict.k >= found.k && strict.alarms == 0.0);
        // No alarm in 200 months: the upper bound is ln 10 / 200.
        assert!((strict.alarms_upper - 10_f64.ln() / 200.0).abs() < 1e-12);
    }

    #[test]
    fn heavy_tails_and_dependence_need_more() {
        let mut generator = Xoshiro256::new(10);
        let heavy: Vec<f64> = (0..20_000).map(|_| generator.normal() / (generator.uniform() + 0.05).sqrt()).collect();
        let found = calibrate(&heavy, REPLAY, 0.2, |series, k| count_alarms(series, k, 24)).unwrap();
        assert!(found.k > 3.5, "{found:?}");
    }

    #[test]
    fn nothing_to_learn_from() {
        let count = |series: &[f64], k: f64| count_alarms(series, k, 0);
        assert_eq!(calibrate(&[], REPLAY, 0.2, count), None);
        assert_eq!(calibrate(&[f64::NAN; 99], REPLAY, 0.2, count), None);
        assert_eq!(calibrate(&[0.0; 99], Replay { series: 0, ..REPLAY }, 0.2, count), None);
        let hopeless = calibrate(&[99.0; 99], REPLAY, 0.2, count).unwrap();
        assert!(hopeless.k == 10.0 && !hopeless.is_within_budget);
    }
}
