//! CloudEvents 1.0 over HTTP and in files: binary, structured and batch mode.
//!
//! Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::cells::base64_bytes;
use super::converted::{Fault, Options};
use super::events::text;
use super::inputs::parse_json;
use crate::RejectCode;

/// One CloudEvent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CloudEvent {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) time: Option<String>,
    /// Extension attributes, lower case.
    pub(super) extensions: BTreeMap<String, String>,
    /// Length of the JSON before binary tensors, when the request says so.
    pub(super) json_bytes: Option<usize>,
    pub(super) data: Data,
}

/// The payload of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// JSON inside the event.
    Json(Value),
    /// Bytes of the content type of the event.
    Bytes(Vec<u8>),
}

const JSON_BYTES_HEADER: &str = "inference-header-content-length";

/// Whether a request holds CloudEvents, by its headers (names in any case).
#[must_use]
pub fn is_cloudevent(headers: &[(&str, &str)]) -> bool {
    header(headers, "ce-specversion").is_some()
        || content_type(headers).is_some_and(|kind| kind.starts_with("application/cloudevents"))
}

/// The events of a request, each readable one or what is wrong with it.
pub(super) fn read_http(headers: &[(&str, &str)], body: &[u8], options: &Options) -> Vec<Result<CloudEvent, Fault>> {
    let kind = content_type(headers).unwrap_or_default();
    if kind.starts_with("application/cloudevents-batch") {
        return match parse_json(body, "body") {
            Ok(Value::Array(events)) => events.into_iter().map(of_value).collect(),
            Ok(_) => vec![Err(Fault::malformed("body", "an array of CloudEvents"))],
            Err(fault) => vec![Err(fault)],
        };
    }
    if kind.starts_with("application/cloudevents") {
        return vec![parse_json(body, "body").and_then(of_value)];
    }
    vec![of_headers(headers, body, options)]
}

fn of_headers(headers: &[(&str, &str)], body: &[u8], options: &Options) -> Result<CloudEvent, Fault> {
    let mut extensions = BTreeMap::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if let Some(attribute) = name.strip_prefix("ce-")
            && extensions.len() < options.limits.columns
        {
            extensions.insert(attribute.to_owned(), percent_decoded(value));
        }
    }
    let mut needed = |attribute: &str| {
        let value = extensions.remove(attribute).filter(|value| !value.trim().is_empty());
        value.ok_or_else(|| Fault::missing(&format!("ce-{attribute}"), "a header with this name"))
    };
    check_version(&needed("specversion")?)?;
    let (id, kind) = (needed("id")?, needed("type")?);
    let json_bytes = match header(headers, JSON_BYTES_HEADER) {
        None => None,
        Some(length) => Some(parse_length(length)?),
    };
    Ok(CloudEvent {
        id,
        kind,
        time: extensions.remove("time"),
        extensions,
        json_bytes,
        data: Data::Bytes(body.to_vec()),
    })
}

/// An event in structured mode.
pub(super) fn of_value(event: Value) -> Result<CloudEvent, Fault> {
    let Value::Object(mut members) = event else {
        return Err(Fault::unreadable("a CloudEvent: a JSON object"));
    };
    let mut needed = |attribute: &str| {
        text(members.remove(attribute).as_ref()).ok_or_else(|| Fault::missing(attribute, "a text: it is required"))
    };
    check_version(&needed("specversion")?)?;
    let (id, kind) = (needed("id")?, needed("type")?);
    let time = text(members.remove("time").as_ref());
    let data = match (members.remove("data"), text(members.remove("data_base64").as_ref())) {
        (Some(data), _) => Data::Json(data),
        (None, Some(encoded)) => Data::Bytes(base64_bytes(&encoded, "data_base64")?),
        (None, None) => return Err(Fault::missing("data", "`data` or `data_base64`")),
    };
    let extensions = texts(members);
    let json_bytes = match extensions.get("inferenceheadercontentlength") {
        None => None,
        Some(length) => Some(parse_length(length)?),
    };
    Ok(CloudEvent { id, kind, time, extensions, json_bytes, data })
}

fn check_version(version: &str) -> Result<(), Fault> {
    if version == "1.0" {
        return Ok(());
    }
    Err(Fault::new(RejectCode::UnknownValue, "specversion", "`1.0`").found(version))
}

fn parse_length(length: &str) -> Result<usize, Fault> {
    length.trim().parse().map_err(|_| Fault::malformed(JSON_BYTES_HEADER, "a number of bytes"))
}

/// Members that are texts, numbers or booleans, as texts.
fn texts(members: Map<String, Value>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    members.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

fn header<'a>(headers: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn content_type(headers: &[(&str, &str)]) -> Option<String> {
    header(headers, "content-type").map(|kind| kind.trim().to_ascii_lowercase())
}

/// Header values are percent-encoded outside of printable ASCII; what is no such code stays as it is.
fn percent_decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.split_first_chunk::<2>().filter(|_| *first == b'%');
        let decoded = code.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = decoded.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn header_values_are_percent_decoded() {
        for (value, expected) in
            [("a%20b", "a b"), ("%E2%82%AC", "€"), ("100%", "100%"), ("%zz%+1", "%zz%+1"), ("%FF", "%FF"), ("", "")]
        {
            assert_eq!(percent_decoded(value), expected, "{value}");
        }
    }
}
