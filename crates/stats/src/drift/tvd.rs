//! Total variation distance.

use crate::shares::{BinsError, checked_rows, occupied};

/// Total variation distance `½ Σ_b |p_b − q_b|`: the share of rows that must move to turn one side into the other.
///
/// In `[0, 1]`, raw shares, symmetric.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Levin, Peres & Wilmer, *Markov Chains and Mixing Times*, 4.1, <https://pages.uoregon.edu/dlevin/MARKOV/>.
pub fn tvd(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let sum: f64 = occupied(reference, current).map(|(r, c)| (r / n - c / m).abs()).sum();
    Ok((0.5 * sum).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example_and_edges() {
        near(tvd(&R, &C).unwrap(), 0.2, 1e-15);
        assert_eq!(tvd(&R, &R), Ok(0.0));
        assert_eq!(tvd(&[3, 0], &[0, 5]), Ok(1.0));
        assert_eq!(tvd(&[3], &[1, 2]), Err(BinsError::Length { reference: 1, current: 2 }));
    }
}
