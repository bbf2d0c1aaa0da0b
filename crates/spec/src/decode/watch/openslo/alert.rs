//! Alert policies, their conditions and targets.

use super::{description, duration, exactly_one, items, kind, metadata, name};
use crate::decode::Slot;
use crate::decode::fields::Fields;
use crate::decode::watch::value;
use crate::openslo::DURATION_RULE;
use crate::problem::Problems;
use crate::{
    AlertConditionSpec, AlertNotificationTargetSpec, AlertPolicySpec, BurnRateCondition, ConditionChoice,
    InlineCondition, InlinePolicy, InlineTarget, PolicyChoice, TargetChoice,
};

pub(crate) fn policy(slot: &Slot<'_>, problems: &mut Problems) -> Option<AlertPolicySpec> {
    const ONE: &str = "a list of exactly one condition";
    let mut fields = Fields::open(slot, problems)?;
    let spec = AlertPolicySpec {
        description: fields.optional("description", description),
        alert_when_no_data: fields.optional("alertWhenNoData", value::boolean),
        alert_when_resolved: fields.optional("alertWhenResolved", value::boolean),
        alert_when_breaching: fields.optional("alertWhenBreaching", value::boolean),
        conditions: fields.required("conditions", ONE, items(condition_choice, (1, 1), ONE)).unwrap_or_default(),
        notification_targets: fields
            .optional("notificationTargets", items(target_choice, (0, 100), "a list of at most 100 targets"))
            .unwrap_or_default(),
    };
    fields.finish();
    Some(spec)
}

pub(crate) fn condition(slot: &Slot<'_>, problems: &mut Problems) -> Option<AlertConditionSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let description = fields.optional("description", description);
    let severity = fields.required("severity", "a word such as `page`", value::filled("a word such as `page`"));
    let condition = fields.required("condition", "a mapping with `threshold` and `lookbackWindow`", burn_rate);
    fields.finish();
    Some(AlertConditionSpec { description, severity: severity?, condition: condition? })
}

fn burn_rate(slot: &Slot<'_>, problems: &mut Problems) -> Option<BurnRateCondition> {
    let mut fields = Fields::open(slot, problems)?;
    let kind = fields.optional("kind", kind("burnrate"));
    let op = fields.optional("op", value::word);
    let positive = value::number(|value| value > 0.0, "a number above 0");
    let threshold = fields.required("threshold", "a burn rate above 0", positive);
    let lookback_window = fields.required("lookbackWindow", DURATION_RULE, duration(false));
    let alert_after = fields.optional("alertAfter", duration(true));
    fields.finish();
    Some(BurnRateCondition { kind, op, threshold: threshold?, lookback_window: lookback_window?, alert_after })
}

pub(crate) fn target(slot: &Slot<'_>, problems: &mut Problems) -> Option<AlertNotificationTargetSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let description = fields.optional("description", description);
    let target = fields.required("target", "a word such as `slack`", value::filled("a word such as `slack`"));
    fields.finish();
    Some(AlertNotificationTargetSpec { description, target: target? })
}

/// The reader of a document by its name, or of the document itself.
macro_rules! choice {
    ($name:ident, $choice:ident, $inline:ident, $reference:literal, $kind:literal, $spec:expr) => {
        pub(super) fn $name(slot: &Slot<'_>, problems: &mut Problems) -> Option<$choice> {
            let mut fields = Fields::open(slot, problems)?;
            let reference = fields.optional($reference, name);
            let kind = fields.optional("kind", kind($kind));
            let metadata = fields.optional("metadata", metadata);
            let spec = fields.optional("spec", $spec);
            exactly_one(&mut fields, &slot.path, &[$reference, "spec"]);
            fields.finish();
            let inline = || spec.map(|spec| $choice::Inline(Box::new($inline { kind, metadata, spec })));
            reference.map($choice::Ref).or_else(inline)
        }
    };
}

choice!(policy_choice, PolicyChoice, InlinePolicy, "alertPolicyRef", "AlertPolicy", policy);
choice!(condition_choice, ConditionChoice, InlineCondition, "conditionRef", "AlertCondition", condition);
choice!(target_choice, TargetChoice, InlineTarget, "targetRef", "AlertNotificationTarget", target);
