//! Kitagawa–Oaxaca–Blinder: a change of a mean as a change of the mix of segments and a change inside them.

use super::{Segment, totals};

/// What one segment contributes to the change of the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// From a changed share of rows, in the unit of the mean.
    pub composition: f64,
    /// From a changed mean inside the segment, in the unit of the mean.
    pub rate: f64,
    /// Standard error of `composition`.
    pub composition_error: f64,
    /// Standard error of `rate`; 0 for a segment that one side lacks.
    pub rate_error: f64,
    /// Whether only the current window has the segment.
    pub is_new: bool,
}

impl Contribution {
    /// `composition + rate`.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.composition + self.rate
    }
}

/// The decomposition of a change of a mean over a partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// Mean of the current window less mean of the reference.
    pub change: f64,
    /// Sum of all composition terms.
    pub composition: f64,
    /// Sum of all rate terms.
    pub rate: f64,
    /// Per segment, in the input's order.
    pub segments: Vec<Contribution>,
}

/// Splits the change of a mean, exactly and symmetrically.
///
/// With shares `p_g`, `q_g`, means `r_g`, `ρ_g` and totals `R̄`, `C̄` of reference and current:
/// `composition_g = (q_g − p_g)·((r_g + ρ_g)/2 − (R̄ + C̄)/2)`, `rate_g = (ρ_g − r_g)·(p_g + q_g)/2`; all terms add up
/// to `C̄ − R̄`. Centring changes no sum and makes one segment's composition term readable by itself. A segment that
/// one side lacks takes the other side's mean, so its rate term is 0.
///
/// * `segments`: a partition of the rows of both sides.
/// * Errors: `Var(rate_g) = ((p+q)/2)²(Var r_g + Var ρ_g)`; composition by the delta method, with binomial shares.
///
/// `None` when a side holds no rows or a mean is not finite.
///
/// # Source
/// Kitagawa 1955, <https://doi.org/10.1080/01621459.1955.10501299>; Oaxaca 1973, <https://doi.org/10.2307/2525981>.
#[must_use]
pub fn decompose(segments: &[Segment]) -> Option<Decomposition> {
    let (n, m) = totals(segments)?;
    let means = |s: &Segment| match (s.reference.n, s.current.n) {
        (_, 0) => (s.reference.mean, s.reference.mean),
        (0, _) => (s.current.mean, s.current.mean),
        _ => (s.reference.mean, s.current.mean),
    };
    let occupied = |s: &&Segment| s.reference.n > 0 || s.current.n > 0;
    let share = |s: &Segment| (s.reference.n as f64 / n, s.current.n as f64 / m);
    let (before, after) = segments.iter().filter(occupied).fold((0.0, 0.0), |(before, after), s| {
        let ((p, q), (r, c)) = (share(s), means(s));
        (before + p * r, after + q * c)
    });
    let terms: Vec<Contribution> = segments
        .iter()
        .map(|s| {
            if !occupied(&s) {
                return Contribution {
                    composition: 0.0,
                    rate: 0.0,
                    composition_error: 0.0,
                    rate_error: 0.0,
                    is_new: false,
                };
            }
            let ((p, q), (r, c)) = (share(s), means(s));
            let both = s.reference.n > 0 && s.current.n > 0;
            let spread = s.reference.error() + s.current.error();
            let position = 0.5 * (r + c) - 0.5 * (before + after);
            let shares = p * (1.0 - p) / n + q * (1.0 - q) / m;
            Contribution {
                composition: (q - p) * position,
                rate: (c - r) * 0.5 * (p + q),
                composition_error: (shares * position * position + 0.25 * (q - p).powi(2) * spread).sqrt(),
                rate_error: if both { 0.5 * (p + q) * spread.sqrt() } else { 0.0 },
                is_new: s.reference.n == 0,
            }
        })
        .collect();
    let sum = |part: fn(&Contribution) -> f64| terms.iter().map(part).sum::<f64>();
    Some(Decomposition {
        change: after - before,
        composition: sum(|t| t.composition),
        rate: sum(|t| t.rate),
        segments: terms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::Cell;
    use proptest::prelude::*;

    pub(crate) fn segment(n: u64, r: f64, m: u64, c: f64) -> Segment {
        let cell = |n, mean: f64| Cell { n, mean, variance: mean * (1.0 - mean) };
        Segment { reference: cell(n, r), current: cell(m, c) }
    }

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-12, "{got} is not {expected}");
    }

    #[test]
    fn worked_example() {
        let d = decompose(&[segment(60, 0.1, 40, 0.12), segment(40, 0.3, 60, 0.35)]).unwrap();
        near(d.change, 0.078);
        near(d.segments[0].composition, 0.0218);
        near(d.segments[1].composition, 0.0212);
        near(d.segments[0].rate, 0.010);
        near(d.segments[1].rate, 0.025);
        near(d.composition, 0.043);
        near(d.rate, 0.035);
        // ((p + q)/2)² (Var r + Var ρ) of the first segment.
        near(d.segments[0].rate_error, 0.5 * (0.1 * 0.9 / 60.0 + 0.12 * 0.88 / 40.0_f64).sqrt());
    }

    #[test]
    fn second_worked_example() {
        let d = decompose(&[segment(50, 0.05, 30, 0.05), segment(30, 0.10, 30, 0.18), segment(20, 0.20, 40, 0.22)])
            .unwrap();
        let composition: Vec<f64> = d.segments.iter().map(|s| s.composition).collect();
        let rate: Vec<f64> = d.segments.iter().map(|s| s.rate).collect();
        for (got, expected) in composition.iter().zip([0.0152, 0.0, 0.0168]) {
            near(*got, expected);
        }
        for (got, expected) in rate.iter().zip([0.0, 0.024, 0.006]) {
            near(*got, expected);
        }
    }

    #[test]
    fn a_segment_of_one_side_has_no_rate_term() {
        let d = decompose(&[segment(50, 0.1, 50, 0.1), segment(50, 0.2, 0, 9.0), segment(0, 9.0, 50, 0.4)]).unwrap();
        assert_eq!((d.segments[1].rate, d.segments[2].rate), (0.0, 0.0));
        assert!(d.segments[2].is_new && !d.segments[1].is_new);
        near(d.composition + d.rate, 0.1);
        assert_eq!(decompose(&[segment(0, 0.0, 5, 0.1)]), None);
        assert_eq!(decompose(&[segment(5, f64::NAN, 5, 0.1)]), None);
    }

    /// The standard errors against the spread of simulated windows.
    #[test]
    fn errors_agree_with_simulation() {
        let mut random = crate::random::Xoshiro256::new(3);
        let mut draw = |n: u64, share: f64, means: [f64; 2]| {
            let mut hits = [(0u64, 0u64); 2];
            for _ in 0..n {
                let g = usize::from(random.uniform() > share);
                hits[g].0 += 1;
                hits[g].1 += u64::from(random.uniform() < means[g]);
            }
            hits.map(|(n, x)| {
                let mean = x as f64 / n as f64;
                Cell { n, mean, variance: mean * (1.0 - mean) * n as f64 / (n - 1) as f64 }
            })
        };
        let (mut rates, mut mixes, mut errors) = (Vec::new(), Vec::new(), [0.0, 0.0]);
        for _ in 0..2000 {
            let (r, c) = (draw(400, 0.6, [0.1, 0.4]), draw(400, 0.4, [0.15, 0.4]));
            let pair = [0, 1].map(|g: usize| Segment { reference: r[g], current: c[g] });
            let d = decompose(&pair).unwrap().segments[0];
            rates.push(d.rate);
            mixes.push(d.composition);
            errors[0] += d.rate_error / 2000.0;
            errors[1] += d.composition_error / 2000.0;
        }
        for (values, error) in [(rates, errors[0]), (mixes, errors[1])] {
            let mean = values.iter().sum::<f64>() / 2000.0;
            let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1999.0).sqrt();
            assert!((error / spread - 1.0).abs() < 0.12, "{error} {spread}");
        }
    }

    proptest! {
        #[test]
        fn terms_add_up(cells in prop::collection::vec((0u64..1000, -5.0..5.0f64, 0u64..1000, -5.0..5.0f64), 1..12)) {
            let segments: Vec<Segment> = cells.iter().map(|&(n, r, m, c)| segment(n, r, m, c)).collect();
            if let Some(d) = decompose(&segments) {
                let (n, m): (f64, f64) = (cells.iter().map(|c| c.0 as f64).sum(), cells.iter().map(|c| c.2 as f64).sum());
                let change = cells.iter().map(|c| c.2 as f64 * c.3).sum::<f64>() / m
                    - cells.iter().map(|c| c.0 as f64 * c.1).sum::<f64>() / n;
                prop_assert!((d.composition + d.rate - change).abs() < 1e-12);
                prop_assert!((d.change - change).abs() < 1e-12);
            }
        }
    }
}
