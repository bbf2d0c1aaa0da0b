//! One text for equal JSON, and digests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use crate::error::CatalogError;
use crate::limits::{BODY_BYTES_MAX, BODY_DEPTH_MAX, check_size};

/// The canonical text of a JSON value: members of objects in the order of the bytes of their names, no white space,
/// strings and numbers as `serde_json` writes them.
///
/// Equal values give equal texts, whatever order their members were inserted in. `1` and `1.0` are not equal.
///
/// # Errors
/// [`CatalogError::TooLarge`] beyond [`BODY_DEPTH_MAX`] levels or [`BODY_BYTES_MAX`] bytes.
pub fn canonical_json(value: &Value) -> Result<String, CatalogError> {
    let mut text = String::new();
    write_value(value, 1, &mut text)?;
    check_size("body", text.len(), BODY_BYTES_MAX)?;
    Ok(text)
}

/// Reads JSON so that [`canonical_json`] of what was read is what was written: content that is read and put back is
/// unchanged.
///
/// `serde_json` reads some fractions to the neighbouring number, unless the whole program is built with its slower
/// parser; this takes every fraction to the nearest number, as the standard library does. Each level of nesting is
/// scanned once more: it is for documents, not for events.
///
/// # Errors
/// [`serde_json::Error`] for a text that is not JSON, or a number that is not finite.
pub fn parse_json(text: &str) -> Result<Value, serde_json::Error> {
    exact(serde_json::from_str(text)?)
}

fn exact(raw: &RawValue) -> Result<Value, serde_json::Error> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            items.into_iter().map(exact).collect()
        }
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            members.into_iter().map(|(name, member)| Ok((name, exact(member)?))).collect()
        }
        Some(b'-' | b'0'..=b'9') if text.contains(['.', 'e', 'E']) => {
            let number = text.parse().ok().and_then(Number::from_f64);
            number.map_or_else(|| serde_json::from_str(text), |number| Ok(Value::Number(number)))
        }
        _ => serde_json::from_str(text),
    }
}

/// SHA-256 in 64 lower-case hexadecimal digits (FIPS 180-4, <https://doi.org/10.6028/NIST.FIPS.180-4>).
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn write_value(value: &Value, depth: usize, text: &mut String) -> Result<(), CatalogError> {
    if depth > BODY_DEPTH_MAX {
        return Err(CatalogError::TooLarge { what: "body", found: depth, bound: BODY_DEPTH_MAX, unit: "levels" });
    }
    // Stops soon after the bound: a value may be far larger than what is stored.
    check_size("body", text.len(), BODY_BYTES_MAX)?;
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(item, depth + 1, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            // The map of `serde_json` keeps the order of insertion when any crate of the build asks for it.
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_scalar(&Value::String(name.clone()), text);
                text.push(':');
                write_value(member, depth + 1, text)?;
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => write_scalar(value, text),
    }
    Ok(())
}

fn write_scalar(value: &Value, text: &mut String) {
    // Writing into a string cannot fail.
    let _ = write!(text, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_at_every_level() {
        let value = json!({"b": [1, {"z": null, "a": "\u{0}é\""}], "a": -0.5, "B": true, "": 1e300});
        let text = canonical_json(&value).unwrap();
        assert_eq!(text, r#"{"":1e+300,"B":true,"a":-0.5,"b":[1,{"a":"\u0000é\"","z":null}]}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |levels: usize| (1..levels).fold(Value::Null, |value, _| Value::Array(vec![value]));
        assert!(canonical_json(&nested(BODY_DEPTH_MAX)).is_ok());
        let error = canonical_json(&nested(BODY_DEPTH_MAX + 1)).unwrap_err().to_string();
        assert_eq!(error, "body of 65 levels, expected at most 64");

        assert!(canonical_json(&json!("x".repeat(BODY_BYTES_MAX - 2))).is_ok());
        assert!(canonical_json(&json!("x".repeat(BODY_BYTES_MAX - 1))).is_err());
        assert!(canonical_json(&json!(vec!["x".repeat(BODY_BYTES_MAX); 3])).is_err());
    }

    #[test]
    fn fractions_are_read_exactly() {
        // Numbers that the quick parser takes to their neighbours.
        for text in ["[3.1483982057686294e+41]", r#"{"a":{"b":[5e-324,1.7976931348623157e+308,-0.0,0.1]}}"#] {
            assert_eq!(canonical_json(&parse_json(text).unwrap()).unwrap(), text);
        }
        assert_eq!(
            parse_json(" [ 1.0 , 18446744073709551615, \"a\\u0000.e\" , true ] ").unwrap(),
            json!([1.0, u64::MAX, "a\0.e", true])
        );
        for bad in ["", "1e400", "-1e400", "[1", "{\"a\":}", "nul", "[1.]", "1 2", "+1", "[01.5]"] {
            assert!(parse_json(bad).is_err(), "{bad}");
        }
        assert!(parse_json(&"[".repeat(100_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_fraction_comes_back(bits in proptest::prelude::any::<u64>()) {
            let number = f64::from_bits(bits);
            proptest::prop_assume!(number.is_finite());
            let back = parse_json(&canonical_json(&json!([number])).unwrap()).unwrap();
            proptest::prop_assert_eq!(back[0].as_f64().unwrap().to_bits(), bits);
        }
    }

    #[test]
    fn digest_of_the_standard() {
        // FIPS 180-4, example "abc".
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
