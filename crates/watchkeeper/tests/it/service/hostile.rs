//! Requests that want too much, say too little, or lie: clear answers, memory under its cap.

use std::io::{Read, Write};

use serde_json::Value;

use super::process::{Answer, JSON, NDJSON, Service};
use crate::support::Dir;

const PREDICTIONS: &str = "/api/v1/models/target/predictions";
/// The most that the process may ever hold, KiB.
const MEMORY_KIB: u64 = 512 * 1024;

fn packed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::encode_all(plain, 19).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn encoded(service: &Service, encoding: &str, body: Vec<u8>) -> Answer {
    service.post_with(PREDICTIONS, &[("content-type", NDJSON), ("content-encoding", encoding)], body)
}

/// What the server answers to bytes that no HTTP client sends.
fn raw(service: &Service, bytes: &[u8]) -> String {
    let mut stream = service.connect();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut part) {
        answer.extend_from_slice(&part[..read]);
        if answer.windows(4).any(|window| window == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn bombs_are_defused() {
    let folder = Dir::new("bombs");
    let service = Service::start(&folder.path().join("data"), &[]);
    let spaces = vec![b' '; 300 << 20];
    for encoding in ["gzip", "zstd"] {
        let bomb = packed(encoding, &spaces);
        assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
        // Several at once: each alone may stay below what all of them together pass.
        std::thread::scope(|scope| {
            let asked: Vec<_> = (0..6).map(|_| scope.spawn(|| encoded(&service, encoding, bomb.clone()))).collect();
            for answer in asked {
                let problem = answer.join().unwrap().problem(413, "too_large");
                assert!(problem["detail"].as_str().unwrap().contains("50"), "{problem}");
            }
        });
    }
    drop(spaces);
    let truncated = packed("gzip", &b"{\"id\":\"a\"}\n".repeat(1000));
    encoded(&service, "gzip", truncated[..truncated.len() / 2].to_vec()).problem(400, "malformed_body");
    encoded(&service, "zstd", b"this is not zstd".to_vec()).problem(400, "malformed_body");
    encoded(&service, "br", b"{}".to_vec()).problem(415, "unsupported_media_type");

    for deep in [b"{\"a\":".repeat(500_000), b"[".repeat(1_000_000)] {
        service.post(PREDICTIONS, JSON, deep).problem(400, "malformed_body");
    }
    let closed = format!("{{\"id\":\"deep\",\"x\":{}1{}}}", "{\"a\":".repeat(100), "}".repeat(100));
    let problem = service.post(PREDICTIONS, JSON, closed).problem(422, "all_rows_rejected");
    assert_eq!((&problem["rejects"][0]["code"], &problem["accepted"]), (&"too_large".into(), &0.into()), "{problem}");

    let columns: Vec<String> = (0..1_000_000).map(|column| format!("\"c{column}\":1")).collect();
    let wide = format!("{{\"id\":\"wide\",{}}}", columns.join(","));
    let problem = service.post(PREDICTIONS, JSON, wide).problem(422, "all_rows_rejected");
    assert_eq!(problem["rejects"][0]["code"], "too_large", "{problem}");
    let long = format!("{{\"id\":\"long\",\"x\":\"{}\"}}", "y".repeat(1 << 20));
    let problem = service.post(PREDICTIONS, JSON, long).problem(422, "all_rows_rejected");
    assert!(problem.to_string().len() < 2000, "the value is not thrown back: {problem}");
    // Refused by its announced length, before a byte of it is there.
    let head = format!("POST {PREDICTIONS} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {JSON}\r\n");
    let announced = raw(&service, format!("{head}content-length: {}\r\n\r\n", (32 << 20) + 1).as_bytes());
    assert!(announced.starts_with("HTTP/1.1 413 ") && announced.contains("application/problem+json"), "{announced}");

    // None of this is left behind, and the next honest row is taken.
    assert_eq!(
        service.post(&format!("{PREDICTIONS}?ack=commit"), JSON, "{\"id\":\"a\",\"x\":1}").counts(),
        [1, 0, 0, 0]
    );
    assert_eq!(service.stored("predictions", Some("target")), 1);
    let (now, most) = service.memory_kib();
    println!("memory: {} MiB now, {} MiB at most", now / 1024, most / 1024);
    assert!(most < MEMORY_KIB, "{most} KiB");
    service.stop();
}

#[test]
fn what_is_no_proper_request_is_told_so() {
    let folder = Dir::new("improper");
    let service = Service::start(&folder.path().join("data"), &[]);
    let problem = service.post(PREDICTIONS, "text/plain", "id,x\na,1\n").problem(415, "unsupported_media_type");
    assert!(problem["detail"].as_str().unwrap().contains("application/x-ndjson"), "{problem}");
    service.post_with(PREDICTIONS, &[], "{}").problem(415, "unsupported_media_type");
    for content_type in ["application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"] {
        for body in
            [&b"{\"id\":\"a\"}"[..], b"PAR1\xff\xff\xff\x7fPAR1", &b"\xff\xff\xff\xff\xff\xff\xff\x7f".repeat(8)]
        {
            service.post(PREDICTIONS, content_type, body).problem(400, "malformed_body");
        }
    }
    service.post(PREDICTIONS, JSON, &b"{\"id\":\"\xff\xfe\"}"[..]).problem(400, "malformed_body");
    let rows = &b"{\"id\":\"a\",\"x\":1}\n{\"id\":\"\xff\"}\n{\"id\":\"b\",\"x\":2}\n"[..];
    let answer = service.post(PREDICTIONS, NDJSON, rows).json(200);
    assert_eq!((&answer["accepted"], &answer["rejects"][0]["row"]), (&Value::from(2), &1.into()), "{answer}");

    let problem = service.get("/api/v1/nothing").problem(404, "not_found");
    assert!(problem["hint"].as_str().unwrap().contains("/api/v1/openapi.json"));
    service.get(PREDICTIONS).problem(405, "method_not_allowed");
    service.get("/api/v1/models/target/profiles?colum=x").problem(400, "invalid_parameter");
    service.post("/api/v1/models/Not%20a%20name/predictions", JSON, "{}").problem(400, "invalid_parameter");
    service.post(&format!("{PREDICTIONS}?ack=soon"), JSON, "{}").problem(400, "invalid_parameter");
    service
        .post_with(PREDICTIONS, &[("content-type", JSON), ("accept", "text/html")], "{}")
        .problem(406, "not_acceptable");
    service
        .post_with(PREDICTIONS, &[("content-type", JSON), ("host", "evil.example")], "{}")
        .problem(421, "host_not_allowed");

    // The head is refused below the routes, without a body.
    let head = |extra: String| format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{extra}\r\n");
    let large = raw(&service, head(format!("x: {}\r\n", "a".repeat(2 << 20))).as_bytes());
    assert!(large.starts_with("HTTP/1.1 431 "), "{large}");
    let many: String = (0..1000).map(|n| format!("x{n}: a\r\n")).collect();
    let many = raw(&service, head(many).as_bytes());
    assert!(many.starts_with("HTTP/1.1 431 "), "{many}");
    let nonsense = raw(&service, b"\x16\x03\x01\x02\x00 this is TLS\r\n\r\n");
    assert!(nonsense.starts_with("HTTP/1.1 400 "), "{nonsense}");
    service.get("/healthz").json(200);
    service.stop();
}

#[test]
fn half_a_body_leaves_nothing() {
    let folder = Dir::new("half");
    let service = Service::start(&folder.path().join("data"), &[]);
    let half = format!(
        "POST {PREDICTIONS} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {NDJSON}\r\ncontent-length: 100000\r\n\r\n{}",
        "{\"id\":\"half\",\"x\":1}\n".repeat(100)
    );
    let chunked = format!(
        "POST {PREDICTIONS} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {NDJSON}\r\ntransfer-encoding: chunked\r\n\r\n14\r\n{{\"id\":\"half\",\"x\":1}}\n\r\n"
    );
    for body in [half, chunked].iter().cycle().take(200) {
        service.connect().write_all(body.as_bytes()).unwrap();
    }
    // Two lengths, which two readers would understand differently.
    let two =
        format!("POST {PREDICTIONS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{{}}");
    assert!(raw(&service, two.as_bytes()).starts_with("HTTP/1.1 400 "));
    let commit = format!("{PREDICTIONS}?ack=commit");
    assert_eq!(service.post(&commit, NDJSON, "{\"id\":\"whole\",\"x\":1}\n").counts(), [1, 0, 0, 0]);
    assert_eq!(service.stored("predictions", Some("target")), 1);
    let (_, most) = service.memory_kib();
    assert!(most < MEMORY_KIB, "{most} KiB");
    service.stop();
}
