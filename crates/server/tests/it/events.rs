//! What a request says reaches the intake, and what the intake says reaches the client.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use watchkeeper_ingest::{Reject, RejectCode, Stream};
use watchkeeper_server::ports::{Ack, AppendAnswer, BodyKind, Encoding};
use watchkeeper_server::{Guard, Settings};

use crate::support::{Answer, Server, json_request};

async fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &'static [u8]) -> Answer {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_request_arrives_whole() {
    let server = Server::open();
    let path = "/api/v1/models/churn/labels?ack=commit&environment=staging";
    let headers = [
        ("content-type", "application/x-ndjson; charset=utf-8"),
        ("content-encoding", "zstd"),
        ("idempotency-key", "batch 7"),
    ];
    let answer = post(&server, path, &headers, b"\x28\xb5\x2f\xfd not really").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let append = server.fake.last_append();
    assert_eq!((append.stream, append.model.as_deref()), (Stream::Labels, Some("churn")));
    assert_eq!((append.format, append.encoding, append.ack), (BodyKind::Ndjson, Encoding::Zstd, Ack::Commit));
    assert_eq!((append.environment.as_str(), append.idempotency_key.as_deref()), ("staging", Some("batch 7")));
    assert_eq!(&append.body[..], b"\x28\xb5\x2f\xfd not really");
    assert_eq!(append.caller.tenant, "default");
    assert_eq!(Some(append.caller.request_id.as_str()), answer.header("x-request-id"));
}

#[tokio::test]
async fn streams_and_types() {
    let server = Server::open();
    for (path, stream, model) in [
        ("/api/v1/models/a.b-1/predictions", Stream::Predictions, Some("a.b-1")),
        ("/api/v1/models/churn/labels", Stream::Labels, Some("churn")),
        ("/api/v1/kpis", Stream::Kpis, None),
        ("/api/v1/changes", Stream::Changes, None),
    ] {
        for (content_type, kind) in [
            ("application/json", BodyKind::Json),
            ("Application/JSON;charset=utf-8", BodyKind::Json),
            ("application/vnd.apache.arrow.stream", BodyKind::ArrowStream),
            ("application/vnd.apache.parquet", BodyKind::Parquet),
        ] {
            assert_eq!(post(&server, path, &[("content-type", content_type)], b"").await.status, StatusCode::OK);
            let append = server.fake.last_append();
            assert_eq!((append.stream, append.model.as_deref(), append.format), (stream, model, kind), "{path}");
            assert_eq!((append.ack, append.environment.as_str()), (Ack::Journal, "production"));
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"] {
            let answer = post(&server, path, &[("content-type", content_type)], b"{}").await;
            assert_eq!(answer.code(), "unsupported_media_type", "{path} {content_type}");
            let accepted = answer.header("accept-post").unwrap();
            for known in ["application/json", "application/x-ndjson", "application/vnd.apache.parquet"] {
                assert!(accepted.contains(known) && answer.json()["detail"].as_str().unwrap().contains(known));
            }
        }
        assert_eq!(post(&server, path, &[], b"{}").await.code(), "unsupported_media_type");
        let twice = [("content-type", "application/json"), ("content-encoding", "br")];
        assert_eq!(post(&server, path, &twice, b"{}").await.header("accept-encoding"), Some("gzip, zstd"));
    }
}

#[tokio::test]
async fn wrong_parameters_are_refused_before_the_body_is_read() {
    let server = Server::open();
    for path in [
        "/api/v1/models/Churn/predictions",
        "/api/v1/models/churn/predictions?ack=never",
        "/api/v1/models/churn/predictions?akc=commit",
        "/api/v1/models/churn/predictions?environment=Prod",
        "/api/v1/models/churn/predictions?format=unheard-of",
        "/api/v1/kpis?format=sagemaker",
        "/api/v1/kpis?ack=journal&ack=commit",
    ] {
        assert_eq!(server.post_json(path, "{}").await.code(), "invalid_parameter", "{path}");
    }
    for key in ["", &"x".repeat(256)] {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        assert_eq!(post(&server, "/api/v1/kpis", &headers, b"{}").await.code(), "invalid_parameter");
    }
    assert!(server.fake.appends.lock().unwrap().is_empty());
}

#[tokio::test]
async fn capture_formats_are_those_that_the_intake_reads() {
    let settings = Settings { capture_formats: vec!["sagemaker".into(), "azureml".into()], ..Settings::default() };
    let server = Server::with(Guard::Open, settings);
    let path = "/api/v1/models/churn/predictions?format=";
    assert_eq!(server.post_json(&format!("{path}sagemaker"), "{}").await.status, StatusCode::OK);
    assert_eq!(server.fake.last_append().format, BodyKind::Capture("sagemaker".into()));
    let answer = server.post_json(&format!("{path}sagemakr"), "{}").await;
    assert!(answer.json()["detail"].as_str().unwrap().ends_with("expected one of `sagemaker`, `azureml`"));
}

#[tokio::test]
async fn some_rows_rejected_is_200_and_all_is_422_with_the_same_members() {
    let server = Server::open();
    let reject = Reject {
        row: 1,
        field: Some("age".into()),
        value: Some("x".into()),
        expected: "a number".into(),
        code: RejectCode::WrongType,
    };
    let answer_of = |accepted, duplicate, rejected| AppendAnswer {
        accepted,
        duplicate,
        corrected: 0,
        rejected,
        rejects: vec![reject.clone().into()],
        ack: Ack::Commit,
        rejected_by_code: vec![(RejectCode::WrongType, rejected)],
    };
    for (accepted, duplicate, rejected, status) in
        [(1, 0, 2, 200), (0, 1, 2, 200), (0, 0, 0, 200), (3, 0, 0, 200), (0, 0, 2, 422)]
    {
        let wanted = answer_of(accepted, duplicate, rejected);
        server.fake.answer_appends(move |_| Ok(wanted.clone()));
        let answer = server.post_json("/api/v1/models/churn/predictions", "[]").await;
        assert_eq!(answer.status.as_u16(), status);
        let json = answer.json();
        assert_eq!(json["accepted"], accepted);
        assert_eq!(json["duplicate"], duplicate);
        assert_eq!(json["rejected"], rejected);
        assert_eq!(json["ack"], "commit");
        let row = json!({"row": 1, "field": "age", "value": "x", "expected": "a number", "code": "wrong_type"});
        assert_eq!(json["rejects"][0], row);
        assert_eq!(json.get("rejected_by_code"), None);
        if status == 422 {
            assert_eq!(answer.code(), "all_rows_rejected");
        } else {
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
    let rows = "watchkeeper_ingest_rows_total{stream=\"predictions\",outcome=\"rejected\"}";
    assert_eq!(server.metric(rows).await, Some(6.0));
    let codes = "watchkeeper_ingest_rejected_rows_total{stream=\"predictions\",code=\"wrong_type\"}";
    assert_eq!(server.metric(codes).await, Some(6.0));
}

#[tokio::test]
async fn cloud_events_in_their_three_modes() {
    let server = Server::open();
    let binary = [
        ("ce-id", "1"),
        ("ce-source", "http://localhost:9081/"),
        ("ce-type", "org.kubeflow.serving.inference.request"),
        ("ce-specversion", "1.0"),
        ("CE-InferenceServiceName", "churn"),
        ("content-type", "application/json"),
    ];
    let answer = post(&server, "/cloudevents?model=churn", &binary, b"{}").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let append = server.fake.last_append();
    assert_eq!(append.format, BodyKind::CloudEventBinary { content_type: "application/json".into() });
    assert_eq!((append.stream, append.model.as_deref()), (Stream::Predictions, Some("churn")));
    let attribute = |name: &str| append.cloud_event.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(attribute("inferenceservicename"), Some("churn"));
    assert_eq!(attribute("type"), Some("org.kubeflow.serving.inference.request"));
    assert_eq!(append.cloud_event.len(), 5);
    for (content_type, kind) in [
        ("application/cloudevents+json; charset=utf-8", BodyKind::CloudEventStructured),
        ("application/cloudevents-batch+json", BodyKind::CloudEventBatch),
    ] {
        assert_eq!(post(&server, "/cloudevents", &[("content-type", content_type)], b"{}").await.status, 200);
        assert_eq!((server.fake.last_append().format, server.fake.last_append().model), (kind, None));
    }
    let answer = post(&server, "/cloudevents", &binary[1..], b"{}").await;
    assert_eq!(answer.json()["detail"], "a binary CloudEvent lacks the header `ce-id`");
    assert_eq!(post(&server, "/cloudevents", &binary[5..], b"{}").await.code(), "unsupported_media_type");
}

#[tokio::test]
async fn answers_are_json_or_refused_beforehand() {
    let server = Server::open();
    let mut request = json_request("POST", "/api/v1/kpis", "{}");
    request.headers_mut().insert("accept", "text/csv".parse().unwrap());
    assert_eq!(server.send(request).await.code(), "not_acceptable");
    assert!(server.fake.appends.lock().unwrap().is_empty(), "nothing is stored that is answered 406");
}
