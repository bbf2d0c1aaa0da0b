//! The HTTP client of the commands: one server, one key, retries.
//!
//! Blocking, because the commands are. What does NOT belong here: files, command lines, what an answer means to a user.

mod append;
mod error;
mod retry;
mod sender;

use std::time::Duration;

use bytes::Bytes;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Method, redirect};
use serde_json::Value;
use url::Url;

use crate::config::{Secret, Surroundings};

pub use append::{AppendAnswer, RejectedRow};
pub use error::{ClientError, FieldProblem, Problem};
pub use retry::{Attempt, RetryPolicy, retry_after};
pub use sender::{Job, Stopped, send_all};

/// The server when none is named.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:8470";
/// Names the server.
pub const SERVER_VARIABLE: &str = "WATCHKEEPER_SERVER";
/// Holds the API key.
pub const KEY_VARIABLE: &str = "WATCHKEEPER_API_KEY";

/// Bytes of an answer that are read at most: 64 MiB.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
const CONNECT_SECONDS: u64 = 10;
const REQUEST_SECONDS: u64 = 300;

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Parts of the path after `/api/v1`; each is escaped.
    pub path: Vec<String>,
    /// Parameters of the query.
    pub query: Vec<(String, String)>,
    /// Media type and bytes of the body.
    pub body: Option<(&'static str, Bytes)>,
    /// Key by which the server knows the request when it is sent again.
    pub idempotency_key: Option<String>,
    /// A POST that only asks: sending it twice does what sending it once does.
    pub is_question: bool,
}

impl Request {
    /// A request without body.
    #[must_use]
    pub fn new(method: Method, path: &[&str]) -> Self {
        let path = path.iter().map(|&part| part.to_owned()).collect();
        Self { method, path, query: Vec::new(), body: None, idempotency_key: None, is_question: false }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(("application/json", Bytes::from(body.to_string())));
        self
    }

    /// Whether sending it twice does what sending it once does.
    fn is_repeatable(&self) -> bool {
        self.method != Method::POST || self.idempotency_key.is_some() || self.is_question
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Whether it is JSON (or problem JSON).
    pub is_json: bool,
    /// The body.
    pub body: Vec<u8>,
}

/// A server, and the key to it.
#[derive(Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    base: Url,
    key: Option<Secret>,
    policy: RetryPolicy,
}

impl Client {
    /// A client of `server`, else of `$WATCHKEEPER_SERVER`, else of [`DEFAULT_SERVER`]. The key is the content of
    /// `key_file`, else `$WATCHKEEPER_API_KEY`, else there is none. Nothing is connected yet.
    ///
    /// # Errors
    /// [`ClientError::Server`] for a URL that is not one, [`ClientError::Key`] for a key that cannot be read or sent.
    pub fn new(
        server: Option<&str>,
        key_file: Option<&str>,
        policy: RetryPolicy,
        surroundings: &Surroundings,
    ) -> Result<Self, ClientError> {
        let variable = |name: &str| surroundings.variables.get(name).filter(|text| !text.trim().is_empty());
        let named = server.or(variable(SERVER_VARIABLE).map(String::as_str)).unwrap_or(DEFAULT_SERVER);
        let base = base_url(named)?;
        let key = match key_file {
            Some(path) => {
                let read = std::fs::read_to_string(surroundings.folder.join(path));
                Some(read.map_err(|error| ClientError::Key(format!("cannot read `{path}`: {error}")))?)
            }
            None => variable(KEY_VARIABLE).cloned(),
        };
        let key = key.map(|text| text.trim().to_owned());
        if key.as_ref().is_some_and(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(ClientError::Key("it is empty or holds other than visible ASCII characters".into()));
        }
        let mut builder = reqwest::blocking::Client::builder()
            .user_agent(concat!("watchkeeper/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
            .timeout(Duration::from_secs(REQUEST_SECONDS))
            // A key must not follow a redirect to another server.
            .redirect(redirect::Policy::none());
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .map_err(|error| ClientError::Server { url: base.to_string(), problem: error::chain(&error) })?;
        Ok(Self { http, base, key: key.map(Secret::plain), policy })
    }

    /// The server's URL.
    #[must_use]
    pub fn server(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Sends a request, again and again as the policy says, and gives back any answer that is not "later".
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] when no answer came, [`ClientError::Busy`] when the server kept saying "later".
    pub fn send(&self, request: &Request) -> Result<Answer, ClientError> {
        let (mut tries, mut waited) = (0, Duration::ZERO);
        loop {
            let outcome = self.once(request);
            let attempt = match &outcome {
                Ok((answer, after)) => Attempt::Answered { status: answer.status, after: *after },
                Err(error) if error.is_connect() => Attempt::NotConnected,
                Err(_) => Attempt::Broken,
            };
            // Of a request that never arrived nothing is done twice.
            let may_repeat = request.is_repeatable() || attempt == Attempt::NotConnected;
            let wait = self.policy.wait(attempt, tries, waited, retry::jitter()).filter(|_| may_repeat);
            let Some(wait) = wait else {
                return match outcome {
                    Ok((answer, _)) if attempt.is_retryable() => {
                        Err(ClientError::Busy { server: self.server().into(), problem: Problem::of(&answer) })
                    }
                    Ok((answer, _)) => Ok(answer),
                    Err(error) => {
                        let problem = error::chain(&error);
                        Err(ClientError::Unreachable { server: self.server().into(), problem })
                    }
                };
            };
            std::thread::sleep(wait);
            waited += wait;
            tries += 1;
        }
    }

    /// Sends a request and reads the JSON of a successful answer; `Null` for an empty one.
    ///
    /// # Errors
    /// As [`Self::send`], and [`ClientError::Refused`] for any other status than 2xx.
    pub fn json(&self, request: &Request) -> Result<Value, ClientError> {
        let answer = self.send(request)?;
        if !(200..300).contains(&answer.status) {
            return Err(ClientError::Refused(Problem::of(&answer)));
        }
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body).map_err(|error| ClientError::Answer {
            server: self.server().into(),
            problem: format!("expected JSON: {error}"),
        })
    }

    fn once(&self, request: &Request) -> Result<(Answer, Option<Duration>), reqwest::Error> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(&request.path);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut call = self.http.request(request.method.clone(), url).header(ACCEPT, "application/json");
        if let Some(mut value) = self.key.as_ref().and_then(bearer) {
            value.set_sensitive(true);
            call = call.header(AUTHORIZATION, value);
        }
        if let Some(key) = &request.idempotency_key {
            call = call.header("idempotency-key", key);
        }
        if let Some((media_type, bytes)) = &request.body {
            call = call.header(CONTENT_TYPE, *media_type).body(bytes.clone());
        }
        read(call.send()?)
    }
}

fn bearer(key: &Secret) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()
}

fn read(response: Response) -> Result<(Answer, Option<Duration>), reqwest::Error> {
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let after = header(RETRY_AFTER).and_then(|text| retry_after(text, jiff::Timestamp::now()));
    let is_json = header(CONTENT_TYPE).is_some_and(|text| text.contains("json"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    // An answer cut at the limit does not parse as JSON, which is then the error.
    let mut bounded = std::io::Read::take(response, ANSWER_BYTES_MAX);
    if std::io::Read::read_to_end(&mut bounded, &mut body).is_err() {
        body.clear();
    }
    Ok((Answer { status, is_json, body }, after))
}

/// The URL of a server; a missing scheme is `http` for loopback and refused for others, so that no key goes out in
/// clear by accident.
fn base_url(text: &str) -> Result<Url, ClientError> {
    let wrong = |problem: &str| ClientError::Server { url: text.to_owned(), problem: problem.to_owned() };
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&full).map_err(|_| wrong("it is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("expected `http://HOST:PORT` or `https://HOST`"));
    }
    if !text.contains("://") && !is_loopback(&url) {
        return Err(wrong("expected `http://` or `https://` in front"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::Server {
            url: url.host_str().unwrap_or_default().to_owned(),
            problem: format!("it holds a user or password; the key belongs in ${KEY_VARIABLE}"),
        });
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
