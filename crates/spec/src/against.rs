//! A model against the columns that the data really has.

use std::collections::BTreeSet;

use crate::problem::Problem;
use crate::{Model, Role, show, suggest};

/// Suggestions that are looked for: each costs a comparison with every column.
const SUGGESTIONS_MAX: usize = 100;

impl Model {
    /// The declared columns that are absent from `columns`, the names of the columns of a data set, in declared order.
    ///
    /// Names are compared exactly. Columns with role `ignore` may be absent. The suggestion is the nearest undeclared
    /// column; only the first 100 problems get one. An absent label is reported too: the caller knows whether this
    /// data set should have labels already.
    #[must_use]
    pub fn lint_against(&self, columns: &[impl AsRef<str>]) -> Vec<Problem> {
        let present: BTreeSet<&str> = columns.iter().map(AsRef::as_ref).collect();
        let declared: BTreeSet<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let undeclared: Vec<&str> = columns.iter().map(AsRef::as_ref).filter(|name| !declared.contains(name)).collect();
        let mut problems = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if column.role == Role::Ignore || present.contains(column.name.as_str()) {
                continue;
            }
            let suggestion = if problems.len() < SUGGESTIONS_MAX {
                suggest::nearest(&column.name, undeclared.iter().copied())
            } else {
                None
            };
            let what = format!("column {} is not in the data", show::quoted(&column.name));
            let position = self.origin.columns.get(index).copied().flatten();
            let mut problem = Problem::new(format!("spec.columns[{index}].name"), position, what)
                .suggestion(suggestion)
                .expected(format!("a column with role `{}`", column.role));
            if column.role == Role::Label {
                problem = problem.hint("labels may arrive later");
            }
            problem.source.clone_from(&self.origin.source);
            problems.push(problem);
        }
        problems
    }
}
