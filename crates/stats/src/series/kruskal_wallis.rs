//! Kruskal–Wallis test: do groups have the same location? Asked of hours of the day, it finds a season.

use std::collections::BTreeMap;

use crate::drift::TestResult;
use crate::special::chi2_sf;

/// Kruskal–Wallis `H` of several groups with its tie correction; `p` from `χ²` with one degree less than groups.
///
/// Empty groups and values that are not finite are left out. `None` with fewer than two groups or when all values are
/// equal.
///
/// Source: Kruskal & Wallis 1952, <https://doi.org/10.1080/01621459.1952.10483441>.
#[must_use]
pub fn kruskal_wallis(groups: &[Vec<f64>]) -> Option<TestResult> {
    let mut values: Vec<(f64, usize)> = Vec::new();
    for (group, members) in groups.iter().enumerate() {
        values.extend(members.iter().filter(|value| value.is_finite()).map(|&value| (value + 0.0, group)));
    }
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut rank_sums = vec![(0.0_f64, 0_u64); groups.len()];
    let (mut below, mut ties) = (0_usize, 0.0_f64);
    for run in values.chunk_by(|a, b| a.0 == b.0) {
        let length = run.len() as f64;
        let rank = below as f64 + 0.5 * (length + 1.0);
        for &(_, group) in run {
            rank_sums[group].0 += rank;
            rank_sums[group].1 += 1;
        }
        ties += length * (length * length - 1.0);
        below += run.len();
    }
    let n = values.len() as f64;
    let used = rank_sums.iter().filter(|sum| sum.1 > 0).count();
    let correction = 1.0 - ties / (n * (n * n - 1.0));
    if used < 2 || correction.is_nan() || correction <= 0.0 {
        return None;
    }
    // Around the mean rank, which keeps digits that the usual form loses.
    let middle = 0.5 * (n + 1.0);
    let filled = rank_sums.iter().filter(|sum| sum.1 > 0);
    let spread: f64 = filled.map(|&(sum, count)| count as f64 * (sum / count as f64 - middle).powi(2)).sum();
    let statistic = 12.0 * spread / (n * (n + 1.0)) / correction;
    let df = (used - 1) as f64;
    Some(TestResult { statistic, df, p_value: chi2_sf(statistic, df) })
}

/// Whether window means depend on the hour of the day: `p < 0.001` and the hours' means range over more than
/// `tolerance`.
///
/// `windows`: start (µs) and mean. Then bounds by hour are worth their state; else one bound serves.
#[must_use]
pub fn is_seasonal(windows: &[(i64, f64)], tolerance: f64) -> bool {
    let mut hours: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for &(at, mean) in windows.iter().filter(|window| window.1.is_finite()) {
        hours.entry(super::season::hour_of_week(at) % 24).or_default().push(mean);
    }
    let groups: Vec<Vec<f64>> = hours.into_values().collect();
    let means = groups.iter().map(|group| group.iter().sum::<f64>() / group.len() as f64);
    let (lo, hi) = means.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), mean| (lo.min(mean), hi.max(mean)));
    hi - lo > tolerance && kruskal_wallis(&groups).is_some_and(|test| test.p_value < 0.001)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::series::season::HOUR;

    #[test]
    fn scipys_examples() {
        // The examples of `scipy.stats.kruskal`.
        let near = |got: TestResult, h: f64, p: f64| {
            assert!((got.statistic - h).abs() < 1e-12 && (got.p_value - p).abs() < 1e-12, "{got:?}");
        };
        let odd = vec![1.0, 3.0, 5.0, 7.0, 9.0];
        let even = vec![2.0, 4.0, 6.0, 8.0, 10.0];
        near(kruskal_wallis(&[odd, even]).unwrap(), 0.272_727_272_727_273_4, 0.601_508_134_440_589_5);
        let tied = [vec![1.0; 3], vec![2.0; 3], vec![2.0; 2], vec![f64::NAN], vec![]];
        near(kruskal_wallis(&tied).unwrap(), 7.0, 0.030_197_383_422_318_5);
    }

    #[test]
    fn nothing_to_compare() {
        assert_eq!(kruskal_wallis(&[]), None);
        assert_eq!(kruskal_wallis(&[vec![1.0, 2.0]]), None);
        assert_eq!(kruskal_wallis(&[vec![1.0], vec![1.0]]), None);
        assert!(!is_seasonal(&[], 0.01));
    }

    #[test]
    fn finds_a_daily_cycle_only_where_it_matters() {
        let mut generator = Xoshiro256::new(15);
        let mut windows = |swing: f64| -> Vec<(i64, f64)> {
            let mean = |hour: i64, noise: f64| 0.1 + swing * (hour as f64 * std::f64::consts::TAU / 24.0).sin() + noise;
            (0..28 * 24).map(|hour| (hour * HOUR, mean(hour, 0.01 * generator.normal()))).collect()
        };
        assert!(is_seasonal(&windows(0.04), 0.01));
        // There, and shown, but smaller than what is tolerated.
        assert!(!is_seasonal(&windows(0.01), 0.1));
        assert!(!is_seasonal(&windows(0.0), 0.001));
    }
}
