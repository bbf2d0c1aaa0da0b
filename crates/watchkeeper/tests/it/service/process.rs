//! The real server as a process: started, asked over HTTP, stopped or killed.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::Client;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Whatever is waited for has happened by then, or will not.
const DEADLINE: Duration = Duration::from_secs(90);
/// Between two looks at what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) const JSON: &str = "application/json";
pub(super) const NDJSON: &str = "application/x-ndjson";

/// An answer of the server.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The JSON of an answer of this status.
    pub(super) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The problem of this status and code.
    pub(super) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json(status);
        assert_eq!(self.header("content-type"), "application/problem+json", "{problem}");
        assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some(code), Some(status.into())));
        assert_eq!(problem["type"], format!("https://watchkeeper.dev/problems/{code}"));
        for member in ["title", "detail", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "no `{member}` in {problem}");
        }
        problem
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// `accepted`, `duplicate`, `corrected`, `rejected` of an append.
    pub(super) fn counts(&self) -> [u64; 4] {
        let answer = self.json(200);
        ["accepted", "duplicate", "corrected", "rejected"].map(|name| answer[name].as_u64().unwrap())
    }
}

/// A running server; it is killed when dropped.
#[derive(Debug)]
pub(super) struct Service {
    child: Child,
    pub(super) url: String,
    client: Client,
    log: PathBuf,
}

/// How servers on one folder are started, again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Setup {
    pub(super) data: PathBuf,
    /// As `KEY=VALUE`.
    pub(super) settings: Vec<String>,
    /// Variables of the environment.
    pub(super) env: Vec<(&'static str, String)>,
}

impl Setup {
    pub(super) fn new(data: &Path, settings: &[&str]) -> Self {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Self { data: data.to_owned(), settings, env: Vec::new() }
    }

    /// Starts a server on a port of its own; it is ready when this returns.
    pub(super) fn start(&self) -> Service {
        let service = Service::begin(self, DEADLINE).unwrap_or_else(|said| panic!("the server did not start: {said}"));
        wait_for("the server to be ready", || (service.get("/readyz").status == 200).then_some(()));
        service
    }

    /// Starts a server and kills it after `wait`, wherever it is by then.
    pub(super) fn start_and_kill(&self, wait: Duration) {
        let (mut child, _) = spawn(self);
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// A process that was started, and may not listen yet. Its log is beside its data.
fn spawn(setup: &Setup) -> (Child, PathBuf) {
    let data = setup.data.as_path();
    let log = data.with_extension("log");
    let stderr = OpenOptions::new().create(true).append(true).open(&log).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchkeeper"));
    for (name, _) in std::env::vars_os() {
        // The tests' own variables would be settings that the server does not know.
        if name.to_string_lossy().starts_with("WATCHKEEPER_") {
            command.env_remove(name);
        }
    }
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data).args(["--set", "log.level=warn"]);
    for setting in &setup.settings {
        command.args(["--set", setting]);
    }
    command.envs(setup.env.iter().cloned());
    command.current_dir(data.parent().unwrap()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    (command.spawn().unwrap(), log)
}

impl Service {
    /// Starts a server on a port of its own, with settings as `KEY=VALUE`; it is ready when this returns.
    pub(super) fn start(data: &Path, settings: &[&str]) -> Self {
        Setup::new(data, settings).start()
    }

    /// Starts a server; what it said when it ended, or did not listen in time.
    pub(super) fn begin(setup: &Setup, within: Duration) -> Result<Self, String> {
        let (mut child, log) = spawn(setup);
        let (said, first_line) = channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = stdout.read_line(&mut line);
            // The test may have given up.
            let _ = said.send(line);
        });
        let line = first_line.recv_timeout(within).unwrap_or_default();
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(format!("{line}{}", std::fs::read_to_string(&log).unwrap()));
        };
        let client = Client::builder().timeout(DEADLINE).no_proxy().build().unwrap();
        Ok(Self { url: url.to_owned(), child, client, log })
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Asks; `None` when the connection broke.
    pub(super) fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Option<Answer> {
        ask(&self.client, &self.url, method, path, headers, body.into())
    }

    /// A client for another thread, which outlives this server.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], []).unwrap_or_else(|| panic!("no answer: {}", self.log()))
    }

    pub(super) fn post(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.post_with(path, &[("content-type", content_type)], body)
    }

    pub(super) fn post_with(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.ask(Method::POST, path, headers, body).unwrap_or_else(|| panic!("no answer: {}", self.log()))
    }

    /// A plain connection, for what no HTTP client would send.
    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Rows of a table as `/api/v1/storage` tells them; 0 when it is not there.
    pub(super) fn stored(&self, table: &str, model: Option<&str>) -> u64 {
        let storage = self.get("/api/v1/storage").json(200);
        let tables = storage["tables"].as_array().unwrap();
        let found = tables.iter().find(|found| found["table"] == table && found["model"].as_str() == model);
        found.map_or(0, |found| found["rows"].as_u64().unwrap())
    }

    /// Waits until a table has so many rows.
    pub(super) fn wait_for_stored(&self, table: &str, model: Option<&str>, rows: u64) {
        wait_for(&format!("{rows} rows in {table}"), || {
            let stored = self.stored(table, model);
            assert!(stored <= rows, "{stored} rows in {table}, expected {rows}");
            (stored == rows).then_some(())
        });
    }

    /// Resident memory of the process in KiB: now, and the most there was.
    pub(super) fn memory_kib(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        (field("VmRSS:"), field("VmHWM:"))
    }

    /// Kills it as a crash does (SIGKILL).
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub(super) fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let status = wait_for("the end of the server", || self.child.try_wait().unwrap());
        let log = self.log();
        assert!(status.success(), "{status}: {log}");
        assert!(!log.contains("panicked"), "{log}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the server at `url`; `None` when the connection broke.
pub(super) fn ask(
    client: &Client,
    url: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Option<Answer> {
    let mut request = client.request(method, format!("{url}{path}")).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Some(Answer { status, headers, body: response.bytes().ok()?.to_vec() })
}

/// Looks again and again until there is something, for a limited time.
pub(super) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}
