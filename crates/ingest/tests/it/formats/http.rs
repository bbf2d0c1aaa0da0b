//! CloudEvents over HTTP: binary tensors, batches, headers.

use serde_json::{Value, json};
use watchkeeper_ingest::formats::{Converted, Halves, Joiner, JoinerLimits, Options, http_halves, is_cloudevent};

use super::only_reject;

fn kserve_headers(kind: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Content-Type", "application/json".to_owned()),
        ("CE-SpecVersion", "1.0".to_owned()),
        ("ce-id", "call%201".to_owned()),
        ("ce-type", format!("org.kubeflow.serving.inference.{kind}")),
        ("ce-source", "s".to_owned()),
        ("ce-inferenceservicename", "credit".to_owned()),
    ]
}

fn http(headers: &[(&str, String)], body: &[u8]) -> Halves {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(is_cloudevent(&headers));
    http_halves(&headers, body, &Options::default()).unwrap()
}

/// A request and its response over HTTP, joined.
fn http_call(request: (&[(&str, String)], &[u8]), response: (&[(&str, String)], &[u8])) -> Converted {
    let mut joiner = Joiner::new(JoinerLimits::default());
    let options = Options::default();
    let first = joiner.join(http(request.0, request.1), 0, &options).unwrap();
    let mut second = joiner.join(http(response.0, response.1), 1, &options).unwrap();
    joiner.drain(&options, &mut second).unwrap();
    second.rejects.extend(first.rejects);
    second
}

/// A V2 request with binary tensors: two rows of a number and a text.
fn binary_request(texts: &[u8]) -> (Vec<(&'static str, String)>, Vec<u8>) {
    let json = json!({"id": "x", "inputs": [
        {"name": "age", "shape": [2, 1], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        {"name": "job", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": texts.len()}},
        {"name": "flag", "shape": [2], "datatype": "BOOL", "data": [true, false]},
    ]})
    .to_string();
    let mut headers = kserve_headers("request");
    headers.push(("Inference-Header-Content-Length", json.len().to_string()));
    let numbers: Vec<u8> = [41.5_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    (headers, [json.as_bytes(), &numbers, texts].concat())
}

#[test]
fn binary_events_with_binary_tensors_join() {
    let (headers, body) = binary_request(b"\x01\0\0\0b\x02\0\0\0cd");
    let answer = json!({"model_name": "credit", "outputs": [
        {"name": "p", "shape": [2], "datatype": "FP64", "data": [0.25, 0.75]}]});
    let response = (kserve_headers("response"), answer.to_string());
    let converted = http_call((&headers, &body), (&response.0, response.1.as_bytes()));
    assert_eq!(
        converted.events,
        [
            json!({"id": "call 1-0", "features": {"age": 41.5, "job": "b", "flag": true}, "prediction": 0.25}),
            json!({"id": "call 1-1", "features": {"age": -2.0, "job": "cd", "flag": false}, "prediction": 0.75}),
        ]
    );
    assert_eq!(converted.rejects, []);
}

#[test]
fn binary_tensors_that_are_cut_or_too_long_are_rejected() {
    for (texts, expected) in [
        (&b"\x01\0\0\0b\x09\0\0\0cd"[..], "2 values of BYTES"),
        (b"\x01\0\0\0b", "2 values of BYTES"),
        (b"\x01\0\0\0b\x01\0\0\0c!", "2 values of BYTES"),
    ] {
        let (headers, body) = binary_request(texts);
        let read = http(&headers, &body);
        assert_eq!(only_reject(&read.converted).2, expected, "{texts:?}");
        assert_eq!(read.halves, []);
    }
    let (headers, body) = binary_request(b"\x01\0\0\0b\x01\0\0\0c");
    let cut = http(&headers, &body[..body.len() - 3]);
    assert_eq!(only_reject(&cut.converted), (Some("inputs.data"), Some("7"), "10 bytes after the JSON"));
    let longer = http(&headers, &[&body[..], b"??"].concat());
    assert_eq!(only_reject(&longer.converted), (Some("inputs"), Some("2"), "no bytes after the last tensor"));
    let short = http(&headers, &body[..20]);
    assert_eq!(only_reject(&short.converted).0, Some("data"), "shorter than the header says");
    let mut wrong = kserve_headers("request");
    wrong.push(("inference-header-content-length", "-1".to_owned()));
    let wrong = http(&wrong, b"{}");
    assert_eq!(only_reject(&wrong.converted).2, "a number of bytes");
}

#[test]
fn batches_and_missing_headers() {
    let event = |id: &str, answer: Value| {
        json!({"specversion": "1.0", "id": id, "type": "org.kubeflow.serving.inference.response",
               "source": "s", "data": {"predictions": answer}})
    };
    let batch = json!([event("a", json!([1])), 7, event("b", json!([2]))]).to_string();
    let options = Options::default();
    let headers = [("content-type", "application/cloudevents-batch+json; charset=utf-8")];
    let mut read = http_halves(&headers, batch.as_bytes(), &options).unwrap();
    assert_eq!((read.halves.len(), read.converted.rows), (2, 3));
    assert_eq!(read.converted.rejects[0].row, 1);
    let mut joiner = Joiner::new(JoinerLimits::default());
    read.converted = joiner.join(read.clone(), 0, &options).unwrap();
    joiner.drain(&options, &mut read.converted).unwrap();
    assert_eq!(
        read.converted.events,
        [json!({"id": "a", "prediction": 1}), json!({"id": "b", "prediction": 2})],
        "no model is named"
    );
    for missing in ["ce-id", "ce-type"] {
        let mut headers = kserve_headers("request");
        headers.retain(|(name, _)| *name != missing);
        assert_eq!(only_reject(&http(&headers, b"{}").converted), (Some(missing), None, "a header with this name"));
    }
    assert!(!is_cloudevent(&[("content-type", "application/json")]));
    let none = http_halves(&[], b"{}", &options).unwrap();
    assert_eq!(only_reject(&none.converted).0, Some("ce-specversion"));
}
