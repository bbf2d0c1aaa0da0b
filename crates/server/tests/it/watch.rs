//! Alerts, incidents and measurements over HTTP: what is asked for, and what is not taken.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::Server;

const INCIDENT: &str = "/api/v1/incidents/inc-1";
const COMMANDS: &str = "/api/v1/incidents/inc-1/commands";

#[tokio::test]
async fn incidents_are_listed_read_and_taken() {
    let server = Server::open();
    let all = server.get("/api/v1/incidents").await;
    assert_eq!(all.json()["incidents"][0]["id"], "inc-1");
    let closed = server.get("/api/v1/incidents?state=closed").await;
    assert_eq!(closed.json()["incidents"], json!([]));
    assert_eq!(server.get(INCIDENT).await.json()["incident"]["acknowledged_by"], json!(null));
    let until = json!({"action": "acknowledge", "until": "2026-03-01T00:00:00Z"});
    let taken = server.post_json(COMMANDS, &until.to_string()).await;
    assert_eq!((taken.status, &taken.json()["incident"]["acknowledged_by"]), (StatusCode::OK, &json!("me")));
    for body in [
        json!({"action": "assign", "to": "ada"}),
        json!({"action": "comment", "text": "looked at it"}),
        json!({"action": "hypothesis", "text": "the new feed"}),
        json!({"action": "mitigate", "text": "rolled back"}),
        json!({"action": "review", "verdict": "noise"}),
    ] {
        let answer = server.post_json(COMMANDS, &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let server = Server::open();
    for body in [
        json!({"action": "comment", "text": ""}),
        json!({"action": "comment", "text": "x".repeat(4097)}),
        json!({"action": "assign", "to": "a\0"}),
        json!({"action": "review", "verdict": "great"}),
    ] {
        assert_eq!(server.post_json(COMMANDS, &body.to_string()).await.code(), "invalid_parameter", "{body}");
    }
    for body in [json!({}), json!({"action": "delete"}), json!({"action": "acknowledge", "by": "x"})] {
        assert_eq!(server.post_json(COMMANDS, &body.to_string()).await.code(), "malformed_body", "{body}");
    }
    assert_eq!(server.get("/api/v1/incidents?state=all").await.code(), "invalid_parameter");
    assert_eq!(server.get("/api/v1/incidents/inc-2").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn measurements_can_be_asked_for_as_they_were_known() {
    let server = Server::open();
    let path = "/api/v1/models/churn/measurements";
    assert_eq!(server.get(&format!("{path}?measure=psi&column=age&window=24h")).await.status, StatusCode::OK);
    let then = server.get(&format!("{path}?known_at=2026-01-05T12:00:00Z")).await;
    assert_eq!(then.json()["truncated"], json!(true), "{}", then.text());
    assert_eq!(server.get(&format!("{path}?known_at=yesterday")).await.code(), "invalid_parameter");
    assert_eq!(server.get(&format!("{path}?metric=psi")).await.code(), "invalid_parameter");
}
