use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::*;

const QUICK: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(1),
    patience: Duration::from_millis(50),
};

fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    let variables: BTreeMap<String, String> = variables.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
    Surroundings { variables, folder: std::env::temp_dir() }
}

/// Serves these answers one connection each, on a port of its own; tells what it was asked.
fn serve(answers: &'static [&'static str]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, asked) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            told.send(format!("{head}\n{}", String::from_utf8(body).unwrap())).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, asked)
}

#[test]
fn the_same_request_comes_again_until_it_is_taken() {
    let (url, asked) = serve(&[
        "HTTP/1.1 503 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        "",
        "HTTP/1.1 429 x\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 27\r\n\r\n{\"accepted\":2,\"rejected\":0}",
    ]);
    let variables = [(SERVER_VARIABLE, url.as_str()), (KEY_VARIABLE, "watchkeeper_x ")];
    let client = Client::new(None, None, QUICK, &surroundings(&variables)).unwrap();
    let mut request = Request::new(Method::POST, &["models", "a/b c", "predictions"]);
    request.body = Some(("application/x-ndjson", Bytes::from("{}\n{}\n")));
    request.idempotency_key = Some("run-1".into());
    let answer = client.append(&request).unwrap();
    assert_eq!((answer.accepted, answer.duplicate), (2, 0));
    let asked: Vec<String> = asked.iter().take(4).collect();
    assert!(asked.iter().all(|one| one == &asked[0]), "{asked:#?}");
    let first = asked[0].to_lowercase();
    for part in [
        "post /api/v1/models/a%2fb%20c/predictions http/1.1",
        "authorization: bearer watchkeeper_x\r",
        "idempotency-key: run-1",
        "\n{}\n{}\n",
    ] {
        assert!(first.contains(part), "`{part}` is not in {first}");
    }
    assert!(!format!("{client:?}").contains("watchkeeper_x"), "the key is in no debug text");
}

#[test]
fn a_post_without_key_is_not_repeated_once_it_arrived() {
    let (url, asked) = serve(&["", "HTTP/1.1 200 x\r\ncontent-length: 0\r\n\r\n"]);
    let client = Client::new(Some(&url), None, QUICK, &surroundings(&[])).unwrap();
    let outcome = client.json(&Request::new(Method::POST, &["keys"]).json(&serde_json::json!({})));
    assert!(matches!(outcome, Err(ClientError::Unreachable { .. })), "{outcome:?}");
    assert_eq!(asked.try_iter().count(), 1);
}

#[test]
fn problems_are_told_with_their_hint() {
    let (url, _asked) = serve(&[
        "HTTP/1.1 404 x\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: 112\r\n\r\n{\"title\":\"unknown model\",\"status\":404,\"detail\":\"there is no model `m`\",\"code\":\"unknown_model\",\"hint\":\"apply it\"}",
        "HTTP/1.1 500 x\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: 24\r\n\r\n<h1>  proxy\n error </h1>",
        "HTTP/1.1 401 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    ]);
    let client = Client::new(Some(&url), None, QUICK, &surroundings(&[])).unwrap();
    let get = || client.json(&Request::new(Method::GET, &["x"])).unwrap_err();
    let (missing, proxy, closed) = (get(), get(), get());
    assert!(missing.is_not_found());
    assert_eq!(missing.to_string(), "there is no model `m` (404)\napply it");
    assert_eq!(proxy.to_string(), "<h1> proxy error </h1> (500)");
    assert_eq!(
        closed.to_string(),
        "the server answered 401\nset $WATCHKEEPER_API_KEY or --key-file to a key that may do this"
    );
}

#[test]
fn single_faults_are_told_with_their_field() {
    let body = r#"{"title":"invalid","detail":"the resource is not valid","errors":[{"path":"spec.task","line":3,"message":"unknown task","hint":"use `regression`"},{"path":"","message":"too large"}]}"#;
    let answer = Answer { status: 422, is_json: true, body: body.into() };
    let text = Problem::of(&answer).to_string();
    assert_eq!(
        text,
        "the resource is not valid (422)\n  line 3: `spec.task`: unknown task; use `regression`\n  too large"
    );
    let many: Vec<String> = (0..30).map(|n| format!("{{\"message\":\"fault {n}\"}}")).collect();
    let body = format!("{{\"title\":\"x\",\"errors\":[{}]}}", many.join(",")).into_bytes();
    let text = Problem::of(&Answer { status: 422, is_json: true, body }).to_string();
    assert!(text.ends_with("  fault 19\n  and 10 more") && text.starts_with("x (422)"), "{text}");
}

#[test]
fn nobody_there_is_said_after_the_patience() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("127.0.0.1:{port}");
    let client = Client::new(Some(&server), None, QUICK, &surroundings(&[])).unwrap();
    let error = client.json(&Request::new(Method::GET, &["x"])).unwrap_err().to_string();
    assert!(error.starts_with(&format!("no answer from http://{server}: ")) && error.contains("refused"), "{error}");
}

#[test]
fn servers_and_keys_that_cannot_be_are_refused() {
    let refused = |server: &str| Client::new(Some(server), None, QUICK, &surroundings(&[])).unwrap_err().to_string();
    assert_eq!(refused("ftp://x"), "`ftp://x` is no server: expected `http://HOST:PORT` or `https://HOST`");
    assert_eq!(
        refused("db.example.com:80"),
        "`db.example.com:80` is no server: expected `http://` or `https://` in front"
    );
    assert!(refused("http://").contains("is not a URL"));
    let with_password = refused("https://u:s3cr3t@h");
    assert!(with_password.starts_with("`h` is no server") && !with_password.contains("s3cr3t"), "{with_password}");
    let key = |text| Client::new(None, None, QUICK, &surroundings(&[(KEY_VARIABLE, text)])).map(|_| ());
    assert!(key("a\nb").unwrap_err().to_string().starts_with("cannot use the API key"));
    assert!(key("  ").is_ok(), "an empty variable is none");
    let file = Client::new(None, Some("no-such-file"), QUICK, &surroundings(&[])).unwrap_err().to_string();
    assert!(file.starts_with("cannot use the API key: cannot read `no-such-file`"), "{file}");
}
