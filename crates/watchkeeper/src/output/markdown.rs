//! A summary for the page of a CI run.

use watchkeeper_watch::text::{count, number};

use super::{lead, mark, value_text, worst_first};
use crate::check::result::{CheckResult, GroupRow};

/// Columns that are fine are counted, not listed, beyond this many rows.
const ROWS_MAX: usize = 100;

/// The result as Markdown (GitHub flavour).
#[must_use]
pub fn render(result: &CheckResult) -> String {
    let mut out = format!(
        "## {} {}: {}\n\n{}\n\n",
        mark(&result.verdict),
        escape(&result.model.name),
        result.verdict,
        escape(&result.reason)
    );
    out.push_str(&format!(
        "{} reference rows, {} current rows, {} columns: {} critical, {} warning, {} ok, {} unknown.\n\n",
        count(result.reference.rows),
        count(result.current.rows),
        result.summary.columns,
        result.summary.critical,
        result.summary.warning,
        result.summary.ok,
        result.summary.unknown
    ));
    out.push_str("| | column | metric | value | limit | reason |\n|---|---|---|---:|---:|---|\n");
    let sorted = worst_first(&result.columns);
    for column in sorted.iter().take(ROWS_MAX) {
        let drift = lead(column);
        out.push_str(&format!(
            "| {} {} | {} | {} | {} | {} | {} |\n",
            mark(&column.verdict),
            column.verdict,
            escape(&column.name),
            drift.map_or("–", |m| m.metric.as_str()),
            drift.map_or("–".into(), value_text),
            drift.and_then(|m| m.decision_threshold).map_or("–".into(), number),
            escape(&column.reason)
        ));
    }
    if sorted.len() > ROWS_MAX {
        out.push_str(&format!("\n… and {} more columns.\n", sorted.len() - ROWS_MAX));
    }
    for (title, groups) in [("period", &result.periods), ("segment", &result.segments)] {
        if !groups.is_empty() {
            out.push_str(&group_table(title, groups));
        }
    }
    for change in &result.schema_changes {
        out.push_str(&format!(
            "\n- {} `{}` {}: {}",
            mark(&change.verdict),
            change.column,
            change.change,
            escape(&change.reason)
        ));
    }
    for note in &result.notes {
        out.push_str(&format!("\n- note: {}", escape(note)));
    }
    out.push('\n');
    out
}

fn group_table(title: &str, groups: &[GroupRow]) -> String {
    let mut out = format!("\n| | {title} | rows | worst finding |\n|---|---|---:|---|\n");
    for group in groups {
        let cells = (escape(&group.label), count(group.rows), escape(&group.reason));
        out.push_str(&format!(
            "| {} {} | {} | {} | {} |\n",
            mark(&group.verdict),
            group.verdict,
            cells.0,
            cells.1,
            cells.2
        ));
    }
    out
}

/// Text inside a table cell: no bar, line break or tag of the data's own.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")
}
