//! The report page: one file, no request to anywhere, aggregates only.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Number, Value};

use super::static_tables;
use crate::check::Outcome;
use crate::check::result::{CheckResult, MeasurementRow};
use crate::check::view::{ColumnView, History};

/// Built from `ui/`, or the plain page (see `build.rs`).
const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/report.html"));

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    check: Value,
    columns: &'a BTreeMap<String, ColumnView>,
    history: &'a BTreeMap<String, History>,
}

/// The report page of an outcome.
///
/// # Errors
/// When the data cannot be written as JSON.
pub fn render(outcome: &Outcome) -> Result<String, serde_json::Error> {
    let check = compact(&outcome.result)?;
    let report = Report { schema: "watchkeeper.report/v1", check, columns: &outcome.views, history: &outcome.history };

    // A `<` inside a script element could end it.
    let data = serde_json::to_string(&report)?.replace('<', "\\u003c");
    let title = format!("{} · {}", outcome.result.model.name, outcome.result.verdict);
    let parts = [
        ("<!--wk:title-->", maud::html! { (title) }.into_string()),
        ("<!--wk:static-->", static_tables::render(&outcome.result).into_string()),
        ("<!--wk:data-->", data),
    ];
    Ok(fill(PAGE, &parts))
}

/// The result without what the page does not show: nulls of measurements, digits beyond the sixth, and of each column
/// of a period or segment all measurements but the one furthest beyond its limit.
fn compact(result: &CheckResult) -> Result<Value, serde_json::Error> {
    let mut small = result.clone();
    for group in small.periods.iter_mut().chain(&mut small.segments) {
        for column in &mut group.columns {
            let excess = |m: &MeasurementRow| m.value.zip(m.decision_threshold).map_or(-1.0, |(v, t)| v.abs() / t);
            let further = |best, next| if excess(&next) > excess(&best) { next } else { best };
            let lead = column.measurements.drain(..).reduce(further);
            column.measurements.extend(lead.map(|m| MeasurementRow { detail: None, p_value: None, ..m }));
            if column.verdict == "ok" {
                column.reason.clear();
            }
        }
    }
    let mut value = serde_json::to_value(&small)?;
    shorten(&mut value);
    Ok(value)
}

fn shorten(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("metric") {
                fields.retain(|_, field| !field.is_null());
            }
            fields.values_mut().for_each(shorten);
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Number(number) if number.is_f64() => {
            let brief = number.as_f64().and_then(|x| format!("{x:.5e}").parse().ok()).and_then(Number::from_f64);
            if let Some(brief) = brief {
                *number = brief;
            }
        }
        _ => {}
    }
}

/// Replaces each marker once, so that markers inside the data are left alone.
fn fill(page: &str, parts: &[(&str, String)]) -> String {
    let (mut out, mut rest) = (String::with_capacity(page.len()), page);
    for (marker, text) in parts {
        if let Some((before, after)) = rest.split_once(marker) {
            out.push_str(before);
            out.push_str(text);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_its_markers_in_order_and_no_address_of_elsewhere() {
        let at: Vec<usize> =
            ["<!--wk:title-->", "<!--wk:static-->", "<!--wk:data-->"].iter().map(|m| PAGE.find(m).expect(m)).collect();
        assert!(at.is_sorted(), "{at:?}");
        assert_eq!(PAGE.matches("<!--wk:").count(), 3);
        for outside in ["src=\"http", "href=\"http", "url(http", "@import"] {
            assert!(!PAGE.contains(outside), "{outside}");
        }
    }

    #[test]
    fn data_cannot_fill_markers() {
        let page = fill(
            "<!--wk:title-->|<!--wk:data-->",
            &[("<!--wk:title-->", "<!--wk:data-->".into()), ("<!--wk:data-->", "x".into())],
        );
        assert_eq!(page, "<!--wk:data-->|x");
    }
}
