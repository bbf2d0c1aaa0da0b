//! Minimum-effect decisions: is the true drift larger than what matters?
//!
//! A p-value against "no drift at all" measures sample size; a bare threshold ignores noise in small windows. Here
//! the null hypothesis is *true effect ≤ τ*, and an alarm needs a value above `τ_n`, the `1−α` quantile of the
//! statistic at true effect τ. As samples grow, `τ_n → τ`.
//!
//! Two families:
//! * [`Effect`]: metrics whose scaled square is a noncentral chi-squared with `df = B − 1`;
//! * the additive ones (KS, W1, TVD, L∞): `τ_n = τ + κ·√s`, by the triangle inequality, conservative.
//!
//! `s = 1/n + 1/m`, or `VIF·s` when rows are dependent (see [`crate::dependence`]). Arguments that make no sense
//! (NaN, `s ≤ 0`, `df < 1`, `α` outside `(0, 1)`) give `None`; nothing is `NaN`.

use std::f64::consts::LN_2;

use crate::special::{
    chi2_quantile, chi2_sf, kolmogorov_quantile, kolmogorov_sf, noncentral_chi2_delta, noncentral_chi2_quantile,
    noncentral_chi2_sf,
};

/// A metric with a chi-squared limit. `value ↔ statistic` below is `x = k·value^power / s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// PSI: `x = PSI/s`, `δ = τ/s`.
    Psi,
    /// KL divergence in nats, either direction: `x = 2·KL/s`.
    KlDivergence,
    /// Jensen–Shannon divergence in nats: `x = 8·JSD/s`, `δ = 8τ/s`.
    JsDivergence,
    /// Jensen–Shannon distance in base 2, `d = √(JSD/ln 2)`: `x = 8·ln 2·d²/s`, so `τ` on the distance is
    /// `τ²·ln 2` nats of divergence and `δ = 8·ln 2·τ²/s`.
    JsDistance,
    /// Hellinger distance: `x = 8·H²/s`, `δ = 8τ²/s`.
    Hellinger,
    /// Cramér's V: `x = V²·rows`, `δ = rows·τ²`. `rows` is `n + m`, divided by the variance inflation if any; `s`
    /// is not used (but must be valid).
    CramersV {
        /// `n + m`, or that divided by the variance inflation factor.
        rows: f64,
    },
}

impl Effect {
    /// The chi-squared statistic of a value.
    fn to_statistic(self, value: f64, s: f64) -> f64 {
        match self {
            Self::Psi => value / s,
            Self::KlDivergence => 2.0 * value / s,
            Self::JsDivergence => 8.0 * value / s,
            Self::JsDistance => 8.0 * LN_2 * value * value / s,
            Self::Hellinger => 8.0 * value * value / s,
            Self::CramersV { rows } => rows * value * value,
        }
    }

    /// The value of a chi-squared statistic. Not cut at the metric's maximum, so that `τ_n > 1` is seen as such.
    fn to_value(self, statistic: f64, s: f64) -> f64 {
        match self {
            Self::Psi => statistic * s,
            Self::KlDivergence => statistic * s / 2.0,
            Self::JsDivergence => statistic * s / 8.0,
            Self::JsDistance => (statistic * s / (8.0 * LN_2)).sqrt(),
            Self::Hellinger => (statistic * s / 8.0).sqrt(),
            Self::CramersV { rows } => (statistic / rows).sqrt(),
        }
    }

    fn is_valid(self, s: f64, df: f64) -> bool {
        let rows_good = match self {
            Self::CramersV { rows } => rows > 0.0 && rows.is_finite(),
            _ => true,
        };
        rows_good && s > 0.0 && s.is_finite() && df >= 1.0 && df.is_finite()
    }
}

fn is_level(alpha: f64) -> bool {
    alpha > 0.0 && alpha < 1.0
}

fn is_amount(value: f64) -> bool {
    value >= 0.0 && value.is_finite()
}

/// `s = 1/n + 1/m`, the sampling scale; `None` when a side is empty.
#[must_use]
pub fn sampling_scale(n: u64, m: u64) -> Option<f64> {
    (n > 0 && m > 0).then(|| 1.0 / n as f64 + 1.0 / m as f64)
}

/// Decision threshold `τ_n`: the `1−α` quantile of the metric when the true effect is `tau ≥ 0`.
///
/// E.g. PSI: `s · χ'²_df(δ = τ/s)^{-1}(1−α)`. With `tau = 0` it is the null quantile, what noise alone reaches.
/// `df = B − 1` after pooling. Source: Yurdakul 2018 for PSI's law.
#[must_use]
pub fn threshold(effect: Effect, tau: f64, s: f64, df: f64, alpha: f64) -> Option<f64> {
    if !effect.is_valid(s, df) || !is_amount(tau) || !is_level(alpha) {
        return None;
    }
    let delta = effect.to_statistic(tau, s);
    let quantile = noncentral_chi2_quantile(1.0 - alpha, df, delta);
    finite(effect.to_value(quantile, s))
}

/// Upper p-value of the minimum-effect test: `P(χ'²_df(δ_τ) ≥ x(value))`. Below α exactly when the value exceeds
/// [`threshold`]. This, not the point-null p, goes into [`crate::multiple`].
#[must_use]
pub fn p_value(effect: Effect, value: f64, tau: f64, s: f64, df: f64) -> Option<f64> {
    if !effect.is_valid(s, df) || !is_amount(tau) || !is_amount(value) {
        return None;
    }
    finite(noncentral_chi2_sf(effect.to_statistic(value, s), df, effect.to_statistic(tau, s)))
}

/// Lower confidence bound of the true effect at error `alpha`: `δ_lo` with `P(χ'²(δ_lo) ≥ x) = α`, turned back into
/// the metric. 0 when the value is below the central `1−α` quantile.
#[must_use]
pub fn lower_bound(effect: Effect, value: f64, s: f64, df: f64, alpha: f64) -> Option<f64> {
    bound(effect, value, s, df, alpha)
}

/// Upper confidence bound of the true effect at error `alpha`: `δ_hi` with `P(χ'²(δ_hi) ≥ x) = 1 − α`.
#[must_use]
pub fn upper_bound(effect: Effect, value: f64, s: f64, df: f64, alpha: f64) -> Option<f64> {
    bound(effect, value, s, df, 1.0 - alpha)
}

fn bound(effect: Effect, value: f64, s: f64, df: f64, tail: f64) -> Option<f64> {
    if !effect.is_valid(s, df) || !is_amount(value) || !is_level(tail) {
        return None;
    }
    let delta = noncentral_chi2_delta(effect.to_statistic(value, s), df, tail);
    finite(effect.to_value(delta, s))
}

/// The value without its expected noise, `max(0, x − df)` turned back; for PSI `max(0, PSI − (B−1)·s)`.
#[must_use]
pub fn bias_corrected(effect: Effect, value: f64, s: f64, df: f64) -> Option<f64> {
    if !effect.is_valid(s, df) || !is_amount(value) {
        return None;
    }
    finite(effect.to_value((effect.to_statistic(value, s) - df).max(0.0), s))
}

/// Whether the window is too small for an effect `tau`: the 95 % point of noise alone exceeds it.
///
/// For PSI: `s·χ²_{B−1}^{-1}(0.95) > τ`. True also for arguments that make no sense.
#[must_use]
pub fn is_insufficient(effect: Effect, tau: f64, s: f64, df: f64) -> bool {
    if !effect.is_valid(s, df) || !is_amount(tau) {
        return true;
    }
    chi2_quantile(0.95, df) > effect.to_statistic(tau, s)
}

/// p-value against no drift at all, `P(χ²_df ≥ x(value))`: informational.
#[must_use]
pub fn point_null_p_value(effect: Effect, value: f64, s: f64, df: f64) -> Option<f64> {
    if !effect.is_valid(s, df) || !is_amount(value) {
        return None;
    }
    finite(chi2_sf(effect.to_statistic(value, s), df))
}

/// KS decision threshold `τ + K_{1−α}·√s`, `K` Kolmogorov's quantile. 0.2 of a distance is 0.2 of all rows.
#[must_use]
pub fn ks_threshold(tau: f64, s: f64, alpha: f64) -> Option<f64> {
    if !is_level(alpha) {
        return None;
    }
    additive_threshold(tau, s, kolmogorov_quantile(1.0 - alpha))
}

/// Conservative p-value of KS against `D ≤ τ`: `P(K ≥ (D − τ)/√s)`, 1 when `D ≤ τ`.
#[must_use]
pub fn ks_p_value(value: f64, tau: f64, s: f64) -> Option<f64> {
    let good = is_amount(value) && is_amount(tau) && s > 0.0 && s.is_finite();
    good.then(|| kolmogorov_sf((value - tau) / s.sqrt()))
}

/// Confidence limits `(D − K_{1−α}√s, D + K_{1−α}√s)` of the true KS distance, each at error `alpha`, cut to `[0, 1]`.
#[must_use]
pub fn ks_bounds(value: f64, s: f64, alpha: f64) -> Option<(f64, f64)> {
    if !is_level(alpha) {
        return None;
    }
    let (lo, hi) = additive_bounds(value, s, kolmogorov_quantile(1.0 - alpha))?;
    Some((lo, hi.min(1.0)))
}

/// Massart's bound in place of the limit law, valid for every n and m:
/// `τ + √(ln(4/α)/2)·(1/√n + 1/√m)`.
///
/// Source: Massart 1990, <https://doi.org/10.1214/aop/1176990746>.
#[must_use]
pub fn ks_threshold_massart(tau: f64, n: u64, m: u64, alpha: f64) -> Option<f64> {
    if n == 0 || m == 0 || !is_amount(tau) || !is_level(alpha) {
        return None;
    }
    Some(tau + ((4.0 / alpha).ln() / 2.0).sqrt() * ((n as f64).sqrt().recip() + (m as f64).sqrt().recip()))
}

/// `τ + κ·√s` for W1, TVD, L∞ (and KS): `kappa` is the `1−α` null quantile at `√s = 1` from
/// [`crate::null::NullDraws`]. For W1 `tau` is `τ·σ_R` in the unit of the column.
#[must_use]
pub fn additive_threshold(tau: f64, s: f64, kappa: f64) -> Option<f64> {
    let good = is_amount(tau) && is_amount(kappa) && s > 0.0 && s.is_finite();
    if good { finite(tau + kappa * s.sqrt()) } else { None }
}

/// Confidence limits `(max(0, value − κ√s), value + κ√s)` of an additive metric, each at the error of `kappa`.
#[must_use]
pub fn additive_bounds(value: f64, s: f64, kappa: f64) -> Option<(f64, f64)> {
    let margin = additive_threshold(0.0, s, kappa)?;
    is_amount(value).then(|| ((value - margin).max(0.0), value + margin))
}

/// Conservative simulated p-value of W1, TVD or L∞ against an effect of at most `tau`, from the sorted null sample
/// (`bridge_sample`, `tvd_sample`, `linf_sample`) at `√s = 1`. 1 when `value ≤ tau`.
#[must_use]
pub fn additive_p_value(value: f64, tau: f64, s: f64, sorted_null: &[f64]) -> Option<f64> {
    if !(is_amount(value) && is_amount(tau) && s > 0.0 && s.is_finite()) {
        return None;
    }
    if value <= tau {
        return Some(1.0);
    }
    Some(crate::null::p_value(sorted_null, (value - tau) / s.sqrt()))
}

/// Whether noise alone reaches an additive effect `tau`: `κ_{0.95}·√s > τ`. True also for arguments without sense.
#[must_use]
pub fn is_additive_insufficient(tau: f64, s: f64, kappa_95: f64) -> bool {
    !is_amount(tau) || additive_threshold(0.0, s, kappa_95).is_none_or(|noise| noise > tau)
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::near;

    const DF: f64 = 9.0;

    #[test]
    fn table_of_the_specification() {
        let rows = [
            (1.0 / 500.0, 0.0433, 0.1950, 0.3824),
            (2.0 / 500.0, 0.0867, 0.2532, 0.4551),
            (2.0 / 2_000.0, 0.0217, 0.1608, 0.3375),
            (2.0 / 10_000.0, 0.0043, 0.1236, 0.2856),
            (2.0 / 100_000.0, 0.0004, 0.1069, 0.2607),
        ];
        for (s, null, warning, critical) in rows {
            near(threshold(Effect::Psi, 0.0, s, DF, 0.01).unwrap(), null, 6e-5);
            near(threshold(Effect::Psi, 0.1, s, DF, 0.01).unwrap(), warning, 6e-5);
            near(threshold(Effect::Psi, 0.25, s, DF, 0.01).unwrap(), critical, 6e-5);
        }
    }

    #[test]
    fn confidence_bounds() {
        near(lower_bound(Effect::Psi, 0.18, 0.002, DF, 0.01).unwrap(), 0.088686, 6e-7);
        let upper = upper_bound(Effect::Psi, 0.18, 0.002, DF, 0.01).unwrap();
        near(noncentral_chi2_sf(90.0, DF, upper / 0.002), 0.99, 1e-9);
        assert_eq!(lower_bound(Effect::Psi, 0.001, 0.002, DF, 0.01), Some(0.0));
        near(bias_corrected(Effect::Psi, 0.18, 0.002, DF).unwrap(), 0.162, 1e-12);
    }

    #[test]
    fn minimum_sample() {
        assert!(
            is_insufficient(Effect::Psi, 0.1, 1.0 / 169.0, DF) && !is_insufficient(Effect::Psi, 0.1, 1.0 / 170.0, DF)
        );
        assert!(
            is_insufficient(Effect::Psi, 0.25, 1.0 / 67.0, DF) && !is_insufficient(Effect::Psi, 0.25, 1.0 / 68.0, DF)
        );
    }

    #[test]
    fn p_value_crosses_alpha_at_the_threshold() {
        let effects = [
            Effect::Psi,
            Effect::KlDivergence,
            Effect::JsDivergence,
            Effect::JsDistance,
            Effect::Hellinger,
            Effect::CramersV { rows: 4000.0 },
        ];
        for effect in effects {
            let at = threshold(effect, 0.1, 0.001, DF, 0.01).unwrap();
            assert!(at > 0.1);
            near(p_value(effect, at, 0.1, 0.001, DF).unwrap(), 0.01, 1e-9);
            near(lower_bound(effect, at, 0.001, DF, 0.01).unwrap(), 0.1, 1e-7);
        }
    }

    #[test]
    fn js_distance_is_divergence_in_other_units() {
        let tau = 0.1_f64;
        let distance = threshold(Effect::JsDistance, tau, 0.002, DF, 0.01).unwrap();
        let divergence = threshold(Effect::JsDivergence, tau * tau * LN_2, 0.002, DF, 0.01).unwrap();
        near(distance * distance * LN_2, divergence, 1e-14);
    }

    #[test]
    fn additive_family() {
        near(ks_threshold(0.1, 0.002, 0.05).unwrap(), 0.1 + 1.358_099 * 0.002_f64.sqrt(), 1e-6);
        near(ks_p_value(ks_threshold(0.1, 0.002, 0.05).unwrap(), 0.1, 0.002).unwrap(), 0.05, 1e-12);
        assert_eq!(ks_p_value(0.05, 0.1, 0.002), Some(1.0));
        assert!(ks_threshold_massart(0.1, 100, 100, 0.05).unwrap() > ks_threshold(0.1, 0.02, 0.05).unwrap());
        assert_eq!(additive_p_value(0.3, 0.1, 1.0, &[0.1, 0.15, 0.3]), Some(0.5));
        assert!(is_additive_insufficient(0.1, 1.0, 2.0) && !is_additive_insufficient(0.1, 1e-4, 2.0));
        assert_eq!(additive_bounds(0.1, 1.0, 2.0), Some((0.0, 2.1)));
    }

    #[test]
    fn nonsense_is_none() {
        assert_eq!(threshold(Effect::Psi, f64::NAN, 0.1, DF, 0.01), None);
        assert_eq!(threshold(Effect::Psi, 0.1, 0.0, DF, 0.01), None);
        assert_eq!(threshold(Effect::Psi, 0.1, 0.1, 0.0, 0.01), None);
        assert_eq!(p_value(Effect::CramersV { rows: 0.0 }, 0.1, 0.1, 0.1, DF), None);
        assert_eq!(ks_threshold(0.1, 0.1, 2.0), None);
        assert!(is_insufficient(Effect::Psi, 0.1, f64::INFINITY, DF));
        assert_eq!(sampling_scale(0, 5), None);
    }
}
