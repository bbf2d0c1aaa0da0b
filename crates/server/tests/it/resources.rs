//! Resources and keys.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use watchkeeper_server::ports::Expected;

use crate::support::{Server, json_request};

const MODEL: &str = "/api/v1/resources/Model/churn";

#[tokio::test]
async fn revisions_travel_in_headers() {
    let server = Server::open();
    let put = |name: &'static str, value: &'static str| {
        let mut request = json_request("PUT", "/api/v1/resources/Model/new", r#"{"a":1}"#);
        request.headers_mut().insert(name, value.parse().unwrap());
        server.send(request)
    };
    let answer = put("x-none", "1").await;
    assert_eq!((answer.status, answer.header("etag")), (StatusCode::CREATED, Some("\"3\"")));
    assert_eq!(answer.json()["body"], json!({"a": 1}));
    assert_eq!(put("if-match", "\"7\"").await.status, StatusCode::OK);
    assert_eq!(put("if-match", "7").await.status, StatusCode::OK);
    assert_eq!(put("if-none-match", "*").await.status, StatusCode::OK);
    for (name, value) in [("if-match", "\"x\""), ("if-match", "0"), ("if-match", "*"), ("if-none-match", "\"3\"")] {
        assert_eq!(put(name, value).await.code(), "invalid_parameter", "{name} {value}");
    }
    let seen = server.fake.expected.lock().unwrap().clone();
    assert_eq!(seen, [Expected::Any, Expected::Revision(7), Expected::Revision(7), Expected::Absent]);
    let read = server.get("/api/v1/resources/Model/new").await;
    assert_eq!((read.header("etag"), &read.json()["revision"]), (Some("\"3\""), &json!(3)));
    let gone = server.send(json_request("DELETE", "/api/v1/resources/Model/new", "")).await;
    assert_eq!((gone.status, gone.body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(server.get("/api/v1/resources/Model/new").await.code(), "not_found");
}

#[tokio::test]
async fn documents_are_json_and_say_where_they_are_not() {
    let server = Server::open();
    let answer = server.send(json_request("PUT", MODEL, "{\n  \"a\": }")).await;
    assert_eq!(answer.code(), "malformed_body");
    assert_eq!(answer.json()["hint"], "look at line 2, column 8");
    let deep = "[".repeat(10_000);
    assert_eq!(server.send(json_request("PUT", MODEL, &deep)).await.code(), "malformed_body");
    assert_eq!(server.send(json_request("PUT", MODEL, "")).await.code(), "malformed_body");
    let request = Request::put(MODEL).header("content-type", "application/yaml").body(Body::from("a: 1")).unwrap();
    let answer = server.send(request).await;
    assert_eq!(
        (answer.code().as_str(), answer.header("accept-post")),
        ("unsupported_media_type", Some("application/json"))
    );
    let mut request = json_request("PUT", MODEL, "{}");
    request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(server.send(request).await.code(), "unsupported_media_type");
}

#[tokio::test]
async fn kinds_and_names_are_checked() {
    let server = Server::open();
    for path in ["Model/Churn", "Mo-del/churn", "Model/..%2Fx", "Model/%ff", &format!("{}/a", "K".repeat(64))] {
        let answer = server.get(&format!("/api/v1/resources/{path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        answer.code();
    }
}

#[tokio::test]
async fn keys_as_resources_are_for_admins_and_not_written() {
    let server = Server::keyed();
    for kind in ["ApiKey", "apikey", "ApiKeys"] {
        for (token, status) in [("acme/-/-/read", 403), ("acme/-/-/admin", 404)] {
            let path = format!("/api/v1/resources/{kind}/k1");
            let request = Request::get(path).header("x-api-key", token).body(Body::empty()).unwrap();
            assert_eq!(server.send(request).await.status, status, "{kind} {token}");
        }
        let list = Request::get(format!("/api/v1/resources/{kind}")).header("x-api-key", "acme/-/-/read");
        assert_eq!(server.send(list.body(Body::empty()).unwrap()).await.status, 403);
        let mut request = json_request("PUT", &format!("/api/v1/resources/{kind}/k1"), "{}");
        request.headers_mut().insert("x-api-key", "acme/-/-/admin".parse().unwrap());
        assert_eq!(server.send(request).await.json()["hint"], "make them with `POST /api/v1/keys`");
    }
}

#[tokio::test]
async fn a_new_key_shows_its_token_once() {
    let server = Server::open();
    let answer = server.post_json("/api/v1/keys", r#"{"rights":["read","ingest"],"model":"churn"}"#).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let json = answer.json();
    assert_eq!(json["token"], "watchkeeper_production_k1_marker-token");
    assert_eq!((&json["tenant"], &json["rights"]), (&json!("default"), &json!(["read", "ingest"])));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn wrong_keys_are_not_made() {
    let server = Server::open();
    for (body, code) in [
        (json!({}), "malformed_body"),
        (json!({"rights": []}), "invalid_resource"),
        (json!({"rights": ["root"]}), "malformed_body"),
        (json!({"rights": ["read"], "tenant": "globex"}), "malformed_body"),
        (json!({"rights": ["read"], "model": "A"}), "invalid_resource"),
        (json!({"rights": ["read"], "environment": ""}), "invalid_resource"),
        (json!({"rights": ["read"], "expires_at": "2026-03-31T12:00:00Z"}), "invalid_resource"),
        (json!({"rights": ["read"], "expires_at": "soon"}), "malformed_body"),
        (json!({"rights": ["read"], "description": "x".repeat(201)}), "invalid_resource"),
    ] {
        assert_eq!(server.post_json("/api/v1/keys", &body.to_string()).await.code(), code, "{body}");
    }
    assert!(server.fake.callers.lock().unwrap().is_empty());
}
