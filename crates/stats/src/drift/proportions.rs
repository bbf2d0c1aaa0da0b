//! Two proportions.

use crate::special::normal_sf;

/// Result of the z test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZTest {
    /// `z`, with the sign of (first − second).
    pub z: f64,
    /// Two-sided p-value.
    pub p_value: f64,
}

/// Pooled z test of `x1/n1 = x2/n2`.
///
/// `z = (p̂1 − p̂2)/√(p̄(1−p̄)(1/n1 + 1/n2))`, `p̄` pooled; p two-sided normal. All or no successes give `z = 0`,
/// `p = 1`. `None` when a side is empty or has more successes than rows.
#[must_use]
pub fn z_test(x1: u64, n1: u64, x2: u64, n2: u64) -> Option<ZTest> {
    if n1 == 0 || n2 == 0 || x1 > n1 || x2 > n2 {
        return None;
    }
    let [x1, n1, x2, n2] = [x1, n1, x2, n2].map(|count| count as f64);
    let pooled = (x1 + x2) / (n1 + n2);
    let variance = pooled * ((n1 - x1 + (n2 - x2)) / (n1 + n2)) * (1.0 / n1 + 1.0 / n2);
    if variance <= 0.0 {
        return Some(ZTest { z: 0.0, p_value: 1.0 });
    }
    let z = (x1 / n1 - x2 / n2) / variance.sqrt();
    Some(ZTest { z, p_value: (2.0 * normal_sf(z.abs())).min(1.0) })
}

/// Cohen's h `= 2 asin √p1 − 2 asin √p2`, in `[−π, π]`; 0.2 small, 0.5 medium, 0.8 large. Shares outside `[0, 1]`
/// are moved to its border; NaN stays NaN.
///
/// Source: Cohen 1988, *Statistical Power Analysis*, chapter 6.
#[must_use]
pub fn cohens_h(p1: f64, p2: f64) -> f64 {
    let angle = |p: f64| 2.0 * p.clamp(0.0, 1.0).sqrt().asin();
    angle(p1) - angle(p2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::near;

    #[test]
    fn example_and_edges() {
        let test = z_test(30, 1000, 50, 1000).unwrap();
        near(test.z, -2.282177, 5e-7);
        near(test.p_value, 0.0224789, 5e-8);
        near(cohens_h(0.03, 0.05).abs(), 0.102861, 5e-7);
        assert_eq!(z_test(0, 5, 0, 7), Some(ZTest { z: 0.0, p_value: 1.0 }));
        assert_eq!(z_test(5, 5, 7, 7).map(|test| test.p_value), Some(1.0));
        assert_eq!(z_test(0, 0, 0, 7), None);
        assert_eq!(z_test(3, 2, 0, 7), None);
        near(cohens_h(1.0, 0.0), std::f64::consts::PI, 1e-15);
    }
}
