//! Nothing came for a while.

use watchkeeper_spec::AbsenceDetector;

use super::{Finding, outcome_of};
use crate::measured::Point;
use crate::reason::{count, number};

/// A freshness is held against the wait; of a volume only nothing at all is absence.
pub(super) fn judge(rule: &AbsenceDetector, point: &Point) -> Finding {
    let Some(value) = point.value else { return Finding::unknown("it is not known whether anything came") };
    let after = rule.after.seconds() as f64;
    let is_volume = point.n_current as f64 == value;
    let (score, sentence) = if is_volume {
        let score = if point.n_current == 0 { 2.0 } else { 0.0 };
        (score, format!("{} predictions in the window", count(point.n_current)))
    } else {
        (value / after, format!("the newest event is {} s old, {} s are tolerated", number(value), number(after)))
    };
    Finding {
        outcome: outcome_of(score, 0.8),
        limit: Some(after),
        score: Some(score),
        p_value: None,
        onset: None,
        evidence: Vec::new(),
        sentence,
    }
}
