//! Slow and silent clients, on a stopped clock.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use watchkeeper_server::{Guard, Settings};

use crate::support::Server;
use crate::support::wire::Wire;

const SECOND: Duration = Duration::from_secs(1);

fn start(change: impl FnOnce(&mut Settings)) -> (Server, Wire) {
    let mut settings = Settings {
        head_timeout: 10 * SECOND,
        idle_timeout: 90 * SECOND,
        write_timeout: 30 * SECOND,
        body_stall: 5 * SECOND,
        body_grace: 20 * SECOND,
        body_rate: 100,
        ..Settings::default()
    };
    change(&mut settings);
    let server = Server::with(Guard::Open, settings);
    let wire = Wire::start(&server);
    (server, wire)
}

fn post(length: usize) -> String {
    format!(
        "POST /api/v1/kpis HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed() {
    let (_server, wire) = start(|_| {});
    let mut client = wire.connect(1_024);
    assert_eq!(client.rest().await, (String::new(), 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_is_closed_all_the_same() {
    let (_server, wire) = start(|_| {});
    let mut client = wire.connect(1_024);
    for byte in "GET /heal".chars() {
        client.write(&byte.to_string()).await;
        sleep(SECOND).await;
    }
    assert_eq!(client.rest().await, (String::new(), 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_connection_lives_between_requests_for_the_idle_time() {
    let (_server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    for _ in 0..3 {
        client.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(client.until(r#"{"status":"ok"}"#).await.starts_with("HTTP/1.1 200"));
        sleep(80 * SECOND).await;
    }
    client.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    client.until(r#"{"status":"ok"}"#).await;
    assert_eq!(client.rest().await, (String::new(), (3 * 80 + 90) * SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_later_request_is_timed_too() {
    let (_server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    client.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    client.until(r#"{"status":"ok"}"#).await;
    sleep(50 * SECOND).await;
    client.write("GET /heal").await;
    assert_eq!(client.rest().await, (String::new(), 60 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_answered_408() {
    let (server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    client.write(&post(100)).await;
    client.write("0123456789").await;
    let text = client.until("}").await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("body_timeout"), "{text}");
    assert!(text.contains("stood at 10 bytes"), "{text}");
    let (_, elapsed) = client.rest().await;
    assert!(elapsed <= 15 * SECOND, "{elapsed:?}");
    assert!(server.fake.appends.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_trickle_is_answered_408_after_its_grace() {
    let (server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    client.write(&post(1_000)).await;
    let begin = Instant::now();
    loop {
        client.write("x").await;
        let answer = timeout(4 * SECOND, client.until("\r\n")).await;
        if let Ok(line) = answer {
            assert!(line.starts_with("HTTP/1.1 408"), "{line}");
            break;
        }
    }
    assert_eq!(begin.elapsed().as_secs(), 20);
    assert!(server.fake.appends.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_at_the_rate_is_taken_however_long() {
    let (server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    client.write(&post(40_000)).await;
    for _ in 0..100 {
        client.write(&"x".repeat(400)).await;
        sleep(4 * SECOND).await;
    }
    assert!(client.until("}").await.starts_with("HTTP/1.1 200"));
    assert_eq!(server.fake.last_append().body.len(), 40_000);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_early_reaches_no_port() {
    let (server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    client.write(&post(100)).await;
    client.write("0123456789").await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.stream).await.unwrap();
    client.rest().await;
    assert!(server.fake.appends.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_answer_is_cut() {
    let (_server, wire) = start(|settings| settings.connections = 1);
    let mut deaf = wire.connect(64);
    deaf.write("GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    // The one place is free again once the deaf client is cut.
    let mut next = wire.connect(4_096);
    next.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    next.until(r#"{"status":"ok"}"#).await;
    let (text, elapsed) = deaf.rest().await;
    assert!(text.len() <= 64 && elapsed == 30 * SECOND, "{} {elapsed:?}", text.len());
}

#[tokio::test(start_paused = true)]
async fn a_working_request_is_not_idle() {
    let (server, wire) = start(|settings| settings.request_timeout = 1_000 * SECOND);
    server.fake.hold_appends();
    let mut client = wire.connect(4_096);
    client.write(&post(2)).await;
    client.write("{}").await;
    server.fake.append_begins().await;
    sleep(900 * SECOND).await;
    server.fake.gate.add_permits(1);
    assert!(client.until("}").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_refused_by_the_protocol() {
    let (_server, wire) = start(|_| {});
    for nonsense in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "PRI is no preface\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let mut client = wire.connect(4_096);
        client.write(nonsense).await;
        let (text, elapsed) = client.rest().await;
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4") || !text.starts_with("HTTP/1.1 2"), "{text}");
        assert!(elapsed <= 90 * SECOND);
    }
    let mut client = wire.connect(1 << 20);
    client.write(&format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(900_000))).await;
    assert!(client.rest().await.0.starts_with("HTTP/1.1 431"));
}

const H2: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &str = "\0\0\0\x04\0\0\0\0\0";

#[tokio::test(start_paused = true)]
async fn an_http2_connection_lives_for_the_idle_time() {
    let (_server, wire) = start(|_| {});
    let mut client = wire.connect(4_096);
    client.write(&format!("{H2}{SETTINGS}")).await;
    sleep(60 * SECOND).await;
    client.write(SETTINGS).await;
    assert_eq!(client.rest().await.1, 150 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn what_only_begins_like_http2_is_timed_as_a_head() {
    for begin in ["PRI", "PRI / HTTP/1.1\r\nx: ", "PRI * HTTP/2.0\r\nx: ", &H2[..23]] {
        let (_server, wire) = start(|_| {});
        let mut client = wire.connect(4_096);
        client.write(begin).await;
        for _ in 0..9 {
            sleep(SECOND).await;
            // The server may have refused it already, which is as good.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, b"x").await;
        }
        assert!(client.rest().await.1 <= 10 * SECOND);
    }
}
