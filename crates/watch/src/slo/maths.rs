//! Formulas of error budgets (methods.md K), in the units of ledgers.

use watchkeeper_stats::slo::guard::{Counts, binomial_tail};

/// How many times faster than allowed the budget is used up; `None` without valid events.
pub(super) fn burn(bad: u64, valid: u64, beta: f64) -> Option<f64> {
    watchkeeper_stats::slo::burn_rate(bad as f64, valid as f64, beta)
}

/// The burn rate at which the share `share` of a period's budget is used up in `window`: `share · period / window`.
pub(super) fn factor(share: f64, period: i64, window: i64) -> f64 {
    share * period as f64 / window.max(1) as f64
}

/// How likely at least `bad` of `valid` events are bad by chance when a share `beta` of all is; 0 where it cannot be.
pub(super) fn at_least(bad: u64, valid: u64, beta: f64) -> f64 {
    binomial_tail(Counts { bad, valid }, beta).unwrap_or(0.0)
}

/// How long, µs, the share `remaining` of a period's budget lasts at a burn rate of `burn`; `None`: for ever, or longer
/// than time can be.
pub(super) fn lasts(remaining: f64, period: i64, burn: f64) -> Option<i64> {
    let span = remaining * period as f64 / burn;
    (burn > 0.0 && span.is_finite() && span < i64::MAX as f64 / 4.0).then_some(span.max(0.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_of_thirty_days() {
        let hour = crate::time::HOUR;
        let of = |share, hours| factor(share, 30 * 24 * hour, hours * hour);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(of(0.02, 1), 14.4);
        close(of(0.05, 6), 6.0);
        close(of(0.10, 24), 3.0);
        close(of(0.10, 72), 1.0);
    }

    /// The example and the table of methods.md K.3.
    #[test]
    fn the_guard_against_chance() {
        assert!((at_least(2, 100, 0.001) - 0.004_638).abs() < 5e-7);
        assert!((at_least(3, 100, 0.001) - 0.000_150).abs() < 5e-7);
        for (beta, valid, bad) in
            [(0.01, 50, 5), (0.01, 200, 9), (0.01, 1_000, 22), (0.001, 50, 3), (0.001, 200, 4), (0.001, 1_000, 6)]
        {
            assert!(at_least(bad, valid, beta) <= 1e-3 && at_least(bad - 1, valid, beta) > 1e-3, "{beta} {valid}");
        }
        assert_eq!((at_least(0, 5, 0.1), at_least(6, 5, 0.1)), (1.0, 0.0));
    }
}
