//! Chebyshev distance of shares.

use crate::shares::{BinsError, checked_rows, occupied};

/// L∞ distance `max_b |p_b − q_b|`: the largest change of one bin or category.
///
/// In `[0, 1]`, raw shares, symmetric, at most [`super::tvd::tvd`].
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Deequ's categorical distance, <https://github.com/awslabs/deequ>; the norm itself is Chebyshev's.
pub fn linf(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    Ok(occupied(reference, current).map(|(r, c)| (r / n - c / m).abs()).fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example_and_edges() {
        near(linf(&R, &C).unwrap(), 0.2, 1e-15);
        assert_eq!(linf(&R, &R), Ok(0.0));
        assert_eq!(linf(&[3, 0], &[0, 5]), Ok(1.0));
        assert_eq!(linf(&[], &[]), Err(BinsError::EmptyReference));
    }
}
