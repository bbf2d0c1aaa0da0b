//! The law of a value's sampling noise, as it is stored with the value.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use watchkeeper_profile::measure::Noise;
use watchkeeper_stats::effect::Effect;
use watchkeeper_stats::null;

/// Numbers of a simulated null sample that are kept: its quantiles at equal steps, the greatest included.
const QUANTILES_KEPT: usize = 201;

/// [`Noise`] as it is stored. A simulated sample is kept as its quantiles, which judge like it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "snake_case")]
pub enum Law {
    /// Not known; no threshold is applied.
    #[default]
    Unknown,
    /// Chi-squared, noncentral under drift.
    ChiSquared {
        /// Which statistic.
        of: Statistic,
        /// Sampling scale.
        s: f64,
        /// Degrees of freedom.
        df: f64,
        /// Value that stretches of the reference reach by themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<f64>,
    },
    /// Kolmogorov's.
    Kolmogorov {
        /// Sampling scale.
        s: f64,
    },
    /// Simulated.
    Simulated {
        /// Sampling scale.
        s: f64,
        /// Quantiles at `√s = 1`, ascending, at equal steps up to the greatest.
        quantiles: Vec<f64>,
    },
    /// A rate that should not rise: rows with the property and all rows.
    RateIncrease {
        /// Of the reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<(u64, u64)>,
        /// Of the window.
        current: (u64, u64),
    },
    /// A proportion that should not move either way.
    Proportion {
        /// Of the reference.
        reference: (u64, u64),
        /// Of the window.
        current: (u64, u64),
    },
}

/// A statistic whose null is chi-squared, as [`Effect`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as in `Effect`")]
pub enum Statistic {
    Psi,
    KlDivergence,
    JsDivergence,
    JsDistance,
    Hellinger,
    CramersV { rows: f64 },
}

impl From<Effect> for Statistic {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Psi => Self::Psi,
            Effect::KlDivergence => Self::KlDivergence,
            Effect::JsDivergence => Self::JsDivergence,
            Effect::JsDistance => Self::JsDistance,
            Effect::Hellinger => Self::Hellinger,
            Effect::CramersV { rows } => Self::CramersV { rows },
        }
    }
}

impl From<Statistic> for Effect {
    fn from(statistic: Statistic) -> Self {
        match statistic {
            Statistic::Psi => Self::Psi,
            Statistic::KlDivergence => Self::KlDivergence,
            Statistic::JsDivergence => Self::JsDivergence,
            Statistic::JsDistance => Self::JsDistance,
            Statistic::Hellinger => Self::Hellinger,
            Statistic::CramersV { rows } => Self::CramersV { rows },
        }
    }
}

impl Law {
    /// Whether no law is known.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Rows with a property and all rows of the window, where the law is about a share of rows.
    #[must_use]
    pub const fn rate_counts(&self) -> Option<(u64, u64)> {
        match self {
            Self::RateIncrease { current, .. } | Self::Proportion { current, .. } => Some(*current),
            _ => None,
        }
    }

    /// The law as it is stored.
    #[must_use]
    pub fn of(noise: &Noise) -> Self {
        match noise {
            Noise::Unknown => Self::Unknown,
            Noise::ChiSquared { effect, s, df, floor } => {
                Self::ChiSquared { of: (*effect).into(), s: *s, df: *df, floor: *floor }
            }
            Noise::Kolmogorov { s } => Self::Kolmogorov { s: *s },
            Noise::Simulated { s, sample } => Self::Simulated { s: *s, quantiles: thinned(sample) },
            Noise::RateIncrease { reference, current } => {
                Self::RateIncrease { reference: *reference, current: *current }
            }
            Noise::Proportion { reference, current } => Self::Proportion { reference: *reference, current: *current },
        }
    }

    /// The law as a rule needs it.
    #[must_use]
    pub fn noise(&self) -> Noise {
        match self {
            Self::Unknown => Noise::Unknown,
            Self::ChiSquared { of, s, df, floor } => {
                Noise::ChiSquared { effect: (*of).into(), s: *s, df: *df, floor: *floor }
            }
            Self::Kolmogorov { s } => Noise::Kolmogorov { s: *s },
            Self::Simulated { s, quantiles } => Noise::Simulated { s: *s, sample: Arc::from(quantiles.as_slice()) },
            Self::RateIncrease { reference, current } => {
                Noise::RateIncrease { reference: *reference, current: *current }
            }
            Self::Proportion { reference, current } => Noise::Proportion { reference: *reference, current: *current },
        }
    }
}

fn thinned(sample: &[f64]) -> Vec<f64> {
    if sample.len() <= QUANTILES_KEPT {
        return sample.to_vec();
    }
    let levels: Vec<f64> = (1..=QUANTILES_KEPT).map(|at| at as f64 / QUANTILES_KEPT as f64).collect();
    null::quantiles(sample, &levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_come_back() {
        let sample: Arc<[f64]> = (0..1000).map(f64::from).collect();
        for noise in [
            Noise::Unknown,
            Noise::ChiSquared { effect: Effect::CramersV { rows: 7.5 }, s: 0.1, df: 9.0, floor: Some(0.2) },
            Noise::Kolmogorov { s: 0.25 },
            Noise::RateIncrease { reference: None, current: (1, 2) },
            Noise::Proportion { reference: (3, 4), current: (1, 2) },
            Noise::Simulated { s: 0.5, sample },
        ] {
            let law = Law::of(&noise);
            let text = serde_json::to_string(&law).unwrap();
            let back: Law = serde_json::from_str(&text).unwrap();
            assert_eq!(back, law, "{text}");
            assert_eq!(Law::of(&back.noise()), law, "{text}");
        }
    }

    #[test]
    fn a_thinned_sample_judges_as_the_whole_one() {
        let sample: Vec<f64> = (0..2000).map(|at| (f64::from(at) / 2000.0).powi(3)).collect();
        let kept = thinned(&sample);
        assert_eq!(kept.len(), QUANTILES_KEPT);
        for p in [0.5, 0.9, 0.95, 0.99] {
            let (whole, thin) = (null::quantiles(&sample, &[p])[0], null::quantiles(&kept, &[p])[0]);
            assert!((whole - thin).abs() < 0.02, "{p}: {whole} {thin}");
        }
    }
}
