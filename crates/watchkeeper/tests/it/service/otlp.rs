//! OpenTelemetry over HTTP, as the server and the models are told to read it.

use std::path::PathBuf;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use serde_json::{Value, json};

use super::delta;
use super::process::{JSON, Service};
use crate::support::{Dir, root};

/// A folder with what it holds for a server, and the place of the data in it.
fn place(name: &str, config: &str) -> (Dir, PathBuf) {
    let folder = Dir::new(name);
    folder.write("watchkeeper.yaml", config);
    let data = folder.path().join("data");
    (folder, data)
}

/// Commits when it stops, and takes events of any day.
const SETTINGS: [&str; 3] = ["commit.interval=1h", "limits.past=36500d", "limits.future=36500d"];

/// Stops the server, so that all is in the tables, and reads the one batch of a table.
fn only_batch(service: Service, data: &std::path::Path, table: &str) -> RecordBatch {
    service.stop();
    let mut rows = delta::rows(&data.join("lake/default").join(table));
    assert_eq!(rows.len(), 1, "batches of {table}");
    rows.remove(0)
}

fn text(batch: &RecordBatch, column: &str) -> String {
    let found = batch.column_by_name(column).unwrap_or_else(|| panic!("no {column} in {:?}", batch.schema()));
    found.as_string::<i32>().value(0).to_owned()
}

fn number(batch: &RecordBatch, column: &str) -> f64 {
    let found = batch.column_by_name(column).unwrap_or_else(|| panic!("no {column} in {:?}", batch.schema()));
    found.as_primitive::<Float64Type>().value(0)
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// Attributes of texts and numbers.
fn attributes(pairs: &[(&str, Value)]) -> Value {
    let value = |value: &Value| match value {
        Value::String(text) => json!({"stringValue": text}),
        number => json!({"doubleValue": number}),
    };
    pairs.iter().map(|(key, given)| json!({"key": key, "value": value(given)})).collect()
}

fn span(id: u8, pairs: &[(&str, Value)]) -> Value {
    json!({"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": format!("00f067aa0ba902{id:02x}"), "name": "n",
           "attributes": attributes(pairs)})
}

fn traces(resource: &[(&str, Value)], spans: &[Value]) -> String {
    json!({"resourceSpans": [{"resource": {"attributes": attributes(resource)}, "scopeSpans": [{"spans": spans}]}]})
        .to_string()
}

/// The blocks of a language in a section of the guide.
fn blocks(section: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/service.md")).unwrap();
    let section = text.split("\n## ").find(|part| part.starts_with(section)).unwrap();
    let begin = format!("```{language}\n");
    section.split(begin.as_str()).skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_example_of_the_guide_is_what_happens() {
    let (yaml, bodies) = (blocks("OpenTelemetry", "yaml"), blocks("OpenTelemetry", "json"));
    let (folder, data) = place("otlp-guide", &yaml[0]);
    let service = Service::start(&data, &SETTINGS);
    folder.write("model.yaml", &yaml[1]);
    folder.run(&format!("apply -f model.yaml --server {}", service.url)).code(0);
    assert_eq!(service.post("/v1/traces", JSON, bodies[0].clone()).json(200), json!({}));
    assert_eq!(service.post("/v1/metrics", JSON, bodies[1].clone()).json(200), json!({}));
    let trace = service.get("/api/v1/traces/4bf92f3577b34da6a3ce929d0e0e4736").json(200);
    assert_eq!((trace["spans"].as_array().unwrap().len(), &trace["spans"][0]["name"]), (1, &"load the cart".into()));
    assert_eq!(trace["spans"][0]["attributes"], json!({"rows": "3"}), "what is ignored is not kept");
    service.stop();

    let tables = data.join("lake/default");
    let predictions = delta::rows(&tables.join("models/checkout-fraud/predictions")).remove(0);
    assert_eq!(predictions.num_rows(), 1);
    assert_eq!(
        ["prediction_id", "country", "segment.channel"].map(|name| text(&predictions, name)),
        ["p-1", "de", "app"]
    );
    assert_eq!((number(&predictions, "amount"), number(&predictions, "score")), (12.5, 0.12));
    assert!(!names(&predictions).iter().any(|name| name.contains("user")), "{:?}", names(&predictions));
    let kpis = delta::rows(&tables.join("kpis")).remove(0);
    assert_eq!((kpis.num_rows(), text(&kpis, "name"), number(&kpis, "value")), (1, "orders".into(), 3.0));
    assert_eq!(text(&kpis, "segment.country"), "de");
    assert!(!names(&kpis).contains(&"segment.host".to_owned()), "{:?}", names(&kpis));
}

#[test]
fn what_the_server_is_told_holds_for_every_model() {
    let config = "otlp:\n  attributes: { app.in: features, app.p: score.yes, ml.feature.debug: ignore }\n  default_model: base\n";
    let (_folder, data) = place("otlp-server", config);
    let service = Service::start(&data, &["commit.interval=1h", "otlp.attributes.app.took=latency_ms"]);
    let body = traces(
        &[],
        &[
            span(
                1,
                &[
                    ("app.in.amount", json!(7.5)),
                    ("app.p", json!(0.25)),
                    ("app.took", json!(3.5)),
                    ("ml.feature.debug", json!(1.0)),
                ],
            ),
            span(2, &[("app.took", json!(3.5))]),
        ],
    );
    assert_eq!(service.post("/v1/traces", JSON, body).json(200), json!({}));
    let predictions = only_batch(service, &data, "models/base/predictions");
    assert_eq!(predictions.num_rows(), 1, "a latency alone makes no inference");
    assert_eq!(["amount", "score.yes", "latency_ms"].map(|name| number(&predictions, name)), [7.5, 0.25, 3.5]);
    assert!(!names(&predictions).contains(&"debug".to_owned()), "{:?}", names(&predictions));
}

#[test]
fn a_model_says_what_its_attributes_are() {
    let (folder, data) = place("otlp-model", "otlp: { attributes: { in.b: feature.other } }\n");
    let service = Service::start(&data, &SETTINGS);
    let model = |name: &str, spec: &str| {
        format!(
            "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {{ name: {name} }}\nspec:\n  task: other\n  columns:\n{spec}"
        )
    };
    // Its own column of ids does not take the place of the span's, and its score is not mapped a second time.
    let mapped = "    - { name: order, role: id }\n  ingest:\n    mapping:\n      fields: { prediction: score, ts: at }\n      columns: { a: in.a, b: in.b }\n";
    folder.write("models.yaml", format!("{}---\n{}", model("mapped", mapped), model("plain", "    []\n")));
    folder.run(&format!("apply -f models.yaml --server {}", service.url)).code(0);
    let own = [("ml.model.name", json!("mapped"))];
    let pairs = [
        ("in.a", json!(1.5)),
        ("in.b", json!(2.5)),
        ("ml.prediction.score", json!(0.5)),
        ("ml.inference.id", json!("i-1")),
        ("at", json!("2026-11-22T10:00:00Z")),
    ];
    assert_eq!(service.post("/v1/traces", JSON, traces(&own, &[span(1, &pairs)])).json(200), json!({}));
    // The same attributes of a model that says nothing; those of the server hold.
    let other = [("ml.model.name", json!("plain"))];
    assert_eq!(service.post("/v1/traces", JSON, traces(&other, &[span(2, &pairs)])).json(200), json!({}));
    service.stop();

    let batch = |name: &str| delta::rows(&data.join(format!("lake/default/models/{name}/predictions"))).remove(0);
    let (mapped, plain) = (batch("mapped"), batch("plain"));
    assert_eq!(["a", "b", "score"].map(|name| number(&mapped, name)), [1.5, 2.5, 0.5]);
    assert_eq!((text(&mapped, "prediction_id"), text(&plain, "prediction_id")), ("i-1".into(), "i-1".into()));
    assert!(!names(&mapped).contains(&"prediction".to_owned()), "{:?}", names(&mapped));
    assert_eq!(["other", "score"].map(|name| number(&plain, name)), [2.5, 0.5]);
    assert!(!names(&plain).iter().any(|name| name == "a" || name == "b"), "{:?}", names(&plain));
    let day =
        mapped.column_by_name("ts").unwrap().as_primitive::<arrow_array::types::TimestampMicrosecondType>().value(0);
    assert_eq!(day, 1_795_341_600_000_000, "2026-11-22T10:00:00Z");
}

#[test]
fn a_captured_call_is_not_mapped_again() {
    let (folder, data) = place("otlp-capture", "");
    let service = Service::start(&data, &SETTINGS);
    folder.write("model.yaml", "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: { name: m }\nspec:\n  task: other\n  columns:\n    - { name: x, role: feature, type: numeric }\n  ingest: { mapping: { fields: { id: request.uuid, features: request.inputs } } }\n");
    folder.run(&format!("apply -f model.yaml --server {}", service.url)).code(0);
    let captured = json!({"captureData": {
        "endpointInput": {"observedContentType": "application/json", "mode": "INPUT", "data": "{\"x\": 4.5}", "encoding": "JSON"},
        "endpointOutput": {"observedContentType": "application/json", "mode": "OUTPUT", "data": "{\"score\": 0.5}", "encoding": "JSON"}},
        "eventMetadata": {"eventId": "e-1", "inferenceTime": "2026-11-22T10:00:00Z"}, "eventVersion": "0"});
    let answer =
        service.post("/api/v1/models/m/predictions?format=sagemaker", "application/x-ndjson", captured.to_string());
    assert_eq!(answer.counts(), [1, 0, 0, 0]);
    let predictions = only_batch(service, &data, "models/m/predictions");
    assert_eq!((text(&predictions, "prediction_id"), number(&predictions, "x")), ("e-1".into(), 4.5));
}
