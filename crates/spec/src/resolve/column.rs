//! One column on its own: name, range, weight, and whether type and role go together.

use super::{privacy, thresholds};
use crate::model::Column;
use crate::problem::{Problem, Problems};
use crate::text::{At, ColumnText};
use crate::{Kind, Role, Task, show, yaml};

/// Lints and resolves one column. `None` if it has no name or role; the decoder reported it.
pub(super) fn resolve(text: ColumnText, path: &str, task: Option<Task>, problems: &mut Problems) -> Option<Column> {
    name(&text, path, problems);
    range(&text, path, problems);
    weight(&text, path, problems);
    kind_of_role(&text, path, task, problems);
    let thresholds = thresholds::resolve(&text.thresholds, path, problems);
    let privacy = privacy::resolve(&text, path, problems);
    Some(Column {
        name: text.name?.value,
        role: text.role?.value,
        kind: text.kind.map(|at| at.value),
        min: text.min.map(|at| at.value),
        max: text.max.map(|at| at.value),
        importance: text.importance.map_or(1.0, |at| at.value),
        missing_as_bin: text.missing_as_bin.is_some_and(|at| at.value),
        empty_is_null: text.empty_is_null.is_some_and(|at| at.value),
        thresholds,
        privacy,
    })
}

fn name(text: &ColumnText, path: &str, problems: &mut Problems) {
    if let Some(At { value, position }) = &text.name
        && value.is_empty()
    {
        let problem = Problem::new(format!("{path}.name"), *position, format!("`{path}.name` is empty"));
        problems.add(problem.found("an empty text").expected("the name of a column of the data"));
    }
}

fn range(text: &ColumnText, path: &str, problems: &mut Problems) {
    if let Some(kind) = text.kind.as_ref().filter(|kind| kind.value != Kind::Numeric) {
        let ends = [("min", &text.min), ("max", &text.max)];
        for (field, end) in ends.into_iter().filter_map(|(field, end)| end.as_ref().map(|end| (field, end))) {
            let what = format!("`{path}.{field}` is set for a column of type `{}`", kind.value);
            let problem = Problem::new(format!("{path}.{field}"), end.position, what).found(kind.value.as_str());
            problems.add(problem.expected("a range only for type `numeric`"));
        }
    }
    if let (Some(min), Some(max)) = (&text.min, &text.max)
        && min.value > max.value
    {
        let (low, high) = (yaml::number(min.value), yaml::number(max.value));
        let what = format!("`min` `{low}` is above `max` `{high}` in `{path}`");
        let problem = Problem::new(format!("{path}.min"), min.position, what).found(low);
        problems.add(problem.expected("`min` not above `max`").hint("swap them"));
    }
}

fn weight(text: &ColumnText, path: &str, problems: &mut Problems) {
    if let Some(At { value, position }) = &text.importance
        && *value <= 0.0
    {
        let found = yaml::number(*value);
        let what = format!("`{path}.importance` is `{found}`");
        let problem = Problem::new(format!("{path}.importance"), *position, what).found(found);
        problems.add(problem.expected("a number above 0").hint("a column with role `ignore` does not count"));
    }
}

/// The types that a column of `role` can have, where not every one makes sense.
fn kinds_of(role: Role, task: Option<Task>) -> Option<&'static [Kind]> {
    match (role, task) {
        (Role::Score | Role::Latency | Role::Attribution, _)
        | (Role::Prediction | Role::Label, Some(Task::Regression | Task::Forecasting)) => Some(&[Kind::Numeric]),
        (Role::Timestamp, _) => Some(&[Kind::Timestamp, Kind::Numeric]),
        _ => None,
    }
}

fn kind_of_role(text: &ColumnText, path: &str, task: Option<Task>, problems: &mut Problems) {
    let (Some(role), Some(kind)) = (&text.role, &text.kind) else {
        return;
    };
    let Some(allowed) = kinds_of(role.value, task).filter(|allowed| !allowed.contains(&kind.value)) else {
        return;
    };
    let words: Vec<&str> = allowed.iter().map(|kind| kind.as_str()).collect();
    let what = format!("type `{}` does not go with role `{}` in `{path}`", kind.value, role.value);
    let problem = Problem::new(format!("{path}.type"), kind.position, what).found(kind.value.as_str());
    problems.add(problem.expected(show::one_of(&words)));
}
