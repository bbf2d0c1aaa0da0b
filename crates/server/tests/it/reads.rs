//! Questions: what they say reaches the port, what they get wrong is named.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use watchkeeper_server::ports::{ReferenceQuery, SegmentFilter, Step};

use crate::support::Server;

#[tokio::test]
async fn a_distribution_with_everything() {
    let server = Server::open();
    let path = "/api/v1/models/churn/distribution?column=dep%20delay&window=2026-02&reference=2025-02-01/2025-03-01\
                &version=v2&environment=staging&segment=country:de&segment=device:tv&by=day";
    let answer = server.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let query = server.fake.queries.lock().unwrap()[0].clone();
    assert_eq!((query.model.as_str(), query.column.as_str(), query.by), ("churn", "dep delay", Some(Step::Day)));
    assert_eq!(query.window.end.0.to_string(), "2026-03-01T00:00:00Z");
    let Some(ReferenceQuery::Window(reference)) = query.reference else { panic!("{query:?}") };
    assert_eq!(reference.start.0.to_string(), "2025-02-01T00:00:00Z");
    assert_eq!(query.slice.version.as_deref(), Some("v2"));
    assert_eq!(query.slice.segments[1], SegmentFilter { name: "device".into(), value: "tv".into() });
    let window = json!({"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"});
    assert_eq!(answer.json()["current"]["window"], window);
}

#[tokio::test]
async fn a_distribution_with_the_defaults() {
    let server = Server::open();
    server.get("/api/v1/models/churn/distribution?column=age").await;
    server.get("/api/v1/models/churn/distribution?column=age&reference=none").await;
    let queries = server.fake.queries.lock().unwrap().clone();
    assert_eq!((queries[0].reference, queries[1].reference), (Some(ReferenceQuery::Baseline), None));
    assert_eq!(queries[0].window.start.0.to_string(), "2026-03-01T12:00:00Z");
    assert_eq!((queries[0].slice.environment.as_deref(), queries[0].by), (None, None));
}

#[tokio::test]
async fn wrong_questions_name_the_parameter() {
    let server = Server::open();
    for (query, named) in [
        ("", "`column` is missing"),
        ("column=", "`column` is missing"),
        ("column=a&column=b", "`column` is `b`"),
        ("column=a&window=soon", "`window` is `soon`"),
        ("column=a&reference=2026-13", "`reference` is `2026-13`"),
        ("column=a&by=year", "`by` is `year`"),
        ("column=a&segment=de", "`segment` is `de`"),
        ("column=a&environment=A%0A", "`environment` is `A\u{fffd}`"),
        ("column=a&windw=30d", "there is no parameter `windw`"),
    ] {
        let answer = server.get(&format!("/api/v1/models/churn/distribution?{query}")).await;
        assert_eq!(answer.code(), "invalid_parameter", "{query}");
        let json = answer.json();
        assert!(json["detail"].as_str().unwrap().contains(named), "{query}: {}", json["detail"]);
    }
    for path in ["/api/v1/models?limit=0", "/api/v1/models/A", "/api/v1/traces/xyz", "/api/v1/storage?x=1"] {
        assert_eq!(server.get(path).await.code(), "invalid_parameter", "{path}");
    }
    assert!(server.fake.callers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_have_no_numbers_that_json_does_not_know() {
    let server = Server::open();
    let answer = server.get("/api/v1/models/churn/profiles?column=a&column=b").await;
    let json = answer.json();
    assert_eq!(json["profiles"].as_array().unwrap().len(), 2);
    assert_eq!(json["profiles"][1]["summary"]["min"], json!(null), "NaN");
    assert_eq!(json["profiles"][1]["classes"]["null"], 1);
}

#[tokio::test]
async fn columns_storage_and_traces() {
    let server = Server::open();
    let columns = server.get("/api/v1/models/churn/columns").await.json();
    assert_eq!(columns["columns"][0]["type"], "numeric");
    assert_eq!(columns["columns"][0]["state"], "learning");
    assert_eq!(server.get("/api/v1/storage").await.json()["bytes"], 200);
    let trace = "/api/v1/traces/0AF7651916CD43DD8448EB211C80319C";
    assert_eq!(server.get(trace).await.json()["spans"].as_array().unwrap().len(), 2);
    assert_eq!(server.get(&format!("/api/v1/traces/{}", "0".repeat(32))).await.code(), "not_found");
}

#[tokio::test]
async fn every_json_answer_heeds_accept() {
    let server = Server::open();
    for path in [
        "/api/v1/models",
        "/api/v1/models/churn",
        "/api/v1/models/churn/columns",
        "/api/v1/models/churn/profiles",
        "/api/v1/models/churn/distribution?column=a",
        "/api/v1/storage",
        "/api/v1/resources/Model",
        "/api/v1/resources/Model/churn",
        "/api/v1/resources/Model/churn/revisions",
    ] {
        for (accept, status) in [("text/html", 406), ("text/html, */*;q=0.1", 200), ("application/json", 200)] {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            assert_eq!(server.send(request).await.status, status, "{path} {accept}");
        }
    }
}
