//! A sum of `f64` values without rounding: the same bits for any order and any split, and it subtracts.
//!
//! Every finite double is an integer mantissa times a power of two. The sum keeps one 128-bit integer per
//! exponent that occurred, so adding and removing are integer operations. It is meant for the few values
//! outside a grid's support; inside it fixed-point sums are cheaper (see [`crate::grid::NumericGrid`]).

use std::cmp::Ordering;

/// An exact sum: `Σ mantissa_e · 2^e`, terms in ascending order of exponent, none of them zero.
///
/// Capacity: 2^74 values. State: 24 bytes per distinct binary exponent, at most 2,046 of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExactSum {
    terms: Vec<(i16, i128)>,
}

impl ExactSum {
    /// Adds `value`. NaN and infinities are ignored: callers classify values first.
    pub fn add(&mut self, value: f64) {
        if let Some((exponent, mantissa)) = decompose(value) {
            self.add_term(exponent, mantissa);
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for &(exponent, mantissa) in &other.terms {
            self.add_term(exponent, mantissa);
        }
    }

    /// Takes `other` away: the inverse of [`merge`](Self::merge), to the bit.
    pub fn subtract(&mut self, other: &Self) {
        for &(exponent, mantissa) in &other.terms {
            self.add_term(exponent, mantissa.wrapping_neg());
        }
    }

    /// The sum, correctly rounded but for the last few ulps; ±infinity on overflow.
    #[must_use]
    pub fn value(&self) -> f64 {
        let (mut sum, mut rest) = (0.0_f64, 0.0_f64);
        for &(exponent, mantissa) in self.terms.iter().rev() {
            let high = mantissa as f64;
            let low = mantissa.wrapping_sub(high as i128) as f64;
            for part in [high, low] {
                let term = libm::ldexp(part, i32::from(exponent));
                let next = sum + term;
                if !next.is_finite() {
                    return next;
                }
                rest += if sum.abs() >= term.abs() { (sum - next) + term } else { (term - next) + sum };
                sum = next;
            }
        }
        sum + rest
    }

    /// The sum of `x − origin` over `count` added values, rounded once: nothing cancels, however large `origin` is.
    ///
    /// `count` is exact below 2^53.
    #[must_use]
    pub fn about(&self, origin: f64, count: u64) -> f64 {
        let count = count as f64;
        let product = count * origin;
        let mut sum = self.clone();
        sum.add(-product);
        if product.is_finite() {
            sum.add(-count.mul_add(origin, -product));
            return sum.value();
        }
        self.value() - product
    }

    /// Whether nothing (or only cancelling values) was added.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    pub(crate) fn terms(&self) -> &[(i16, i128)] {
        &self.terms
    }

    pub(crate) fn add_term(&mut self, exponent: i16, mantissa: i128) {
        if mantissa == 0 {
            return;
        }
        let found = self.terms.binary_search_by(|term| match term.0.cmp(&exponent) {
            Ordering::Equal => Ordering::Equal,
            order => order,
        });
        match found {
            Err(at) => self.terms.insert(at, (exponent, mantissa)),
            Ok(at) => {
                let empty = self.terms.get_mut(at).is_some_and(|term| {
                    term.1 = term.1.wrapping_add(mantissa);
                    term.1 == 0
                });
                if empty {
                    self.terms.remove(at);
                }
            }
        }
    }
}

/// `value = mantissa · 2^exponent`, or `None` for zero and for what is not finite.
fn decompose(value: f64) -> Option<(i16, i128)> {
    if value == 0.0 || !value.is_finite() {
        return None;
    }
    let bits = value.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i16;
    let fraction = (bits & ((1 << 52) - 1)) as i128;
    let (exponent, magnitude) = if biased == 0 { (-1074, fraction) } else { (biased - 1075, fraction | (1 << 52)) };
    Some((exponent, if value < 0.0 { -magnitude } else { magnitude }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        values.iter().for_each(|&v| sum.add(v));
        sum
    }

    #[test]
    fn cancellation_loses_nothing() {
        assert_eq!(sum(&[1e300, 1.0, -1e300, 1e-300]).value(), 1.0 + 1e-300);
        assert_eq!(sum(&[5e-324, 5e-324]).value(), 1e-323);
        assert!(sum(&[0.1, -0.1]).is_zero());
        assert_eq!(sum(&[f64::NAN, f64::INFINITY, 2.0]).value(), 2.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn any_order_and_split_gives_the_same_state(mut values in prop::collection::vec(-1e200..1e200f64, 0..50), cut in 0usize..50) {
            let all = sum(&values);
            let cut = cut.min(values.len());
            let (left, right) = values.split_at(cut);
            let (mut merged, tail) = (sum(left), sum(right));
            merged.merge(&tail);
            prop_assert_eq!(&merged, &all);
            merged.subtract(&tail);
            prop_assert_eq!(merged, sum(left));
            values.reverse();
            prop_assert_eq!(sum(&values), all);
        }
    }
}
