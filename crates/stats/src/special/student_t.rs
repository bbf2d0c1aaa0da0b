//! Student's t distribution.

use super::beta::beta_pair;
use super::normal_sf;

/// Upper tail `P(T_df ≥ t)`, accurate for large `t`; `df` may be any positive number, +inf is the normal law.
///
/// `½ I_{df/(df+t²)}(df/2, ½)` for `t ≥ 0`. NaN unless `df > 0`. Source: DLMF 8.17.
#[must_use]
pub fn student_t_sf(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    if df > 1e12 {
        return normal_sf(t);
    }
    // Ratios instead of t², which may overflow.
    let ratio = t / df.sqrt();
    let inside = 1.0 / (1.0 + ratio * ratio);
    let outside = if ratio.abs() > 1e150 { 1.0 } else { ratio * ratio * inside };
    let half = 0.5 * beta_pair(0.5 * df, 0.5, inside, outside).0;
    if t >= 0.0 { half } else { 1.0 - half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cauchy_and_symmetry() {
        let expected = 0.5 - 2.0_f64.atan() / std::f64::consts::PI;
        assert!((student_t_sf(2.0, 1.0) - expected).abs() < 1e-14);
        assert!((student_t_sf(-2.0, 1.0) - 1.0 + expected).abs() < 1e-14);
        assert_eq!(student_t_sf(0.0, 5.0), 0.5);
        assert!(student_t_sf(1.0, 0.0).is_nan());
        assert_eq!(student_t_sf(f64::INFINITY, 3.0), 0.0);
    }
}
