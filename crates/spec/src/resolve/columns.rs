//! Columns together: unique names, one id, one timestamp.

use std::collections::BTreeMap;

use super::column;
use crate::model::Column;
use crate::problem::{Position, Problem, Problems};
use crate::text::ColumnText;
use crate::{Role, Task, show};

/// Roles that one column at most can have: an event has one identity and one time. A composite key is made into one
/// column before; other ids and times have the role `ignore` or `feature`.
const UNIQUE_ROLES: [Role; 2] = [Role::Id, Role::Timestamp];

pub(super) fn resolve(columns: Vec<ColumnText>, task: Option<Task>, problems: &mut Problems) -> Vec<Column> {
    unique_names(&columns, problems);
    for role in UNIQUE_ROLES {
        unique_role(&columns, role, problems);
    }
    let resolve = |(index, text)| column::resolve(text, &path(index), task, problems);
    columns.into_iter().enumerate().filter_map(resolve).collect()
}

fn path(index: usize) -> String {
    format!("spec.columns[{index}]")
}

fn unique_names(columns: &[ColumnText], problems: &mut Problems) {
    let mut first: BTreeMap<&str, (usize, Option<Position>)> = BTreeMap::new();
    for (index, column) in columns.iter().enumerate() {
        let Some(name) = &column.name else { continue };
        if let Some((other, position)) = first.get(name.value.as_str()) {
            let what = format!("repeated column {}, first at {}", show::quoted(&name.value), place(*other, *position));
            let problem = Problem::new(format!("{}.name", path(index)), name.position, what);
            problems.add(problem.found(name.value.as_str()).expected("each column once"));
        } else {
            first.insert(&name.value, (index, name.position));
        }
    }
}

fn unique_role(columns: &[ColumnText], role: Role, problems: &mut Problems) {
    let has_role = |(_, column): &(usize, &ColumnText)| column.role.as_ref().is_some_and(|at| at.value == role);
    let mut holders = columns.iter().enumerate().filter(has_role);
    let Some((first, holder)) = holders.next() else {
        return;
    };
    for (index, column) in holders {
        let position = column.role.as_ref().and_then(|at| at.position);
        let at = place(first, holder.role.as_ref().and_then(|at| at.position));
        let what = format!("second column with role `{role}`, first at {at}");
        let problem = Problem::new(format!("{}.role", path(index)), position, what).found(role.as_str());
        problems.add(problem.expected(format!("at most one column with role `{role}`")));
    }
}

/// How a message points at another column.
fn place(index: usize, position: Option<Position>) -> String {
    position.map_or_else(|| format!("`{}`", path(index)), |position| format!("line {}", position.line))
}
