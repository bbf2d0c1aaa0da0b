//! Monitors and SLIs against the columns that the data really has.

use crate::monitor::fits;
use crate::places::Places;
use crate::problem::Problem;
use crate::{Monitor, Sli, SliSpec, Slo, show, suggest};

/// Suggestions that are looked for: each costs a comparison with every column.
const SUGGESTIONS_MAX: usize = 100;

impl Monitor {
    /// The names of columns, and the patterns, that none of `columns` has, in the order of the text.
    ///
    /// Names are compared exactly; only the first 100 problems get a suggestion.
    #[must_use]
    pub fn lint_against(&self, columns: &[impl AsRef<str>]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let select = &self.spec.select;
        for (field, names) in [("columns", &select.columns), ("exclude", &select.exclude)] {
            for (index, name) in names.iter().enumerate() {
                let path = format!("spec.select.{field}[{index}]");
                problems.extend(absent(&self.places, path, name, columns, problems.len() < SUGGESTIONS_MAX));
            }
        }
        problems
    }
}

impl Slo {
    /// The columns of its own SLIs that none of `columns` is; those of an SLI that it names are that one's matter.
    #[must_use]
    pub fn lint_against(&self, columns: &[impl AsRef<str>]) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(indicator) = &self.spec.indicator {
            problems.extend(of_sli(&self.places, &indicator.spec, "spec.indicator.spec", columns));
        }
        for (index, objective) in self.spec.objectives.iter().enumerate() {
            if let Some(indicator) = &objective.indicator {
                let path = format!("spec.objectives[{index}].indicator.spec");
                problems.extend(of_sli(&self.places, &indicator.spec, &path, columns));
            }
        }
        problems
    }
}

impl Sli {
    /// The columns that none of `columns` is.
    #[must_use]
    pub fn lint_against(&self, columns: &[impl AsRef<str>]) -> Vec<Problem> {
        of_sli(&self.places, &self.spec, "spec", columns)
    }
}

fn of_sli(places: &Places, spec: &SliSpec, path: &str, columns: &[impl AsRef<str>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (below, source) in spec.sources() {
        if let Some(name) = source.watchkeeper().and_then(|own| own.column.as_ref()) {
            let path = format!("{path}.{below}.metricSource.spec.column");
            problems.extend(absent(places, path, name, columns, true));
        }
    }
    problems
}

fn absent(
    places: &Places,
    path: String,
    name: &str,
    columns: &[impl AsRef<str>],
    with_suggestion: bool,
) -> Option<Problem> {
    if columns.iter().any(|column| fits(name, column.as_ref())) {
        return None;
    }
    if name.contains('*') {
        let problem = places.problem(path, format!("no column of the data fits {}", show::quoted(name)));
        return Some(problem.found(name).expected("a pattern that fits the name of a column"));
    }
    let suggestion = if with_suggestion { suggest::nearest(name, columns.iter().map(AsRef::as_ref)) } else { None };
    let problem = places.problem(path, format!("column {} is not in the data", show::quoted(name)));
    Some(problem.found(name).suggestion(suggestion).expected("the name of a column of the data"))
}
