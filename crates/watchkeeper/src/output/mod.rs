//! What was found, in the forms that people and programs read.

pub mod html;
pub mod junit;
pub mod markdown;
mod static_tables;
pub mod terminal;

use watchkeeper_watch::text::number;

use crate::check::result::{ColumnRow, MeasurementRow};

/// The mark before a verdict: it tells the same as the colour.
#[must_use]
pub fn mark(verdict: &str) -> &'static str {
    match verdict {
        "critical" => "✗",
        "warning" => "▲",
        "ok" => "✓",
        _ => "?",
    }
}

/// Columns worst first, then in the order of the data.
#[must_use]
pub fn worst_first(columns: &[ColumnRow]) -> Vec<&ColumnRow> {
    let rank = |column: &ColumnRow| match column.verdict.as_str() {
        "critical" => 0,
        "warning" => 1,
        "unknown" => 2,
        _ if column
            .measurements
            .iter()
            .any(|m| m.alarm && m.metric != "missing_rate" && m.metric != "invalid_rate") =>
        {
            3
        }
        _ => 4,
    };
    let excess =
        |column: &ColumnRow| lead(column).and_then(|m| Some(m.value?.abs() / m.decision_threshold?)).unwrap_or(0.0);
    let mut sorted: Vec<&ColumnRow> = columns.iter().collect();
    sorted.sort_by(|a, b| rank(a).cmp(&rank(b)).then(excess(b).total_cmp(&excess(a))));
    sorted
}

/// The alarm metric that shows a column's drift: the first one that is not about missing or invalid values.
#[must_use]
pub fn lead(column: &ColumnRow) -> Option<&MeasurementRow> {
    let drift = |m: &&MeasurementRow| m.alarm && !matches!(m.metric.as_str(), "missing_rate" | "invalid_rate");
    column.measurements.iter().find(drift)
}

/// A value with the unit its metric has.
#[must_use]
pub fn value_text(row: &MeasurementRow) -> String {
    match row.value {
        None => "–".into(),
        Some(value) => number(value),
    }
}

/// Bytes for people.
#[must_use]
pub fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
