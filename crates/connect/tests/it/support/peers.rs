//! Other people's programs, started for a test and ended with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Whether tests with peers are left out; says so.
#[expect(clippy::print_stderr, reason = "a skipped test tells why")]
pub(crate) fn skipped() -> bool {
    let skipped = std::env::var_os("WATCHKEEPER_SKIP_PEERS").is_some_and(|value| value == "1");
    if skipped {
        eprintln!("skipped: WATCHKEEPER_SKIP_PEERS=1, so no other program is started");
    }
    skipped
}

/// A program of the path, or where the variable `WATCHKEEPER_<NAME>` says.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let variable = format!("WATCHKEEPER_{}", name.to_uppercase().replace('-', "_"));
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

pub(crate) fn program(name: &str) -> PathBuf {
    let missing = || {
        panic!(
            "`{name}` is missing: `scripts/require.sh prometheus` installs it (WATCHKEEPER_SKIP_PEERS=1 skips such tests)"
        )
    };
    find(name).unwrap_or_else(missing)
}

/// The program that `scripts/peers.sh` installs under that name.
pub(crate) fn from_script(peer: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers.sh");
    let found = Command::new(script).arg(peer).output().unwrap();
    let told = String::from_utf8_lossy(&found.stderr);
    assert!(
        found.status.success(),
        "`scripts/peers.sh {peer}` failed (WATCHKEEPER_SKIP_PEERS=1 skips such tests): {told}"
    );
    String::from_utf8(found.stdout).unwrap().trim().into()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running program with a folder of its own.
pub(crate) struct Peer {
    process: Child,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Peer {
    /// Starts a server that answers `ready` with 200 once it can be used. `arguments` gets the folder and the address.
    pub(crate) async fn start(program: &Path, folder: TempDir, arguments: &[String], port: u16, ready: &str) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new(program)
            .args(arguments)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut peer = Self { process, url: format!("http://127.0.0.1:{port}"), folder };
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = reqwest::get(format!("{}{ready}", peer.url)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return peer;
            }
            let ended = peer.process.try_wait().unwrap();
            let log = || std::fs::read_to_string(peer.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < end, "{} is not ready: {ended:?} {}", program.display(), log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A query of the Prometheus API; its result.
    pub(crate) async fn query(&self, query: &str) -> Vec<Value> {
        let url = url::Url::parse_with_params(&format!("{}/api/v1/query", self.url), [("query", query)]).unwrap();
        let answer = reqwest::get(url).await.unwrap();
        let text = answer.text().await.unwrap();
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{query}: {error}: {text}"));
        assert_eq!(value["status"], "success", "{query}: {text}");
        value["data"]["result"].as_array().cloned().unwrap_or_default()
    }
}

/// A Prometheus with this configuration that takes remote writes.
pub(crate) async fn prometheus(configuration: &str) -> Peer {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.yml"), configuration).unwrap();
    let port = free_port();
    let data = folder.path().join("data").display().to_string();
    let arguments = [
        "--config.file=p.yml".to_owned(),
        format!("--storage.tsdb.path={data}"),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--web.enable-remote-write-receiver".to_owned(),
    ];
    Peer::start(&program("prometheus"), folder, &arguments, port, "/-/ready").await
}

/// Runs promtool in a folder.
pub(crate) fn promtool(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program("promtool")).args(arguments).current_dir(folder).output().unwrap()
}

/// Tries until `condition` gives something, for up to 30 seconds.
pub(crate) async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(Instant::now() < end, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A certificate for `name` and its key, as `cert.pem` and `key.pem` in `folder`; the certificate, to be trusted.
pub(crate) fn certificate(folder: &Path, name: &str) -> Vec<u8> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=test"])
        .args(["-addext", &format!("subjectAltName=DNS:{name}"), "-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .expect("`openssl` is missing: Debian and Ubuntu have it in the package of that name");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(folder.join("cert.pem")).unwrap()
}
