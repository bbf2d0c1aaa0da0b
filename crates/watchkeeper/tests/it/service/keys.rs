//! API keys and the ledger, in a catalog without a server.

use serde_json::json;

use super::server::Server;
use crate::support::Dir;

#[test]
fn keys_are_made_listed_and_revoked_and_their_text_is_nowhere() {
    let folder = Dir::new("keys");
    let made = folder.run("keys create --ingest --model churn --expires 90d --data-dir data").code(0);
    let token = made.stdout.trim().to_owned();
    let parts: Vec<&str> = token.split('_').collect();
    assert_eq!((parts.len(), parts[0], parts[1]), (4, "watchkeeper", "production"), "{made}");
    let (id, secret) = (parts[2], parts[3]);
    assert!(made.stderr.contains(id) && !made.stderr.contains(secret), "{made}");
    folder.run("keys create --admin --environment staging --data-dir data").code(0);
    folder.run("keys create --data-dir data").refused(&["say what the key may do: --ingest, --read or --admin"]);

    let list = folder.run("keys list --data-dir data").code(0).stdout;
    let line = list.lines().find(|line| line.starts_with(id)).unwrap();
    for part in ["active", "ingest", "model churn", "until "] {
        assert!(line.contains(part), "`{part}` is not in {line}");
    }
    assert!(list.contains("ingest,read,admin") && list.contains("environment staging"), "{list}");
    folder.run(&format!("keys revoke {id} --data-dir data")).code(0);
    folder.run(&format!("keys revoke {id} --data-dir data")).refused(&["there is no key"]);
    assert!(folder.run("keys list --data-dir data").code(0).stdout.contains("revoked"));

    let json = folder.run("keys list --data-dir data -o json").code(0);
    let get = folder.run("get apikey --data-dir data -o json").code(0);
    assert_eq!(json.json()["keys"].as_array().map(Vec::len), Some(2));
    for shown in [&json.stdout, &get.stdout] {
        assert!(!shown.contains("sha256"), "{shown}");
    }
    for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the secret is stored");
    }
}

#[test]
fn the_ledger_of_all_this_is_proved_and_a_lost_end_found() {
    let folder = Dir::new("ledger");
    folder.run("verify ledger --data-dir data").refused(&["there is no catalog"]);
    folder.run("keys create --read --data-dir data").code(0);
    folder.run("keys create --read --data-dir data --tenant acme").code(0);
    let report = folder.run("verify ledger --data-dir data -o json").code(0).json();
    assert_eq!(report["intact"], true);
    let tenants: Vec<&str> =
        report["ledgers"].as_array().unwrap().iter().map(|l| l["tenant"].as_str().unwrap()).collect();
    assert_eq!(tenants, ["acme", "default"]);
    let text = folder.run("verify ledger --data-dir data --tenant default").code(0).stdout;
    let head = text.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(text.starts_with("default: intact, 1 entries, head 1:"), "{text}");

    folder.run("keys create --read --data-dir data").code(0);
    folder.run(&format!("verify ledger --data-dir data --tenant default --head {head}")).code(0);
    let later = folder.run("verify ledger --data-dir data --tenant default").code(0).stdout;
    let later = later.trim().rsplit(' ').next().unwrap().to_owned();
    // The catalog of a moment ago, as a whole: intact in itself, but not the one whose head was kept.
    folder.run("keys create --read --data-dir other").code(0);
    folder.run("verify ledger --data-dir other --tenant default").code(0);
    let lost = folder.run(&format!("verify ledger --data-dir other --tenant default --head {later}")).code(1).stdout;
    assert!(lost.contains("NOT intact") && lost.contains("is not the known one"), "{lost}");
}

#[test]
fn a_server_makes_lists_and_revokes_keys() {
    let server = Server::start(|_, asked| match asked.line.as_str() {
        "POST /api/v1/keys" => {
            ("201 Created", json!({"id": "abc", "token": "watchkeeper_production_abc_x"}).to_string())
        }
        "GET /api/v1/resources/apikey" => {
            let body =
                json!({"id": "abc", "environment": "production", "rights": ["read"], "scopes": {"model": "churn"}});
            ("200 OK", json!({"items": [{"kind": "ApiKey", "name": "abc", "body": body}]}).to_string())
        }
        "DELETE /api/v1/resources/apikey/abc" => ("204 No Content", String::new()),
        _ => ("404 Not Found", json!({"title": "not found", "detail": "nothing here"}).to_string()),
    });
    let folder = Dir::new("remote-keys");
    let run = |line: &str| folder.run(&format!("{line} --server {}", server.url));
    assert_eq!(run("keys create --read --model churn --expires 1d").code(0).stdout, "watchkeeper_production_abc_x\n");
    let made: serde_json::Value = serde_json::from_slice(&server.asked()[0].body).unwrap();
    assert_eq!(
        (&made["rights"], &made["model"], made["expires_at"].is_string()),
        (&json!(["read"]), &json!("churn"), true)
    );
    assert!(server.asked()[0].header("idempotency-key").is_none(), "a key is made once or not at all");
    let list = run("keys list").code(0).stdout;
    assert!(list.contains("abc") && list.contains("active") && list.contains("model churn"), "{list}");
    assert_eq!(run("keys revoke abc").code(0).stdout, "key abc revoked\n");
    run("keys revoke gone").refused(&["there is no key `gone`"]);
}
