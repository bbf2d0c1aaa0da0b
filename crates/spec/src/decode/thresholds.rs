//! Thresholds by metric.

use super::fields::{self, Fields};
use super::{Slot, scalar};
use crate::Metric;
use crate::problem::Problems;
use crate::text::{At, ThresholdLimitsText, ThresholdText};

/// A mapping from the name of a metric to its thresholds.
pub(super) fn by_metric(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<ThresholdText>> {
    let entries = fields::entries(slot, problems)?;
    let mut list = Vec::with_capacity(entries.len());
    for entry in entries {
        let item = Slot { path: fields::join(&slot.path, entry.key), node: entry.value };
        match entry.key.parse::<Metric>() {
            Ok(value) => {
                let metric = At { value, position: entry.key_position };
                list.extend(limits(&item, problems).map(|limits| ThresholdText { metric, limits }));
            }
            Err(unknown) => {
                let mut problem = scalar::unknown_word(&unknown, &item, &format!("in `{}`", slot.path));
                problem.position = entry.key_position;
                problems.add(problem);
            }
        }
    }
    Some(list)
}

fn limits(slot: &Slot<'_>, problems: &mut Problems) -> Option<ThresholdLimitsText> {
    let mut fields = Fields::open(slot, problems)?;
    let limits = ThresholdLimitsText {
        warning: fields.required("warning", "a number from 0", scalar::number),
        critical: fields.required("critical", "a number from 0", scalar::number),
    };
    fields.finish();
    Some(limits)
}
