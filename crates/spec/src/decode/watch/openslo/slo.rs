//! SLOs: the target, the time, and what relates them.

use super::alert::policy_choice;
use super::{description, duration, exactly_one, items, name, sli};
use crate::decode::Slot;
use crate::decode::fields::Fields;
use crate::decode::scalar;
use crate::decode::watch::{quiet, value};
use crate::openslo::DURATION_RULE;
use crate::problem::{Problem, Problems};
use crate::word::Word;
use crate::yaml::Value;
use crate::{BudgetingMethod, Calendar, Objective, SloSpec, Span, TimeSliceWindow, TimeWindow, UtcTime, show};

/// Objectives at most.
const OBJECTIVES_MAX: usize = 100;

pub(crate) fn slo(slot: &Slot<'_>, problems: &mut Problems) -> Option<SloSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let description = fields.optional("description", description);
    let service = fields.required("service", "the name of a service", name);
    let indicator = fields.optional("indicator", sli::inline);
    let indicator_ref = fields.optional("indicatorRef", name);
    let time_window = fields.optional("timeWindow", items(time_window, (0, 1), "a list of one time window"));
    let method = fields.required("budgetingMethod", &show::one_of(BudgetingMethod::WORDS), value::word);
    let many = items(objective, (1, OBJECTIVES_MAX), "a list of 1 to 100 objectives");
    let objectives = fields.required("objectives", "a list of objectives", many).unwrap_or_default();
    let policies = items(policy_choice, (0, 100), "a list of at most 100 policies");
    let alert_policies = fields.optional("alertPolicies", policies).unwrap_or_default();
    let is_composite = !objectives.is_empty()
        && objectives.iter().all(|objective| objective.indicator.is_some() || objective.indicator_ref.is_some());
    if !is_composite || fields.has("indicator") || fields.has("indicatorRef") {
        exactly_one(&mut fields, &slot.path, &["indicator", "indicatorRef"]);
    }
    let spec = SloSpec {
        description,
        service: service.unwrap_or_default(),
        indicator,
        indicator_ref,
        time_window: time_window.unwrap_or_default(),
        budgeting_method: method.unwrap_or(BudgetingMethod::Occurrences),
        objectives,
        alert_policies,
    };
    for (index, objective) in spec.objectives.iter().enumerate() {
        objective_of(&spec, index, objective, &mut fields);
    }
    if spec.indicator.as_ref().is_some_and(|indicator| indicator.spec.threshold_metric.is_some())
        && spec.objectives.len() > 1
    {
        let problem =
            fields.problem("objectives", format!("a `thresholdMetric` has {} objectives", spec.objectives.len()));
        fields.add(problem.expected("exactly one").hint("write an SLO for each"));
    }
    fields.finish();
    Some(spec)
}

/// What an objective needs in its SLO.
fn objective_of(spec: &SloSpec, index: usize, objective: &Objective, fields: &mut Fields<'_, '_>) {
    let path = format!("{}[{index}]", fields.path_of("objectives"));
    let slices = matches!(spec.budgeting_method, BudgetingMethod::Timeslices | BudgetingMethod::RatioTimeslices);
    let indicator = objective.indicator.as_ref().or(spec.indicator.as_ref()).map(|indicator| &indicator.spec);
    let mut need = |is_there: bool, name: &str, why: &str| {
        if !is_there {
            let problem = fields.item_problem("objectives", index, format!("missing field `{name}` in `{path}`"));
            fields.add(problem.expected(why.to_owned()));
        }
    };
    if slices {
        need(objective.time_slice_window.is_some(), "timeSliceWindow", "the length of a slice, such as `1h`");
    }
    if spec.budgeting_method == BudgetingMethod::Timeslices {
        need(objective.time_slice_target.is_some(), "timeSliceTarget", "a number above 0 and at most 1");
    }
    if indicator.is_some_and(|indicator| indicator.threshold_metric.is_some()) {
        need(objective.op.is_some(), "op", "the relation that is good, such as `gte`");
        need(objective.value.is_some(), "value", "the limit");
    }
    if let Some(slice) = objective.time_slice_window.filter(|_| slices)
        && spec.period() < slice.span().times(3)
    {
        let what = format!("the time window of `{}` is under 3 slices of `{}`", spec.period(), slice.span());
        let problem = fields.item_problem("objectives", index, what);
        fields.add(problem.expected(format!("a time window of at least `{}`", slice.span().times(3))));
    }
}

fn time_window(slot: &Slot<'_>, problems: &mut Problems) -> Option<TimeWindow> {
    let mut fields = Fields::open(slot, problems)?;
    let length = fields.required("duration", DURATION_RULE, duration(false));
    let is_rolling = fields.optional("isRolling", value::boolean);
    let calendar = fields.optional("calendar", calendar);
    match (is_rolling, fields.has("calendar")) {
        (Some(true), true) => {
            let problem = fields.problem("isRolling", format!("`{}` rolls and has a `calendar`", slot.path));
            fields.add(problem.expected("one of the two"));
        }
        (Some(false), false) => {
            let problem = fields.problem("isRolling", format!("`{}` does not roll and has no `calendar`", slot.path));
            fields.add(problem.expected("`isRolling: true`, or a `calendar`"));
        }
        _ => {}
    }
    fields.finish();
    Some(TimeWindow { duration: length?, is_rolling, calendar })
}

fn calendar(slot: &Slot<'_>, problems: &mut Problems) -> Option<Calendar> {
    const RULE: &str = "a local time such as `2026-01-31 08:00:00`";
    let mut fields = Fields::open(slot, problems)?;
    let start_time = fields.required("startTime", RULE, |slot, problems| {
        let text = value::text(slot, problems)?;
        // Local time has no zone; with one it would be another field twice.
        let is_local = text.len() == "2026-01-31 08:00:00".len() && format!("{text}Z").parse::<UtcTime>().is_ok();
        if !is_local {
            let what = format!("`{}` is {}", slot.path, show::quoted(&text));
            let problem = Problem::new(slot.path.clone(), slot.node.position, what);
            problems.add(problem.found(text.as_str()).expected(RULE));
        }
        Some(text)
    });
    let time_zone = fields.required("timeZone", quiet::TIME_ZONE_RULE, quiet::time_zone);
    fields.finish();
    Some(Calendar { start_time: start_time?, time_zone: time_zone? })
}

fn objective(slot: &Slot<'_>, problems: &mut Problems) -> Option<Objective> {
    let mut fields = Fields::open(slot, problems)?;
    let ratio = value::number(|value| (0.0..1.0).contains(&value), "a number from 0 and below 1");
    let percent = value::number(|value| (0.0..100.0).contains(&value), "a number from 0 and below 100");
    let share = value::number(|value| value > 0.0 && value <= 1.0, "a number above 0 and at most 1");
    let positive = value::number(|value| value > 0.0, "a number above 0");
    let objective = Objective {
        display_name: fields.optional("displayName", value::text),
        op: fields.optional("op", value::word),
        value: fields.optional("value", value::number(|_| true, "a number")),
        target: fields.optional("target", ratio),
        target_percent: fields.optional("targetPercent", percent),
        time_slice_target: fields.optional("timeSliceTarget", share),
        time_slice_window: fields.optional("timeSliceWindow", slice),
        indicator: fields.optional("indicator", sli::inline),
        indicator_ref: fields.optional("indicatorRef", name),
        composite_weight: fields.optional("compositeWeight", positive),
    };
    exactly_one(&mut fields, &slot.path, &["target", "targetPercent"]);
    if fields.has("indicator") && fields.has("indicatorRef") {
        exactly_one(&mut fields, &slot.path, &["indicator", "indicatorRef"]);
    }
    fields.finish();
    Some(objective)
}

fn slice(slot: &Slot<'_>, problems: &mut Problems) -> Option<TimeSliceWindow> {
    const MINUTES_MAX: u32 = 527_040;
    if let Value::Whole(_) = slot.node.value {
        return value::small(1, MINUTES_MAX)(slot, problems).map(TimeSliceWindow::Minutes);
    }
    if let Value::Text(_) = slot.node.value {
        let window = duration(false)(slot, problems)?;
        if window.span() > Span::days(366) {
            let problem = Problem::new(slot.path.clone(), slot.node.position, format!("`{}` is `{window}`", slot.path));
            problems.add(problem.found(window.to_string()).expected("at most a year"));
        }
        return Some(TimeSliceWindow::Duration(window));
    }
    problems.add(scalar::mismatch(slot, "a length of time such as `1h`, or minutes as a whole number"));
    None
}
