//! Scales on which a window value has about the same noise everywhere.

/// How values are transformed before they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// Counts: `2√(x + 3/8)` (Anscombe), noise about 1.
    Count,
    /// Shares of `n` rows in `[0, 1]`: `logit((x + ½)/(n + 1))` with `x = share·n`.
    Rate,
    /// Positive, heavy-tailed values: `ln x`.
    Logarithm,
    /// Anything else.
    Identity,
}

impl Transform {
    /// The transformed value; `rows` counts for shares only. `None` outside the range of the transform.
    #[must_use]
    pub fn forward(self, value: f64, rows: u64) -> Option<f64> {
        let result = match self {
            Self::Count if value >= 0.0 => 2.0 * (value + 0.375).sqrt(),
            Self::Rate if (0.0..=1.0).contains(&value) => {
                let share = shrunk(value, rows);
                (share / (1.0 - share)).ln()
            }
            Self::Logarithm if value > 0.0 => value.ln(),
            Self::Identity => value,
            _ => return None,
        };
        result.is_finite().then_some(result)
    }

    /// The value that a transformed one stands for, as for the ends of a band; at least 0 for counts, in `[0, 1]` for
    /// shares.
    #[must_use]
    pub fn backward(self, transformed: f64, rows: u64) -> f64 {
        match self {
            Self::Count => ((0.5 * transformed.max(0.0)).powi(2) - 0.375).max(0.0),
            Self::Rate => {
                let n = rows as f64;
                let share = 1.0 / (1.0 + (-transformed).exp());
                if rows == 0 { share } else { ((share * (n + 1.0) - 0.5) / n).clamp(0.0, 1.0) }
            }
            Self::Logarithm => transformed.exp(),
            Self::Identity => transformed,
        }
    }

    /// Sampling noise of the transformed value, one standard deviation: Poisson for counts, binomial for shares, from
    /// the value's own standard error otherwise. 0 when it is not known.
    #[must_use]
    pub fn noise(self, value: f64, rows: u64, standard_error: Option<f64>) -> f64 {
        let error = standard_error.filter(|error| *error >= 0.0);
        let noise = match self {
            Self::Count => 1.0,
            Self::Rate => {
                let share = shrunk(value.clamp(0.0, 1.0), rows);
                1.0 / ((rows as f64 + 1.0) * share * (1.0 - share)).sqrt()
            }
            Self::Logarithm => error.map_or(0.0, |error| error / value),
            Self::Identity => error.unwrap_or(0.0),
        };
        if noise.is_finite() && noise > 0.0 { noise } else { 0.0 }
    }
}

/// `(x + ½)/(n + 1)`.
fn shrunk(share: f64, rows: u64) -> f64 {
    (share * rows as f64 + 0.5) / (rows as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples() {
        assert!((Transform::Count.forward(0.625, 0).unwrap() - 2.0).abs() < 1e-15);
        // 0 of 9: 0.05, logit = -ln 19.
        assert!((Transform::Rate.forward(0.0, 9).unwrap() + 19_f64.ln()).abs() < 1e-12);
        assert!((Transform::Rate.noise(0.5, 99, None) - 0.2).abs() < 1e-12);
        assert_eq!(Transform::Logarithm.noise(4.0, 0, Some(1.0)), 0.25);
        assert_eq!(
            [Transform::Identity.noise(4.0, 0, None), Transform::Logarithm.noise(0.0, 0, Some(0.0))],
            [0.0, 0.0]
        );
        for (transform, value) in [
            (Transform::Count, -1.0),
            (Transform::Rate, 1.1),
            (Transform::Logarithm, 0.0),
            (Transform::Identity, f64::NAN),
            (Transform::Count, f64::INFINITY),
        ] {
            assert_eq!(transform.forward(value, 10), None, "{transform:?}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(count in 0u32..1_000_000, rows in 1u64..100_000, share in 0.0..=1.0_f64) {
            let same = |transform: Transform, value: f64| {
                let back = transform.backward(transform.forward(value, rows).unwrap(), rows);
                (back - value).abs() <= 1e-9 * value.abs().max(1.0)
            };
            prop_assert!(same(Transform::Count, f64::from(count)) && same(Transform::Rate, share));
            prop_assert!(same(Transform::Logarithm, f64::from(count) + 0.5) && same(Transform::Identity, share));
        }
    }
}
