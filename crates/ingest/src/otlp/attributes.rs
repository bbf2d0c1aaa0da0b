//! Attributes as JSON values.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::{Number, Value};

use crate::formats::text_or_base64;

/// The value as JSON: bytes become text or base64, non-finite numbers and empty values null. Depth is bounded by the
/// decoders.
pub(super) fn json(value: &AnyValue) -> Value {
    match &value.value {
        None | Some(Any::StringValueStrindex(_)) => Value::Null,
        Some(Any::StringValue(text)) => Value::String(text.clone()),
        Some(Any::BoolValue(flag)) => Value::Bool(*flag),
        Some(Any::IntValue(number)) => Value::from(*number),
        Some(Any::DoubleValue(number)) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Some(Any::ArrayValue(list)) => list.values.iter().map(json).collect(),
        Some(Any::KvlistValue(list)) => {
            let entry = |entry: &KeyValue| Some((entry.key.clone(), json(entry.value.as_ref()?)));
            Value::Object(list.values.iter().filter_map(entry).collect())
        }
        Some(Any::BytesValue(bytes)) => text_or_base64(bytes),
    }
}

/// The text of the first of `keys` that is there and not blank.
pub(super) fn text(attributes: &[KeyValue], keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| {
        let value = attributes.iter().find(|attribute| attribute.key == *key)?.value.as_ref()?;
        as_text(&json(value))
    })
}

/// A scalar as text; blank texts, lists and objects are none.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Lower-case hex of an id of `bytes` bytes; `None` for other lengths and for zeros, which say that there is none.
pub(super) fn hex(id: &[u8], bytes: usize) -> Option<String> {
    (id.len() == bytes && id.iter().any(|byte| *byte != 0))
        .then(|| id.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Nanoseconds since 1970 as RFC 3339 text, in which no magnitude has to be guessed; `None` for 0, which says unset.
pub(super) fn time(nanoseconds: u64) -> Option<String> {
    if nanoseconds == 0 {
        return None;
    }
    jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).ok().map(|time| time.to_string())
}
