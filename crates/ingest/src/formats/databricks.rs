//! Databricks inference tables: a row is a call, of one of three generations of columns.

use serde_json::{Map, Value};

use super::converted::{Converted, Fault, FormatError, Options, Source, kind_of};
use super::events::{Call, id_text, text, time};
use super::inputs::{self, parse_json};

/// Columns of one generation that mean the same.
struct Generation {
    /// The column that only this generation has.
    own: &'static str,
    ids: &'static [&'static str],
    time: &'static str,
    latency_ms: &'static str,
}

const GENERATIONS: [Generation; 3] = [
    Generation {
        own: "timestamp_ms",
        ids: &["client_request_id", "databricks_request_id"],
        time: "timestamp_ms",
        latency_ms: "execution_time_ms",
    },
    Generation {
        own: "request_time",
        ids: &["client_request_id", "databricks_request_id"],
        time: "request_time",
        latency_ms: "execution_duration_ms",
    },
    Generation {
        own: "invocation_id",
        ids: &["client_request_id", "invocation_id"],
        time: "event_time",
        latency_ms: "latency_ms",
    },
];

/// Reads rows of any generation; each row is told by its own columns.
pub(super) fn read_rows(
    rows: impl IntoIterator<Item = Result<Value, Fault>>,
    options: &Options,
) -> Result<Converted, FormatError> {
    let mut converted = Converted::default();
    for table_row in rows {
        let row = converted.rows;
        converted.count_row(options)?;
        match table_row.and_then(|table_row| call(table_row, options)) {
            Ok((events, model)) => {
                converted.push_events(events, &Source { row, model: model.map(Into::into) }, options)?;
            }
            Err(fault) => converted.rejects.push(fault.at(row)),
        }
    }
    Ok(converted)
}

fn call(row: Value, options: &Options) -> Result<(Vec<Value>, Option<String>), Fault> {
    let Value::Object(mut row) = row else {
        return Err(Fault::unreadable("a JSON object, one a row"));
    };
    let generation = GENERATIONS.iter().find(|generation| row.contains_key(generation.own));
    let generation = generation
        .ok_or_else(|| Fault::missing("timestamp_ms", "a column `timestamp_ms`, `request_time` or `invocation_id`"))?;
    let status = row.get("status_code").and_then(number);
    if let Some(status) = status.filter(|status| !(200.0..300.0).contains(status)) {
        return Err(Fault::missing("status_code", "a call that succeeded: others have no prediction").found(status));
    }
    let id = generation.ids.iter().find_map(|column| id_text(row.remove(*column)?));
    let metadata = string_map(row.remove("request_metadata"));
    let named = |name: &str| text(metadata.get(name));
    let entity = text(row.get("served_entity_id"));
    let segments = entity.map(|entity| ("served_entity_id".to_owned(), Value::from(entity))).into_iter().collect();
    // A body that was too large to log is null: that half is unknown, not a row of nulls.
    let (request, response) = (body(&mut row, "request")?, body(&mut row, "response")?);
    if request.is_none() && response.is_none() {
        let codes = row.get("logging_error_codes").filter(|codes| !codes.is_null()).map(ToString::to_string);
        let fault = Fault::missing("request", "a request or a response that was logged");
        return Err(match codes {
            Some(codes) => fault.found(codes),
            None => fault,
        });
    }
    let call = Call {
        id,
        ts: row.remove(generation.time).and_then(time),
        version: named("model_version"),
        latency_ms: row.get(generation.latency_ms).and_then(number).map(Value::from),
        segments,
        features: request.map(|request| inputs::feature_rows(request, options)).transpose()?,
        outcomes: response.map(|response| inputs::outcome_rows(response, options)).transpose()?,
        ..Call::default()
    };
    Ok((call.into_events(options)?, named("model_name").or_else(|| named("endpoint_name"))))
}

/// A body: JSON in a text column; null when it was not logged.
fn body(row: &mut Map<String, Value>, column: &str) -> Result<Option<Value>, Fault> {
    match row.remove(column) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(body)) => parse_json(body.as_bytes(), column).map(Some),
        Some(body @ (Value::Object(_) | Value::Array(_))) => Ok(Some(body)),
        Some(other) => Err(Fault::malformed(column, "JSON text").found(kind_of(&other))),
    }
}

/// A map of texts: an object, its JSON text, or an array of `{key, value}` as some readers write maps.
fn string_map(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(members)) => members,
        Some(Value::String(json)) => {
            let members = parse_json(json.as_bytes(), "request_metadata").ok();
            members.and_then(|value| value.as_object().cloned()).unwrap_or_default()
        }
        Some(Value::Array(entries)) => {
            let entry = |entry: &Value| Some((text(entry.get("key"))?, entry.get("value")?.clone()));
            entries.iter().filter_map(entry).collect()
        }
        _ => Map::new(),
    }
}

/// A number, also one in a text: 64-bit columns come as texts from some readers.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}
