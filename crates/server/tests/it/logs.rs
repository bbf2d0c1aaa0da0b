//! What reaches the log, and what never does.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use axum::http::Request;
use watchkeeper_server::ports::IntakeError;

use crate::support::Server;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What all tests of this binary have logged so far, at every level of this crate. One subscriber for all of them:
/// those of single threads disturb one another.
fn log() -> Sink {
    static SINK: OnceLock<Sink> = OnceLock::new();
    let start = || {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_env_filter("watchkeeper_server=trace")
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        sink
    };
    SINK.get_or_init(start).clone()
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of one request id.
    fn of(&self, request_id: &str) -> String {
        self.text().lines().filter(|line| line.contains(request_id)).map(|line| format!("{line}\n")).collect()
    }
}

fn send(server: &Server, id: &str, path: &str, body: &'static str) -> impl Future<Output = crate::support::Answer> {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", "Bearer acme/-/-/ingest-canarytoken")
        .header("idempotency-key", "canarykey")
        .header("x-request-id", id)
        .body(Body::from(body));
    let server = server.clone();
    async move { server.send(request.unwrap()).await }
}

#[tokio::test]
async fn bodies_queries_and_keys_stay_out_of_the_log() {
    let (server, log) = (Server::keyed(), log());
    let path = "/api/v1/models/churn/predictions";
    let id = "request-of-the-log-test";
    assert_eq!(send(&server, id, path, "{\"a\":\"canarybody\"}").await.status, 200);
    server.fake.answer_appends(|_| Err(IntakeError::Malformed { detail: "value canarydetail".into() }));
    assert_eq!(send(&server, id, path, "canarybody").await.status, 400);
    assert_eq!(send(&server, id, "/api/v1/kpis?canaryquery=canaryvalue", "canarybody").await.status, 400);
    assert_eq!(send(&server, id, "/canarypath", "canarybody").await.status, 404);
    let wrong = Request::get("/api/v1/models").header("x-api-key", "canarytoken").body(Body::empty()).unwrap();
    assert_eq!(server.send(wrong).await.status, 401);
    assert!(!log.text().contains("canary"), "{}", log.text());
    let own = log.of(id);
    for field in [
        "\"route\":\"/api/v1/models/{model}/predictions\"",
        "\"status\":200",
        "\"tenant\":\"acme\"",
        "\"bytes\":18",
        "\"duration_ms\":",
        "\"method\":\"POST\"",
    ] {
        assert!(own.contains(field), "{field} is not in {own}");
    }
}

#[tokio::test]
async fn failures_are_in_the_log_under_the_id_of_the_request() {
    let (server, log) = (Server::keyed(), log());
    server.fake.answer_appends(|_| Err(IntakeError::Internal { detail: "the reason".into() }));
    assert_eq!(send(&server, "failed-request", "/api/v1/kpis", "{}").await.status, 500);
    server.fake.answer_appends(|_| panic!("canary of a value"));
    assert_eq!(send(&server, "panicked-request", "/api/v1/kpis", "{}").await.status, 500);
    assert!(log.of("failed-request").contains("the reason"));
    assert!(log.of("panicked-request").contains("the handler panicked"));
    assert!(!log.text().contains("canary"), "{}", log.text());
}
