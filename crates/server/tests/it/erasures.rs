//! Erasures over HTTP: what is asked for, and what is not taken.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::Server;

const PATH: &str = "/api/v1/models/churn/erasures";

#[tokio::test]
async fn ids_or_values_of_a_column_are_taken() {
    let server = Server::open();
    let ids = server.post_json(PATH, &json!({"ids": ["a", "b"]}).to_string()).await;
    assert_eq!((ids.status, ids.json()["named"].as_u64()), (StatusCode::OK, Some(2)), "{}", ids.text());
    let column = json!({"column": "customer_id", "values": ["x", 7, true], "reason": "request 12"});
    let column = server.post_json(PATH, &column.to_string()).await;
    assert_eq!((column.status, column.json()["named"].as_u64()), (StatusCode::ACCEPTED, Some(3)), "it is at work");
    let read = server.get(&format!("{PATH}/e1")).await;
    assert_eq!((read.status, read.json()["state"].as_str()), (StatusCode::OK, Some("done")));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_not_repeated() {
    let server = Server::open();
    let secret = format!("secret{}", "x".repeat(1100));
    for body in [
        json!({}),
        json!({"ids": []}),
        json!({"ids": [""]}),
        json!({"ids": [secret]}),
        json!({"ids": ["a"], "column": "c", "values": ["b"]}),
        json!({"column": "c"}),
        json!({"values": ["b"]}),
        json!({"column": "c", "values": []}),
        json!({"column": "c", "values": [null]}),
        json!({"column": "c", "values": [["b"]]}),
        json!({"ids": vec!["a"; 10_001]}),
    ] {
        let answer = server.post_json(PATH, &body.to_string()).await;
        assert_eq!(answer.code(), "invalid_parameter");
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
    let unknown = server.post_json(PATH, &json!({"id": "a"}).to_string()).await;
    assert_eq!(unknown.code(), "malformed_body");
    let missing = server.post_json("/api/v1/models/other/erasures", &json!({"ids": ["a"]}).to_string()).await;
    assert_eq!(missing.code(), "not_found");
    assert!(server.fake.appends.lock().unwrap().is_empty());
}
