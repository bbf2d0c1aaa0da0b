//! OTLP: known answers, JSON against protobuf, bounds, arbitrary bytes.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};
use watchkeeper_ingest::decode::{Context, decode_values};
use watchkeeper_ingest::otlp::{
    Encoding, Inference, KeptSpan, KpiRule, MetricMapping, OtlpError, Rejected, Signal, SpanMapping, SpanStatus,
    SpanStore, StoreLimits, Target, attributes_of, check_bytes, decode_logs, decode_metrics, decode_traces, failure,
    logs, metrics, models_of_traces, response, traces,
};
use watchkeeper_ingest::{Limits, Mapping, Shape, Stream};

const TRACES: &[u8] = include_bytes!("../fixtures/otlp/traces.json");
const LOGS: &[u8] = include_bytes!("../fixtures/otlp/logs.json");
const METRICS: &[u8] = include_bytes!("../fixtures/otlp/metrics.json");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn traces_of(bytes: &[u8]) -> ExportTraceServiceRequest {
    decode_traces(bytes, Encoding::Json, &Limits::default()).unwrap()
}

fn logs_of(bytes: &[u8]) -> ExportLogsServiceRequest {
    decode_logs(bytes, Encoding::Json, &Limits::default()).unwrap()
}

fn metrics_of(bytes: &[u8]) -> ExportMetricsServiceRequest {
    decode_metrics(bytes, Encoding::Json, &Limits::default()).unwrap()
}

fn shown(inferences: &[Inference]) -> Vec<(&str, &Value)> {
    inferences.iter().map(|inference| (inference.model.as_str(), &inference.event)).collect()
}

#[test]
fn spans_become_predictions_and_kept_spans() {
    let found = traces(&traces_of(TRACES), &SpanMapping::default(), &Limits::default());
    let decided = |row: usize, age: i64| {
        json!({"id": format!("{TRACE}-00f067aa0ba902b9-{row}"), "ts": "2026-11-22T10:00:00.2Z", "version": "2.1",
               "environment": "staging", "trace_id": TRACE, "latency_ms": 1.0, "features": {"age": age}})
    };
    let mut first = decided(0, 41);
    first["prediction"] = json!(100);
    let mut second = decided(1, 20);
    second["prediction"] = json!(200);
    second["score"] = json!(0.5);
    let credit = json!({
        "id": "order-9", "ts": "2026-11-22T10:00:00.1Z", "version": "3", "environment": "staging", "trace_id": TRACE,
        "latency_ms": 12.5, "prediction": "yes", "score": 0.75, "scores": {"no": 0.25}, "segments": {"region": "north"},
        "features": {"age": 41, "job": "b", "ratio": null, "codes": [1, "x"], "output.band": 4},
    });
    assert_eq!(shown(&found.inferences), [("credit", &credit), ("limit", &first), ("limit", &second)]);
    let text = |text: &str| text.to_owned();
    assert_eq!(
        found.spans,
        [KeptSpan {
            trace_id: text(TRACE),
            span_id: text("00f067aa0ba902b7"),
            parent: None,
            name: text("POST /score"),
            service: text("scorer"),
            start_us: 1_795_341_600_000_000,
            end_us: 1_795_341_600_250_000,
            status: SpanStatus::Ok,
            attributes: vec![
                (text("http.request.method"), text("POST")),
                (text("http.response.status_code"), text("200")),
            ],
        }],
        "without what may be private"
    );
    assert_eq!(found.rejected.count, 2);
    assert_eq!(
        found.rejected.message(),
        "ml.model.name: expected the name of the model; traceId and spanId: expected 16 and 8 bytes"
    );
}

#[test]
fn log_records_become_predictions() {
    let request = logs_of(LOGS);
    let found = logs(&request, &SpanMapping::default(), &Limits::default());
    assert_eq!((found.ignored, found.rejected.count, found.inferences.len()), (1, 1, 2));
    let explicit = json!({"id": "order-9", "ts": "2026-11-22T10:00:00Z", "version": "2.1", "environment": "production",
        "trace_id": TRACE, "prediction": 12.5, "features": {"age": 41}});
    assert_eq!(shown(&found.inferences)[0], ("credit", &explicit));
    let hashed = &found.inferences[1].event;
    assert_eq!(hashed["ts"], "2026-11-22T10:00:01Z", "observed time");
    assert!(hashed["id"].as_str().unwrap().starts_with("otlp-"), "{hashed}");
    let again = logs(&request, &SpanMapping::default(), &Limits::default());
    assert_eq!(again, found, "a retry has the same ids");
    let mapping = SpanMapping { default_model: Some("fallback".to_owned()), ..SpanMapping::default() };
    let found = logs(&request, &mapping, &Limits::default());
    assert_eq!((found.rejected.count, found.inferences[2].model.as_str()), (0, "fallback"));
    assert_eq!(found.inferences[2].event["prediction"], json!(true));
}

#[test]
fn data_points_become_kpis() {
    let rule = KpiRule { name: Some("orders_total".to_owned()), ..KpiRule::default() };
    let gauge = KpiRule { segments: Some(vec![]), model: Some("credit".to_owned()), ..KpiRule::default() };
    let names = ["orders.total", "latency", "empty"].map(|name| (name.to_owned(), KpiRule::default()));
    let named = [("orders".to_owned(), rule), ("basket".to_owned(), gauge)];
    let mapping = MetricMapping { kpis: named.into_iter().chain(names).collect() };
    let found = metrics(&metrics_of(METRICS), &mapping, &Limits::default());
    let mut events = found.events.clone();
    let ids: Vec<Value> = events.iter_mut().map(|event| event["id"].take()).collect();
    assert_eq!(
        events,
        [
            json!({"id": null, "name": "orders_total", "value": 17, "ts": "2026-11-22T10:00:00Z", "model": "credit",
                   "version": "2.1", "environment": "production", "segments": {"region": "north"}}),
            json!({"id": null, "name": "basket", "value": 12.5, "ts": "2026-11-22T10:00:00Z", "model": "credit",
                   "version": "2.1", "environment": "production"}),
        ]
    );
    assert_ne!(ids[0], ids[1]);
    // No value recorded 1, cumulative 1, histogram 1, not named 2, no data 1.
    assert_eq!((found.ignored, found.rejected.count), (6, 1), "NaN is rejected");
    assert_eq!(
        metrics(&metrics_of(METRICS), &mapping, &Limits::default()).events,
        found.events,
        "a retry has the same ids"
    );
    let mut request = metrics_of(METRICS);
    let model = AnyValue { value: Some(Any::StringValue("shop-wide".to_owned())) };
    let model = KeyValue { key: "ml.model.name".to_owned(), value: Some(model), ..KeyValue::default() };
    request.resource_metrics[0].resource.as_mut().unwrap().attributes.push(model);
    let models: Vec<Value> =
        metrics(&request, &mapping, &Limits::default()).events.iter().map(|event| event["model"].clone()).collect();
    assert_eq!(models, ["credit", "shop-wide"], "the point, then the resource, then the rule");
    let none = metrics(&metrics_of(METRICS), &MetricMapping::default(), &Limits::default());
    assert_eq!((none.events.len(), none.ignored, none.rejected.count), (0, 9, 0));
}

#[test]
fn json_and_protobuf_are_one() {
    let limits = Limits::default();
    let (of_json, mapping) = (traces_of(TRACES), SpanMapping::default());
    let of_bytes = decode_traces(&of_json.encode_to_vec(), Encoding::Protobuf, &limits).unwrap();
    assert_eq!(of_bytes, of_json);
    assert_eq!(traces(&of_bytes, &mapping, &limits), traces(&of_json, &mapping, &limits));
    let spans = &of_json.resource_spans[0].scope_spans[0].spans;
    assert_eq!(spans[0].trace_id[..3], [0x4B, 0xF9, 0x2F], "ids are hex");
    assert_eq!(spans[0].end_time_unix_nano, 1_795_341_600_250_000_000, "integers as numbers and as texts");

    let of_json = logs_of(LOGS);
    assert_eq!(decode_logs(&of_json.encode_to_vec(), Encoding::Protobuf, &limits).unwrap(), of_json);
    let of_json = metrics_of(METRICS);
    assert_eq!(decode_metrics(&of_json.encode_to_vec(), Encoding::Protobuf, &limits).unwrap(), of_json);
    let histogram = serde_json::to_value(&of_json.resource_metrics[0].scope_metrics[0].metrics[3]).unwrap();
    assert_eq!(histogram["histogram"]["dataPoints"][0]["bucketCounts"], json!(["1", "2"]), "{histogram}");
}

#[test]
fn what_users_map_comes_before_what_is_built_in() {
    let span = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": TRACE, "spanId": "00f067aa0ba902b7", "startTimeUnixNano": "1", "endTimeUnixNano": "2",
         "attributes": [
            {"key": "app.model", "value": {"stringValue": "churn"}},
            {"key": "app.out", "value": {"doubleValue": 0.5}},
            {"key": "app.ms", "value": {"doubleValue": 7.5}},
            {"key": "app.in.age", "value": {"intValue": "41"}},
            {"key": "http.route", "value": {"stringValue": "/score"}},
            {"key": "ml.feature.secret", "value": {"stringValue": "x"}}]},
        {"traceId": TRACE, "spanId": "00f067aa0ba902b8", "startTimeUnixNano": "1", "endTimeUnixNano": "2",
         "attributes": [
            {"key": "http.route", "value": {"stringValue": "/other"}}]},
    ]}]}]});
    let words = [
        ("app.model", "model"),
        ("app.out", "score.yes"),
        ("app.ms", "latency_ms"),
        ("app.in.age", "feature.age"),
        ("http.route", "segment.route"),
        ("ml.feature.secret", "ignore"),
    ];
    let attributes = words.into_iter().map(|(name, target)| (name.to_owned(), target.parse().unwrap())).collect();
    let mapping = SpanMapping { attributes, ..SpanMapping::default() };
    let found = traces(&traces_of(span.to_string().as_bytes()), &mapping, &Limits::default());
    let expected = json!({"id": format!("{TRACE}-00f067aa0ba902b7"), "ts": "1970-01-01T00:00:00.000000001Z",
        "trace_id": TRACE, "latency_ms": 7.5, "scores": {"yes": 0.5}, "features": {"age": 41},
        "segments": {"route": "/score"}});
    assert_eq!(shown(&found.inferences), [("churn", &expected)]);
    assert_eq!(found.spans.len(), 1, "a segment alone makes no inference");
    for word in ["", "feature.", "feature", "score.", "Model", "label", "label_ts"] {
        assert!(word.parse::<Target>().is_err(), "{word}");
    }
}

#[test]
fn a_model_maps_the_attributes_of_its_own_spans() {
    let text = |text: &str| json!({"stringValue": text});
    let object = |members: Value| {
        let members = members.as_object().unwrap().iter().map(|(key, value)| json!({"key": key, "value": value}));
        json!({"kvlistValue": {"values": members.collect::<Vec<_>>()}})
    };
    let span = |id: &str, attributes: Value| {
        let attributes: Vec<Value> =
            attributes.as_object().unwrap().iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        json!({"traceId": TRACE, "spanId": id, "attributes": attributes})
    };
    let (first, second) = ("00f067aa0ba902b7", "00f067aa0ba902b8");
    let request = json!({"resourceSpans": [
        {"resource": {"attributes": [{"key": "ml.model.name", "value": text("credit")}]}, "scopeSpans": [{"spans": [
            span(first, json!({"request": object(json!({"uuid": text("r-1"), "note": text("not mapped")})),
                "in": text("{\"age\": 41, \"tags\": [\"a\"]}"), "in.city": text("Oslo"), "out.p": {"doubleValue": 0.5},
                "at": text("2026-11-22T10:00:00Z"), "trace": text("t-1"), "channel": text("app"), "shared": {"intValue": "3"}})),
            span(second, json!({"channel": text("app")})),
            span("00f067aa0ba902b9", json!({"in": text("no object")}))]}]},
        {"resource": {"attributes": [{"key": "ml.model.name", "value": text("churn")}]}, "scopeSpans": [{"spans": [
            span(second, json!({"in": text("{}"), "out.p": {"doubleValue": 0.5}})),
            span(second, json!({"shared": {"intValue": "4"}}))]}]},
    ]});
    let paths =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
    let declared = Mapping {
        fields: paths(&[
            ("id", "request.uuid"),
            ("features", "in"),
            ("score", "out.p"),
            ("ts", "at"),
            ("trace_id", "trace"),
            ("label", "truth"),
        ]),
        columns: paths(&[("feature.ts", "in.hour"), ("model", "in.model")]),
        segments: paths(&[("channel", "channel")]),
    };
    let own = attributes_of(&declared);
    assert_eq!((&own["in.hour"], &own["in.model"]), (&Target::Feature("ts".into()), &Target::Feature("model".into())));
    assert!(!own.contains_key("truth"), "{own:?}");
    let mapping = SpanMapping {
        attributes: [("shared".to_owned(), Target::Feature("shared".into())), ("out.p".to_owned(), Target::LatencyMs)]
            .into(),
        models: [("credit".to_owned(), own)].into(),
        ..SpanMapping::default()
    };
    let request = traces_of(request.to_string().as_bytes());
    assert_eq!(Vec::from_iter(models_of_traces(&request, &mapping)), ["churn", "credit"]);
    let found = traces(&request, &mapping, &Limits::default());
    let of_credit = json!({"id": "r-1", "ts": "2026-11-22T10:00:00Z", "trace_id": "t-1", "score": 0.5,
        "features": {"age": 41, "tags": ["a"], "city": "Oslo", "shared": 3}, "segments": {"channel": "app"}});
    let of_churn = json!({"id": format!("{TRACE}-{second}"), "trace_id": TRACE, "features": {"shared": 4}});
    assert_eq!(shown(&found.inferences), [("credit", &of_credit), ("churn", &of_churn)]);
    assert_eq!(found.rejected.count, 1);
    assert!(found.rejected.message().contains("in: expected an object of features"), "{:?}", found.rejected);
    assert_eq!(found.spans.len(), 2, "a segment alone and what only another model maps make no inference");
}

#[test]
fn the_resource_names_the_model_of_its_inferences() {
    let attribute = |key: &str, text: &str| json!({"key": key, "value": {"stringValue": text}});
    let span = |id: &str, attributes: Value| json!({"traceId": TRACE, "spanId": id, "attributes": attributes});
    let request = json!({"resourceSpans": [{
    "resource": {"attributes": [attribute("ml.model.name", "credit"), attribute("ml.segment.region", "north")]},
    "scopeSpans": [{"spans": [
        span("00f067aa0ba902b7", json!([attribute("ml.prediction.label", "yes")])),
        span("00f067aa0ba902b8", json!([attribute("ml.prediction.label", "no"), attribute("ml.model.name", "churn")])),
        span("00f067aa0ba902b9", json!([])),
    ]}]}]});
    let found = traces(&traces_of(request.to_string().as_bytes()), &SpanMapping::default(), &Limits::default());
    let models: Vec<&str> = found.inferences.iter().map(|inference| inference.model.as_str()).collect();
    assert_eq!(models, ["credit", "churn"], "what the span says holds");
    assert_eq!(found.inferences[0].event["segments"], json!({"region": "north"}));
    assert_eq!((found.spans.len(), found.rejected.count), (1, 0), "the resource alone makes no inference");
}

#[test]
fn decisions_of_other_shapes() {
    let decide = |attributes: Value| {
        let mut all = vec![
            json!({"key": "openinference.span.kind", "value": {"stringValue": "DECISION"}}),
            json!({"key": "decision.response.model_name", "value": {"stringValue": "m"}}),
        ];
        for (key, value) in attributes.as_object().unwrap() {
            all.push(json!({"key": key, "value": value}));
        }
        let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
            {"traceId": TRACE, "spanId": "00f067aa0ba902b7", "attributes": all}]}]}]});
        traces(&traces_of(request.to_string().as_bytes()), &SpanMapping::default(), &Limits::default())
    };
    let id = format!("{TRACE}-00f067aa0ba902b7");
    for (attributes, features, prediction) in [
        (
            json!({"input.value": {"stringValue": "plain text"}, "output.value": {"stringValue": "no"}}),
            json!({"input": "plain text"}),
            json!("no"),
        ),
        (
            json!({"input.value": {"stringValue": "{\"age\":41}"}, "output.value": {"doubleValue": 2.5}}),
            json!({"age": 41}),
            json!(2.5),
        ),
        (
            json!({"ml.feature.a": {"intValue": "1"}, "output.value": {"stringValue": "{broken"}}),
            json!({"a": 1}),
            json!("{broken"),
        ),
        (json!({"output.value": {"stringValue": "[7]"}}), Value::Null, json!(7)),
    ] {
        let found = decide(attributes.clone());
        let mut expected = json!({"id": id, "trace_id": TRACE, "prediction": prediction});
        if !features.is_null() {
            expected["features"] = features;
        }
        assert_eq!(shown(&found.inferences), [("m", &expected)], "{attributes}");
    }
    let uneven = decide(
        json!({"input.value": {"stringValue": "[{\"a\":1},{\"a\":2}]"}, "output.value": {"stringValue": "[1]"}}),
    );
    assert_eq!(uneven.rejected.message(), "response: expected as many outputs as inputs: 2, found 1");
}

#[test]
fn the_decoder_takes_what_otlp_gives() {
    let limits = Limits::default();
    let shape = Shape::default();
    let take = |stream: Stream, events: &[Value]| {
        let now_us = 1_795_341_700_000_000;
        let context = Context { stream, shape: &shape, limits: &limits, now_us, default_environment: "e", model: None };
        let decoded = decode_values(events, &context).unwrap();
        assert_eq!(decoded.rejects, []);
        decoded.batch.num_rows()
    };
    let found = traces(&traces_of(TRACES), &SpanMapping::default(), &limits);
    for inference in &found.inferences {
        assert_eq!(take(Stream::Predictions, std::slice::from_ref(&inference.event)), 1);
    }
    let kpis = ["orders", "basket"].map(|name| (name.to_owned(), KpiRule::default())).into_iter().collect();
    let found = metrics(&metrics_of(METRICS), &MetricMapping { kpis }, &limits);
    assert_eq!(take(Stream::Kpis, &found.events), 2);
}

#[test]
fn requests_that_cannot_be_read() {
    let limits = Limits::default();
    let decode = |bytes: &[u8], encoding| decode_traces(bytes, encoding, &limits);
    assert_eq!(decode(b"{\n  \"resourceSpans\": [}", Encoding::Json), Err(OtlpError::Json { line: 2, column: 21 }));
    for shape in [
        json!({"resourceSpans": 7}),
        json!([1]),
        json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}),
        json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "canary-4711"}]}]}]}),
    ] {
        let error = decode(shape.to_string().as_bytes(), Encoding::Json).unwrap_err();
        assert_eq!(error, OtlpError::JsonShape, "{shape}");
        assert!(!error.to_string().contains("canary"));
    }
    assert_eq!(decode(&[0x0A, 0xFF], Encoding::Protobuf), Err(OtlpError::Protobuf));
    assert_eq!(decode(b"{}", Encoding::Json), Ok(ExportTraceServiceRequest::default()));
    assert_eq!(decode(b"", Encoding::Protobuf), Ok(ExportTraceServiceRequest::default()));
    let nulls = br#"{"resourceSpans":[{"resource":null,"scopeSpans":[{"spans":[{"attributes":null,"name":null}]}]}]}"#;
    assert_eq!(decode(nulls, Encoding::Json).unwrap().resource_spans[0].scope_spans[0].spans, [Span::default()]);
    for (kind, encoding) in [
        ("application/x-protobuf", Some(Encoding::Protobuf)),
        ("Application/JSON; charset=utf-8", Some(Encoding::Json)),
        ("text/plain", None),
        ("", None),
    ] {
        assert_eq!(Encoding::of_content_type(kind), encoding, "{kind}");
    }
}

/// A field of a message, with its length.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = inner.len();
    while length > 127 {
        bytes.push(u8::try_from(length & 127).unwrap() | 128);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend_from_slice(inner);
    bytes
}

#[test]
fn small_bodies_that_would_be_large_in_memory_are_refused() {
    let limits = Limits::default();
    let spans = field(1, &field(2, &[0x12, 0x00].repeat(2_000_000)));
    let error = decode_traces(&spans, Encoding::Protobuf, &limits).unwrap_err();
    assert!(matches!(error, OtlpError::TooLarge { found, .. } if found > 200 * spans.len()), "{error}");
    let values = field(1, &field(2, &field(2, &field(9, &field(2, &field(5, &[0x0A, 0x00].repeat(10_000_000)))))));
    assert!(matches!(check_bytes(&values, Signal::Traces, &limits), Err(OtlpError::TooLarge { .. })));
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(1_500_000));
    assert!(matches!(decode_traces(json.as_bytes(), Encoding::Json, &limits), Err(OtlpError::TooLarge { .. })));
    let list = format!(r#"{{"x":[{}0]}}"#, "0,".repeat(10_000_000));
    assert!(matches!(decode_logs(list.as_bytes(), Encoding::Json, &limits), Err(OtlpError::TooLarge { .. })));
    // What is honest passes: 20,000 spans of 10 attributes.
    let text = |text: &str| Some(AnyValue { value: Some(Any::StringValue(text.to_owned())) });
    let attribute = |index: usize| KeyValue { key: format!("k{index}"), value: text("value"), ..KeyValue::default() };
    let span = Span { trace_id: vec![1; 16], attributes: (0..10).map(attribute).collect(), ..Span::default() };
    let request = request_of(vec![span; 20_000]);
    assert_eq!(check_bytes(&request.encode_to_vec(), Signal::Traces, &limits), Ok(()));
}

#[test]
fn what_the_resource_repeats_is_bounded() {
    let limits = Limits { decompressed_bytes: 1 << 20, ..Limits::default() };
    let attribute = |key: &str, text: String| json!({"key": key, "value": {"stringValue": text}});
    let span = json!({"attributes": [attribute("ml.prediction.label", "yes".to_owned())]});
    let resource =
        json!([attribute("ml.model.name", "m".to_owned()), attribute("service.version", "v".repeat(10_000))]);
    let scopes = json!([{"spans": vec![span; 1_000]}]);
    let request = json!({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": scopes}]});
    let found = traces(&traces_of(request.to_string().as_bytes()), &SpanMapping::default(), &limits);
    assert_eq!(found.inferences.len() as u64 + found.rejected.count, 1_000);
    assert!((150..250).contains(&found.inferences.len()), "{} events of 10 kB in 2 MiB", found.inferences.len());
    let mut request = metrics_of(METRICS);
    let points = &mut request.resource_metrics[0];
    let version = AnyValue { value: Some(Any::StringValue("v".repeat(3_000_000))) };
    points.resource.as_mut().unwrap().attributes[1].value = Some(version);
    let mapping = MetricMapping { kpis: [("orders".to_owned(), KpiRule::default())].into_iter().collect() };
    let found = metrics(&request, &mapping, &limits);
    assert_eq!((found.events.len(), found.rejected.count), (0, 1));
}

fn request_of(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope = ScopeSpans { spans, ..ScopeSpans::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() }],
    }
}

#[test]
fn deep_values_are_refused_or_read() {
    let deep = |levels: usize| {
        let mut json = r#"{"intValue":"1"}"#.to_owned();
        for _ in 0..levels {
            json = format!(r#"{{"arrayValue":{{"values":[{json}]}}}}"#);
        }
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{json}}}]}}]}}]}}"#)
    };
    let limits = Limits::default();
    assert!(decode_logs(deep(38).as_bytes(), Encoding::Json, &limits).is_ok(), "as deep as JSON may be");
    assert!(decode_logs(deep(500).as_bytes(), Encoding::Json, &limits).is_err());
    let mut value = AnyValue { value: Some(Any::BoolValue(true)) };
    for _ in 0..200 {
        value = AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![value] })) };
    }
    let attributes = vec![KeyValue { key: "ml.feature.x".to_owned(), value: Some(value), ..KeyValue::default() }];
    let request = request_of(vec![Span { attributes, ..Span::default() }]);
    assert_eq!(decode_traces(&request.encode_to_vec(), Encoding::Protobuf, &limits), Err(OtlpError::Protobuf));
}

#[test]
fn answers_in_both_encodings() {
    let mut rejected = Rejected::default();
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
        assert_eq!(response(signal, Encoding::Json, &rejected), b"{}");
        assert_eq!(response(signal, Encoding::Protobuf, &rejected), b"");
    }
    rejected.add("second".to_owned());
    rejected.add_many(2, "first".to_owned());
    rejected.add("second".to_owned());
    let json: Value = serde_json::from_slice(&response(Signal::Logs, Encoding::Json, &rejected)).unwrap();
    assert_eq!(json, json!({"partialSuccess": {"rejectedLogRecords": "4", "errorMessage": "first; second"}}));
    let bytes = response(Signal::Traces, Encoding::Protobuf, &rejected);
    let partial = ExportTraceServiceResponse::decode(&bytes[..]).unwrap().partial_success.unwrap();
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (4, "first; second"));
    let bytes = response(Signal::Metrics, Encoding::Protobuf, &rejected);
    let partial = ExportMetricsServiceResponse::decode(&bytes[..]).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_data_points, 4);
    for index in 0..100 {
        rejected.add(format!("reason {index}"));
    }
    assert!(rejected.message().len() < 100, "{}", rejected.message());
    let bad: Value = serde_json::from_slice(&failure(Encoding::Json, 3, "bad")).unwrap();
    assert_eq!(bad, json!({"code": 3, "message": "bad"}));
    assert_eq!(failure(Encoding::Protobuf, 3, "bad"), b"\x08\x03\x12\x03bad");
}

fn span(trace: u8, id: u64, start_us: i64) -> KeptSpan {
    KeptSpan {
        trace_id: format!("{trace:032x}"),
        span_id: format!("{id:016x}"),
        parent: None,
        name: "work".to_owned(),
        service: String::new(),
        start_us,
        end_us: start_us,
        status: SpanStatus::Unset,
        attributes: vec![("k".to_owned(), "v".repeat(100))],
    }
}

fn ids(store: &SpanStore, trace: u8) -> Vec<String> {
    let spans = store.trace(&format!("{trace:032x}"));
    spans.iter().map(|span| span.span_id.trim_start_matches('0').to_owned()).collect()
}

#[test]
fn the_span_store_is_bounded() {
    let mut store = SpanStore::new(StoreLimits { traces: 2, spans_per_trace: 2, ..StoreLimits::default() });
    store.insert(span(1, 1, 20));
    let bytes = store.bytes();
    store.insert(span(1, 1, 30));
    assert_eq!((ids(&store, 1), store.bytes()), (vec!["1".to_owned()], bytes), "a retried span is one span");
    store.insert(span(1, 2, 10));
    assert_eq!(ids(&store, 1), ["2", "1"], "by start");
    store.insert(span(1, 3, 5));
    assert_eq!((ids(&store, 1).len(), store.dropped()), (2, 1), "beyond the bound of a trace");
    store.insert(span(2, 1, 0));
    store.insert(span(1, 1, 0));
    store.insert(span(3, 1, 0));
    assert_eq!((store.len(), ids(&store, 1).len(), store.dropped()), (2, 0, 3), "the oldest trace leaves");
    assert_eq!(ids(&store, 9), [""; 0]);

    let mut small = SpanStore::new(StoreLimits { bytes: 10_000, ..StoreLimits::default() });
    for trace in 0..200 {
        small.insert(span(trace, 1, 0));
        assert!(small.bytes() <= 10_000);
    }
    assert!(small.len() > 5, "{} traces", small.len());
    assert_eq!(small.len() as u64 + small.dropped(), 200);
    let mut huge = span(201, 1, 0);
    huge.attributes = vec![("k".to_owned(), "v".repeat(20_000))];
    small.insert(huge);
    assert!(small.is_empty(), "what never fits does not stay");
    assert_eq!(small.bytes(), 0);
}

#[test]
fn kept_spans_are_short() {
    let text = |text: String| Some(AnyValue { value: Some(Any::StringValue(text)) });
    let attribute =
        |index: usize| KeyValue { key: format!("k{index}"), value: text("é".repeat(1_000)), ..KeyValue::default() };
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        parent_span_id: vec![0; 8],
        name: "n".repeat(1_000),
        start_time_unix_nano: u64::MAX,
        end_time_unix_nano: 1,
        attributes: (0..100).map(attribute).collect(),
        ..Span::default()
    };
    let found = traces(&request_of(vec![span]), &SpanMapping::default(), &Limits::default());
    let kept = &found.spans[0];
    assert_eq!((kept.attributes.len(), kept.attributes[0].1.chars().count(), kept.name.len()), (32, 256, 256));
    assert_eq!(
        (kept.parent.as_ref(), kept.end_us),
        (None, kept.start_us),
        "an end before the start; zeros are no parent"
    );
}

/// All three readers over the same bytes.
fn read_all(bytes: &[u8], encoding: Encoding) {
    let limits = Limits::default();
    let mapping = SpanMapping { default_model: Some("m".to_owned()), ..SpanMapping::default() };
    let rules = MetricMapping { kpis: [("orders".to_owned(), KpiRule::default())].into_iter().collect() };
    if let Ok(request) = decode_traces(bytes, encoding, &limits) {
        let mut store = SpanStore::new(StoreLimits::default());
        traces(&request, &mapping, &limits).spans.into_iter().for_each(|span| store.insert(span));
    }
    if let Ok(request) = decode_logs(bytes, encoding, &limits) {
        let _ = logs(&request, &mapping, &limits);
    }
    if let Ok(request) = decode_metrics(bytes, encoding, &limits) {
        let _ = metrics(&request, &rules, &limits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes, Encoding::Protobuf);
        read_all(&bytes, Encoding::Json);
    }

    #[test]
    fn damaged_requests_never_panic(
        which in 0_usize..3, json in any::<bool>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let of_json = [TRACES, LOGS, METRICS][which];
        let mut bytes = match (json, which) {
            (true, _) => of_json.to_vec(),
            (false, 0) => traces_of(of_json).encode_to_vec(),
            (false, 1) => logs_of(of_json).encode_to_vec(),
            (false, _) => metrics_of(of_json).encode_to_vec(),
        };
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        read_all(&bytes, if json { Encoding::Json } else { Encoding::Protobuf });
    }
}
