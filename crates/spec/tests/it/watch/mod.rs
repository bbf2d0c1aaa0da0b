//! The kinds of the watch and of OpenSLO.

mod burn;
mod delivery;
mod lint;
mod measure;
mod monitor;
mod openslo;
mod property;
mod quiet;
mod round_trip;
mod schema;
mod traffic;

use watchkeeper_spec::Resource;

/// The resources of a text.
#[track_caller]
pub(crate) fn read(text: &str) -> Vec<Resource> {
    Resource::from_yaml_documents(text.as_bytes(), "w.yaml").unwrap_or_else(|error| panic!("{error}\n---\n{text}"))
}

/// A document with this spec, indented by two; its first line is line 5.
pub(crate) fn of(kind: &str, spec: &str) -> String {
    let version = if is_openslo(kind) { "openslo/v1" } else { "watchkeeper/v1" };
    let spec: String = spec.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n{spec}")
}

fn is_openslo(kind: &str) -> bool {
    ["SLO", "SLI", "Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"].contains(&kind)
}

/// The text has exactly these problems.
#[track_caller]
pub(crate) fn refused(text: &str, expect: &[&str]) {
    let error = Resource::from_yaml_documents(text.as_bytes(), "w.yaml").expect_err(text).to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), expect, "\n---\n{text}");
}

/// The one resource of a text.
#[track_caller]
pub(crate) fn one(text: &str) -> Resource {
    let mut resources = read(text);
    assert_eq!(resources.len(), 1);
    resources.remove(0)
}
