//! Burn rates that an SLO cannot reach, and windows of too few slices.

use super::Lint;
use super::references::Index;
use crate::burn::{BurnPolicySpec, FACTOR_SHARE_MAX, default_tiers};
use crate::watch_words::BurnFamily;
use crate::{
    ANNOTATION_BURN_POLICY, AlertConditionSpec, AlertPolicySpec, BurnCondition, ConditionChoice, Objective,
    PolicyChoice, Resource, ResourceKind, Slo, Span, yaml,
};

/// The families from the finest to the coarsest.
const FAMILIES: [(BurnFamily, Span); 4] = [
    (BurnFamily::Stream, Span::minutes(5)),
    (BurnFamily::Hourly, Span::hours(1)),
    (BurnFamily::Daily, Span::days(1)),
    (BurnFamily::Cohort, Span::days(7)),
];

pub(super) fn check(slo: &Slo, index: &Index<'_>, lint: &mut Lint) {
    threshold_of_reference(slo, index, lint);
    annotated(slo, index, lint);
    for (position, choice) in slo.spec.alert_policies.iter().enumerate() {
        let path = format!("spec.alertPolicies[{position}]");
        match choice {
            PolicyChoice::Inline(policy) => conditions(slo, &policy.spec, &path, true, index, lint),
            PolicyChoice::Ref(name) => {
                if let Some(Resource::AlertPolicy(policy)) = index.get(ResourceKind::AlertPolicy, name) {
                    conditions(slo, &policy.spec, &path, false, index, lint);
                }
            }
        }
    }
}

/// What the reader could not see, because the SLI stands elsewhere.
fn threshold_of_reference(slo: &Slo, index: &Index<'_>, lint: &mut Lint) {
    for (position, objective) in slo.spec.objectives.iter().enumerate() {
        if objective.indicator.is_some() {
            continue;
        }
        let Some(name) = objective.indicator_ref.as_ref().or(slo.spec.indicator_ref.as_ref()) else { continue };
        if let Some(Resource::Sli(sli)) = index.get(ResourceKind::Sli, name)
            && sli.spec.threshold_metric.is_some()
            && (objective.op.is_none() || objective.value.is_none())
        {
            let path = format!("spec.objectives[{position}]");
            let what = format!("`{path}` has no `op` and `value`, but SLI `{name}` is a `thresholdMetric`");
            lint.errors.push(slo.places.problem(path, what).expected("the limit, such as `op: gte` and `value: 0.78`"));
        }
    }
}

/// The policy that the annotation names.
fn annotated(slo: &Slo, index: &Index<'_>, lint: &mut Lint) {
    let Some(name) = slo.burn_policy() else { return };
    let found = index.get(ResourceKind::BurnPolicy, name);
    let built_in = name.parse().ok().map(BurnPolicySpec::of);
    let policy = match found {
        Some(Resource::BurnPolicy(policy)) => Some(&policy.spec),
        _ => built_in.as_ref(),
    };
    let annotation = format!("metadata.annotations[{ANNOTATION_BURN_POLICY:?}]");
    let tier = slo.tier();
    for rule in policy.into_iter().flat_map(|policy| &policy.tiers) {
        let is_meant = rule.tier.is_none_or(|of| tier.is_some_and(|tier| tier <= of));
        if let (BurnCondition::Budget { long, percent, .. }, Some(factor), true) =
            (&rule.condition, rule.condition.factor(slo.spec.period()), is_meant)
        {
            let what = format!(
                "the {} tier `{} %` of the budget in `{long}` of burn policy `{name}`",
                rule.severity,
                yaml::number(*percent)
            );
            reachable(slo, &annotation, factor, &what, lint);
            enough_slices(slo, &annotation, *long, &what, lint);
        }
    }
}

fn conditions(slo: &Slo, policy: &AlertPolicySpec, path: &str, is_inline: bool, index: &Index<'_>, lint: &mut Lint) {
    for (position, choice) in policy.conditions.iter().enumerate() {
        match choice {
            ConditionChoice::Inline(inline) => {
                let path = if is_inline {
                    format!("{path}.spec.conditions[{position}].spec.condition")
                } else {
                    path.to_owned()
                };
                condition(slo, &inline.spec, &path, is_inline, lint);
            }
            ConditionChoice::Ref(name) => {
                if let Some(Resource::AlertCondition(found)) = index.get(ResourceKind::AlertCondition, name) {
                    condition(slo, &found.spec, path, false, lint);
                }
            }
        }
    }
}

fn condition(slo: &Slo, spec: &AlertConditionSpec, path: &str, is_inline: bool, lint: &mut Lint) {
    let at = |field: &str| if is_inline { format!("{path}.{field}") } else { path.to_owned() };
    let condition = &spec.condition;
    // One that alerts on a low burn rate is warned about elsewhere.
    if condition.op.is_none_or(crate::Comparison::is_upward) {
        let what = format!("the {} condition", spec.severity);
        reachable(slo, &at("threshold"), condition.threshold, &what, lint);
    }
    let what = format!("`lookbackWindow` `{}`", condition.lookback_window);
    enough_slices(slo, &at("lookbackWindow"), condition.lookback_window.span(), &what, lint);
}

/// Reports a burn rate that some objective can hardly reach: above 0.9 / (1 − target) (methods K.2).
fn reachable(slo: &Slo, path: &str, factor: f64, what: &str, lint: &mut Lint) {
    let hardest = |objective: &Objective| factor * objective.budget_ratio() > FACTOR_SHARE_MAX * (1.0 + 1e-12);
    let Some(objective) = slo.spec.objectives.iter().find(|objective| hardest(objective)) else { return };
    let (target, most) = (objective.target_ratio(), 1.0 / objective.budget_ratio());
    let family = family_for(slo);
    let what = format!(
        "{what} needs a burn rate of {}, but with target {} it is {} at most",
        rounded(factor),
        yaml::number(target),
        rounded(most)
    );
    let expected = format!("a burn rate of at most {}", rounded(FACTOR_SHARE_MAX * most));
    let hint = format!("use burn policy `{family}`: annotation `{ANNOTATION_BURN_POLICY}: {family}`");
    lint.errors.push(slo.places.problem(path, what).expected(expected).hint(hint));
}

/// The finest family whose slices the SLO has and whose burn rates its objectives can reach.
fn family_for(slo: &Slo) -> BurnFamily {
    let slice =
        slo.spec.objectives.iter().filter_map(|objective| objective.time_slice_window).map(|slice| slice.span()).max();
    let slice = slice.unwrap_or(Span::minutes(5));
    let budget = slo.spec.objectives.iter().map(Objective::budget_ratio).fold(0.0, f64::max);
    let is_reachable = |family: BurnFamily| {
        default_tiers(family).iter().all(|tier| {
            tier.condition
                .factor(slo.spec.period())
                .is_none_or(|factor| factor * budget <= FACTOR_SHARE_MAX * (1.0 + 1e-12))
        })
    };
    let is_fine = |(family, finest): &(BurnFamily, Span)| *finest >= slice && is_reachable(*family);
    FAMILIES.iter().find(|family| is_fine(family)).map_or(BurnFamily::Cohort, |(family, _)| *family)
}

fn enough_slices(slo: &Slo, path: &str, window: Span, what: &str, lint: &mut Lint) {
    let slice =
        slo.spec.objectives.iter().filter_map(|objective| objective.time_slice_window).map(|slice| slice.span()).max();
    if let Some(slice) = slice.filter(|slice| window < slice.times(3)) {
        let what = format!("{what} is under 3 slices of `{slice}`");
        let problem = slo.places.problem(path, what).found(window.to_string());
        let family = family_for(slo);
        let hint = format!("use burn policy `{family}`, which counts slices");
        let problem = problem.expected(format!("a window of at least `{}`", slice.times(3)));
        lint.errors.push(problem.hint(hint));
    }
}

/// Three digits that count, for people.
fn rounded(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
