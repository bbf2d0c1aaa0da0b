//! Mail at a real server, aiosmtpd: STARTTLS, TLS, login, refusals, threads.

use std::io::{BufRead, BufReader, Lines};
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tempfile::TempDir;
use watchkeeper_connect::Secret;
use watchkeeper_connect::delivery::{Outcome, Sender as _};
use watchkeeper_connect::egress::{Egress, Resolve, Rules, Tls};
use watchkeeper_connect::targets::{Courier, Target, TargetConfig};
use watchkeeper_watch::notice::Action;

use crate::support::peers::{certificate, from_script, skipped};
use crate::support::{AT, notice};

struct MailServer {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u16,
    authorities: Vec<u8>,
    _folder: TempDir,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl MailServer {
    fn start(mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authorities = certificate(folder.path(), "mail.example");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/smtp_peer.py");
        let mut process = Command::new(from_script("smtp"))
            .arg(script)
            .args(["cert.pem", "key.pem", mode])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut server = Self { process, lines, port: 0, authorities, _folder: folder };
        server.port = server.next()["port"].as_u64().unwrap().try_into().unwrap();
        server
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("the mail server ended").unwrap()).unwrap()
    }

    fn courier(&self) -> Courier {
        let rules = Rules { networks: vec!["127.0.0.1".parse().unwrap()], ..Rules::default() };
        let tls = Tls { authorities: self.authorities.clone() };
        Courier::new(Arc::new(Egress::with_resolver(rules, tls, Arc::new(Here)).unwrap()))
    }

    fn target(&self, url: &str, to: &str, password: Option<&str>) -> Target {
        let mut config = TargetConfig {
            name: "mail".to_owned(),
            kind: "email".to_owned(),
            url: Some(Secret::new(url.replace("PORT", &self.port.to_string()))),
            from: Some("Watchkeeper <watchkeeper@example.com>".to_owned()),
            to: vec![to.to_owned()],
            timeout_ms: 10_000,
            send_resolved: true,
            ..TargetConfig::default()
        };
        if let Some(password) = password {
            config.secrets.insert("user".to_owned(), Secret::from("watch"));
            config.secrets.insert("password".to_owned(), Secret::from(password));
        }
        config.target().unwrap()
    }
}

/// Every name leads to this machine.
#[derive(Debug)]
struct Here;

#[async_trait]
impl Resolve for Here {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec!["127.0.0.1".parse().unwrap()])
    }
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    mail.lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")))
        .unwrap_or_else(|| panic!("no {name} in {mail}"))
}

const PASSWORD: &str = "s3cr3t-password";

#[tokio::test]
async fn an_incident_is_a_thread_of_protected_mails() {
    if skipped() {
        return;
    }
    for (mode, url) in [("starttls", "smtp://mail.example:PORT"), ("tls", "smtps://mail.example:PORT")] {
        let mut server = MailServer::start(mode);
        let (courier, target) = (server.courier(), server.target(url, "On Call <on-call@example.org>", Some(PASSWORD)));
        let trigger = notice("inc-1", "mail", 1, Action::Trigger, AT);
        assert_eq!(courier.send(&target, &trigger, AT).await, Outcome::Delivered, "{mode}");
        let first = server.next();
        assert_eq!((first["tls"].as_bool(), first["login"].as_bool()), (Some(true), Some(true)), "{mode}");
        assert_eq!(first["receivers"][0], "on-call@example.org");
        assert_eq!(
            courier.send(&target, &notice("inc-1", "mail", 2, Action::Resolve, AT), AT).await,
            Outcome::Delivered
        );
        let second = server.next();
        let (first, second) = (first["text"].as_str().unwrap(), second["text"].as_str().unwrap());
        assert_eq!(header(second, "In-Reply-To"), header(first, "Message-ID"));
        assert_eq!(header(first, "Subject"), "Firing [page] credit-risk: income changed");
        assert_eq!(header(second, "Subject"), "Resolved [page] credit-risk: income changed");
        assert!(first.contains("multipart/alternative"), "{first}");
    }
}

#[tokio::test]
async fn refusals_are_for_ever_or_for_now() {
    if skipped() {
        return;
    }
    let server = MailServer::start("starttls");
    let courier = server.courier();
    let send = async |target: Target| courier.send(&target, &notice("inc-1", "mail", 1, Action::Trigger, AT), AT).await;
    let url = "smtp://mail.example:PORT";
    let outcome = send(server.target(url, "nobody@example.org", Some(PASSWORD))).await;
    assert!(matches!(&outcome, Outcome::Rejected { why } if why.contains("no such user")), "{outcome:?}");
    let outcome = send(server.target(url, "later@example.org", Some(PASSWORD))).await;
    assert!(matches!(&outcome, Outcome::Failed { why, .. } if why.contains("try again")), "{outcome:?}");
    let outcome = send(server.target(url, "a@example.org", Some("wrong-password"))).await;
    assert!(matches!(&outcome, Outcome::Rejected { why } if !why.contains("wrong-password")), "{outcome:?}");
    let outcome = send(server.target("smtp://other.example:PORT", "a@example.org", Some(PASSWORD))).await;
    assert!(matches!(&outcome, Outcome::Failed { why, .. } if why.contains("certificate")), "{outcome:?}");
}

#[tokio::test]
async fn without_tls_only_when_it_is_said_and_never_with_a_password() {
    if skipped() {
        return;
    }
    let mut server = MailServer::start("plain");
    let courier = server.courier();
    let send = async |target: Target| courier.send(&target, &notice("inc-1", "mail", 1, Action::Trigger, AT), AT).await;
    let outcome = send(server.target("smtp://mail.example:PORT?tls=none", "a@example.org", None)).await;
    assert_eq!(outcome, Outcome::Delivered);
    assert_eq!(server.next()["tls"], false);
    // A server without STARTTLS is not told anything.
    let outcome = send(server.target("smtp://mail.example:PORT", "a@example.org", None)).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    let outcome = send(server.target("smtp://mail.example:PORT?tls=none", "a@example.org", Some(PASSWORD))).await;
    assert_eq!(
        outcome,
        Outcome::Rejected { why: "a password would be sent without TLS; expected TLS or no password".to_owned() }
    );
}
