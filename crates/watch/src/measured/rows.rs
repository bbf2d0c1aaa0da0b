//! Rows of a profile that are good or bad: beyond a value, failed.

use watchkeeper_profile::{Body, Grid, Profile};

/// Rows with a finite value greater than `value` (or greater or equal, with `or_equal`), and all rows with a finite value.
///
/// Exact when `value` is an edge of the grid; else the rows of the bin that holds it are split in proportion, and where a
/// whole bin lies within one row the answer is off by less than that. `None` for columns that are not numbers.
#[must_use]
pub fn rows_beyond(grid: &Grid, profile: &Profile, value: f64, or_equal: bool) -> Option<(u64, u64)> {
    let (Grid::Numeric(grid), Body::Numeric(numeric)) = (grid, &profile.body) else { return None };
    if value.is_nan() {
        return None;
    }
    let summary = numeric.summary(grid);
    let (min, max) = (summary.min.unwrap_or(f64::INFINITY), summary.max.unwrap_or(f64::NEG_INFINITY));
    let all = numeric.n();
    // Just below the value: what is equal to it is beyond then.
    let value = if or_equal { value.next_down() } else { value };
    let bins = numeric.bins();
    let mut beyond = 0;
    for (at, &rows) in bins.iter().enumerate().filter(|(_, rows)| **rows > 0) {
        let edge = |at: usize| grid.edges().get(at).copied();
        let left = at.checked_sub(1).and_then(edge).unwrap_or(f64::NEG_INFINITY).max(min.next_down());
        let right = edge(at).unwrap_or(f64::INFINITY).min(max);
        beyond += if value <= left {
            rows
        } else if value >= right {
            0
        } else {
            ((right - value) / (right - left) * rows as f64).round() as u64
        };
    }
    Some((beyond.min(all), all))
}

/// Predictions that failed, and all of them: those for which the boolean column `error` is true, or else those without a
/// (valid) prediction. `None` when there is neither column.
///
/// * `error`: its grid and profile.
/// * `prediction`: its profile.
#[must_use]
pub fn failed_rows(error: Option<(&Grid, &Profile)>, prediction: Option<&Profile>) -> Option<(u64, u64)> {
    if let Some((Grid::Categorical(grid), profile)) = error
        && let Body::Categorical(counts) = &profile.body
    {
        let is_true = grid.labels().iter().position(|label| label == "true");
        let known = is_true.and_then(|at| counts.counts().get(at)).copied().unwrap_or(0);
        let unseen = counts.unseen_names().into_iter().filter(|(name, _)| *name == "true").map(|(_, rows)| rows);
        return Some((known + unseen.sum::<u64>(), counts.n()));
    }
    let classes = prediction?.classes;
    Some((classes.missing() + classes.invalid, classes.rows()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array};
    use watchkeeper_profile::{Baseline, BaselineBuilder, BaselineOptions, Kind};

    use super::*;

    fn baseline(values: &[f64]) -> Baseline {
        let mut builder = BaselineBuilder::new(Kind::Numeric, BaselineOptions::default());
        let array: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        builder.push(0, &array);
        builder.finish()
    }

    #[test]
    fn edges_are_exact_and_others_near() {
        let values: Vec<f64> = (1..=10_000).map(f64::from).collect();
        let made = baseline(&values);
        let beyond = |value, or_equal| rows_beyond(&made.grid, &made.profile, value, or_equal).unwrap();
        assert_eq!(beyond(0.0, false), (10_000, 10_000));
        assert_eq!(beyond(10_000.0, false), (0, 10_000));
        assert_eq!(beyond(f64::INFINITY, false).0, 0);
        for value in [1.0, 77.0, 2500.0, 5003.5, 9_999.0] {
            let found = beyond(value, false).0;
            let expected = values.iter().filter(|x| **x > value).count() as u64;
            assert!(found.abs_diff(expected) <= 1, "{value}: {found}, expected {expected}");
        }
        assert_eq!(rows_beyond(&made.grid, &made.profile, f64::NAN, false), None);
    }

    #[test]
    fn values_of_their_own_are_exact() {
        let values: Vec<f64> = (0..1000).map(|n| f64::from(n % 4)).collect();
        let made = baseline(&values);
        for (value, or_equal, expected) in [
            (1.0, false, 500),
            (1.0, true, 750),
            (3.0, false, 0),
            (3.0, true, 250),
            (-1.0, true, 1000),
            (1.5, false, 500),
        ] {
            let (found, _) = rows_beyond(&made.grid, &made.profile, value, or_equal).unwrap();
            assert_eq!(found, expected, "{value} {or_equal}");
        }
    }
}
