//! A small model text and checks on messages.

use watchkeeper_spec::{Model, SpecError};

/// A model whose `spec` is `spec`, indented by two.
pub(crate) fn with_spec(spec: &str) -> String {
    let spec: String = spec.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {{ name: m }}\nspec:\n{spec}")
}

pub(crate) fn parse(text: &str) -> Result<Model, SpecError> {
    Model::from_yaml(text, "model.yaml")
}

#[track_caller]
pub(crate) fn ok(text: &str) -> Model {
    parse(text).unwrap_or_else(|error| panic!("{error}\n---\n{text}"))
}

/// The text has exactly these problems.
#[track_caller]
pub(crate) fn check(text: &str, expect: &[&str]) {
    let error = parse(text).expect_err(text).to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), expect, "\n---\n{text}");
}

/// A model with this `spec` has exactly these problems; its first line is line 5.
#[track_caller]
pub(crate) fn check_spec(spec: &str, expect: &[&str]) {
    check(&with_spec(spec), expect);
}
