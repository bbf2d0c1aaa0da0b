//! SageMaker: data capture, ground truth and merged files, JSON lines.

use serde_json::{Map, Value};

use super::cells::{base64_bytes, csv_rows};
use super::converted::{Converted, Fault, FormatError, Options, Source, kind_of};
use super::events::{Call, Features, id_text, labels, text};
use super::inputs::{self, named_row, parse_json};
use super::outcome::Outcome;
use crate::RejectCode;

/// What the object key of a capture file says: `…/{endpoint}/{variant}/{yyyy}/{mm}/{dd}/{hh}/{file}.jsonl`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Key<'a> {
    endpoint: Option<&'a str>,
    variant: Option<&'a str>,
    /// The hour of the key, RFC 3339: for ground truth when the labels were collected.
    hour: Option<String>,
}

impl<'a> Key<'a> {
    fn parse(path: &'a str) -> Self {
        let mut parts = path.split('/').rev().filter(|part| !part.is_empty()).skip(1);
        let mut number = |digits: usize| {
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (Some(hour), Some(day), Some(month), Some(year)) = (number(2), number(2), number(2), number(4)) else {
            return Self::default();
        };
        let (variant, endpoint) = (parts.next(), parts.next());
        // A variant is the last part but one of the prefix only where an endpoint comes before it.
        let variant = variant.filter(|_| endpoint.is_some());
        Self { endpoint, variant, hour: Some(format!("{year}-{month}-{day}T{hour}:00:00Z")) }
    }
}

/// Reads capture, ground truth and merged lines, in any mixture.
pub(super) fn read_lines(bytes: &[u8], path: Option<&str>, options: &Options) -> Result<Converted, FormatError> {
    let mut converted = Converted::default();
    for (_, line) in super::lines::lines(bytes) {
        take(parse_json(line, "line"), path, &mut converted, options)?;
    }
    Ok(converted)
}

/// Reads lines that are JSON values already.
pub(super) fn read_rows(rows: Vec<Value>, path: Option<&str>, options: &Options) -> Result<Converted, FormatError> {
    let mut converted = Converted::default();
    for row in rows {
        take(Ok(row), path, &mut converted, options)?;
    }
    Ok(converted)
}

fn take(
    line: Result<Value, Fault>,
    path: Option<&str>,
    converted: &mut Converted,
    options: &Options,
) -> Result<(), FormatError> {
    let row = converted.rows;
    converted.count_row(options)?;
    let key = path.map(Key::parse).unwrap_or_default();
    match line.and_then(|line| one(line, &key, options)) {
        Ok((events, labels)) => {
            // The path of ground truth names the user's own prefix, no endpoint.
            let model = key.endpoint.filter(|_| !events.is_empty()).map(Into::into);
            let source = Source { row, model };
            converted.push_events(events, &source, options)?;
            converted.push_labels(labels, &source, options)?;
        }
        Err(fault) => converted.rejects.push(fault.at(row)),
    }
    Ok(())
}

fn one(line: Value, key: &Key<'_>, options: &Options) -> Result<(Vec<Value>, Vec<Value>), Fault> {
    let Value::Object(mut line) = line else {
        return Err(Fault::unreadable("a JSON object"));
    };
    let Some(Value::Object(mut meta)) = line.remove("eventMetadata") else {
        return Err(Fault::missing("eventMetadata", "an object with `eventId`"));
    };
    let id = ["inferenceId", "eventId"].iter().find_map(|name| id_text(meta.remove(*name)?));
    let id = id.ok_or_else(|| Fault::missing("eventMetadata.eventId", "`inferenceId` or `eventId`"))?;
    let truth = line.remove("groundTruthData");
    let labels = match truth {
        Some(Value::Object(truth)) => {
            let truths = outcomes(payload(truth, "groundTruthData")?, options)?;
            labels(&id, key.hour.clone().map(Value::from), truths, "groundTruthData.data")?
        }
        Some(other) => {
            return Err(Fault::malformed("groundTruthData", "an object").found(kind_of(&other)));
        }
        None => Vec::new(),
    };
    let events = match line.remove("captureData") {
        Some(Value::Object(capture)) => call(capture, meta, id, key, options)?.into_events(options)?,
        Some(other) => {
            return Err(Fault::malformed("captureData", "an object").found(kind_of(&other)));
        }
        None if labels.is_empty() => {
            return Err(Fault::missing("captureData", "`captureData` or `groundTruthData`"));
        }
        None => Vec::new(),
    };
    Ok((events, labels))
}

fn call(
    mut capture: Map<String, Value>,
    meta: Map<String, Value>,
    id: String,
    key: &Key<'_>,
    options: &Options,
) -> Result<Call, Fault> {
    let mut side = |name: &str| match capture.remove(name) {
        Some(Value::Object(side)) if side.contains_key("data") => payload(side, name).map(Some),
        _ => Ok(None),
    };
    let (input, output) = (side("endpointInput")?, side("endpointOutput")?);
    let (extras, trace_id) = custom_attributes(meta.get("customAttributes"), options);
    let variant = key.variant.map(|variant| ("variant".to_owned(), Value::from(variant)));
    Ok(Call {
        id: Some(id),
        ts: text(meta.get("inferenceTime")).map(Value::from),
        trace_id,
        segments: variant.into_iter().collect(),
        extras,
        features: input.map(|input| features(input, options)).transpose()?,
        outcomes: output.map(|output| outcomes(output, options)).transpose()?,
        ..Call::default()
    })
}

/// `["k=v", …]`, what the caller sent beside the payload: columns `attribute.<k>`, and `trace_id` as such.
fn custom_attributes(list: Option<&Value>, options: &Options) -> (Features, Option<String>) {
    let mut extras = Features::new();
    let mut trace_id = None;
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (name, value) in list.iter().filter_map(Value::as_str).filter_map(|attribute| attribute.split_once('=')) {
        let name = name.trim();
        if name == "trace_id" {
            trace_id = Some(value.trim().to_owned());
        } else if extras.len() < options.limits.columns {
            extras.insert(format!("attribute.{name}"), value.trim().into());
        }
    }
    (extras, trace_id)
}

/// A payload after its encoding was undone.
enum Payload {
    Json(Value),
    Text(String),
}

fn payload(mut side: Map<String, Value>, field: &str) -> Result<Payload, Fault> {
    let data_field = format!("{field}.data");
    let data = side.remove("data").unwrap_or_default();
    let encoding = text(side.get("encoding")).unwrap_or_else(|| "CSV".to_owned());
    let content_type = text(side.get("observedContentType")).unwrap_or_default().to_ascii_lowercase();
    let Value::String(data) = data else {
        // JSON data that was not put into a text.
        let is_json = encoding == "JSON" && !data.is_null();
        let fault = || Fault::malformed(&data_field, "a text").found(kind_of(&data));
        return if is_json { Ok(Payload::Json(data)) } else { Err(fault()) };
    };
    match encoding.as_str() {
        "CSV" => Ok(Payload::Text(data)),
        "JSON" => json_or_lines(&data, &data_field),
        "BASE64" => {
            let bytes = base64_bytes(&data, &data_field)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Fault::malformed(&data_field, "CSV or JSON text in base64, not other bytes"))?;
            sniffed(text, &content_type, &data_field)
        }
        other => {
            let field = format!("{field}.encoding");
            Err(Fault::new(RejectCode::UnknownValue, &field, "CSV, JSON or BASE64").found(other))
        }
    }
}

/// Base64 says nothing of what is in it: the content type does, or the first character.
fn sniffed(text: String, content_type: &str, field: &str) -> Result<Payload, Fault> {
    if content_type.contains("json") {
        return json_or_lines(&text, field);
    }
    if !content_type.contains("csv") && text.trim_start().starts_with(['{', '[']) {
        return json_or_lines(&text, field);
    }
    Ok(Payload::Text(text))
}

/// JSON, or JSON lines: then each line is a row.
fn json_or_lines(text: &str, field: &str) -> Result<Payload, Fault> {
    let whole = parse_json(text.as_bytes(), field);
    if whole.is_ok() || !text.trim().contains('\n') {
        return whole.map(Payload::Json);
    }
    let rows: Result<Vec<Value>, Fault> =
        super::lines::lines(text.as_bytes()).map(|(_, line)| parse_json(line, field)).collect();
    // `instances` so that a line is a row, whatever it is.
    rows.map(|rows| Payload::Json(Map::from_iter([("instances".to_owned(), Value::Array(rows))]).into()))
}

fn features(payload: Payload, options: &Options) -> Result<Vec<Features>, Fault> {
    match payload {
        Payload::Json(value) => inputs::feature_rows(value, options),
        Payload::Text(text) => {
            let rows = csv_rows(&text, "endpointInput.data", options)?;
            rows.into_iter().map(|row| named_row(Value::Array(row), &[], options)).collect()
        }
    }
}

fn outcomes(payload: Payload, options: &Options) -> Result<Vec<Outcome>, Fault> {
    match payload {
        Payload::Json(Value::Object(mut lines)) if lines.len() == 1 && lines.contains_key("instances") => {
            inputs::outcome_rows(lines.remove("instances").unwrap_or_default(), options)
        }
        Payload::Json(value) => inputs::outcome_rows(value, options),
        Payload::Text(text) => {
            let rows = csv_rows(&text, "endpointOutput.data", options)?;
            Ok(rows.into_iter().map(|row| Outcome::read(Value::Array(row), &options.output_names)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn keys_name_endpoint_variant_and_hour() {
        let key = Key::parse("s3://bucket/capture/credit/AllTraffic/2026/11/22/10/05-33-211-9f.jsonl");
        assert_eq!(key.endpoint, Some("credit"));
        assert_eq!(key.variant, Some("AllTraffic"));
        assert_eq!(key.hour.as_deref(), Some("2026-11-22T10:00:00Z"));
        assert_eq!(Key::parse("2026/11/22/10/f.jsonl").endpoint, None, "no prefix");
        assert_eq!(Key::parse("v/2026/11/22/10/f.jsonl").variant, None, "too short for endpoint and variant");
        assert_eq!(Key::parse("capture/f.jsonl"), Key::default());
        assert_eq!(Key::parse(""), Key::default());
    }
}
