//! `watchkeeper send` and `import` against a server that counts.

use serde_json::json;

use super::server::{Asked, Server};
use crate::support::{Dir, root};

fn lines(asked: &Asked) -> usize {
    String::from_utf8(asked.body.clone()).unwrap().lines().count()
}

fn ndjson(rows: usize) -> String {
    (0..rows).map(|row| format!("{{\"id\":\"r{row}\",\"x\":{row}}}\n")).collect()
}

#[test]
fn rows_are_sent_in_requests_with_the_key_and_counted() {
    let server = Server::start(|_, asked| ("200 OK", json!({"accepted": lines(asked), "rejected": 0}).to_string()));
    let folder = Dir::new("send");
    folder.write("rows.ndjson", ndjson(250));
    folder.write("key", "watchkeeper_production_abc_def\n");
    let line = format!("send rows.ndjson --model m --batch-rows 100 --server {} --key-file key -o json", server.url);
    let report = folder.run(&line).code(0).json();
    assert_eq!(
        (report["rows"].as_u64(), report["accepted"].as_u64(), report["requests"].as_u64()),
        (Some(250), Some(250), Some(3))
    );
    let asked = server.asked();
    let mut keys: Vec<&str> = asked.iter().map(|asked| asked.header("idempotency-key").unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3);
    for one in &asked {
        assert_eq!(one.line, "POST /api/v1/models/m/predictions");
        assert_eq!(one.header("authorization"), Some("Bearer watchkeeper_production_abc_def"));
        assert_eq!(one.header("content-type"), Some("application/x-ndjson"));
    }
}

#[test]
fn a_busy_server_and_a_broken_connection_get_the_same_request_again() {
    let server = Server::start(|number, asked| match number {
        0 => ("429 Busy\r\nretry-after: 0", "{}".into()),
        1 => ("0", String::new()),
        2 => ("503 Restarting", "{}".into()),
        _ => ("200 OK", json!({"accepted": 0, "duplicate": lines(asked), "rejected": 0}).to_string()),
    });
    let folder = Dir::new("send-again");
    folder.write("rows.ndjson", ndjson(5));
    let run = folder.run(&format!("send rows.ndjson --model m --concurrency 1 --server {}", server.url)).code(0);
    assert!(run.stdout.contains("0 accepted, 5 duplicate, 0 corrected, 0 rejected"), "{run}");
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    for one in &asked {
        assert_eq!((one.header("idempotency-key"), &one.body), (asked[0].header("idempotency-key"), &asked[0].body));
    }
}

#[test]
fn rejected_rows_are_told_by_their_row_of_the_file() {
    let server = Server::start(|_, asked| {
        let rejects = json!([{"row": 3, "field": "x", "value": "oops", "expected": "a number", "code": "wrong_type"}]);
        ("200 OK", json!({"accepted": lines(asked) - 1, "rejected": 1, "rejects": rejects}).to_string())
    });
    let folder = Dir::new("send-rejects");
    folder.write("rows.ndjson", ndjson(20));
    let run = folder.run(&format!("send rows.ndjson --model m --batch-rows 10 --server {}", server.url)).code(1);
    assert!(run.stdout.contains("18 accepted, 0 duplicate, 0 corrected, 2 rejected"), "{run}");
    for row in [4, 14] {
        let line = format!("rows.ndjson, row {row}: `x` is `oops`; expected a number (wrong_type)");
        assert!(run.stdout.contains(&line), "{line} is not in {run}");
    }
    let all = Server::start(|_, _| ("422 No", json!({"accepted": 0, "rejected": 20, "rejects": []}).to_string()));
    let run = folder.run(&format!("send rows.ndjson --model m --server {}", all.url)).code(1);
    assert!(run.stdout.contains("0 accepted, 0 duplicate, 0 corrected, 20 rejected"), "{run}");
}

#[test]
fn a_refusal_is_told_and_ends_the_sending() {
    let server = Server::start(|_, _| {
        let problem = json!({"title": "unknown model", "status": 404, "detail": "there is no model `m`", "code": "unknown_model", "hint": "create it with `watchkeeper apply -f model.yaml`"});
        ("404 Not Found", problem.to_string())
    });
    let folder = Dir::new("send-refused");
    folder.write("rows.ndjson", ndjson(1000));
    let run = folder.run(&format!("send rows.ndjson --model m --batch-rows 1 --server {}", server.url));
    run.refused(&["there is no model `m` (404)", "watchkeeper apply -f model.yaml"]);
    assert!(server.asked().len() < 50, "{}", server.asked().len());
    let nobody = folder.run("send rows.ndjson --model m --patience 0 --server http://127.0.0.1:9");
    nobody.refused(&["no answer from http://127.0.0.1:9: ", "refused"]);
    folder.run("send no-such-file --model m").refused(&["no file matches `no-such-file`"]);
}

#[test]
fn the_flights_go_with_their_labels() {
    let server = Server::start(|_, _| ("200 OK", json!({"accepted": 1, "rejected": 0}).to_string()));
    let folder = Dir::new("send-flights");
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    let line = "send examples/flights/current/2014-01.parquet --model flights-delay --labels-from-columns label,arr_delay --label-time label_ts --environment staging --ack commit --server";
    folder.run(&format!("{line} {}", server.url)).code(0);
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.line).collect();
    let path = |stream: &str| format!("POST /api/v1/models/flights-delay/{stream}?environment=staging&ack=commit");
    assert_eq!(paths, [path("predictions"), path("labels")]);
}

#[test]
fn records_of_other_programs_are_imported() {
    let server = Server::start(|_, asked| ("200 OK", json!({"accepted": lines(asked), "rejected": 0}).to_string()));
    let folder = Dir::new("import");
    let record = |id: &str| {
        json!({
            "captureData": {
                "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "1.5,2", "encoding": "CSV"},
                "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "0.25", "encoding": "CSV"}
            },
            "eventMetadata": {"eventId": id, "inferenceTime": "2026-01-01T00:00:00Z"},
            "eventVersion": "0"
        })
        .to_string()
    };
    folder.write("capture/a.jsonl", format!("{}\nbroken\n", record("e1")));
    folder.write("capture/b/c.jsonl", format!("{}\n", record("e2")));
    let line = format!(
        "import capture --format sagemaker --model churn --feature-names age,income --server {} -o json",
        server.url
    );
    let report = folder.run(&line).code(1).json();
    assert_eq!((report["accepted"].as_u64(), report["rejected"].as_u64()), (Some(2), Some(1)), "{report:#}");
    assert_eq!(
        (report["rejects"][0]["file"].as_str(), report["rejects"][0]["row"].as_u64()),
        (Some("capture/a.jsonl"), Some(2))
    );
    let bodies: String = server.asked().iter().map(|asked| String::from_utf8(asked.body.clone()).unwrap()).collect();
    for part in ["\"e1\"", "\"e2\"", "\"age\"", "\"income\"", "0.25"] {
        assert!(bodies.contains(part), "{part} is not in {bodies}");
    }
    folder.run("import nowhere --format sagemaker --model m").refused(&["cannot read `nowhere`"]);
}
