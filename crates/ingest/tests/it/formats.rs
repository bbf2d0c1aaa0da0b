//! Readers of logged predictions: fixtures with known answers, edges, bounds, and arbitrary bytes.

use serde_json::{Value, json};
use watchkeeper_ingest::decode::{Context, decode_values};
use watchkeeper_ingest::formats::{Converted, Format, Joiner, JoinerLimits, Options, halves, read, read_rows};
use watchkeeper_ingest::{Limits, Shape, Stream};

const CAPTURE_PATH: &str = "s3://b/capture/credit/AllTraffic/2026/11/22/10/05-33-211-9f.jsonl";

macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", $path))
    };
}

mod arbitrary;
mod bounds;
mod http;

/// Everything of a `Converted` as JSON, as the `.expected.json` files have it.
fn shown(converted: &Converted) -> Value {
    assert_eq!(converted.events.len(), converted.event_sources.len());
    assert_eq!(converted.labels.len(), converted.label_sources.len());
    json!({
        "rows": converted.rows,
        "events": converted.events,
        "event_rows": converted.event_sources.iter().map(|source| source.row).collect::<Vec<_>>(),
        "models": converted.event_sources.iter().map(|source| source.model.as_deref()).collect::<Vec<_>>(),
        "labels": converted.labels,
        "label_rows": converted.label_sources.iter().map(|source| source.row).collect::<Vec<_>>(),
        "rejects": converted.rejects,
    })
}

/// Compares member by member, so that a difference is short.
fn check(name: &str, converted: &Converted, expected: &[u8]) {
    let expected: Value = serde_json::from_slice(expected).unwrap();
    let found = shown(converted);
    for (member, expected) in expected.as_object().unwrap() {
        let found = &found[member];
        if let (Some(found), Some(expected)) = (found.as_array(), expected.as_array()) {
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_eq!(found, expected, "{name}: {member}[{index}]");
            }
        }
        assert_eq!(found, expected, "{name}: {member}");
    }
}

fn read_ok(format: Format, bytes: &[u8]) -> Converted {
    read(format, bytes, None, &Options::default()).unwrap()
}

/// The only reject, as (field, value, expected).
fn only_reject(converted: &Converted) -> (Option<&str>, Option<&str>, &str) {
    assert!(converted.events.is_empty(), "{:?}", converted.events);
    let [reject] = converted.rejects.as_slice() else { panic!("one reject: {:?}", converted.rejects) };
    (reject.field.as_deref(), reject.value.as_deref(), reject.expected.as_str())
}

#[test]
fn fixtures_give_exactly_the_expected_events() {
    let options = Options::default();
    for (format, path, bytes, expected) in [
        (Format::Kserve, None, &fixture!("kserve/events.jsonl")[..], &fixture!("kserve/events.expected.json")[..]),
        (Format::Seldon, None, fixture!("seldon/events.jsonl"), fixture!("seldon/events.expected.json")),
        (
            Format::Sagemaker,
            Some(CAPTURE_PATH),
            fixture!("sagemaker/capture.jsonl"),
            fixture!("sagemaker/capture.expected.json"),
        ),
        (
            Format::Sagemaker,
            Some(CAPTURE_PATH),
            fixture!("sagemaker/truth.jsonl"),
            fixture!("sagemaker/truth.expected.json"),
        ),
        (Format::Azureml, None, fixture!("azureml/payload.jsonl"), fixture!("azureml/payload.expected.json")),
        (Format::Databricks, None, fixture!("databricks/rows.jsonl"), fixture!("databricks/rows.expected.json")),
        (Format::Vertex, None, fixture!("vertex/rows.jsonl"), fixture!("vertex/rows.expected.json")),
    ] {
        let converted = read(format, bytes, path, &options).unwrap();
        check(format.as_str(), &converted, expected);
    }
}

#[test]
fn the_decoder_takes_every_event_and_label() {
    let (shape, limits) = (Shape::default(), Limits::default());
    let now_us = 1_796_130_000_000_000;
    let mut rows = 0;
    for (format, bytes) in [
        (Format::Kserve, &fixture!("kserve/events.jsonl")[..]),
        (Format::Seldon, fixture!("seldon/events.jsonl")),
        (Format::Sagemaker, fixture!("sagemaker/truth.jsonl")),
        (Format::Azureml, fixture!("azureml/payload.jsonl")),
        (Format::Databricks, fixture!("databricks/rows.jsonl")),
        (Format::Vertex, fixture!("vertex/rows.jsonl")),
    ] {
        let converted = read(format, bytes, None, &Options::default()).unwrap();
        for (stream, values) in [(Stream::Predictions, converted.events), (Stream::Labels, converted.labels)] {
            // The labels of a format are of several models: their types differ.
            for value in values {
                let context = Context {
                    stream,
                    shape: &shape,
                    limits: &limits,
                    now_us,
                    default_environment: "production",
                    model: None,
                };
                let decoded = decode_values(std::slice::from_ref(&value), &context).unwrap();
                assert_eq!(decoded.rejects, [], "{}: {value}", format.as_str());
                let columns = decoded.batch.schema();
                let columns: Vec<&str> = columns.fields().iter().map(|field| field.name().as_str()).collect();
                assert!(columns.contains(&"prediction_id"), "{columns:?}");
                assert!(!columns.iter().any(|column| column.starts_with("features")), "{columns:?}");
                rows += decoded.batch.num_rows();
            }
        }
    }
    assert_eq!(rows, 31);
}

#[test]
fn rows_of_a_table_read_as_their_lines_do() {
    for (format, bytes) in [
        (Format::Databricks, &fixture!("databricks/rows.jsonl")[..]),
        (Format::Azureml, fixture!("azureml/payload.jsonl")),
        (Format::Seldon, fixture!("seldon/events.jsonl")),
        (Format::Vertex, fixture!("vertex/rows.jsonl")),
    ] {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        let of_lines = read_ok(format, bytes);
        let of_rows = read_rows(format, rows.clone(), None, &Options::default()).unwrap();
        assert_eq!(shown(&of_rows), shown(&of_lines), "{}", format.as_str());
        if matches!(format, Format::Databricks) {
            let of_array = read_ok(format, &serde_json::to_vec_pretty(&rows).unwrap());
            assert_eq!(shown(&of_array), shown(&of_lines), "as one array over many lines");
        }
    }
}

#[test]
fn azure_collections_join_across_files() {
    let options = Options { id_column: Some("order".to_owned()), ..Options::default() };
    let base = "azureml://d/paths/modelDataCollector/credit/blue";
    let file = |collection: &str, bytes: &[u8]| {
        let path = format!("{base}/{collection}/2026/11/22/10/i.jsonl");
        halves(Format::Azureml, bytes, Some(&path), &options).unwrap()
    };
    let mut joiner = Joiner::new(JoinerLimits::default());
    let inputs = joiner.join(file("model_inputs", fixture!("azureml/model_inputs.jsonl")), 0, &options).unwrap();
    assert_eq!(inputs.events, Vec::<Value>::new());
    assert_eq!(inputs.rows, 5);
    let rejects: Vec<_> = inputs.rejects.iter().map(|reject| (reject.row, reject.field.as_deref().unwrap())).collect();
    assert_eq!(rejects, [(2, "data"), (3, "type"), (4, "correlationid")]);
    let outputs = joiner.join(file("model_outputs", fixture!("azureml/model_outputs.jsonl")), 1, &options).unwrap();
    let segments = json!({"deployment": "blue"});
    assert_eq!(
        outputs.events,
        [
            json!({"id": "k1-0", "ts": "2026-11-22T10:00:00Z", "segments": segments,
                   "features": {"age": 41, "job": "b"}, "prediction": 1, "score": 0.75}),
            json!({"id": "k1-1", "ts": "2026-11-22T10:00:00Z", "segments": segments,
                   "features": {"age": 20, "job": null}, "prediction": 0, "score": 0.25}),
        ]
    );
    assert_eq!(outputs.event_sources[0].model.as_deref(), Some("credit"));
    let mut rest = Converted::default();
    joiner.drain(&options, &mut rest).unwrap();
    assert_eq!(
        rest.events,
        [
            json!({"id": "k2", "ts": "2026-11-22T10:00:01Z", "version": "3", "segments": segments,
                   "features": {"age": 30, "job": "d"}}),
            json!({"id": "k9", "ts": "2026-11-22T10:00:09Z", "version": "3", "segments": segments,
                   "features": {"output.amount": 12.5, "output.unit": "EUR"}}),
        ]
    );
}

#[test]
fn a_column_of_ids_and_names_from_the_caller() {
    let line = json!({"captureData": {
        "endpointInput": {"data": "o-1,41\no-2,20", "encoding": "CSV"},
        "endpointOutput": {"data": "1,0.75\n0,0.5", "encoding": "CSV"}}, "eventMetadata": {"eventId": "e"}});
    let options = Options {
        feature_names: vec!["order".to_owned(), "age".to_owned()],
        output_names: vec!["prediction".to_owned(), "score".to_owned()],
        id_column: Some("order".to_owned()),
        version: Some("4".to_owned()),
        environment: Some("staging".to_owned()),
        ..Options::default()
    };
    let converted = read(Format::Sagemaker, line.to_string().as_bytes(), None, &options).unwrap();
    assert_eq!(
        converted.events,
        [
            json!({"id": "o-1", "version": "4", "environment": "staging", "features": {"age": 41},
                   "prediction": 1, "score": 0.75}),
            json!({"id": "o-2", "version": "4", "environment": "staging", "features": {"age": 20},
                   "prediction": 0, "score": 0.5}),
        ]
    );
}

/// One V1 or V2 request and response in structured events.
fn call(request: &Value, response: &Value) -> Converted {
    let event = |side: &str, data: &Value| {
        json!({"specversion": "1.0", "id": "c", "source": "s", "type": format!("org.kubeflow.serving.inference.{side}"),
               "data": data})
        .to_string()
    };
    let lines = format!("{}\n{}", event("request", request), event("response", response));
    read_ok(Format::Kserve, lines.as_bytes())
}

#[test]
fn payload_shapes() {
    let one = json!({"predictions": [1]});
    for (request, features) in [
        (json!({"instances": [7]}), json!({"f0": 7})),
        (json!({"instances": [[7, [1, 2]]]}), json!({"f0": 7, "f1": [1, 2]})),
        (json!({"instances": [{"a": {"b": 1}}], "signature_name": "x"}), json!({"a": {"b": 1}})),
        (json!({"inputs": [[1, 2]]}), json!({"f0": 1, "f1": 2})),
        (json!({"inputs": {"a": [[1]], "b": ["x"]}}), json!({"a": 1, "b": "x"})),
        (json!({"dataframe_records": [{"a": 1}]}), json!({"a": 1})),
        (json!({"columns": ["a", 5], "data": [[1, 2]]}), json!({"a": 1, "5": 2})),
        (json!({"data": [[1, 2]]}), json!({"f0": 1, "f1": 2})),
        (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 2})),
        (json!([1, 2]), json!({"f0": 1, "f1": 2})),
        (json!([[1, 2]]), json!({"f0": 1, "f1": 2})),
        (
            json!({"inputs": [{"name": "x", "shape": [1, 2, 2], "datatype": "FP32", "data": [[[1, 2], [3, null]]]}]}),
            json!({"f0": 1, "f1": 2, "f2": 3, "f3": null}),
        ),
        (json!({"inputs": [{"name": "x", "shape": [], "datatype": "FP32", "data": 1.5}]}), json!({"x": 1.5})),
    ] {
        let converted = call(&request, &one);
        assert_eq!(converted.rejects, [], "{request}");
        assert_eq!(converted.events, [json!({"id": "c", "features": features, "prediction": 1})], "{request}");
    }
    let none = call(&json!({"instances": []}), &json!({"predictions": []}));
    assert_eq!((none.events.len(), none.rejects.len(), none.rows), (0, 0, 2), "a call without rows is no error");
}

#[test]
fn tensors_that_are_not_what_they_say() {
    let tensor = |shape: Value, datatype: &str, data: Value| json!({"name": "x", "shape": shape, "datatype": datatype, "data": data});
    for (inputs, field, expected) in [
        (json!([tensor(json!([2]), "FP32", json!([1]))]), "inputs.data", "as many values as the shape says: 2"),
        (json!([tensor(json!([-1]), "FP32", json!([1]))]), "inputs.shape", "an array of whole numbers from 0"),
        (json!([tensor(json!("2"), "FP32", json!([1]))]), "inputs.shape", "an array of whole numbers from 0"),
        (json!([tensor(json!([1]), "INT8", json!([1.5]))]), "inputs.data", "values of INT8"),
        (json!([tensor(json!([1]), "BYTES", json!([1]))]), "inputs.data", "values of BYTES"),
        (json!([tensor(json!([1]), "BOOL", json!([1]))]), "inputs.data", "values of BOOL"),
        (
            json!([tensor(json!([4_294_967_296_u64, 4_294_967_296_u64]), "FP32", json!([]))]),
            "inputs.shape",
            "at most 4000000 values",
        ),
        (json!([tensor(json!([u64::MAX, u64::MAX]), "FP32", json!([]))]), "inputs.shape", "at most 4000000 values"),
        (json!([tensor(json!([2_000_000_000, 0]), "FP32", json!([]))]), "rows", "at most 1000000 rows"),
        (json!([tensor(json!([1, 3000]), "FP32", json!(vec![0; 3000]))]), "inputs.shape", "at most 2000 columns"),
        (
            json!([tensor(json!([1]), "FP32", json!([1])), tensor(json!([2]), "FP32", json!([1, 2]))]),
            "inputs",
            "tensors of one batch size: 1",
        ),
        (
            json!([{"name": "x", "shape": [1], "datatype": "FP32"}]),
            "inputs.data",
            "`data`, or `parameters.binary_data_size`",
        ),
        (json!([{"shape": [1], "datatype": "FP32", "data": [1]}]), "inputs.name", "the tensor's name"),
    ] {
        let converted = call(&json!({"inputs": inputs}), &json!({"error": "x"}));
        let reject = &converted.rejects[0];
        assert_eq!((reject.field.as_deref(), reject.expected.as_str()), (Some(field), expected), "{inputs}");
        assert_eq!(converted.events, Vec::<Value>::new());
    }
    let unknown = call(&json!({"inputs": [tensor(json!([1]), "FP8", json!([1]))]}), &json!({"error": "x"}));
    assert_eq!(unknown.rejects[0].value.as_deref(), Some("FP8"));
}

#[test]
fn rejects_never_show_values() {
    let secret = "canary-4711";
    for bytes in [
        json!({"captureData": {"endpointInput": {"data": secret, "encoding": "BASE64"}},
               "eventMetadata": {"eventId": "e"}}),
        json!({"captureData": {"endpointInput": {"data": format!("{{{secret}"), "encoding": "JSON"}},
               "eventMetadata": {"eventId": "e"}}),
        json!({"captureData": secret, "eventMetadata": {"eventId": "e"}}),
        json!({"groundTruthData": {"data": format!("{secret},1"), "encoding": "CSV"},
               "eventMetadata": {"eventId": "e"}}),
    ] {
        let converted = read_ok(Format::Sagemaker, bytes.to_string().as_bytes());
        assert_eq!(converted.rejects.len(), 1, "{bytes}");
        assert!(!format!("{:?}", converted.rejects).contains(secret), "{:?}", converted.rejects);
    }
    let converted = call(
        &json!({"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [secret]}]}),
        &json!({"error": secret}),
    );
    assert_eq!(converted.rejects.len(), 2);
    assert!(!format!("{:?}", converted.rejects).contains(secret), "{:?}", converted.rejects);
}

#[test]
fn formats_have_words_and_are_recognised() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    let error = "csv".parse::<Format>().unwrap_err().to_string();
    assert_eq!(
        error,
        "unknown format `csv`, expected one of `canonical`, `kserve`, `seldon`, `sagemaker`, `azureml`, `databricks`, \
         `vertex`"
    );
    for (bytes, format) in [
        (&fixture!("kserve/events.jsonl")[..], Some(Format::Kserve)),
        (fixture!("seldon/events.jsonl"), Some(Format::Seldon)),
        (fixture!("sagemaker/capture.jsonl"), Some(Format::Sagemaker)),
        (fixture!("sagemaker/truth.jsonl"), Some(Format::Sagemaker)),
        (fixture!("azureml/model_inputs.jsonl"), Some(Format::Azureml)),
        (fixture!("databricks/rows.jsonl"), Some(Format::Databricks)),
        (fixture!("vertex/rows.jsonl"), Some(Format::Vertex)),
        (br#"[{"id":"a","features":{}}]"#, Some(Format::Canonical)),
        (br#"{"age":41}"#, None),
        (b"id,age\n1,2", None),
        (b"", None),
    ] {
        assert_eq!(Format::sniff(bytes), format, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
    }
    assert_eq!(Format::of_columns(&["event_time", "invocation_id"]), Some(Format::Databricks));
    assert_eq!(Format::of_columns::<&str>(&[]), None);
}

#[test]
fn canonical_events_go_through() {
    let converted = read_ok(Format::Canonical, b"{\"id\":\"a\",\"x\":1}\n[1]\nno\n{\"id\":\"b\"}");
    assert_eq!(converted.events, [json!({"id": "a", "x": 1}), json!({"id": "b"})]);
    let rejects: Vec<u64> = converted.rejects.iter().map(|reject| reject.row).collect();
    assert_eq!((rejects, converted.rows), (vec![1, 2], 4));
}
