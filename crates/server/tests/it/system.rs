//! Health, readiness, metrics.

use axum::http::StatusCode;

use crate::support::Server;

#[tokio::test]
async fn readiness_names_what_is_missing_and_health_does_not_care() {
    let server = Server::keyed();
    assert_eq!(server.get("/readyz").await.json()["status"], "ok");
    *server.fake.missing.lock().unwrap() = vec!["the journal is being replayed".into(), "no catalog".into()];
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
    assert_eq!(answer.json()["detail"], "not ready: the journal is being replayed; no catalog");
    assert_eq!(answer.json()["errors"][1]["message"], "no catalog");
    assert_eq!(server.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_count_by_template_and_not_by_what_users_chose() {
    let server = Server::open();
    for model in ["churn", "marker-model"] {
        server.post_json(&format!("/api/v1/models/{model}/predictions"), "12345").await;
    }
    server.get("/marker-path").await;
    server.send(crate::support::json_request("MARKER", "/healthz", "")).await;
    let text = server.get("/metrics").await;
    assert_eq!(text.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let text = text.text();
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.to_lowercase().contains("marker"), "{text}");
    let route = "route=\"/api/v1/models/{model}/predictions\"";
    let line = format!("watchkeeper_http_requests_total{{method=\"POST\",{route},status=\"200\"}} 2");
    assert!(text.contains(&line), "{text}");
    assert!(text.contains("{method=\"GET\",route=\"none\",status=\"404\"} 1"), "{text}");
    assert!(text.contains(&format!("watchkeeper_http_request_duration_seconds_count{{{route}}} 2")));
    assert!(text.contains(&format!("watchkeeper_http_request_body_bytes_total{{{route}}} 10")));
    assert!(text.contains("watchkeeper_http_requests_in_flight 1\n"), "the one that asks");
    assert!(text.contains("watchkeeper_ingest_rows_total{stream=\"predictions\",outcome=\"accepted\"} 2"));
}
