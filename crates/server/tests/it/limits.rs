//! Sizes, numbers, rates: what is full says so and recovers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::stream;
use watchkeeper_server::ports::IntakeError;
use watchkeeper_server::{Guard, RateLimit, Settings};

use crate::support::{Server, json_request};

const PATH: &str = "/api/v1/models/churn/predictions";

fn small() -> Settings {
    Settings { body_bytes: 1_000, document_bytes: 100, ..Settings::default() }
}

fn announced(bytes: usize) -> Request<Body> {
    let mut request = json_request("POST", PATH, &"x".repeat(bytes));
    request.headers_mut().insert("content-length", bytes.into());
    request
}

fn streamed(chunks: usize, bytes: usize) -> Request<Body> {
    let chunk = move |_| Ok::<_, std::io::Error>(vec![b'x'; bytes]);
    let body = Body::from_stream(stream::iter((0..chunks).map(chunk)));
    Request::post(PATH).header("content-type", "application/json").body(body).unwrap()
}

#[tokio::test]
async fn bodies_up_to_the_limit() {
    let server = Server::with(Guard::Open, small());
    for fine in [announced(1_000), announced(0), streamed(10, 100)] {
        assert_eq!(server.send(fine).await.status, StatusCode::OK);
    }
    assert_eq!(server.fake.appends.lock().unwrap().len(), 3);
    for large in [announced(1_001), streamed(11, 100), streamed(1, 1_001)] {
        let answer = server.send(large).await;
        assert_eq!(answer.code(), "too_large");
        assert!(answer.json()["detail"].as_str().unwrap().contains("1000 bytes"), "{}", answer.text());
    }
    assert_eq!(server.fake.appends.lock().unwrap().len(), 3);
    let long = "x".repeat(101);
    for path in ["/api/v1/keys", "/api/v1/resources/Model/churn/diff"] {
        assert_eq!(server.post_json(path, &long).await.code(), "too_large", "{path}");
    }
    assert_eq!(server.metric("watchkeeper_http_bodies_in_flight_bytes").await, Some(0.0));
}

#[tokio::test]
async fn an_endless_body_is_left_where_the_limit_is() {
    let server = Server::with(Guard::Open, small());
    let endless = Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(300))));
    let request = Request::post(PATH).header("content-type", "application/json").body(endless).unwrap();
    assert_eq!(server.send(request).await.code(), "too_large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_appended() {
    let server = Server::open();
    let parts = [Ok("{}\n"), Err(std::io::Error::other("gone"))];
    let request = Request::post(PATH).header("content-type", "application/x-ndjson");
    let answer = server.send(request.body(Body::from_stream(stream::iter(parts))).unwrap()).await;
    assert_eq!(answer.code(), "malformed_body");
    assert!(server.fake.appends.lock().unwrap().is_empty());
}

#[tokio::test]
async fn requests_beyond_those_at_once_are_shed_and_health_is_not() {
    let settings =
        Settings { concurrent_requests: 2, retry_after: Duration::from_millis(1_500), ..Settings::default() };
    let server = Server::with(Guard::Open, settings);
    server.fake.hold_appends();
    let send = || {
        let server = server.clone();
        tokio::spawn(async move { server.post_json(PATH, "{}").await })
    };
    let working = [send(), send()];
    server.fake.append_begins().await;
    server.fake.append_begins().await;
    let answer = server.post_json(PATH, "{}").await;
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("overloaded", Some("2")));
    assert_eq!(server.get("/healthz").await.status, StatusCode::OK);
    server.fake.gate.add_permits(10);
    for request in working {
        assert_eq!(request.await.unwrap().status, StatusCode::OK);
    }
    assert_eq!(server.post_json(PATH, "{}").await.status, StatusCode::OK);
    assert_eq!(server.metric("watchkeeper_http_shed_requests_total{reason=\"requests\"}").await, Some(1.0));
}

#[tokio::test]
async fn bodies_beyond_the_memory_are_shed() {
    let settings = Settings { in_flight_bytes: 4_096, ..Settings::default() };
    let server = Server::with(Guard::Open, settings);
    server.fake.hold_appends();
    let working = tokio::spawn({
        let server = server.clone();
        async move { server.send(announced(3_000)).await }
    });
    server.fake.append_begins().await;
    for more in [announced(2_000), streamed(20, 100)] {
        let answer = server.send(more).await;
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("overloaded", Some("1")));
    }
    assert_eq!(server.metric("watchkeeper_http_bodies_in_flight_bytes").await, Some(3_000.0));
    server.fake.gate.add_permits(10);
    assert_eq!(working.await.unwrap().status, StatusCode::OK);
    assert_eq!(server.send(announced(4_096)).await.status, StatusCode::OK);
    // Larger than all the memory: it never fits, and says so at once.
    assert_eq!(server.send(announced(4_097)).await.code(), "overloaded");
    assert_eq!(server.metric("watchkeeper_http_shed_requests_total{reason=\"memory\"}").await, Some(3.0));
}

#[tokio::test]
async fn an_append_ends_although_its_client_is_gone_and_keeps_its_place_until_then() {
    let settings = Settings { concurrent_requests: 1, ..Settings::default() };
    let server = Server::with(Guard::Open, settings);
    server.fake.hold_appends();
    let client = tokio::spawn({
        let server = server.clone();
        async move { server.post_json(PATH, "{}").await }
    });
    server.fake.append_begins().await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    assert_eq!(server.post_json(PATH, "{}").await.code(), "overloaded");
    server.fake.gate.add_permits(10);
    while server.post_json(PATH, "{}").await.status != StatusCode::OK {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.fake.finished.load(Ordering::SeqCst), 2, "the first one was finished, not torn off");
}

#[tokio::test(start_paused = true)]
async fn work_beyond_its_time_is_answered() {
    let server = Server::open();
    server.fake.hold_appends();
    let answer = server.post_json(PATH, "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "timed_out"));
    assert!(answer.header("retry-after").is_some());
    assert!(answer.json()["hint"].as_str().unwrap().contains("count once"));
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_rate() {
    let rate_limit = Some(RateLimit { per_second: 1, burst: 2 });
    let server = Server::with(Guard::Keys, Settings { rate_limit, ..Settings::default() });
    let ask = |token: &str| {
        server.send(Request::get("/api/v1/models").header("x-api-key", token).body(Body::empty()).unwrap())
    };
    for _ in 0..2 {
        assert_eq!(ask("acme/-/-/read").await.status, StatusCode::OK);
    }
    let answer = ask("acme/-/-/read").await;
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("rate_limited", Some("1")));
    assert_eq!(ask("acme/-/-/read+ingest").await.status, StatusCode::OK, "another key");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(ask("acme/-/-/read").await.status, StatusCode::OK);
    assert_eq!(ask("acme/-/-/read").await.code(), "rate_limited");
}

#[tokio::test(start_paused = true)]
async fn without_keys_all_callers_share_one_rate_and_what_watches_has_none() {
    let rate_limit = Some(RateLimit { per_second: 2, burst: 3 });
    let server = Server::with(Guard::Open, Settings { rate_limit, ..Settings::default() });
    for _ in 0..3 {
        assert_eq!(server.post_json(PATH, "{}").await.status, StatusCode::OK);
    }
    let answer = server.get("/api/v1/models").await;
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("rate_limited", Some("1")));
    assert!(answer.json()["detail"].as_str().unwrap().contains("`limits.requests_per_second`"), "{}", answer.text());
    for _ in 0..10 {
        assert_eq!(server.get("/healthz").await.status, StatusCode::OK);
    }
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(server.post_json(PATH, "{}").await.status, StatusCode::OK);
    assert_eq!(server.post_json(PATH, "{}").await.code(), "rate_limited");
    assert_eq!(server.metric("watchkeeper_http_shed_requests_total{reason=\"rate\"}").await, Some(2.0));
}

#[tokio::test]
async fn a_full_intake_says_when_to_come_again() {
    let server = Server::open();
    server.fake.answer_appends(|_| Err(IntakeError::Overloaded { retry_after: Duration::from_millis(6_001) }));
    let answer = server.post_json(PATH, "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "overloaded"));
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(server.metric("watchkeeper_http_shed_requests_total{reason=\"intake\"}").await, Some(1.0));
}
