//! Clients that still send when they have their answer, on a stopped clock: they read it, and nobody holds a place for it.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};
use watchkeeper_server::{Drained, Guard, Settings};

use crate::support::Server;
use crate::support::wire::Wire;

const SECOND: Duration = Duration::from_secs(1);
const PATH: &str = "/api/v1/models/churn/predictions";

/// A server of one connection that takes bodies of a kilobyte.
fn start() -> (Server, Wire) {
    let settings = Settings {
        body_bytes: 1_000,
        connections: 1,
        linger_pause: 5 * SECOND,
        linger_time: 30 * SECOND,
        linger_bytes: 1 << 20,
        ..Settings::default()
    };
    let server = Server::with(Guard::Open, settings);
    let wire = Wire::start(&server);
    (server, wire)
}

fn head(path: &str, content_type: &str, more: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n{more}\r\n")
}

/// Waits for the one place, and says how long that took.
async fn next_is_served(wire: &Wire) -> Duration {
    let begin = Instant::now();
    let mut next = wire.connect(4_096);
    next.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    next.until(r#"{"status":"ok"}"#).await;
    begin.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_all_before_it_looks_reads_the_answer() {
    let (_server, wire) = start();
    let length = "content-length: 900000\r\n";
    let chunked = "transfer-encoding: chunked\r\n";
    for (head, status) in [
        (head(PATH, "application/json", length), 413),
        (head(PATH, "text/plain", length), 415),
        (head("/api/v1/nothing", "application/json", length), 404),
        (head(PATH, "application/json", chunked), 413),
    ] {
        let mut client = wire.connect(4_096);
        client.write(&head).await;
        let chunk = format!("2710\r\n{}\r\n", "x".repeat(10_000));
        for _ in 0..90 {
            client.write(&chunk).await;
        }
        let (answer, elapsed) = client.rest().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.ends_with('}'), "{answer}");
        assert_eq!(elapsed, Duration::ZERO);
        drop(client);
        assert_eq!(next_is_served(&wire).await, Duration::ZERO, "the place is free when the client has closed");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_head_that_is_too_large_is_taken_too() {
    let (_server, wire) = start();
    let mut client = wire.connect(4_096);
    client.write(&format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(900_000))).await;
    assert!(client.rest().await.0.starts_with("HTTP/1.1 431 "));
}

#[tokio::test(start_paused = true)]
async fn what_is_thrown_away_is_bounded() {
    let (_server, wire) = start();
    let mut client = wire.connect(4_096);
    client.write(&head(PATH, "application/json", "content-length: 900000000\r\n")).await;
    let mut sent = 0;
    while client.stream.write_all(&[b'x'; 10_000]).await.is_ok() {
        sent += 10_000;
    }
    assert!((1 << 20..2 << 20).contains(&sent), "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_holds_its_place_for_the_pause() {
    let (_server, wire) = start();
    let mut client = wire.connect(4_096);
    client.write(&head(PATH, "application/json", "content-length: 2000\r\n")).await;
    assert!(client.until("}").await.starts_with("HTTP/1.1 413 "));
    assert_eq!(next_is_served(&wire).await, 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_trickle_holds_its_place_for_the_whole_time_at_most() {
    let (_server, wire) = start();
    let mut client = wire.connect(4_096);
    client.write(&head(PATH, "application/json", "content-length: 2000\r\n")).await;
    assert!(client.until("}").await.starts_with("HTTP/1.1 413 "));
    let trickle = tokio::spawn(async move {
        while client.stream.write_all(b"x").await.is_ok() {
            sleep(4 * SECOND).await;
        }
    });
    assert_eq!(next_is_served(&wire).await, 30 * SECOND);
    trickle.abort();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_100_continue_is_not_waited_for() {
    let (_server, wire) = start();
    let mut client = wire.connect(4_096);
    client.write(&head(PATH, "application/json", "content-length: 2000\r\nexpect: 100-continue\r\n")).await;
    let (answer, elapsed) = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!((elapsed, next_is_served(&wire).await), (Duration::ZERO, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_does_not_linger() {
    let (_server, wire) = start();
    let mut client = wire.connect(4_096);
    client.write(&head(PATH, "application/json", "content-length: 2000\r\n")).await;
    client.until("}").await;
    let begin = Instant::now();
    wire.stop.send(()).unwrap();
    assert_eq!(wire.running.await.unwrap().unwrap(), Drained::Whole);
    assert_eq!(begin.elapsed(), Duration::ZERO);
}
