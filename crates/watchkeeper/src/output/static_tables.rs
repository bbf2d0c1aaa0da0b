//! The report without scripts: the same facts as tables. The page's styles are for these classes.

use maud::{Markup, html};
use watchkeeper_watch::text::{count, number, percent};

use super::{bytes_text, lead, value_text, worst_first};
use crate::check::result::{CheckResult, ColumnRow, GroupRow, Side};

/// Columns whose measurements are listed one by one; with more, only the columns are.
const DETAILS_MAX: usize = 60;

pub(super) fn render(result: &CheckResult) -> Markup {
    let sorted = worst_first(&result.columns);
    html! {
        header class="static-header" {
            p class="static-eyebrow" { "Watchkeeper check of " (result.model.name) }
            h1 { (status(&result.verdict)) }
            p class="static-reason" { (result.reason) }
            dl class="static-facts" { (side("Reference", &result.reference)) (side("Current", &result.current)) }
        }
        main class="static-main" {
            (schema_changes(result))
            (columns(&sorted))
            (groups("Periods", &result.periods))
            (groups("Segments", &result.segments))
            @if sorted.len() <= DETAILS_MAX { @for column in &sorted { (details(column)) } }
        }
        footer class="static-footer" {
            @for note in &result.notes { p { (note) } }
            p { "Watchkeeper " (result.version) ", " (result.generated_at) ", alpha " (number(result.settings.alpha)) }
        }
    }
}

fn status(verdict: &str) -> Markup {
    html! { span class={ "static-verdict static-" (verdict) } { (verdict) } }
}

fn side(name: &str, side: &Side) -> Markup {
    let first = side.paths.first().map_or("", String::as_str);
    let files =
        if side.paths.len() > 1 { format!("{first} and {} more", side.paths.len() - 1) } else { first.to_owned() };
    html! { div { dt { (name) } dd { (count(side.rows)) " rows, " (bytes_text(side.bytes)) ", " (files) } } }
}

/// A table that scrolls by itself where it is wider than the page; none without rows.
fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        @if !rows.is_empty() {
            div class="static-scroll" tabindex="0" role="region" aria-label=(caption) {
                table class="static" {
                    caption { (caption) }
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for row in rows { tr {
                        @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                        }
                    } } }
                }
            }
        }
    }
}

fn text(text: &str) -> Markup {
    html! { (text) }
}

fn schema_changes(result: &CheckResult) -> Markup {
    let row = |change: &crate::check::result::SchemaChangeRow| {
        vec![text(&change.column), status(&change.verdict), text(&change.change), text(&change.reason)]
    };
    let rows: Vec<_> = result.schema_changes.iter().map(row).collect();
    table("Changes of the columns", &["Column", "Status", "Change", "Reason"], &rows)
}

fn columns(columns: &[&ColumnRow]) -> Markup {
    let row = |column: &&ColumnRow| {
        let drift = lead(column);
        vec![
            text(&column.name),
            status(&column.verdict),
            html! { (column.type_name) ", " (column.role) },
            text(drift.map_or("–", |m| m.metric.as_str())),
            text(&drift.map_or("–".into(), value_text)),
            text(&drift.and_then(|m| m.decision_threshold).map_or("–".into(), number)),
            text(&missing(column)),
            text(&column.reason),
        ]
    };
    let rows: Vec<_> = columns.iter().map(row).collect();
    table(
        "Columns, worst first",
        &["Column", "Status", "Type, role", "Metric", "Value", "Limit", "Missing", "Reason"],
        &rows,
    )
}

fn missing(column: &ColumnRow) -> String {
    let row = column.measurements.iter().find(|m| m.metric == "missing_rate");
    row.and_then(|m| m.current).map_or("–".into(), percent)
}

fn groups(title: &str, groups: &[GroupRow]) -> Markup {
    let row = |group: &GroupRow| {
        vec![text(&group.label), status(&group.verdict), text(&count(group.rows)), text(&group.reason)]
    };
    let rows: Vec<_> = groups.iter().map(row).collect();
    table(title, &[title, "Status", "Rows", "Worst finding"], &rows)
}

fn details(column: &ColumnRow) -> Markup {
    let rows: Vec<_> = column
        .measurements
        .iter()
        .map(|m| {
            vec![
                text(&m.metric),
                text(&value_text(m)),
                text(&m.exactness),
                text(&m.decision_threshold.map_or("–".into(), number)),
                text(&m.critical_decision_threshold.map_or("–".into(), number)),
                html! { (count(m.n_reference)) ", " (count(m.n_current)) },
                html! { (m.status) @if let Some(detail) = &m.detail { ": " (detail) } },
            ]
        })
        .collect();
    let heads =
        ["Metric", "Value", "Exactness", "Warning above", "Critical above", "Rows: reference, current", "Status"];
    table(&format!("{}: measurements", column.name), &heads, &rows)
}
