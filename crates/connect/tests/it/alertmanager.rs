//! Notices at a real Alertmanager: it fires, is repeated, ends, and tells its own receivers so.

use serde_json::Value;
use watchkeeper_connect::dead_man::DeadMan;
use watchkeeper_connect::delivery::{Outcome, Sender as _};
use watchkeeper_connect::targets::{Channel, Courier, parse_url};
use watchkeeper_watch::notice::Action;

use crate::support::peers::{Peer, eventually, free_port, program, skipped};
use crate::support::recorder::{Recorder, Reply};
use crate::support::{MINUTE, local_egress, notice, now, target};

async fn alertmanager(receiver: &Recorder) -> Peer {
    let folder = tempfile::tempdir().unwrap();
    let configuration = format!(
        "route: {{receiver: us, group_by: [incident], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}\n\
         receivers: [{{name: us, webhook_configs: [{{url: '{}', send_resolved: true}}]}}]\n",
        receiver.url("/from-alertmanager")
    );
    std::fs::write(folder.path().join("a.yml"), configuration).unwrap();
    let port = free_port();
    let arguments = [
        "--config.file=a.yml".to_owned(),
        "--storage.path=data".to_owned(),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--cluster.listen-address=".to_owned(),
    ];
    Peer::start(&program("prometheus-alertmanager"), folder, &arguments, port, "/-/ready").await
}

#[tokio::test]
async fn an_incident_fires_there_and_ends() {
    if skipped() {
        return;
    }
    let receiver = Recorder::always(Reply::status(200));
    let peer = alertmanager(&receiver).await;
    let courier = Courier::new(local_egress());
    let target = target("am", Channel::Alertmanager { url: parse_url(&peer.url).unwrap() });

    let at = now();
    let trigger = notice("inc-1", "am", 1, Action::Trigger, at);
    assert_eq!(courier.send(&target, &trigger, at).await, Outcome::Delivered);
    assert_eq!(target.again_at(&trigger, at), Some(at + MINUTE));
    let alerts = peer.get("/api/v2/alerts").await;
    assert_eq!(alerts.as_array().map(Vec::len), Some(1));
    assert_eq!(alerts[0]["labels"]["alertname"], "feature-drift");
    assert_eq!(alerts[0]["labels"]["incident"], "inc-1");
    assert_eq!(alerts[0]["annotations"]["value"], "0.31");
    assert_eq!(alerts[0]["generatorURL"], "https://watchkeeper.example.com/incidents/1");
    assert_eq!(receiver.next().json()["status"], "firing");

    // Sent again a minute later: the same alert, held for true for longer.
    assert_eq!(courier.send(&target, &trigger, at + MINUTE).await, Outcome::Delivered);
    let again = peer.get("/api/v2/alerts").await;
    assert_eq!(again.as_array().map(Vec::len), Some(1));
    assert_eq!(again[0]["fingerprint"], alerts[0]["fingerprint"]);
    assert_ne!(again[0]["endsAt"], alerts[0]["endsAt"]);

    let end = now();
    let mut resolve = notice("inc-1", "am", 2, Action::Resolve, end);
    resolve.alerts[0].starts_at = at;
    assert_eq!(courier.send(&target, &resolve, end).await, Outcome::Delivered);
    let told: Value = eventually("the end is told", async || {
        let told = receiver.next().json();
        (told["status"] == "resolved").then_some(told)
    })
    .await;
    assert_eq!(told["alerts"][0]["labels"]["incident"], "inc-1");
}

#[tokio::test]
async fn the_heartbeat_is_an_alert_that_always_fires() {
    if skipped() {
        return;
    }
    let receiver = Recorder::always(Reply::status(200));
    let peer = alertmanager(&receiver).await;
    let target = target("am", Channel::Alertmanager { url: parse_url(&peer.url).unwrap() });
    let outcome = DeadMan::default().beat(&Courier::new(local_egress()), &target, "host-1", now()).await;
    assert_eq!(outcome, Outcome::Delivered);
    let told = receiver.next().json();
    assert_eq!(told["alerts"][0]["labels"]["alertname"], "Watchdog");
    assert_eq!(told["alerts"][0]["labels"]["instance"], "host-1");
}
