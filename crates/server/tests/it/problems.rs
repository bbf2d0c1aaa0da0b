//! Errors have one shape, whoever refuses.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::collections::HashSet;
use watchkeeper_server::{Code, FieldError, ports::IntakeError, ports::ReadError, ports::ResourceError};

use crate::support::{Server, json_request};

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let server = Server::open();
    for path in ["/", "/api", "/api/v1/models/", "/api/v1/models/churn/nothing", "/api/v2/models", "//", "/metrics/"] {
        let answer = server.get(path).await;
        assert_eq!(answer.code(), "not_found", "{path}");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    for (method, path, allow) in [
        ("DELETE", "/api/v1/models", "GET,HEAD"),
        ("GET", "/api/v1/kpis", "POST"),
        ("OPTIONS", "/api/v1/keys", "POST"),
        ("PATCH", "/healthz", "GET,HEAD"),
    ] {
        let answer = server.send(json_request(method, path, "{}")).await;
        assert_eq!(answer.code(), "method_not_allowed", "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let answer = server.send(Request::head("/api/v1/models").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = Server::open();
    for path in ["/healthz", "/api/v1/models", "/nothing", "/metrics", "/api/v1/models/CHURN"] {
        let answer = server.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn a_request_id_is_taken_over_if_it_is_plain() {
    let server = Server::open();
    let ask = |id: &str| server.send(Request::get("/nothing").header("x-request-id", id).body(Body::empty()).unwrap());
    let answer = ask("client-7_a.b").await;
    assert_eq!(answer.header("x-request-id"), Some("client-7_a.b"));
    assert_eq!(answer.json()["request_id"], "client-7_a.b");
    for wrong in ["", "a b", "<script>", &"x".repeat(65), "a\"b"] {
        let answer = ask(wrong).await;
        let id = answer.header("x-request-id").unwrap();
        assert_eq!(id.len(), 36, "{wrong:?} gave {id:?}");
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_the_server_lives() {
    let server = Server::open();
    server.fake.answer_appends(|_| panic!("marker-payload"));
    let answer = server.post_json("/api/v1/kpis", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (500, "internal"));
    assert!(!answer.text().contains("marker-payload"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(server.post_json("/api/v1/kpis", "{}").await.status, StatusCode::OK);
    assert_eq!(server.metric("watchkeeper_http_panics_total").await, Some(1.0));
    assert_eq!(server.metric("watchkeeper_http_bodies_in_flight_bytes").await, Some(0.0));
}

#[tokio::test]
async fn refusals_of_the_intake_keep_their_meaning() {
    let text = |text: &str| text.to_owned();
    for (error, status, code, shown) in [
        (IntakeError::UnknownModel { model: text("chrn"), hint: text("h") }, 404, "model_not_found", "`chrn`"),
        (IntakeError::TooLarge { what: text("the body"), limit: text("9 MiB") }, 413, "too_large", "9 MiB"),
        (IntakeError::Unsupported { detail: text("type x") }, 415, "unsupported_media_type", "type x"),
        (IntakeError::Malformed { detail: text("line 3") }, 400, "malformed_body", "line 3"),
        (IntakeError::OutOfScope { detail: text("model b") }, 403, "out_of_scope", "model b"),
        (IntakeError::KeyMissing { detail: text("key a") }, 503, "privacy_key_missing", "key a"),
        (IntakeError::Unavailable { detail: text("marker-path") }, 503, "unavailable", ""),
        (IntakeError::Internal { detail: text("marker-path") }, 500, "internal", ""),
    ] {
        let server = Server::open();
        let wanted = error.clone();
        server.fake.answer_appends(move |_| Err(wanted.clone()));
        let answer = server.post_json("/api/v1/models/churn/predictions", "{}").await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{error:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(shown), "{error:?}");
        assert!(!answer.text().contains("marker-path"), "{error:?}");
    }
}

#[tokio::test]
async fn refusals_of_reads_and_of_the_catalog_keep_their_meaning() {
    let server = Server::open();
    let detail = "marker-path".to_owned();
    for (error, code) in [
        (ReadError::Unavailable { detail: detail.clone() }, "unavailable"),
        (ReadError::Internal { detail: detail.clone() }, "internal"),
        (ReadError::Invalid { parameter: "segment".into(), detail: "no tag".into() }, "invalid_parameter"),
    ] {
        *server.fake.read.lock().unwrap() = Some(error);
        let answer = server.get("/api/v1/models/churn").await;
        assert_eq!(answer.code(), code);
        assert!(!answer.text().contains("marker-path"));
    }
    let (known, kind) = (vec!["Model".to_owned()], "Modl".to_owned());
    for (error, code) in [
        (ResourceError::Unavailable { detail: detail.clone() }, "unavailable"),
        (ResourceError::Internal { detail: detail.clone() }, "internal"),
        (ResourceError::UnknownKind { kind, known }, "not_found"),
        (ResourceError::Conflict { found: 4 }, "revision_conflict"),
    ] {
        *server.fake.catalog.lock().unwrap() = Some(error);
        let answer = server.get("/api/v1/resources/Model/churn").await;
        assert_eq!(answer.code(), code);
        assert!(!answer.text().contains("marker-path"));
    }
    let error = |path: &str| FieldError { path: path.into(), line: Some(3), message: "wrong".into(), hint: None };
    *server.fake.catalog.lock().unwrap() = Some(ResourceError::Invalid(vec![error("spec.a"), error("spec.b")]));
    let answer = server.send(json_request("PUT", "/api/v1/resources/Model/churn", "{}")).await;
    assert_eq!(answer.code(), "invalid_resource");
    assert_eq!(answer.json()["errors"][1]["path"], "spec.b");
    assert_eq!(answer.json()["detail"], "wrong; and 1 more problems");
}

#[test]
fn codes_are_stable_words() {
    let words: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
        assert!((1..=16).contains(&code.grpc()), "{code:?}");
        // OTLP exporters give up on everything but UNAVAILABLE here: what passes must be said so.
        let passes = matches!(code.status().as_u16(), 429) || matches!(code, Code::Unavailable | Code::TimedOut);
        assert_eq!(code.grpc() == 14, passes, "{code:?}");
    }
}
