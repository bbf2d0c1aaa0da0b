//! The watch from outside: from events to an incident, to a notice, over a restart, to its end.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::process::{JSON, NDJSON, Service, Setup, wait_for};
use crate::support::Dir;

const HOUR: i64 = 3600;
const RULES: &str = "
apiVersion: watchkeeper/v1
kind: Model
metadata: { name: m }
spec:
  task: other
  columns:
    - { name: x, role: feature, type: numeric }
    - { name: y, role: feature, type: numeric }
  learning: { hours: 24, rows: 500 }
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: { name: drift }
spec:
  select: { model: m }
  detector: { type: test }
  window: { size: 1h, every: 1h, lateness: 1m }
  severity: page
  noDataAfter: 30d
---
apiVersion: watchkeeper/v1
kind: NotificationTarget
metadata: { name: hook }
spec: { type: webhook, url: 'http://127.0.0.1:PORT/', secrets: { signing_key: 'env:HOOK' } }
---
apiVersion: watchkeeper/v1
kind: Route
metadata: { name: all }
spec: { targets: [hook], groupWait: 0s }
";

/// A receiver of webhooks that says 200 to all of them and keeps their bodies.
fn receiver() -> (u16, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = bodies.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut block = [0; 4096];
            let body = loop {
                let read = stream.read(&mut block).unwrap();
                bytes.extend_from_slice(&block[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
                    if body.len() >= length.unwrap_or(0) {
                        break body.to_owned();
                    }
                }
                assert!(read > 0, "half a request: {text}");
            };
            kept.lock().unwrap().push(serde_json::from_str(&body).unwrap());
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
    });
    (port, bodies)
}

/// Two rows a minute, so that an hour has enough of them; `x` is moved by `shift`.
fn rows(start: i64, hours: std::ops::Range<i64>, shift: f64) -> String {
    let row = |number: i64| {
        // A fixed sequence that fills the unit interval evenly.
        let even = |step: f64| (number as f64 * step).fract();
        let features = json!({"x": even(0.754_877_666) + shift, "y": even(0.569_840_291)});
        format!("{}\n", json!({"id": format!("p-{number}"), "ts": start + number * 30, "features": features}))
    };
    (hours.start * 120..hours.end * 120).map(row).collect()
}

fn first(service: &Service, state: &str) -> Option<Value> {
    let found = service.get(&format!("/api/v1/incidents?state={state}")).json(200);
    found["incidents"].as_array().unwrap().first().cloned()
}

#[test]
fn a_shift_pages_once_is_taken_and_ends() {
    let dir = Dir::new("watch");
    let (port, bodies) = receiver();
    let mut setup = Setup::new(&dir.path().join("data"), &["commit.interval=200ms", "notify.allow=127.0.0.1"]);
    setup.env.push(("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()));
    let service = setup.start();
    dir.write("rules.yaml", RULES.replace("PORT", &port.to_string()));
    dir.run(&format!("apply -f rules.yaml --server {}", service.url)).code(0);
    // Three days: a good one to learn from, another, then four bad hours. Profiles of the last two days are kept finely.
    let now = Timestamp::now().as_second() / HOUR * HOUR;
    let start = now - 60 * HOUR;
    let path = "/api/v1/models/m/predictions";
    for (hours, shift) in [(0..48, 0.0), (48..52, 0.6)] {
        service.post(path, NDJSON, rows(start, hours, shift)).json(200);
    }
    let incident = wait_for("an incident", || first(&service, "open"));
    assert_eq!((incident["severity"].as_str(), incident["model"].as_str()), (Some("page"), Some("m")), "{incident}");
    let told = wait_for("a notice", || bodies.lock().unwrap().first().cloned());
    let alerts = told.pointer("/data/alerts").and_then(Value::as_array).unwrap();
    assert_eq!((alerts.len(), &alerts[0]["labels"]["column"]), (1, &json!("x")), "{told}");
    let id = incident["id"].as_str().unwrap().to_owned();
    let commands = format!("/api/v1/incidents/{id}/commands");
    service.post(&commands, JSON, json!({"action": "acknowledge"}).to_string()).json(200);
    let series = service.get("/api/v1/models/m/measurements?measure=psi&column=x&window=30d").json(200);
    let points = series["series"][0]["points"].as_array().unwrap().len();
    assert!(points >= 50, "{points} windows were measured");

    // It goes on where it was: the same incident, and no second notice of its beginning.
    service.kill();
    let service = setup.start();
    let again = first(&service, "open").unwrap();
    assert_eq!((&again["id"], again["acknowledged_by"].is_string()), (&incident["id"], true), "{again}");
    service.post(path, NDJSON, rows(start, 52..58, 0.0)).json(200);
    let ended = wait_for("the end", || first(&service, "closed").filter(|found| found["id"] == id.as_str()));
    assert_eq!(ended["status"], "resolved");
    let whole = service.get(&format!("/api/v1/incidents/{id}")).json(200);
    let happened: Vec<&str> =
        whole["timeline"].as_array().unwrap().iter().filter_map(|entry| entry["what"].as_str()).collect();
    for what in ["breach", "fired", "notified", "delivered", "acknowledged", "recovered", "resolved"] {
        assert!(happened.contains(&what), "no `{what}` in {happened:?}");
    }
    let triggers = || {
        let bodies = bodies.lock().unwrap();
        bodies.iter().filter(|body| body.pointer("/data/incident").is_some_and(|found| *found == id.as_str())).count()
    };
    wait_for("the notice of the end", || (triggers() >= 2).then_some(()));
    let actions: Vec<Value> = bodies
        .lock()
        .unwrap()
        .iter()
        .filter(|body| body.pointer("/data/incident").is_some_and(|found| *found == id.as_str()))
        .map(|body| body["data"]["action"].clone())
        .collect();
    assert_eq!(actions.iter().filter(|action| **action == "trigger").count(), 1, "{actions:?}");
}
