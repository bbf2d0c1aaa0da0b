//! Inference loggers of KServe and Seldon: requests and responses as separate CloudEvents with one id.

use serde_json::{Map, Value};

use super::cloudevents::{self, CloudEvent, Data};
use super::converted::{Fault, FormatError, Options, Source};
use super::events::{Call, id_text, labels, text};
use super::inputs::{self, parse_json};
use super::joiner::{Half, Halves, Side};
use super::{lines, tensor};
use crate::RejectCode;

/// Reads a request of the CloudEvents HTTP binding: `headers` by name (in any case), `body` as sent.
///
/// Give the halves to a [`super::Joiner`] that lives as long as the server.
///
/// # Errors
///
/// [`FormatError`] when the body or the batch is larger than allowed.
pub fn http_halves(headers: &[(&str, &str)], body: &[u8], options: &Options) -> Result<Halves, FormatError> {
    options.check_bytes(body)?;
    let mut halves = Halves::default();
    for event in cloudevents::read_http(headers, body, options) {
        take(event, &mut halves, options)?;
    }
    Ok(halves)
}

/// Reads a file of structured events, one a line or arrays of them.
pub(super) fn file_halves(bytes: &[u8], options: &Options) -> Result<Halves, FormatError> {
    let mut halves = Halves::default();
    for (_, line) in lines::lines(bytes) {
        match parse_json(line, "line") {
            Ok(Value::Array(events)) => {
                for event in events {
                    take(cloudevents::of_value(event), &mut halves, options)?;
                }
            }
            Ok(event) => take(cloudevents::of_value(event), &mut halves, options)?,
            Err(fault) => take(Err(fault), &mut halves, options)?,
        }
    }
    Ok(halves)
}

/// Reads structured events that are JSON values already.
pub(super) fn value_halves(events: Vec<Value>, options: &Options) -> Result<Halves, FormatError> {
    let mut halves = Halves::default();
    for event in events {
        take(cloudevents::of_value(event), &mut halves, options)?;
    }
    Ok(halves)
}

fn take(event: Result<CloudEvent, Fault>, halves: &mut Halves, options: &Options) -> Result<(), FormatError> {
    let row = halves.converted.rows;
    halves.converted.count_row(options)?;
    let read = event.and_then(|event| {
        let model = event.extensions.get("inferenceservicename").filter(|name| !name.is_empty());
        let source = Source { row, model: model.map(|name| name.as_str().into()) };
        match kind_of_event(&event)? {
            Kind::Half(side) => Ok((Some(half(event, side, source.clone(), options)?), Vec::new(), source)),
            Kind::Feedback => Ok((None, feedback(event, options)?, source)),
        }
    });
    match read {
        Ok((half, labels, source)) => {
            halves.halves.extend(half);
            halves.converted.push_labels(labels, &source, options)?;
        }
        Err(fault) => halves.converted.rejects.push(fault.at(row)),
    }
    Ok(())
}

enum Kind {
    Half(Side),
    Feedback,
}

fn kind_of_event(event: &CloudEvent) -> Result<Kind, Fault> {
    let words = event.kind.strip_prefix("org.kubeflow.serving.inference.");
    let words = words.or_else(|| event.kind.strip_prefix("io.seldon.serving.inference."));
    let words = words.or_else(|| event.kind.strip_prefix("io.seldon.serving."));
    match words {
        Some("request") => Ok(Kind::Half(Side::Request)),
        Some("response") => Ok(Kind::Half(Side::Response)),
        Some("feedback") => Ok(Kind::Feedback),
        _ => {
            let expected = "`org.kubeflow.serving.inference.request|response` or \
                            `io.seldon.serving.inference.request|response|feedback`";
            Err(Fault::new(RejectCode::UnknownValue, "type", expected).found(&event.kind))
        }
    }
}

fn half(event: CloudEvent, side: Side, mut source: Source, options: &Options) -> Result<Half, Fault> {
    let CloudEvent { id, time, extensions, json_bytes, data, .. } = event;
    let extension = |name: &str| extensions.get(name).filter(|value| !value.is_empty()).cloned();
    // Seldon's events have ids of their own beside that of the call.
    let id = extension("requestid").unwrap_or(id);
    let place = ["namespace", "inferenceservicename", "component"].map(|name| extension(name).unwrap_or_default());
    let mut call = Call {
        ts: time.map(Value::from),
        trace_id: extension("traceparent").as_deref().and_then(trace_of),
        segments: extension("endpoint").map(|endpoint| ("endpoint".to_owned(), endpoint.into())).into_iter().collect(),
        ..Call::default()
    };
    let key = format!("{}\n{id}", place.join("\n"));
    call.id = Some(id);
    let (mut payload, binary) = payload(data, json_bytes)?;
    match side {
        Side::Request => {
            call.features = Some(match tensor::take_list(&mut payload, "inputs") {
                Some(list) => tensor::feature_rows(tensor::read(list, Some(&binary), "inputs", options)?, options)?,
                None => inputs::feature_rows(payload, options)?,
            });
        }
        Side::Response => {
            if payload.as_object().is_some_and(is_error) {
                return Err(Fault::missing("response", "an answer of the model, not an error"));
            }
            call.version = text(payload.get("model_version"));
            if source.model.is_none() {
                source.model = text(payload.get("model_name")).map(Into::into);
            }
            call.outcomes = Some(match tensor::take_list(&mut payload, "outputs") {
                Some(list) => tensor::outcome_rows(tensor::read(list, Some(&binary), "outputs", options)?, options)?,
                None => inputs::outcome_rows(payload, options)?,
            });
        }
    }
    Ok(Half { key, side, source, call })
}

fn is_error(response: &Map<String, Value>) -> bool {
    response.contains_key("error") && !response.contains_key("predictions") && !response.contains_key("outputs")
}

/// The JSON of a payload, and the bytes of tensors behind it.
fn payload(data: Data, json_bytes: Option<usize>) -> Result<(Value, Vec<u8>), Fault> {
    match data {
        // Some loggers put the body into the event as text.
        Data::Json(Value::String(body)) => Ok((parse_json(body.as_bytes(), "data")?, Vec::new())),
        Data::Json(value) => Ok((value, Vec::new())),
        Data::Bytes(bytes) => {
            let length = json_bytes.unwrap_or(bytes.len());
            let Some((json, binary)) = bytes.split_at_checked(length) else {
                let expected = format!("at least {length} bytes, as the header says");
                return Err(Fault::malformed("data", expected).found(bytes.len()));
            };
            Ok((parse_json(json, "data")?, binary.to_vec()))
        }
    }
}

/// Seldon's feedback: the truth of a call.
fn feedback(event: CloudEvent, options: &Options) -> Result<Vec<Value>, Fault> {
    let (mut payload, _) = payload(event.data, None)?;
    let puid = payload.pointer_mut("/response/meta/puid").map(Value::take).and_then(id_text);
    let id = event.extensions.get("requestid").cloned().or(puid).unwrap_or(event.id);
    let truth = payload.get_mut("truth").map(Value::take).filter(|truth| !truth.is_null());
    let truth = truth.ok_or_else(|| Fault::missing("truth", "the truth of the call"))?;
    labels(&id, event.time.map(Value::from), inputs::outcome_rows(truth, options)?, "truth")
}

/// The trace of a W3C `traceparent`: `00-<32 hex digits>-<16 hex digits>-<flags>`.
fn trace_of(parent: &str) -> Option<String> {
    let mut parts = parent.split('-');
    let trace = parts.nth(1)?;
    parts.next()?;
    let is_trace = trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_trace && trace.bytes().any(|byte| byte != b'0')).then(|| trace.to_ascii_lowercase())
}
