//! From "so many false alarms are bearable" to the threshold `c` of an e-detector.

use super::SequentialError;

/// Thresholds below this are not worth having: an hourly monitor would be wrong every six weeks.
pub const LEAST_THRESHOLD: f64 = 1_000.0;

/// Threshold `c = J·T0/(B·h)` for `monitors` monitors (`J`) that are evaluated every `every` (`h`) and may together
/// raise `alarms` (`B`) false alarms in `horizon` (`T0`, same unit as `every`); at least 1 000.
///
/// `c` counts evaluations. The delay of a true alarm grows only with `ln c`. Example: 200 monitors, hourly, one alarm
/// in 30 days: 144 000.
///
/// # Errors
/// [`SequentialError::Parameter`] unless all are positive numbers.
pub fn threshold(monitors: u64, alarms: f64, horizon: f64, every: f64) -> Result<f64, SequentialError> {
    let parameters =
        [("number of monitors", monitors as f64), ("false alarms", alarms), ("horizon", horizon), ("period", every)];
    for (what, found) in parameters {
        if !(found > 0.0 && found.is_finite()) {
            return Err(SequentialError::Parameter { what, found, expected: "a positive number" });
        }
    }
    Ok((monitors as f64 * horizon / (alarms * every)).max(LEAST_THRESHOLD))
}

/// The bound that threshold `c` gives: at most `monitors·horizon/(c·every)` false alarms are expected in `horizon`.
///
/// # Errors
/// As for [`threshold`].
pub fn expected_alarms(monitors: u64, c: f64, horizon: f64, every: f64) -> Result<f64, SequentialError> {
    threshold(monitors, 1.0, horizon, every)?;
    if !(c > 0.0 && c.is_finite()) {
        return Err(SequentialError::Parameter { what: "threshold", found: c, expected: "a positive number" });
    }
    Ok(monitors as f64 * horizon / (c * every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fleet() {
        assert_eq!(threshold(200, 1.0, 720.0, 1.0), Ok(144_000.0));
        assert_eq!(threshold(1, 1.0, 720.0, 24.0), Ok(1_000.0));
        assert_eq!(expected_alarms(200, 144_000.0, 720.0, 1.0), Ok(1.0));
        assert!(threshold(0, 1.0, 720.0, 1.0).is_err() && threshold(1, 1.0, 720.0, 0.0).is_err());
        assert!(expected_alarms(1, 0.0, 720.0, 1.0).is_err());
    }
}
