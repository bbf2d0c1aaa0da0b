//! Two-sample Anderson–Darling test.

use super::merge::{BlockSum, Run, for_each_run};

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
    let mut walk = Walk::new(reference.len(), current.len());
    for_each_run(reference, current, |run| walk.see(run));
    walk.finish()
}

/// The sum over the runs so far.
pub(super) struct Walk {
    n: f64,
    m: f64,
    i: f64,
    j: f64,
    values: usize,
    sum: BlockSum,
}

impl Walk {
    pub(super) fn new(n: usize, m: usize) -> Self {
        Self { n: n as f64, m: m as f64, i: 0.0, j: 0.0, values: 0, sum: BlockSum::default() }
    }

    #[inline(always)]
    pub(super) fn see(&mut self, run: Run) {
        let (a, b) = (run.reference as f64, run.current as f64);
        let (count, total) = (a + b, self.n + self.m);
        let middle = self.i + self.j + 0.5 * count;
        // N·M_1 − n·B = m·M_1 − n·M_2 = −(N·M_2 − m·B): both samples give the same square.
        let difference = self.m * (self.i + 0.5 * a) - self.n * (self.j + 0.5 * b);
        let divisor = middle * (total - middle) - 0.25 * total * count;
        // The divisor vanishes only where all rows are one value.
        self.sum.add(if divisor > 0.0 { count * difference * difference / divisor } else { 0.0 });
        self.i += a;
        self.j += b;
        self.values += 1;
    }

    pub(super) fn finish(self) -> Option<AndersonDarling> {
        let (n, m, total) = (self.n, self.m, self.n + self.m);
        if n == 0.0 || m == 0.0 || total < 5.0 || self.values < 2 {
            return None;
        }
        let a2 = (total - 1.0) / (total * total) * (1.0 / n + 1.0 / m) * self.sum.total();
        let standardised = (a2 - 1.0) / null_variance(n, m).sqrt();
        Some(AndersonDarling { a2, standardised, p_value: interpolated_p(standardised) })
    }
}

/// `σ_N²` of Scholz & Stephens for k = 2.
fn null_variance(n: f64, m: f64) -> f64 {
    let total = n + m;
    let inverse_sum = 1.0 / n + 1.0 / m;
    // h = Σ_{i<N} 1/i; g = Σ_{i=1}^{N−2} Σ_{j=i+1}^{N−1} 1/((N−i) j) = Σ_{i<N} 1/i² − 2h/N, because the convolution
    // Σ_{k<N} H_k/(N−k) is H_N² − Σ_{i≤N} 1/i².
    let (h, squares) = harmonic(total as u64 - 1);
    let g = squares - 2.0 * h / total;
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

/// `Σ_{i≤n} 1/i` and `Σ_{i≤n} 1/i²`: summed while that is quick, then by Euler–Maclaurin (error below 1e-16).
fn harmonic(n: u64) -> (f64, f64) {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if n <= 2_000 {
        let inverse = |i: u64| 1.0 / i as f64;
        return ((1..=n).rev().map(inverse).sum(), (1..=n).rev().map(|i| inverse(i) * inverse(i)).sum());
    }
    let x = 1.0 / n as f64;
    let square = x * x;
    let first = (n as f64).ln() + EULER + x / 2.0 - square / 12.0 + square * square / 120.0;
    let second = std::f64::consts::PI.powi(2) / 6.0 - x + square / 2.0 - square * x / 6.0;
    (first, second)
}

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
