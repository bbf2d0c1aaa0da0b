//! An S3 server of another make, and a proxy before it that can cut all connections.

use std::io::{BufRead, BufReader};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use reqwest::blocking::Client;

use super::skipped;
use crate::service::process::wait_for;
use crate::support::root;

const BUCKET: &str = "lake";
/// It wants to see a signature, and does not check it.
const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// A running S3 server, ended with the test.
pub(super) struct Store {
    process: Child,
    url: String,
    pub(super) proxy: Proxy,
}

impl Store {
    /// Starts one with an empty bucket; `None` when such tests are to be skipped.
    pub(super) fn start() -> Option<Self> {
        if std::env::var_os("WATCHKEEPER_SKIP_PEERS").is_some_and(|value| value == "1") {
            skipped("WATCHKEEPER_SKIP_PEERS=1, so no S3 server is installed");
            return None;
        }
        let found = Command::new(root().join("scripts/peers.sh")).arg("s3").output().unwrap();
        let told = String::from_utf8_lossy(&found.stderr);
        assert!(found.status.success(), "`scripts/peers.sh s3` failed (WATCHKEEPER_SKIP_PEERS=1 skips): {told}");
        let program = String::from_utf8(found.stdout).unwrap();
        let mut command = Command::new(program.trim());
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.by_ref().find_map(|line| {
            let port = line.split("http://127.0.0.1:").nth(1)?;
            Some(format!("127.0.0.1:{}", port.chars().take_while(char::is_ascii_digit).collect::<String>()))
        });
        // It logs each request; nobody reading would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(address) = address else {
            let _ = process.kill();
            let _ = process.wait();
            panic!("the S3 server ended at its start");
        };
        let store = Self { process, url: format!("http://{address}"), proxy: Proxy::start(address.parse().unwrap()) };
        let made = client().put(format!("{}/{BUCKET}", store.url)).body("").send().unwrap();
        assert!(made.status().is_success(), "{made:?}");
        Some(store)
    }

    /// The settings and variables that lead a server here, through the proxy.
    pub(super) fn lead(&self) -> (String, Vec<(&'static str, String)>) {
        let env = [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.proxy.address)),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ALLOW_HTTP", "true".into()),
        ];
        (format!("lake.url=s3://{BUCKET}/some/root"), env.into())
    }

    /// It takes requests and answers none of them.
    pub(super) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(super) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Copies what is below the lake's root into a folder.
    pub(super) fn download(&self, folder: &Path) {
        let client = client();
        let mut more = String::new();
        loop {
            let list = format!("{}/{BUCKET}?list-type=2&prefix=some/root/{more}", self.url);
            let page = client.get(list).send().unwrap().text().unwrap();
            for key in between(&page, "<Key>", "</Key>") {
                let place = folder.join(key.strip_prefix("some/root/").unwrap());
                std::fs::create_dir_all(place.parent().unwrap()).unwrap();
                let request = client.get(format!("{}/{BUCKET}/{key}", self.url)).header("authorization", SIGNED);
                let answer = request.send().unwrap();
                assert!(answer.status().is_success(), "{key}: {answer:?}");
                std::fs::write(place, answer.bytes().unwrap()).unwrap();
            }
            match between(&page, "<NextContinuationToken>", "</NextContinuationToken>").next() {
                Some(token) => more = format!("&continuation-token={token}"),
                None => break,
            }
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// Passes connections on, or refuses them.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    to: SocketAddr,
    open: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut proxy = Self { address, to, open: Arc::default(), connections: Arc::default(), acceptor: None };
        proxy.listen(listener);
        proxy
    }

    /// Cuts all connections; new ones are refused.
    pub(super) fn cut(&mut self) {
        let Some(acceptor) = self.acceptor.take() else { return };
        self.open.store(false, SeqCst);
        // It waits for a connection.
        let _ = TcpStream::connect(self.address);
        acceptor.join().unwrap();
        for connection in self.connections.lock().unwrap().drain(..) {
            // Its other end may have closed it.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn mend(&mut self) {
        let listener = wait_for("the port of the proxy", || TcpListener::bind(self.address).ok());
        self.listen(listener);
    }

    fn listen(&mut self, listener: TcpListener) {
        self.open.store(true, SeqCst);
        let (open, connections, to) = (self.open.clone(), self.connections.clone(), self.to);
        self.acceptor = Some(std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if !open.load(SeqCst) {
                    break;
                }
                let Ok(server) = TcpStream::connect(to) else { continue };
                let (one, two) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                connections.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                std::thread::spawn(move || pass(client, server));
                std::thread::spawn(move || pass(two, one));
            }
        }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Whoever ends first ends both.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
