//! The way out against servers that want to lead it astray.

use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};
use watchkeeper_connect::Secret;
use watchkeeper_connect::egress::{Egress, EgressError, Resolve, Rules, Tls};
use watchkeeper_connect::targets::{Request, parse_url};

use crate::support::local_egress;
use crate::support::peers::certificate;
use crate::support::recorder::{Recorder, Reply};

const SOON: Duration = Duration::from_secs(10);

fn request(url: &str) -> Request {
    Request::json(parse_url(url).unwrap(), &serde_json::json!({"secret": "b0dy"}))
        .with_header("authorization", Secret::from("s3cr3t"))
}

/// Answers one address the first time and another afterwards.
#[derive(Debug)]
struct Rebinding {
    answers: [IpAddr; 2],
    asked: AtomicUsize,
}

#[async_trait]
impl Resolve for Rebinding {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        let asked = self.asked.fetch_add(1, SeqCst);
        Ok(vec![self.answers[asked.min(1)]])
    }
}

fn rebinding(answers: [&str; 2]) -> Arc<Rebinding> {
    Arc::new(Rebinding { answers: answers.map(|answer| answer.parse().unwrap()), asked: AtomicUsize::new(0) })
}

fn with(resolver: Arc<dyn Resolve>, rules: Rules, tls: Tls) -> Egress {
    Egress::with_resolver(rules, tls, resolver).unwrap()
}

#[tokio::test]
async fn this_machine_is_not_called_by_default() {
    let receiver = Recorder::always(Reply::status(200));
    let egress = Egress::new(Rules::default(), Tls::default()).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0177.0.0.1"] {
        let url = format!("http://{host}:{}/services/x", receiver.address.port());
        let error = egress.post(&request(&url), SOON).await.unwrap_err();
        assert!(matches!(error, EgressError::Refused(_)) && error.is_permanent(), "{host}: {error}");
        assert!(error.to_string().contains("leads to this machine"), "{error}");
    }
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_second_time_does_not_lead_there() {
    // The judged address is this machine's, allowed; a second look-up would lead to one that nobody answers at.
    let receiver = Recorder::always(Reply::status(204));
    let resolver = rebinding(["127.0.0.1", "10.255.255.1"]);
    let rules = Rules { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() };
    let egress = with(Arc::clone(&resolver) as Arc<dyn Resolve>, rules, Tls::default());
    let url = format!("http://rebind.example:{}/x", receiver.address.port());
    assert_eq!(egress.post(&request(&url), SOON).await.unwrap().status, 204);
    assert_eq!(resolver.asked.load(SeqCst), 1, "a name is looked up once");
    assert_eq!(receiver.next().header("host"), Some(format!("rebind.example:{}", receiver.address.port()).as_str()));

    // The next request sees the other address, and is refused.
    let error = egress.post(&request(&url), SOON).await.unwrap_err();
    assert!(matches!(error, EgressError::Refused(_)), "{error}");
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let inner = Recorder::always(Reply::status(200));
    let location = inner.url("/latest/meta-data").to_string();
    let outer = Recorder::always(Reply::status(307).with_header("Location", &location));
    let answer = local_egress().post(&request(outer.url("/x").as_str()), SOON).await.unwrap();
    assert_eq!(answer.status, 307);
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let receiver = Recorder::start(|_| None);
    let url = receiver.url("/services/s3cr3t-path");
    let error = local_egress().post(&request(url.as_str()), Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error, EgressError::Timeout { host: "127.0.0.1".to_owned(), timeout_ms: 200 });
    assert_eq!(error.to_string(), "no answer from `127.0.0.1` within 200 ms");
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let receiver = Recorder::always(Reply::status(200).with_body(&vec![b'x'; 10_000_000]));
    let answer = local_egress().post(&request(receiver.url("/x").as_str()), SOON).await.unwrap();
    assert_eq!(answer.body.len(), 64 * 1024);
}

#[tokio::test]
async fn errors_hold_no_secrets() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = local_egress()
        .post(&request(&format!("http://{closed}/services/s3cr3t-path?sig=s3cr3t")), SOON)
        .await
        .unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, EgressError::Connection { .. }) && !error.is_permanent(), "{text}");
    assert!(text.contains("refused") && !text.contains("s3cr3t") && !text.contains("b0dy"), "{text}");
}

#[tokio::test]
async fn too_large_a_request_is_not_sent() {
    let receiver = Recorder::always(Reply::status(200));
    let mut large = request(receiver.url("/x").as_str());
    large.body = vec![0; 16 * 1024 * 1024 + 1];
    let error = local_egress().post(&large, SOON).await.unwrap_err();
    assert_eq!(error.to_string(), "the request has 16777217 bytes; expected at most 16777216");
    assert!(receiver.requests().is_empty());
}

/// A server that speaks TLS under the name `hooks.example`, for some connections.
fn tls_server(folder: &std::path::Path) -> u16 {
    let certificates = vec![CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let configuration = Arc::new(configuration);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&configuration)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // A client that does not trust us ends here.
            if std::io::Read::read(&mut stream, &mut [0; 65_536]).is_ok() {
                let _ = stream.write_all(&Reply::status(204).bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[tokio::test]
async fn tls_is_checked_under_the_name_that_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let authorities = certificate(folder.path(), "hooks.example");
    let port = tls_server(folder.path());
    let rules = || Rules { networks: vec!["127.0.0.1".parse().unwrap()], ..Rules::default() };
    let resolver = || rebinding(["127.0.0.1", "127.0.0.1"]) as Arc<dyn Resolve>;
    let trusting = with(resolver(), rules(), Tls { authorities });
    let answer = trusting.post(&request(&format!("https://hooks.example:{port}/x")), SOON).await.unwrap();
    assert_eq!(answer.status, 204);
    // Another name at the same address, and somebody who does not know the authority.
    let wrong_name = trusting.post(&request(&format!("https://other.example:{port}/x")), SOON).await.unwrap_err();
    assert!(wrong_name.to_string().contains("invalid peer certificate"), "{wrong_name}");
    let stranger = with(resolver(), rules(), Tls::default());
    let unknown = stranger.post(&request(&format!("https://hooks.example:{port}/x")), SOON).await.unwrap_err();
    assert!(unknown.to_string().contains("invalid peer certificate"), "{unknown}");
}
