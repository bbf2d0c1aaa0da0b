//! OTLP JSON: what the specification allows and the derived readers do not is put into one form first.
//!
//! Left-out lists (`"arrayValue": {}`), nulls and numbers as texts are valid JSON of protobuf; without this pass a
//! metric with one of them would silently lose its data points.

use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

use super::wire::OtlpError;
use crate::Limits;

/// Bytes that an object of the JSON may take once decoded: a span, the largest of them.
const OBJECT_BYTES: usize = std::mem::size_of::<opentelemetry_proto::tonic::trace::v1::Span>();

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, OtlpError> {
    let limit = limits.decompressed_bytes;
    // Each comma or bracket begins a value at most, so this bounds the tree before it is built.
    let marks = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    let found = marks.saturating_mul(std::mem::size_of::<Value>()).saturating_add(bytes.len());
    if found > limit {
        return Err(OtlpError::TooLarge { found, limit });
    }
    let mut value: Value = serde_json::from_slice(bytes)
        .map_err(|error| OtlpError::Json { line: error.line(), column: error.column() })?;
    let found = normalise(&mut value).saturating_mul(OBJECT_BYTES);
    if found > limit {
        return Err(OtlpError::TooLarge { found, limit });
    }
    serde_json::from_value(value).map_err(|_| OtlpError::JsonShape)
}

/// Brings `value` into the one form that the readers know; gives the number of its objects. Depth is bounded by the
/// parser.
fn normalise(value: &mut Value) -> usize {
    match value {
        Value::Array(values) => values.iter_mut().map(normalise).sum(),
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            for list in ["arrayValue", "kvlistValue"] {
                if let Some(Value::Object(inner)) = members.get_mut(list) {
                    inner.entry("values").or_insert_with(|| Value::Array(Vec::new()));
                }
            }
            for double in ["doubleValue", "asDouble"] {
                if let Some(text) = members.get(double).and_then(Value::as_str) {
                    // `NaN` and `Infinity` have no JSON number: the value is then not there.
                    match text.parse().ok().and_then(Number::from_f64) {
                        Some(number) => members.insert(double.to_owned(), Value::Number(number)),
                        None => members.remove(double),
                    };
                }
            }
            1 + members.values_mut().map(normalise).sum::<usize>()
        }
        _ => 0,
    }
}
