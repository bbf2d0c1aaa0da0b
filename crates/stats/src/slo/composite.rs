//! Objectives over several components. Alerts belong to the components; a composite is for reporting.

use super::SloError;

/// Bounds of the number of events that are good in every component, when events cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joint {
    /// `max(0, Σ good − (k−1)·valid)`: bad ones never coincide.
    pub lo: u64,
    /// `min good`: bad ones always coincide.
    pub hi: u64,
}

/// Bounds from `good` events of each component among the same `valid` events (Fréchet, Boole).
///
/// # Errors
/// [`SloError`] without components or when one has more good than valid events.
pub fn all(good: &[u64], valid: u64) -> Result<Joint, SloError> {
    let hi = *good.iter().min().ok_or(none())?;
    if let Some(&more) = good.iter().find(|&&count| count > valid) {
        return Err(SloError { what: "good events", found: more as f64, expected: "at most the valid events" });
    }
    let bad = good.iter().fold(0_u64, |sum, &count| sum.saturating_add(valid - count));
    Ok(Joint { lo: valid.saturating_sub(bad), hi })
}

/// The product of indicators in `[0, 1]`: the composite if components fail independently. An estimate. `None` without
/// components or out of range.
#[must_use]
pub fn independent(indicators: &[f64]) -> Option<f64> {
    let is_sane = !indicators.is_empty() && indicators.iter().all(|sli| (0.0..=1.0).contains(sli));
    is_sane.then(|| indicators.iter().product())
}

/// Weighted mean `Σ w·v / Σ w` of the components' indicators, or of their burn rates.
///
/// # Errors
/// [`SloError`] for lists of different or no length, values that are not finite, negative weights, or weights that sum
/// to 0.
pub fn weighted(values: &[f64], weights: &[f64]) -> Result<f64, SloError> {
    if values.is_empty() || values.len() != weights.len() {
        let expected = "one for each component";
        return Err(SloError { what: "number of weights", found: weights.len() as f64, expected });
    }
    if let Some(&bad) = values.iter().find(|value| !value.is_finite()) {
        return Err(SloError { what: "component", found: bad, expected: "a number" });
    }
    if let Some(&bad) = weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
        return Err(SloError { what: "weight", found: bad, expected: "a number ≥ 0" });
    }
    let sum: f64 = weights.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(SloError { what: "sum of weights", found: sum, expected: "a positive number" });
    }
    Ok(values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / sum)
}

/// Index of the component with the least remaining budget, and that budget; the first of equals, NaN left out.
#[must_use]
pub fn worst(remaining: &[f64]) -> Option<(usize, f64)> {
    let numbers = remaining.iter().copied().enumerate().filter(|(_, left)| !left.is_nan());
    numbers.min_by(|a, b| a.1.total_cmp(&b.1))
}

fn none() -> SloError {
    SloError { what: "number of components", found: 0.0, expected: "at least one" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        assert_eq!(all(&[990, 995], 1_000), Ok(Joint { lo: 985, hi: 990 }));
        assert_eq!(all(&[100, 100, 100], 1_000), Ok(Joint { lo: 0, hi: 100 }));
        assert!((independent(&[0.999, 0.995]).unwrap() - 0.994005).abs() < 1e-12);
        assert_eq!(weighted(&[1.0, 0.5], &[3.0, 1.0]), Ok(0.875));
        assert_eq!(worst(&[0.5, f64::NAN, -0.25, -0.25]), Some((2, -0.25)));
    }

    #[test]
    fn refused() {
        assert!(all(&[], 10).is_err() && all(&[11], 10).is_err());
        assert_eq!((independent(&[]), independent(&[1.5]), worst(&[])), (None, None, None));
        assert!(weighted(&[], &[]).is_err() && weighted(&[1.0], &[0.0]).is_err() && weighted(&[1.0], &[-1.0]).is_err());
        assert!(weighted(&[f64::NAN], &[1.0]).is_err() && weighted(&[1.0], &[1.0, 2.0]).is_err());
    }
}
