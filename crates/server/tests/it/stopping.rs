//! Stopping: what was begun is answered, what does not end is cut.

use std::time::Duration;

use tokio::time::Instant;
use watchkeeper_server::{Drained, Guard, Settings};

use crate::support::Server;
use crate::support::wire::Wire;

const POST: &str =
    "POST /api/v1/kpis HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

fn start() -> (Server, Wire) {
    let drain_timeout = Duration::from_secs(20);
    let settings = Settings { drain_timeout, request_timeout: Duration::from_secs(500), ..Settings::default() };
    let server = Server::with(Guard::Open, settings);
    let wire = Wire::start(&server);
    (server, wire)
}

#[tokio::test(start_paused = true)]
async fn a_request_at_work_is_answered_and_an_idle_connection_closed() {
    let (server, wire) = start();
    server.fake.hold_appends();
    let (mut working, mut idle) = (wire.connect(4_096), wire.connect(4_096));
    idle.write("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    idle.until(r#"{"status":"ok"}"#).await;
    working.write(POST).await;
    server.fake.append_begins().await;
    let begin = Instant::now();
    wire.stop.send(()).unwrap();
    assert_eq!(idle.rest().await.0, "");
    server.fake.gate.add_permits(1);
    assert!(working.until("}").await.starts_with("HTTP/1.1 200"));
    assert_eq!(wire.running.await.unwrap().unwrap(), Drained::Whole);
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_cut() {
    let (server, wire) = start();
    server.fake.hold_appends();
    let mut client = wire.connect(4_096);
    client.write(POST).await;
    server.fake.append_begins().await;
    let begin = Instant::now();
    wire.stop.send(()).unwrap();
    assert_eq!(wire.running.await.unwrap().unwrap(), Drained::Cut);
    assert_eq!(begin.elapsed(), Duration::from_secs(20));
    assert_eq!(client.rest().await.0, "");
}

#[tokio::test(start_paused = true)]
async fn work_whose_client_has_gone_is_waited_for() {
    let (server, wire) = start();
    server.fake.hold_appends();
    let mut client = wire.connect(4_096);
    client.write(POST).await;
    server.fake.append_begins().await;
    drop(client);
    wire.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!wire.running.is_finished());
    server.fake.gate.add_permits(1);
    assert_eq!(wire.running.await.unwrap().unwrap(), Drained::Whole);
}

#[tokio::test(start_paused = true)]
async fn an_idle_server_stops_at_once() {
    let (_server, wire) = start();
    wire.stop.send(()).unwrap();
    assert_eq!(wire.running.await.unwrap().unwrap(), Drained::Whole);
}
