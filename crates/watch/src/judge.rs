//! One measurement against its thresholds: the minimum-effect test (methods.md B.5).

use watchkeeper_profile::measure::{Measurement, Noise, Status};
use watchkeeper_spec::Thresholds;
use watchkeeper_stats::effect;
use watchkeeper_stats::interval::{rate_increase_lcb, rate_lcb};
use watchkeeper_stats::null;

use crate::Verdict;

/// A measurement's thresholds, with and without the allowance for noise, and what follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The verdict by this measurement alone.
    pub verdict: Verdict,
    /// The effects that matter.
    pub thresholds: Thresholds,
    /// What the value must exceed to show, at level alpha, that the effect exceeds `thresholds`; `None` where noise
    /// is not modelled.
    pub decision: Option<Thresholds>,
    /// p-value of "the effect is at most the warning threshold": the input to multiple testing.
    pub p_value: Option<f64>,
    /// Lower confidence bound of the effect at level 1 − alpha.
    pub lower_bound: Option<f64>,
}

/// Tests whether the effect of `measurement` exceeds `thresholds`, each at level `alpha`. `None` without a value.
///
/// * too few rows (noise alone reaches the warning threshold): `unknown`, unless the value is beyond the decision
///   threshold all the same;
/// * otherwise `critical` or `warning` when the value exceeds the decision threshold.
#[must_use]
pub fn judge(measurement: &Measurement, thresholds: Thresholds, alpha: f64) -> Option<Judgement> {
    if measurement.status != Status::Ok {
        return None;
    }
    let effect = measurement.metric.effect(measurement.value?);
    let law = Law { noise: &measurement.noise, effect, alpha };
    let decision = match (law.decision(thresholds.warning), law.decision(thresholds.critical)) {
        (Some(warning), Some(critical)) => Some(Thresholds { warning, critical: critical.max(warning) }),
        _ => None,
    };
    let beyond = decision.unwrap_or(thresholds);
    let verdict = if effect > beyond.critical {
        Verdict::Critical
    } else if effect > beyond.warning {
        Verdict::Warning
    } else if law.is_insufficient(thresholds.warning) {
        Verdict::Unknown
    } else {
        Verdict::Ok
    };
    let p_value = law.p_value(thresholds.warning);
    Some(Judgement { verdict, thresholds, decision, p_value, lower_bound: law.lower_bound() })
}

/// One effect against one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct JudgedEffect {
    /// What the effect must exceed; `None` where noise is not modelled.
    pub(crate) decision: Option<f64>,
    pub(crate) p_value: Option<f64>,
    pub(crate) lower_bound: Option<f64>,
    /// Whether noise alone reaches the threshold.
    pub(crate) is_insufficient: bool,
}

/// Tests at level `alpha` whether an effect exceeds `tau`.
pub(crate) fn judge_effect(noise: &Noise, effect: f64, tau: f64, alpha: f64) -> JudgedEffect {
    let law = Law { noise, effect, alpha };
    JudgedEffect {
        decision: law.decision(tau),
        p_value: law.p_value(tau),
        lower_bound: law.lower_bound(),
        is_insufficient: law.is_insufficient(tau),
    }
}

struct Law<'a> {
    noise: &'a Noise,
    effect: f64,
    alpha: f64,
}

impl Law<'_> {
    /// The value at which the test against an effect of `tau` rejects.
    fn decision(&self, tau: f64) -> Option<f64> {
        let alpha = self.alpha;
        match self.noise {
            Noise::Unknown => None,
            Noise::ChiSquared { effect, s, df, floor } => {
                effect::threshold(*effect, tau, *s, *df, alpha).map(|threshold| threshold.max(floor.unwrap_or(0.0)))
            }
            Noise::Kolmogorov { s } => effect::ks_threshold(tau, *s, alpha),
            Noise::Simulated { s, sample } => {
                let kappa = null::quantiles(sample, &[1.0 - alpha]).first().copied()?;
                effect::additive_threshold(tau, *s, kappa)
            }
            // The allowance is the distance from the observed value to its lower bound.
            Noise::RateIncrease { .. } | Noise::Proportion { .. } => {
                self.lower_bound().map(|bound| tau + (self.effect - bound).max(0.0))
            }
        }
    }

    fn lower_bound(&self) -> Option<f64> {
        let alpha = self.alpha;
        match self.noise {
            Noise::Unknown => None,
            Noise::ChiSquared { effect, s, df, .. } => effect::lower_bound(*effect, self.effect, *s, *df, alpha),
            Noise::Kolmogorov { s } => effect::ks_bounds(self.effect, *s, alpha).map(|(lo, _)| lo),
            Noise::Simulated { s, sample } => {
                let kappa = null::quantiles(sample, &[1.0 - alpha]).first().copied()?;
                effect::additive_bounds(self.effect, *s, kappa).map(|(lo, _)| lo)
            }
            Noise::RateIncrease { reference: None, current } => rate_lcb(current.0, current.1, alpha),
            Noise::RateIncrease { reference: Some(r), current: c } => rate_increase_lcb(r.0, r.1, c.0, c.1, alpha),
            Noise::Proportion { reference: r, current: c } => {
                // Two-sided: the bound of the difference in the direction it went.
                let rises = c.0 as f64 * r.1 as f64 >= r.0 as f64 * c.1 as f64;
                let (low, high) = if rises { (r, c) } else { (c, r) };
                rate_increase_lcb(low.0, low.1, high.0, high.1, alpha / 2.0)
            }
        }
    }

    fn p_value(&self, tau: f64) -> Option<f64> {
        match self.noise {
            Noise::Unknown => None,
            Noise::ChiSquared { effect, s, df, .. } => effect::p_value(*effect, self.effect, tau, *s, *df),
            Noise::Kolmogorov { s } => effect::ks_p_value(self.effect, tau, *s),
            Noise::Simulated { s, sample } => effect::additive_p_value(self.effect, tau, *s, sample),
            Noise::RateIncrease { .. } | Noise::Proportion { .. } => self.rate_p_value(tau),
        }
    }

    /// Smallest level at which the lower bound still exceeds `tau`, by bisection on the level.
    fn rate_p_value(&self, tau: f64) -> Option<f64> {
        let exceeds = |alpha: f64| {
            let law = Law { noise: self.noise, effect: self.effect, alpha };
            law.lower_bound().map(|bound| bound > tau)
        };
        if !exceeds(0.5)? {
            return Some(1.0);
        }
        let (mut low, mut high) = (-40.0f64, 0.5f64.log10());
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if exceeds(10f64.powf(middle))? { high = middle } else { low = middle }
        }
        Some(10f64.powf(high))
    }

    /// Whether noise alone reaches the effect that matters.
    fn is_insufficient(&self, tau: f64) -> bool {
        match self.noise {
            Noise::Unknown => false,
            Noise::ChiSquared { effect, s, df, .. } => effect::is_insufficient(*effect, tau, *s, *df),
            Noise::Kolmogorov { s } => {
                effect::is_additive_insufficient(tau, *s, watchkeeper_stats::special::kolmogorov_quantile(0.95))
            }
            Noise::Simulated { s, sample } => {
                let kappa = null::quantiles(sample, &[0.95]).first().copied().unwrap_or(f64::INFINITY);
                effect::is_additive_insufficient(tau, *s, kappa)
            }
            // A rate that stays low says so with few rows too: what it cannot show is in its decision threshold.
            Noise::RateIncrease { .. } => false,
            Noise::Proportion { .. } => self.decision(tau).is_none_or(|threshold| threshold > 2.0 * tau),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_stats::effect::Effect;

    fn psi_law(effect: f64, n: f64, m: f64) -> Noise {
        let _ = effect;
        Noise::ChiSquared { effect: Effect::Psi, s: 1.0 / n + 1.0 / m, df: 9.0, floor: None }
    }

    /// The table of methods.md B.5.
    #[test]
    fn decision_thresholds_of_psi() {
        for (n, warning, critical) in [(500.0, 0.2532, 0.4551), (2_000.0, 0.1608, 0.3375), (100_000.0, 0.1069, 0.2607)]
        {
            let noise = psi_law(0.0, n, n);
            let law = Law { noise: &noise, effect: 0.0, alpha: 0.01 };
            assert!((law.decision(0.1).unwrap() - warning).abs() < 5e-5);
            assert!((law.decision(0.25).unwrap() - critical).abs() < 5e-5);
        }
    }

    #[test]
    fn lower_bound_example() {
        let noise = psi_law(0.18, 1000.0, 1000.0);
        let law = Law { noise: &noise, effect: 0.18, alpha: 0.01 };
        assert!((law.lower_bound().unwrap() - 0.088_686).abs() < 1e-6);
    }

    #[test]
    fn a_rate_is_judged_by_its_lower_bound() {
        let noise = Noise::RateIncrease { reference: Some((0, 10_000)), current: (300, 10_000) };
        let law = Law { noise: &noise, effect: 0.03, alpha: 0.01 };
        let bound = law.lower_bound().unwrap();
        assert!(bound > 0.01 && bound < 0.03);
        assert!((law.decision(0.01).unwrap() - (0.01 + 0.03 - bound)).abs() < 1e-12);
        assert!(law.p_value(0.01).unwrap() < 1e-6);
        assert_eq!(law.p_value(0.5), Some(1.0));
    }
}
