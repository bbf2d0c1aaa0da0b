//! A model against the columns of the data.

use crate::support::{ok, with_spec};

fn check(data: &[&str], expect: &[&str]) {
    let model = ok(&with_spec(
        "
task: other
columns:
  - {name: dest, role: feature}
  - {name: arr_delay, role: label}
  - {name: gone, role: ignore}
",
    ));
    let problems: Vec<String> = model.lint_against(data).iter().map(ToString::to_string).collect();
    assert_eq!(problems, expect);
}

#[test]
fn absent_columns() {
    check(&["dest", "arr_delay", "more"], &[]);
    check(
        &["Dest", "ArrDelay"],
        &[
            "model.yaml:7:14: column `dest` is not in the data; did you mean `Dest`? \
             expected a column with role `feature`",
            "model.yaml:8:14: column `arr_delay` is not in the data; did you mean `ArrDelay`? \
             expected a column with role `label`; labels may arrive later",
        ],
    );
    check(
        &["dest"],
        &["model.yaml:8:14: column `arr_delay` is not in the data; \
           expected a column with role `label`; labels may arrive later"],
    );
}

#[test]
fn a_declared_column_is_no_suggestion() {
    let model = ok(&with_spec("task: other\ncolumns: [{name: x1, role: feature}, {name: x2, role: feature}]"));
    let problems = model.lint_against(&["x1".to_owned()]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].suggestion, None);
}
