//! A limit: of the value, of its difference from the reference, or of its ratio to it.

use watchkeeper_spec::{Comparison, Decide, MonitorSpec, ThresholdDetector, ThresholdOf};

use super::Finding;
use crate::evaluation::Outcome;
use crate::measured::Point;
use crate::reason::number;

pub(super) fn judge(threshold: &ThresholdDetector, spec: &MonitorSpec, point: &Point) -> Finding {
    let Some(found) = compared(threshold.of, point) else {
        return Finding::unknown("there is no reference to compare with");
    };
    // Bad only when the whole interval is beyond the limit.
    let (upward, limit) = (threshold.op.is_upward(), threshold.value);
    let sure = match (threshold.decide, found.interval) {
        (Decide::Ci, Some((low, high))) => {
            if upward {
                low
            } else {
                high
            }
        }
        _ => found.value,
    };
    let outcome = if threshold.op.holds(sure, limit) {
        Outcome::Breach
    } else if threshold.op.holds(found.value, clear_level(limit, spec.leave.clear, upward)) {
        Outcome::Near
    } else {
        Outcome::Clear
    };
    let relation = match threshold.op {
        Comparison::Gt => "above",
        Comparison::Gte => "at or above",
        Comparison::Lt => "below",
        Comparison::Lte => "at or below",
    };
    let what = match threshold.of {
        ThresholdOf::Value => "",
        ThresholdOf::Difference => "difference ",
        ThresholdOf::Ratio => "ratio ",
    };
    let sentence = match outcome {
        Outcome::Breach => format!("{what}{}, {relation} the limit of {}", number(found.value), number(limit)),
        _ => format!("{what}{}, limit {}", number(found.value), number(limit)),
    };
    let evidence = found.interval.into_iter().flat_map(|(low, high)| [("lower", low), ("upper", high)]).collect();
    let score = if upward { sure / limit } else { limit / sure };
    Finding { outcome, limit: Some(limit), score: Some(score), p_value: None, onset: None, evidence, sentence }
}

struct Compared {
    value: f64,
    interval: Option<(f64, f64)>,
}

fn compared(of: ThresholdOf, point: &Point) -> Option<Compared> {
    let value = point.value?;
    match of {
        ThresholdOf::Value => Some(Compared { value, interval: point.interval }),
        ThresholdOf::Difference | ThresholdOf::Ratio => {
            let reference = point.reference?;
            let current = point.current.unwrap_or(value);
            let change = |x: f64| if of == ThresholdOf::Difference { x - reference } else { x / reference };
            let changed = change(current);
            // The reference is taken as known: it has many more rows than a window.
            let own = point.current.is_none().then_some(point.interval).flatten();
            let interval = own.map(|(low, high)| (change(low), change(high))).map(|(a, b)| (a.min(b), a.max(b)));
            changed.is_finite().then_some(Compared { value: changed, interval })
        }
    }
}

/// The value from which on the rule counts as clear, on the good side of the limit: `clear` of its distance from 0.
fn clear_level(limit: f64, clear: f64, upward: bool) -> f64 {
    let room = limit.abs() * (1.0 - clear);
    if upward { limit - room } else { limit + room }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_lies_on_the_good_side() {
        assert!((clear_level(10.0, 0.8, true) - 8.0).abs() < 1e-12);
        assert!((clear_level(10.0, 0.8, false) - 12.0).abs() < 1e-12);
        assert!((clear_level(-10.0, 0.8, true) + 12.0).abs() < 1e-12);
        assert!((clear_level(-10.0, 0.8, false) + 8.0).abs() < 1e-12);
    }
}
