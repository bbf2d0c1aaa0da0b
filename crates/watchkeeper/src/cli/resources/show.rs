//! Resources and differences as text.

use serde_json::{Value, json};
use watchkeeper_spec::Resource;

use super::{Difference, Stored};
use crate::cli::CliError;
use crate::cli::service_args::ResourceOutput;

/// Characters of a value in a difference.
const SHOWN_CHARS_MAX: usize = 80;

/// Several resources: documents with `---` between them, one JSON array, or a table.
pub(super) fn list(resources: &[Stored], output: ResourceOutput) -> Result<String, CliError> {
    match output {
        ResourceOutput::Json => pretty(&json!(resources)),
        ResourceOutput::Yaml => {
            resources.iter().map(document).collect::<Result<Vec<_>, _>>().map(|all| all.join("---\n"))
        }
        ResourceOutput::Table => {
            let rows = resources.iter().map(|stored| {
                let Stored { kind, name, revision, updated_at, .. } = stored;
                [kind.clone(), name.clone(), revision.to_string(), updated_at.clone()]
            });
            Ok(columns([["KIND", "NAME", "REVISION", "UPDATED"].map(str::to_owned)].into_iter().chain(rows)))
        }
    }
}

/// Rows of text in columns that are as wide as their widest text.
pub(in crate::cli) fn columns<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = text.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(text, width)| format!("{text:<width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// A resource as the file that makes it. One that this program does not understand is written as JSON, which is YAML.
fn document(stored: &Stored) -> Result<String, CliError> {
    match Resource::from_json(&stored.body.to_string(), &stored.name) {
        Ok(resource) => Ok(resource.to_yaml()),
        Err(_) => pretty(&stored.body),
    }
}

/// JSON over several lines.
pub(super) fn pretty(value: &Value) -> Result<String, CliError> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| CliError::Internal(error.to_string()))
}

/// The changes of one resource, a line each.
pub(super) fn difference(title: &str, difference: &Difference) -> String {
    let Difference { exists, changes } = difference;
    let mut text = if *exists { format!("{title}\n") } else { format!("{title} (new)\n") };
    for change in changes {
        let path = &change.path;
        text.push_str(&match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("  ~ {path}: {} → {}\n", short(before), short(after)),
            (None, Some(after)) => format!("  + {path}: {}\n", short(after)),
            (Some(before), None) => format!("  - {path}: {}\n", short(before)),
            (None, None) => String::new(),
        });
    }
    text
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().nth(SHOWN_CHARS_MAX).is_none() {
        return text;
    }
    text.chars().take(SHOWN_CHARS_MAX).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Change;
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let stored = |name: &str, revision| Stored {
            kind: "Model".into(),
            name: name.into(),
            revision,
            updated_at: "2026-01-01T00:00:00Z".into(),
            body: json!({}),
        };
        let text = list(&[stored("flights-delay", 12), stored("m", 1)], ResourceOutput::Table).unwrap();
        assert_eq!(
            text,
            "KIND   NAME           REVISION  UPDATED\n\
             Model  flights-delay  12        2026-01-01T00:00:00Z\n\
             Model  m              1         2026-01-01T00:00:00Z\n"
        );
    }

    #[test]
    fn changes_are_told_by_field() {
        let change =
            |path: &str, before: Option<Value>, after: Option<Value>| Change { path: path.into(), before, after };
        let changes = vec![
            change("spec.check.alpha", Some(json!(0.01)), Some(json!(0.001))),
            change("spec.columns[a].max", None, Some(json!(5))),
            change("metadata.description", Some(json!("x".repeat(100))), None),
        ];
        let text = difference("model/m", &Difference { exists: true, changes });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..3], ["model/m", "  ~ spec.check.alpha: 0.01 → 0.001", "  + spec.columns[a].max: 5"]);
        assert!(lines[3].starts_with("  - metadata.description: \"xxx") && lines[3].ends_with('…'));
        assert_eq!(difference("model/n", &Difference { exists: false, changes: vec![] }), "model/n (new)\n");
    }
}
