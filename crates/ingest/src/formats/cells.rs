//! Cells of CSV text, and base64: texts to JSON values.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Number, Value};

use super::converted::{Fault, Options};
use super::inputs::CELLS_MAX;
use crate::RejectCode;

/// Rows of CSV text without a header; rows may differ in length. Blank lines do not count.
pub(super) fn csv_rows(text: &str, field: &str, options: &Options) -> Result<Vec<Vec<Value>>, Fault> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut rows, mut cells) = (Vec::new(), 0_usize);
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(rows),
            Ok(true) => {}
            Err(_) => return Err(Fault::malformed(field, "CSV text")),
        }
        if rows.len() == options.limits.rows {
            return Err(too_long(field, "rows", options.limits.rows));
        }
        if record.len() > options.limits.columns {
            return Err(too_long(field, "columns", options.limits.columns).found(record.len()));
        }
        cells += record.len();
        if cells > CELLS_MAX {
            return Err(too_long(field, "values", CELLS_MAX));
        }
        rows.push(record.iter().map(cell).collect());
    }
}

pub(super) fn too_long(field: &str, what: &str, limit: usize) -> Fault {
    Fault::new(RejectCode::TooLarge, field, format!("at most {limit} {what}"))
}

/// A CSV cell: empty is null, what reads as a number is one, the rest is text.
///
/// `007` stays text, as in codes; so does `+1`; `nan` in any case is null, as pandas writes it.
fn cell(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Value::Null;
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

/// `text` as a number, if it is written as one: digits first, no zeros in front.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0', b'0'..=b'9', ..] => return None,
        [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => {}
        _ => return None,
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Number::from(whole));
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// Bytes of base64 text with or without padding, spaces around it ignored.
pub(super) fn base64_bytes(text: &str, field: &str) -> Result<Vec<u8>, Fault> {
    let text = text.trim();
    let decoded = if text.ends_with('=') { STANDARD.decode(text) } else { STANDARD_NO_PAD.decode(text) };
    decoded.map_err(|_| Fault::malformed(field, "base64 text"))
}

/// Text as itself; other bytes as base64 text.
pub(crate) fn text_or_base64(bytes: &[u8]) -> Value {
    Value::String(std::str::from_utf8(bytes).map_or_else(|_| STANDARD.encode(bytes), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_numbers_only_when_written_as_numbers() {
        for (text, value) in [
            ("41", json!(41)),
            ("-0.5", json!(-0.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("007", json!("007")),
            ("0", json!(0)),
            ("0.10", json!(0.1)),
            ("+1", json!("+1")),
            ("inf", json!("inf")),
            ("1e999", json!("1e999")),
            ("NaN", Value::Null),
            ("", Value::Null),
            (" b ", json!("b")),
            ("12abc", json!("12abc")),
        ] {
            assert_eq!(cell(text), value, "cell {text:?}");
        }
    }

    #[test]
    fn quoted_cells_keep_commas_quotes_and_line_ends() {
        let rows = csv_rows("1,\"a, \"\"b\"\"\nc\",2\r\n\n3,,4", "data", &Options::default()).unwrap();
        assert_eq!(rows, vec![vec![json!(1), json!("a, \"b\"\nc"), json!(2)], vec![json!(3), Value::Null, json!(4)]]);
    }

    #[test]
    fn base64_with_and_without_padding() {
        assert_eq!(base64_bytes(" NDE= ", "data").unwrap(), b"41");
        assert_eq!(base64_bytes("NDE", "data").unwrap(), b"41");
        assert!(base64_bytes("N*E=", "data").is_err());
        assert!(base64_bytes("N", "data").is_err());
    }
}
