//! What is wrong with resources that are each right on their own: with each other, with the columns of the data, with
//! the traffic of the model.

mod burn;
mod columns;
mod references;
mod secrets;
mod traffic;

use crate::problem::Problem;
use crate::{AlertConditionSpec, Comparison, ConditionChoice, PolicyChoice, Resource};

pub use traffic::{Traffic, psi_rows_min};

/// What is wrong with resources together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lint {
    /// What can never work.
    pub errors: Vec<Problem>,
    /// Names that no given resource has. Whether that is wrong depends on whether all resources were given.
    pub unknown: Vec<Problem>,
    /// What works and is hardly meant.
    pub warnings: Vec<Problem>,
}

/// Lints resources together: names that nothing has, rules that cannot fire, circles. The problems stand in the order of
/// the resources, with the source and position of each.
#[must_use]
pub fn lint(resources: &[Resource]) -> Lint {
    let mut lint = Lint::default();
    let index = references::Index::of(resources);
    for resource in resources {
        references::check(resource, &index, &mut lint);
        if let Resource::Slo(slo) = resource {
            burn::check(slo, &index, &mut lint);
        }
        burn_direction(resource, &mut lint);
        secrets::check(resource, &mut lint);
    }
    lint
}

/// Examples of OpenSLO write `op: lte` where they mean that a burn rate exceeds a threshold.
fn burn_direction(resource: &Resource, lint: &mut Lint) {
    let mut warn = |places: &crate::places::Places, path: String, condition: &AlertConditionSpec| {
        if let Some(op @ (Comparison::Lt | Comparison::Lte)) = condition.condition.op {
            let path = format!("{path}.condition.op");
            let threshold = crate::yaml::number(condition.condition.threshold);
            let what = format!("`{path}` is `{op}`: it alerts while the burn rate is below `{threshold}`");
            let problem = places.problem(path, what).found(op.as_str());
            lint.warnings
                .push(problem.suggestion(Some("gte")).expected("`gt` or `gte`: a high burn rate is the bad one"));
        }
    };
    match resource {
        Resource::AlertCondition(condition) => warn(&condition.places, "spec".to_owned(), &condition.spec),
        Resource::AlertPolicy(policy) => {
            for (index, choice) in policy.spec.conditions.iter().enumerate() {
                if let ConditionChoice::Inline(inline) = choice {
                    warn(&policy.places, format!("spec.conditions[{index}].spec"), &inline.spec);
                }
            }
        }
        Resource::Slo(slo) => {
            for (index, choice) in slo.spec.alert_policies.iter().enumerate() {
                let PolicyChoice::Inline(policy) = choice else { continue };
                for (inner, choice) in policy.spec.conditions.iter().enumerate() {
                    if let ConditionChoice::Inline(inline) = choice {
                        let path = format!("spec.alertPolicies[{index}].spec.conditions[{inner}].spec");
                        warn(&slo.places, path, &inline.spec);
                    }
                }
            }
        }
        _ => {}
    }
}
