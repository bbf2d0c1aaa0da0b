//! Azure ML data collector: JSON lines in an envelope like a CloudEvent's, inputs and outputs in files of their own.

use serde_json::{Map, Value};

use super::converted::{Fault, FormatError, Options, Source};
use super::events::{Call, id_text, text};
use super::inputs::{self, parse_json};
use super::joiner::{Half, Halves, Side};
use crate::RejectCode;

/// Reads lines of collections. `path` is that of the blob: it names endpoint and deployment, as `source` does.
pub(super) fn read_lines(bytes: &[u8], path: Option<&str>, options: &Options) -> Result<Halves, FormatError> {
    let mut halves = Halves::default();
    for (_, line) in super::lines::lines(bytes) {
        take(parse_json(line, "line"), path, &mut halves, options)?;
    }
    Ok(halves)
}

/// Reads lines that are JSON values already.
pub(super) fn read_rows(rows: Vec<Value>, path: Option<&str>, options: &Options) -> Result<Halves, FormatError> {
    let mut halves = Halves::default();
    for row in rows {
        take(Ok(row), path, &mut halves, options)?;
    }
    Ok(halves)
}

fn take(
    line: Result<Value, Fault>,
    path: Option<&str>,
    halves: &mut Halves,
    options: &Options,
) -> Result<(), FormatError> {
    let row = halves.converted.rows;
    halves.converted.count_row(options)?;
    match line.and_then(|line| half(line, path, row, options)) {
        Ok(half) => halves.halves.push(half),
        Err(fault) => halves.converted.rejects.push(fault.at(row)),
    }
    Ok(())
}

fn half(line: Value, path: Option<&str>, row: u64, options: &Options) -> Result<Half, Fault> {
    let Value::Object(mut line) = line else {
        return Err(Fault::unreadable("a JSON object"));
    };
    let (family, side) = collection(&line)?;
    let id = ["correlationid", "xrequestid"].iter().find_map(|name| id_text(line.get(*name)?.clone()));
    let id = id.ok_or_else(|| Fault::missing("correlationid", "`correlationid` or `xrequestid`"))?;
    if line.get("datainblob").is_some_and(|flag| flag.as_bool() == Some(true) || flag.as_str() == Some("true")) {
        return Err(Fault::missing("data", "the data in the line; it lies in a blob of its own"));
    }
    let data = match line.remove("data") {
        // Payload logging may put the body into the line as text.
        Some(Value::String(body)) => parse_json(body.as_bytes(), "data")?,
        Some(Value::Null) | None => return Err(Fault::missing("data", "the logged rows")),
        Some(data) => data,
    };
    let source = text(line.get("source")).unwrap_or_default();
    let place = path.and_then(place_of_path).or_else(|| place_of_source(&source));
    let (endpoint, deployment) = place.unzip();
    let mut call = Call {
        id: Some(id.clone()),
        ts: text(line.get("time")).map(Value::from),
        version: text(line.get("modelversion")).filter(|version| version != "default"),
        segments: deployment.map(|name| ("deployment".to_owned(), Value::from(name))).into_iter().collect(),
        ..Call::default()
    };
    match side {
        Side::Request => call.features = Some(inputs::feature_rows(data, options)?),
        Side::Response => call.outcomes = Some(inputs::outcome_rows(data, options)?),
    }
    let place = [endpoint.unwrap_or_default(), deployment.unwrap_or_default(), family, &id].join("\n");
    Ok(Half { key: place, side, source: Source { row, model: endpoint.map(Into::into) }, call })
}

/// Which half a line is: `model_inputs` belong to `model_outputs`, payload logging's `request` to `response`.
fn collection(line: &Map<String, Value>) -> Result<(&'static str, Side), Fault> {
    let kind =
        text(line.get("type")).ok_or_else(|| Fault::missing("type", "`azureml.inference.model_inputs` or so"))?;
    match kind.strip_prefix("azureml.inference.") {
        Some("inputs" | "model_inputs") => Ok(("frame", Side::Request)),
        Some("outputs" | "model_outputs") => Ok(("frame", Side::Response)),
        Some("request") => Ok(("payload", Side::Request)),
        Some("response") => Ok(("payload", Side::Response)),
        _ => {
            let expected = "`azureml.inference.` and one of `model_inputs`, `model_outputs`, `request`, `response`";
            Err(Fault::new(RejectCode::UnknownValue, "type", expected).found(kind))
        }
    }
}

/// Endpoint and deployment of `…/modelDataCollector/{endpoint}/{deployment}/…`.
fn place_of_path(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.split('/').skip_while(|part| *part != "modelDataCollector").skip(1);
    Some((parts.next()?, parts.next()?))
}

/// Endpoint and deployment of `…/onlineEndpoints/{endpoint}/deployments/{deployment}`.
fn place_of_source(source: &str) -> Option<(&str, &str)> {
    let mut parts = source.split('/').skip_while(|part| !part.eq_ignore_ascii_case("onlineEndpoints")).skip(1);
    let endpoint = parts.next()?;
    parts.next().filter(|part| part.eq_ignore_ascii_case("deployments"))?;
    Some((endpoint, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_paths_and_sources() {
        let path = "azureml://datastores/w/paths/modelDataCollector/credit/blue/model_inputs/2026/11/22/10/i.jsonl";
        assert_eq!(place_of_path(path), Some(("credit", "blue")));
        assert_eq!(place_of_path("logs/credit/blue/f.jsonl"), None);
        let source = "/subscriptions/s/workspaces/W/onlineEndpoints/credit/deployments/blue";
        assert_eq!(place_of_source(source), Some(("credit", "blue")));
        assert_eq!(place_of_source("/onlineEndpoints/credit"), None);
    }
}
