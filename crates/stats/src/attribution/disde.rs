//! DISDE: a change of a mean as two shifts of the inputs and one change given the inputs, compared where both sides have data.

use super::{Segment, totals};

/// The three parts of a change of a mean; they add up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Disde {
    /// Mean of the current window less mean of the reference.
    pub change: f64,
    /// From the reference's inputs to the shared ones: `Σ (S − p) r`.
    pub inputs_out: f64,
    /// The change given the inputs, over the shared ones: `Σ S (ρ − r)`. Large: the relation itself changed.
    pub given_inputs: f64,
    /// From the shared inputs to the current ones: `Σ (q − S) ρ`.
    pub inputs_in: f64,
    /// The shared distribution over segments, `S_g ∝ p_g q_g / (p_g + q_g)`.
    pub shared: Vec<f64>,
}

/// Decomposes over a partition.
///
/// * `segments`: a partition of the rows of both sides; variances are not read.
///
/// `None` when a side holds no rows, a mean is not finite, or no segment has rows on both sides.
///
/// # Source
/// Cai, Namkoong & Yadlowsky 2023, <https://arxiv.org/abs/2303.02011>.
#[must_use]
pub fn disde(segments: &[Segment]) -> Option<Disde> {
    let (n, m) = totals(segments)?;
    let shares: Vec<(f64, f64)> = segments.iter().map(|s| (s.reference.n as f64 / n, s.current.n as f64 / m)).collect();
    let overlap = |&(p, q): &(f64, f64)| if p > 0.0 && q > 0.0 { p * q / (p + q) } else { 0.0 };
    let total: f64 = shares.iter().map(overlap).sum();
    if total <= 0.0 {
        return None;
    }
    let shared: Vec<f64> = shares.iter().map(|pair| overlap(pair) / total).collect();
    let (mut inputs_out, mut given_inputs, mut inputs_in, mut change) = (0.0, 0.0, 0.0, 0.0);
    for ((segment, &(p, q)), &s) in segments.iter().zip(&shares).zip(&shared) {
        // A mean of no rows is not read: its weight is zero.
        let r = if segment.reference.n > 0 { segment.reference.mean } else { 0.0 };
        let c = if segment.current.n > 0 { segment.current.mean } else { 0.0 };
        inputs_out += (s - p) * r;
        given_inputs += s * (c - r);
        inputs_in += (q - s) * c;
        change += q * c - p * r;
    }
    Some(Disde { change, inputs_out, given_inputs, inputs_in, shared })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::Cell;
    use proptest::prelude::*;

    fn segment(n: u64, r: f64, m: u64, c: f64) -> Segment {
        let cell = |n, mean| Cell { n, mean, variance: 0.0 };
        Segment { reference: cell(n, r), current: cell(m, c) }
    }

    #[test]
    fn worked_example() {
        let d =
            disde(&[segment(50, 0.05, 30, 0.05), segment(30, 0.10, 30, 0.18), segment(20, 0.20, 40, 0.22)]).unwrap();
        let got = [d.shared[0], d.shared[1], d.shared[2], d.inputs_out, d.given_inputs, d.inputs_in];
        let expected = [0.398230, 0.318584, 0.283186, 0.013407, 0.031150, 0.017442];
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 6e-7, "{got} is not {expected}");
        }
        assert!((d.change - 0.062).abs() < 1e-12);
    }

    #[test]
    fn nothing_shared_is_no_answer() {
        assert_eq!(disde(&[segment(5, 0.1, 0, 0.0), segment(0, 0.0, 5, 0.1)]), None);
        assert_eq!(disde(&[]), None);
    }

    proptest! {
        #[test]
        fn parts_add_up(cells in prop::collection::vec((0u64..1000, -5.0..5.0f64, 0u64..1000, -5.0..5.0f64), 1..12)) {
            let segments: Vec<Segment> = cells.iter().map(|&(n, r, m, c)| segment(n, r, m, c)).collect();
            if let Some(d) = disde(&segments) {
                prop_assert!((d.inputs_out + d.given_inputs + d.inputs_in - d.change).abs() < 1e-12);
                prop_assert!((d.shared.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }
}
