//! Vertex AI request-response logging: a row of the BigQuery table is a call, its payloads are lists of JSON texts.

use serde_json::{Map, Value};

use super::converted::{Converted, Fault, FormatError, Options, Source, kind_of};
use super::events::{Call, id_text, text, time};
use super::inputs::{self, parse_json};

/// Reads rows of the table.
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
    let id = row.remove("request_id").and_then(id_text);
    let id = id.ok_or_else(|| Fault::missing("request_id", "the id of the request"))?;
    let (requests, responses) = (payloads(&mut row, "request_payload")?, payloads(&mut row, "response_payload")?);
    let features = match requests {
        None => None,
        Some(rows) => Some(inputs::feature_rows(wrapped(rows, "instances"), options)?),
    };
    let outcomes = match responses {
        None => None,
        Some(rows) => Some(inputs::outcome_rows(wrapped(rows, "predictions"), options)?),
    };
    let last_part = |path: String| path.rsplit('/').next().map(str::to_owned).filter(|name| !name.is_empty());
    let model = text(row.get("model")).or_else(|| text(row.get("endpoint")));
    let call = Call {
        id: Some(id),
        ts: row.remove("logging_time").and_then(time),
        // Each version of a model is deployed under an id of its own.
        version: text(row.get("model_version")).or_else(|| row.remove("deployed_model_id").and_then(id_text)),
        features,
        outcomes,
        ..Call::default()
    };
    Ok((call.into_events(options)?, model.and_then(last_part)))
}

/// The elements of a repeated column, each a JSON text. Empty is null in BigQuery: it was not logged.
fn payloads(row: &mut Map<String, Value>, column: &str) -> Result<Option<Vec<Value>>, Fault> {
    let elements = match row.remove(column) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(elements)) => elements,
        Some(one) => vec![one],
    };
    let parse = |element: Value| match element {
        Value::String(json) => parse_json(json.as_bytes(), column),
        Value::Object(_) | Value::Array(_) => Ok(element),
        other => Err(Fault::malformed(column, "JSON texts").found(kind_of(&other))),
    };
    let elements: Vec<Value> = elements.into_iter().map(parse).collect::<Result<_, _>>()?;
    Ok((!elements.is_empty()).then_some(elements))
}

/// The rows as a payload; a single element that is a whole payload is that.
fn wrapped(mut rows: Vec<Value>, key: &str) -> Value {
    if rows.len() == 1 && rows.first().is_some_and(|row| row.get(key).is_some_and(Value::is_array)) {
        return rows.pop().unwrap_or_default();
    }
    Map::from_iter([(key.to_owned(), Value::Array(rows))]).into()
}
