//! Hellinger distance.

use crate::shares::{BinsError, checked_rows, occupied};

/// Hellinger distance `√(½ Σ_b (√p_b − √q_b)²)` on raw shares.
///
/// In `[0, 1]`: 0 iff the shares agree, 1 iff the supports are disjoint; symmetric. `H² ≤ TVD ≤ H√(2−H²)`.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Hellinger 1909, <https://doi.org/10.1515/crll.1909.136.210>.
pub fn hellinger(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let square = |(r, c): (f64, f64)| ((r / n).sqrt() - (c / m).sqrt()).powi(2);
    let sum: f64 = occupied(reference, current).map(square).sum();
    Ok((0.5 * sum).sqrt().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example_and_edges() {
        near(hellinger(&R, &C).unwrap(), 0.211539, 5e-7);
        assert_eq!(hellinger(&R, &R), Ok(0.0));
        assert_eq!(hellinger(&[3, 0], &[0, 5]), Ok(1.0));
        assert_eq!(hellinger(&[3], &[0]), Err(BinsError::EmptyCurrent));
    }
}
