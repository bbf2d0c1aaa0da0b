//! Compensated summation.

/// Neumaier's compensated sum: the error of the total does not grow with the number of terms.
///
/// State is the running `sum` and the `compensation` (what rounding lost). Two states merge in any order up to
/// the last ulps. Infinite or NaN terms pass through as in ordinary addition.
///
/// Source: Neumaier 1974, <https://doi.org/10.1002/zamm.19740540106>.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Neumaier {
    sum: f64,
    compensation: f64,
}

impl Neumaier {
    /// An empty sum, zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0.0, compensation: 0.0 }
    }

    /// A sum restored from its two parts, as [`Neumaier::parts`] gave them.
    #[must_use]
    pub const fn from_parts(sum: f64, compensation: f64) -> Self {
        Self { sum, compensation }
    }

    /// The running sum and its compensation.
    #[must_use]
    pub const fn parts(self) -> (f64, f64) {
        (self.sum, self.compensation)
    }

    /// Adds one term.
    #[inline]
    pub fn add(&mut self, term: f64) {
        let total = self.sum + term;
        if self.sum.abs() >= term.abs() {
            self.compensation += (self.sum - total) + term;
        } else {
            self.compensation += (term - total) + self.sum;
        }
        self.sum = total;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        self.add(other.sum);
        self.compensation += other.compensation;
    }

    /// The compensated total; infinite when the plain sum overflowed.
    #[must_use]
    pub fn total(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.compensation } else { self.sum }
    }
}

impl Extend<f64> for Neumaier {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, terms: I) {
        for term in terms {
            self.add(term);
        }
    }
}

impl FromIterator<f64> for Neumaier {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::new();
        sum.extend(terms);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_plain_addition_loses() {
        let sum: Neumaier = [1.0, 1e100, 1.0, -1e100].into_iter().collect();
        assert_eq!(sum.total(), 2.0);
    }

    #[test]
    fn merges() {
        let mut left: Neumaier = [1e16, 1.0].into_iter().collect();
        let right: Neumaier = [1.0, -1e16].into_iter().collect();
        left.merge(right);
        assert_eq!(left.total(), 2.0);
    }

    #[test]
    fn overflow_is_infinite_not_nan() {
        let sum: Neumaier = [f64::MAX, f64::MAX].into_iter().collect();
        assert_eq!(sum.total(), f64::INFINITY);
    }
}
