//! All rank statistics of two samples in one walk over them.

use super::TestResult;
use super::anderson_darling::{self, AndersonDarling};
use super::mann_whitney::{self, MannWhitney};
use super::merge::{BlockSum, for_each_run};
use super::{cramer_von_mises, energy, ks, wasserstein};

/// The statistics of [`super::ks`], [`super::wasserstein`], [`super::energy`], [`super::mann_whitney`],
/// [`super::cramer_von_mises`] and [`super::anderson_darling`], as those give them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankStatistics {
    /// Kolmogorov–Smirnov distance.
    pub ks: f64,
    /// Wasserstein-1 distance.
    pub wasserstein: f64,
    /// Energy distance.
    pub energy: f64,
    /// Mann–Whitney test; `None` when a side is empty.
    pub mann_whitney: Option<MannWhitney>,
    /// Cramér–von Mises test; `None` when a side is empty.
    pub cramer_von_mises: Option<TestResult>,
    /// Anderson–Darling test; `None` with fewer than five rows or one value.
    pub anderson_darling: Option<AndersonDarling>,
}

impl RankStatistics {
    /// Of two ASCENDING finite samples; the walk, most of the cost, is shared. O(n + m).
    #[must_use]
    pub fn of(reference: &[f64], current: &[f64]) -> Self {
        let (n, m) = (reference.len(), current.len());
        let (mut largest, mut pairs) = (ks::Walk::new(n, m), mann_whitney::Walk::default());
        let (mut squares, mut weighted) = (cramer_von_mises::Walk::new(n, m), anderson_darling::Walk::new(n, m));
        let (mut area, mut square_area) = (BlockSum::default(), BlockSum::default());
        let (one_reference, one_current) = (1.0 / n.max(1) as f64, 1.0 / m.max(1) as f64);
        let (mut i, mut j) = (0_usize, 0_usize);
        let mut last = f64::NAN;
        for_each_run(reference, current, |run| {
            if i + j > 0 {
                let gap = run.value - last;
                let difference = i as f64 * one_reference - j as f64 * one_current;
                area.add(difference.abs() * gap);
                square_area.add(difference * difference * gap);
            }
            largest.see(run);
            pairs.see(run);
            squares.see(run);
            weighted.see(run);
            last = run.value;
            i += run.reference;
            j += run.current;
        });
        let (area, square_area) = (area.total(), square_area.total());
        // Gaps so wide that they overflow, and empty sides, are left to the single functions.
        let is_plain = n > 0 && m > 0 && area.is_finite() && square_area.is_finite();
        Self {
            ks: if n > 0 && m > 0 { largest.finish() } else { 0.0 },
            wasserstein: if is_plain { area } else { wasserstein::wasserstein(reference, current) },
            energy: if is_plain { (2.0 * square_area).sqrt() } else { energy::energy(reference, current) },
            mann_whitney: pairs.finish(n, m),
            cramer_von_mises: squares.finish(),
            anderson_darling: weighted.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(reference: &[f64], current: &[f64]) {
        let all = RankStatistics::of(reference, current);
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-13 * b.abs().max(1e-300);
        assert_eq!(all.ks, ks::ks(reference, current));
        assert!(near(all.wasserstein, wasserstein::wasserstein(reference, current)));
        assert!(near(all.energy, energy::energy(reference, current)));
        assert_eq!(all.mann_whitney, mann_whitney::mann_whitney(reference, current));
        assert_eq!(all.cramer_von_mises, cramer_von_mises::cramer_von_mises(reference, current));
        assert_eq!(all.anderson_darling, anderson_darling::anderson_darling(reference, current));
    }

    #[test]
    fn edges() {
        agrees(&[], &[]);
        agrees(&[1.0], &[]);
        agrees(&[-f64::MAX], &[f64::MAX]);
        agrees(&[2.0; 9], &[2.0; 4]);
    }

    proptest! {
        #[test]
        fn one_walk_gives_what_six_give(
            mut reference in prop::collection::vec(prop_oneof![-3..4i32, -900..900i32].prop_map(f64::from), 0..80),
            mut current in prop::collection::vec(-1e3..1e3f64, 0..80),
        ) {
            reference.sort_by(f64::total_cmp);
            current.sort_by(f64::total_cmp);
            agrees(&reference, &current);
            agrees(&reference, &reference);
        }
    }
}
