//! Line protocol and OTLP at a real VictoriaMetrics, where one is: Debian 12 has none, so it is not
//! asked for. `WATCHKEEPER_VICTORIA_METRICS` says where it is if it is not on the path.

use std::time::Duration;

use watchkeeper_connect::delivery::Outcome;
use watchkeeper_connect::export::remote_write::{Protocol, RemoteWriter};
use watchkeeper_connect::export::{influx, otlp};

use crate::support::peers::{Peer, eventually, find, free_port, skipped};
use crate::support::{SECOND, local_egress, now, sample};

#[expect(clippy::print_stderr, reason = "a skipped test tells why")]
async fn victoria_metrics() -> Option<Peer> {
    let Some(program) = find("victoria-metrics") else {
        eprintln!("skipped: there is no `victoria-metrics` on the path");
        return None;
    };
    let port = free_port();
    let arguments = [
        "-storageDataPath=data".to_owned(),
        format!("-httpListenAddr=127.0.0.1:{port}"),
        "-search.latencyOffset=1ms".to_owned(),
    ];
    Some(Peer::start(&program, tempfile::tempdir().unwrap(), &arguments, port, "/health").await)
}

#[tokio::test]
async fn each_way_in_ends_at_the_same_series() {
    if skipped() {
        return;
    }
    let Some(peer) = victoria_metrics().await else { return };
    let egress = local_egress();
    let at = now() - SECOND;
    let of = |way: &str| {
        let labels = [("tenant", "a b,c=d"), ("model", "ä\"\\x"), ("way", way)];
        [
            sample("watchkeeper_predictions_total", &labels, 12.0, at),
            sample("watchkeeper_event_age_seconds", &labels, 0.25, at),
        ]
    };
    let url = |path: &str| format!("{}{path}", peer.url).parse().unwrap();

    let bodies = influx::bodies(&of("influx"));
    let answer =
        egress.post(&influx::request(&url("/write"), None, &bodies[0]), Duration::from_secs(10)).await.unwrap();
    assert_eq!(answer.status, 204);
    let export = otlp::export(&of("otlp"), "host-1", at - SECOND);
    let answer = egress.post(&otlp::request(&url("/opentelemetry/v1/metrics"), &export), Duration::from_secs(10)).await;
    assert_eq!(answer.unwrap().status, 200);
    // It answers 204 to 2.0 and stores nothing: only the fallback makes this arrive.
    let mut writer = RemoteWriter::new(url("/api/v1/write"), Vec::new(), Duration::from_secs(10), Protocol::V2);
    let written = writer.write(&egress, &of("remote write"), at).await;
    assert_eq!((written.outcome, writer.protocol()), (Outcome::Delivered, Protocol::V1));

    for (way, suffix) in [("influx", "_value"), ("otlp", ""), ("remote write", "")] {
        for (name, value) in [("watchkeeper_predictions_total", "12"), ("watchkeeper_event_age_seconds", "0.25")] {
            let query = format!("{name}{suffix}{{way=\"{way}\"}}");
            let found = eventually(&query, async || peer.query(&query).await.into_iter().next()).await;
            assert_eq!(
                (found["value"][1].as_str(), found["metric"]["tenant"].as_str()),
                (Some(value), Some("a b,c=d"))
            );
            assert_eq!(found["metric"]["model"], "ä\"\\x", "{way}");
        }
    }
}
