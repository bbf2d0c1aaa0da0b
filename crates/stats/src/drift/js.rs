//! Jensen–Shannon divergence and distance.

use std::f64::consts::LN_2;

use crate::shares::{BinsError, checked_rows, occupied};

/// Jensen–Shannon divergence, in nats.
///
/// `½ Σ p ln(p/M) + ½ Σ q ln(q/M)`, `M = (p + q)/2`, on raw shares (it needs no smoothing).
///
/// In `[0, ln 2]`; 0 iff the shares agree; `ln 2` iff the supports are disjoint; symmetric. Bits = nats / ln 2.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Lin 1991, <https://doi.org/10.1109/18.61115>.
pub fn js_divergence(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let term = |share: f64, middle: f64| {
        if share == 0.0 { 0.0 } else { share * (share / middle).ln() }
    };
    let sum: f64 = occupied(reference, current)
        .map(|(r, c)| {
            let (p, q) = (r / n, c / m);
            let middle = 0.5 * (p + q);
            if p == q { 0.0 } else { term(p, middle) + term(q, middle) }
        })
        .sum();
    Ok((0.5 * sum).clamp(0.0, LN_2))
}

/// Jensen–Shannon distance, base 2: `√(JSD / ln 2)`, the value to report.
///
/// In `[0, 1]`, a metric; 0.1 small, 0.2 clear. Evidently's distance (nats) is this times `√ln 2`.
///
/// # Errors
/// As [`js_divergence`].
///
/// # Source
/// Endres & Schindelin 2003, <https://doi.org/10.1109/TIT.2003.813506>.
pub fn js_distance(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    Ok((js_divergence(reference, current)? / LN_2).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example() {
        let nats = js_divergence(&R, &C).unwrap();
        near(nats, 0.0369641, 5e-8);
        near(nats / LN_2, 0.0533279, 5e-8);
        near(nats.sqrt(), 0.192260, 5e-7);
        near(js_distance(&R, &C).unwrap(), 0.230928, 5e-7);
    }

    #[test]
    fn edges() {
        assert_eq!(js_distance(&R, &R), Ok(0.0));
        assert_eq!(js_distance(&[3, 0], &[0, 5]), Ok(1.0));
        assert_eq!(js_distance(&[0], &[5]), Err(BinsError::EmptyReference));
    }
}
