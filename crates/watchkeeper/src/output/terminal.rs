//! The table on a terminal.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use watchkeeper_watch::text::{count, number, percent};

use super::{bytes_text, lead, mark, value_text, worst_first};
use crate::check::result::{CheckResult, ColumnRow, GroupRow, Side};

/// Columns that are fine are listed up to this many.
const OK_SHOWN: usize = 60;
/// One line below the header.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
const WIDTH_DEFAULT: u16 = 100;
/// Narrower terminals show the verdict, the column and the reason, which holds the numbers.
const WIDTH_OF_ALL: u16 = 90;

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours (`NO_COLOR` and pipes turn them off).
    pub color: bool,
    /// Width in characters; `None` where there is no terminal.
    pub width: Option<u16>,
}

/// The whole result as text.
#[must_use]
pub fn render(result: &CheckResult, style: Style) -> String {
    let mut out = String::new();
    out.push_str(&format!("reference  {}\n", side(&result.reference)));
    out.push_str(&format!("current    {}\n\n", side(&result.current)));
    out.push_str(&columns(result, style).to_string());
    out.push('\n');
    for (title, groups) in [("period", &result.periods), ("segment", &result.segments)] {
        if !groups.is_empty() {
            out.push('\n');
            out.push_str(&group_table(title, groups, style).to_string());
            out.push('\n');
        }
    }
    for change in &result.schema_changes {
        out.push_str(&format!(
            "\n{} column `{}` {}: {}",
            mark(&change.verdict),
            change.column,
            change.change,
            change.reason
        ));
    }
    if !result.schema_changes.is_empty() {
        out.push('\n');
    }
    for note in &result.notes {
        out.push_str(&format!("\nnote: {note}"));
    }
    if !result.notes.is_empty() {
        out.push('\n');
    }
    out.push_str(&format!("\n{} {}\n", paint(&result.verdict, style), result.reason));
    out
}

fn side(side: &Side) -> String {
    let files = match side.paths.as_slice() {
        [path] => path.clone(),
        [first, ..] => format!("{first} and {} more files", side.paths.len() - 1),
        [] => String::new(),
    };
    format!("{files} · {} rows · {}", count(side.rows), bytes_text(side.bytes))
}

/// The verdict in words, coloured as the table colours it.
fn paint(verdict: &str, style: Style) -> String {
    let text = format!("{} {verdict}", mark(verdict));
    if !style.color {
        return text;
    }
    let code = match verdict {
        "critical" => "1;31",
        "warning" => "1;33",
        "ok" => "1;32",
        _ => "1;36",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn table(style: Style, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(style.width.unwrap_or(WIDTH_DEFAULT).max(40));
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(header.iter().map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    table
}

fn verdict_cell(verdict: &str, style: Style) -> Cell {
    let cell = Cell::new(format!("{} {verdict}", mark(verdict)));
    if !style.color {
        return cell;
    }
    match verdict {
        "critical" => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        "warning" => cell.fg(Color::Yellow),
        "ok" => cell.fg(Color::Green),
        _ => cell.fg(Color::Cyan),
    }
}

fn columns(result: &CheckResult, style: Style) -> Table {
    let narrow = style.width.unwrap_or(WIDTH_DEFAULT) < WIDTH_OF_ALL;
    let headers = ["verdict", "column", "metric", "value", "limit", "missing", "reason"];
    let shown: Vec<usize> = if narrow { vec![0, 1, 6] } else { (0..headers.len()).collect() };
    let mut table = table(style, &shown.iter().filter_map(|&at| headers.get(at).copied()).collect::<Vec<_>>());
    let sorted = worst_first(&result.columns);
    let mut fine = 0;
    for column in &sorted {
        if column.verdict == "ok" {
            fine += 1;
            if fine > OK_SHOWN {
                continue;
            }
        }
        let cells = column_row(column, style).into_iter().enumerate();
        table.add_row(cells.filter(|(at, _)| shown.contains(at)).map(|(_, cell)| cell).collect::<Vec<_>>());
    }
    // Words that must not be broken, with the space around them.
    let widths = [(0, 12u16), (1, 14), (2, 8), (3, 8), (4, 8)];
    for (index, width) in widths.into_iter().filter(|(index, _)| *index < shown.len() - 1) {
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }
    for index in [3, 4, 5].into_iter().filter(|_| !narrow) {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    if fine > OK_SHOWN {
        table.add_row(vec![Cell::new("✓ ok"), Cell::new(format!("… {} more", fine - OK_SHOWN))]);
    }
    table
}

fn column_row(column: &ColumnRow, style: Style) -> Vec<Cell> {
    let drift = lead(column);
    let limit = drift.and_then(|m| m.decision_threshold).map_or("–".into(), number);
    vec![
        verdict_cell(&column.verdict, style),
        Cell::new(short(&column.name, 32)),
        Cell::new(drift.map_or("–", |m| m.metric.as_str())),
        Cell::new(drift.map_or("–".into(), value_text)),
        Cell::new(limit),
        Cell::new(missing(column)),
        Cell::new(&column.reason),
    ]
}

fn missing(column: &ColumnRow) -> String {
    let row = column.measurements.iter().find(|m| m.metric == "missing_rate");
    match row.and_then(|m| m.reference.zip(m.current)) {
        Some((r, c)) if percent(r) == percent(c) => percent(c),
        Some((r, c)) => format!("{} → {}", percent(r), percent(c)),
        None => "–".into(),
    }
}

fn group_table(title: &str, groups: &[GroupRow], style: Style) -> Table {
    let mut table = table(style, &["verdict", title, "rows", "worst finding"]);
    for group in groups {
        table.add_row(vec![
            verdict_cell(&group.verdict, style),
            Cell::new(short(&group.label, 32)),
            Cell::new(count(group.rows)).set_alignment(CellAlignment::Right),
            Cell::new(&group.reason),
        ]);
    }
    table
}

fn short(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars { text.to_owned() } else { text.chars().take(chars - 1).chain(['…']).collect() }
}
