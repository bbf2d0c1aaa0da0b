//! Two-sample Anderson–Darling test.

use super::merge::{BlockSum, for_each_run};

/// The statistic, its standardised form and an interpolated p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    /// `A²`, midrank form.
    pub a2: f64,
    /// `(A² − 1)/σ_N`.
    pub standardised: f64,
    /// Interpolated from the table of critical values, capped to `[0.001, 0.25]`.
    pub p_value: f64,
}

/// Two-sample Anderson–Darling test of ASCENDING finite samples, in the form for ties (midranks).
///
/// Over the pooled distinct values with multiplicity `l_j`, `N = n + m`:
/// `A² = (N−1)/N Σ_i (1/n_i) Σ_j (l_j/N) (N·M_ij − n_i·B_j)²/(B_j(N−B_j) − N·l_j/4)`, with `M_ij`, `B_j` the counts
/// up to the middle of value `j`. Standardised by the null mean 1 and variance. O(n + m).
///
/// `None` when a side is empty, `N < 5`, or all values are equal.
///
/// Source: Scholz & Stephens 1987, <https://doi.org/10.1080/01621459.1987.10478517>.
#[must_use]
pub fn anderson_darling(reference: &[f64], current: &[f64]) -> Option<AndersonDarling> {
    let (n, m) = (reference.len() as f64, current.len() as f64);
    let total = n + m;
    if n == 0.0 || m == 0.0 || total < 5.0 {
        return None;
    }
    let (mut i, mut j) = (0.0_f64, 0.0_f64);
    let mut values = 0_usize;
    let mut sum = BlockSum::default();
    for_each_run(reference, current, |run| {
        let (a, b) = (run.reference as f64, run.current as f64);
        let count = a + b;
        let middle = i + j + 0.5 * count;
        // N·M_1 − n·B = m·M_1 − n·M_2 = −(N·M_2 − m·B): both samples give the same square.
        let difference = m * (i + 0.5 * a) - n * (j + 0.5 * b);
        let divisor = middle * (total - middle) - 0.25 * total * count;
        // The divisor vanishes only where all rows are one value.
        sum.add(if divisor > 0.0 { count * difference * difference / divisor } else { 0.0 });
        i += a;
        j += b;
        values += 1;
    });
    if values < 2 {
        return None;
    }
    let a2 = (total - 1.0) / (total * total) * (1.0 / n + 1.0 / m) * sum.total();
    let standardised = (a2 - 1.0) / null_variance(n, m).sqrt();
    Some(AndersonDarling { a2, standardised, p_value: interpolated_p(standardised) })
}

/// `σ_N²` of Scholz & Stephens for k = 2.
fn null_variance(n: f64, m: f64) -> f64 {
    let total = n + m;
    let inverse_sum = 1.0 / n + 1.0 / m;
    let count = total as u64;
    // h = Σ_{i<N} 1/i; g = Σ_{i=1}^{N−2} Σ_{j=i+1}^{N−1} 1/((N−i) j), inner sums as differences of h.
    let (mut h, mut g) = (0.0_f64, 0.0_f64);
    for i in 1..count {
        h += 1.0 / i as f64;
    }
    let mut tail = 0.0;
    for i in (1..count.saturating_sub(1)).rev() {
        tail += 1.0 / (i + 1) as f64;
        g += tail / (total - i as f64);
    }
    let a = (4.0 * g - 6.0) + (10.0 - 6.0 * g) * inverse_sum;
    let b = (2.0 * g - 4.0) * 4.0 + 16.0 * h + (2.0 * g - 14.0 * h - 4.0) * inverse_sum - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * 4.0 + (4.0 * h - 4.0 * g + 6.0) * 2.0 + (2.0 * h - 6.0) * inverse_sum + 4.0 * h;
    let d = (2.0 * h + 6.0) * 4.0 - 8.0 * h;
    (((a * total + b) * total + c) * total + d) / ((total - 1.0) * (total - 2.0) * (total - 3.0))
}

/// Critical values of the standardised statistic for k = 2: `b0 + b1 + b2` of Scholz & Stephens' table 2.
const LEVELS: [f64; 7] = [0.25, 0.10, 0.05, 0.025, 0.01, 0.005, 0.001];
const B0: [f64; 7] = [0.675, 1.281, 1.645, 1.960, 2.326, 2.573, 3.085];
const B1: [f64; 7] = [-0.245, 0.250, 0.678, 1.149, 1.822, 2.364, 3.615];
const B2: [f64; 7] = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];

/// A parabola for `ln p` over the critical values, fitted by least squares, as the authors suggest.
fn interpolated_p(standardised: f64) -> f64 {
    let critical: [f64; 7] = std::array::from_fn(|k| B0[k] + B1[k] + B2[k]);
    if standardised < critical[0] {
        return LEVELS[0];
    }
    if standardised > critical[6] {
        return LEVELS[6];
    }
    let logs = LEVELS.map(f64::ln);
    parabola(&critical, &logs, standardised).exp()
}

/// Value at `x` of the least-squares parabola through the points, by polynomials orthogonal on them.
fn parabola(xs: &[f64; 7], ys: &[f64; 7], x: f64) -> f64 {
    let mean = xs.iter().sum::<f64>() / 7.0;
    let first = xs.map(|x| x - mean);
    let squares: f64 = first.iter().map(|u| u * u).sum();
    let cubes: f64 = first.iter().map(|u| u * u * u).sum();
    let second_at = |u: f64| u * u - cubes / squares * u - squares / 7.0;
    let second = first.map(second_at);
    let fit = |basis: &[f64; 7]| {
        let norm: f64 = basis.iter().map(|v| v * v).sum();
        basis.iter().zip(ys).map(|(v, y)| v * y).sum::<f64>() / norm
    };
    let u = x - mean;
    fit(&[1.0; 7]) + fit(&first) * u + fit(&second) * second_at(u)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    #[test]
    fn example() {
        let test = anderson_darling(&X, &Y).unwrap();
        near(test.a2, 1.675546, 5e-7);
        near(test.standardised, 1.042255, 5e-7);
        near(null_variance(5.0, 6.0).sqrt(), 0.648158, 5e-7);
    }

    #[test]
    fn edges() {
        assert_eq!(anderson_darling(&[1.0; 4], &[1.0; 4]), None);
        assert_eq!(anderson_darling(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(anderson_darling(&[], &X), None);
        assert_eq!(anderson_darling(&X, &X).map(|test| test.p_value), Some(0.25));
        assert_eq!(interpolated_p(1e9), 0.001);
    }
}
