//! The report without scripts: the same facts as tables.

use maud::{Markup, html};
use watchkeeper_watch::text::{count, number, percent};

use super::{bytes_text, lead, mark, value_text, worst_first};
use crate::check::result::{CheckResult, ColumnRow, GroupRow, Side};

/// Columns whose measurements are listed one by one; beyond, only their first line.
const DETAILS_MAX: usize = 60;

pub(super) fn render(result: &CheckResult) -> Markup {
    let sorted = worst_first(&result.columns);
    html! {
        header class="static-header" {
            p class="static-model" { (result.model.name) }
            h1 class={ "static-verdict static-" (result.verdict) } { (mark(&result.verdict)) " " (result.verdict) }
            p { (result.reason) }
        }
        table class="static" {
            caption { "What was compared" }
            thead { tr { th { "side" } th { "files" } th { "rows" } th { "size" } } }
            tbody { (side("reference", &result.reference)) (side("current", &result.current)) }
        }
        (columns(&sorted))
        @for (title, groups) in [("Periods", &result.periods), ("Segments", &result.segments)] {
            @if !groups.is_empty() { (group_table(title, groups)) }
        }
        @if !result.schema_changes.is_empty() {
            table class="static" {
                caption { "Changes of the columns" }
                thead { tr { th { "verdict" } th { "column" } th { "change" } th { "reason" } } }
                tbody { @for change in &result.schema_changes {
                    tr { td { (mark(&change.verdict)) " " (change.verdict) } td { (change.column) } td { (change.change) } td { (change.reason) } }
                } }
            }
        }
        @if sorted.len() <= DETAILS_MAX { @for column in &sorted { (details(column)) } }
        footer class="static-footer" {
            @for note in &result.notes { p { (note) } }
            p { "watchkeeper " (result.version) " · " (result.generated_at) " · alpha " (number(result.settings.alpha)) }
        }
    }
}

fn side(name: &str, side: &Side) -> Markup {
    let first = side.paths.first().map_or("", String::as_str);
    let files =
        if side.paths.len() > 1 { format!("{first} and {} more", side.paths.len() - 1) } else { first.to_owned() };
    html! { tr { td { (name) } td { (files) } td { (count(side.rows)) } td { (bytes_text(side.bytes)) } } }
}

fn columns(columns: &[&ColumnRow]) -> Markup {
    html! {
        table class="static" {
            caption { "Columns, worst first" }
            thead { tr { th { "verdict" } th { "column" } th { "type, role" } th { "metric" } th { "value" } th { "limit" } th { "missing" } th { "reason" } } }
            tbody { @for column in columns {
                @let drift = lead(column);
                tr {
                    td { (mark(&column.verdict)) " " (column.verdict) }
                    td { (column.name) }
                    td { (column.type_name) ", " (column.role) }
                    td { (drift.map_or("–", |m| m.metric.as_str())) }
                    td { (drift.map_or("–".into(), value_text)) }
                    td { (drift.and_then(|m| m.decision_threshold).map_or("–".into(), number)) }
                    td { (missing(column)) }
                    td { (column.reason) }
                }
            } }
        }
    }
}

fn missing(column: &ColumnRow) -> String {
    let row = column.measurements.iter().find(|m| m.metric == "missing_rate");
    row.and_then(|m| m.current).map_or("–".into(), percent)
}

fn group_table(title: &str, groups: &[GroupRow]) -> Markup {
    html! {
        table class="static" {
            caption { (title) }
            thead { tr { th { "verdict" } th { (title) } th { "rows" } th { "worst finding" } } }
            tbody { @for group in groups {
                tr { td { (mark(&group.verdict)) " " (group.verdict) } td { (group.label) } td { (count(group.rows)) } td { (group.reason) } }
            } }
        }
    }
}

fn details(column: &ColumnRow) -> Markup {
    html! {
        table class="static" {
            caption { (column.name) ": measurements" }
            thead { tr { th { "metric" } th { "value" } th { "exactness" } th { "warning above" } th { "critical above" } th { "rows (reference, current)" } th { "status" } } }
            tbody { @for m in &column.measurements {
                tr {
                    td { (m.metric) }
                    td { (value_text(m)) }
                    td { (m.exactness) }
                    td { (m.decision_threshold.map_or("–".into(), number)) }
                    td { (m.critical_decision_threshold.map_or("–".into(), number)) }
                    td { (count(m.n_reference)) ", " (count(m.n_current)) }
                    td { (m.status) @if let Some(detail) = &m.detail { ": " (detail) } }
                }
            } }
        }
    }
}
