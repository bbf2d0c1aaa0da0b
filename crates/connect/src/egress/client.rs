//! HTTP through the rules.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::rules::{Protection, Refused, Rules};
use crate::targets::Request;

/// Bytes of an answer that are read; what comes behind is not waited for.
const ANSWER_BYTES: usize = 64 * 1024;
/// Bytes of a body that are sent.
const BODY_BYTES: usize = 16 * 1024 * 1024;
/// Headers of an answer that are kept, and bytes of each.
const HEADERS: usize = 64;
const HEADER_BYTES: usize = 1024;
const CONNECT: Duration = Duration::from_secs(5);

/// Where names are looked up.
#[async_trait]
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All addresses of `host`.
    ///
    /// # Errors
    /// As the look-up fails.
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The machine's own look-up.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates of further authorities, in PEM: those of the organisation's own.
    pub authorities: Vec<u8>,
}

/// The way out.
#[derive(Debug)]
pub struct Egress {
    pub(super) rules: Rules,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) tls: Tls,
    authorities: Vec<reqwest::Certificate>,
}

/// An answer, cut to what is of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// At most 64 KiB of the body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Why nothing came back. The texts name hosts at most.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The request or the settings cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The name was not found, or the look-up failed.
    #[error("the host `{host}` cannot be looked up: {why}")]
    Lookup {
        /// The host.
        host: String,
        /// What the look-up said.
        why: String,
    },
    /// No answer in time.
    #[error("no answer from `{host}` within {timeout_ms} ms")]
    Timeout {
        /// The host.
        host: String,
        /// The limit.
        timeout_ms: u64,
    },
    /// The connection failed.
    #[error("the connection to `{host}` failed: {why}")]
    Connection {
        /// The host.
        host: String,
        /// What failed.
        why: String,
    },
    /// A mail server said no.
    #[error("the mail server `{host}` answered: {why}")]
    MailServer {
        /// The host.
        host: String,
        /// What it said.
        why: String,
        /// Whether it would say so again.
        permanent: bool,
    },
}

impl EgressError {
    /// Whether trying again is of no use.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Refused(Refused::NoAddress { .. }) => false,
            Self::Refused(_) | Self::Invalid(_) => true,
            Self::MailServer { permanent, .. } => *permanent,
            Self::Lookup { .. } | Self::Timeout { .. } | Self::Connection { .. } => false,
        }
    }
}

impl Egress {
    /// The way out under `rules`, by the machine's own look-up of names.
    ///
    /// # Errors
    /// [`EgressError::Invalid`] if the authorities are not PEM.
    pub fn new(rules: Rules, tls: Tls) -> Result<Self, EgressError> {
        Self::with_resolver(rules, tls, Arc::new(SystemResolver))
    }

    /// The same with another look-up.
    ///
    /// # Errors
    /// As [`Egress::new`].
    pub fn with_resolver(rules: Rules, tls: Tls, resolver: Arc<dyn Resolve>) -> Result<Self, EgressError> {
        let authorities = reqwest::Certificate::from_pem_bundle(&tls.authorities)
            .map_err(|_| EgressError::Invalid("the certificates of authorities are not PEM".to_owned()))?;
        Ok(Self { rules, resolver, tls, authorities })
    }

    /// Posts a request and reads the answer, all within `timeout`.
    ///
    /// # Errors
    /// [`EgressError`]; an answer of any status is no error.
    pub async fn post(&self, request: &Request, timeout: Duration) -> Result<Response, EgressError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let attempt = self.attempt(request, &host);
        match tokio::time::timeout(timeout, attempt).await {
            Ok(result) => result,
            Err(_) => Err(timed_out(&host, timeout)),
        }
    }

    async fn attempt(&self, request: &Request, host: &str) -> Result<Response, EgressError> {
        if request.body.len() > BODY_BYTES {
            let found = request.body.len();
            return Err(EgressError::Invalid(format!("the request has {found} bytes; expected at most {BODY_BYTES}")));
        }
        let addresses = self.admit(&request.url).await?;
        let client = self.client(host, &addresses)?;
        let mut builder = client.post(request.url.clone()).body(request.body.clone());
        for (name, value) in &request.headers {
            let mut value = reqwest::header::HeaderValue::from_str(value.expose())
                .map_err(|_| EgressError::Invalid(format!("the value of the header `{name}` cannot be sent")))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let mut answer = builder.send().await.map_err(|error| broken(host, error))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .take(HEADERS)
            .filter(|(_, value)| value.len() <= HEADER_BYTES)
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(host, error))? {
            let room = ANSWER_BYTES.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= ANSWER_BYTES {
                break;
            }
        }
        Ok(Response { status, headers, body })
    }

    /// A client for one request. It is pinned to the addresses that were judged, so that a second look-up cannot lead
    /// elsewhere; that is why none is kept.
    fn client(&self, host: &str, addresses: &[SocketAddr]) -> Result<reqwest::Client, EgressError> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .resolve_to_addrs(host, addresses)
            .user_agent(concat!("watchkeeper/", env!("CARGO_PKG_VERSION")));
        for authority in &self.authorities {
            builder = builder.add_root_certificate(authority.clone());
        }
        builder.build().map_err(|error| EgressError::Invalid(format!("no client can be made: {}", innermost(&error))))
    }

    async fn admit(&self, url: &Url) -> Result<Vec<SocketAddr>, EgressError> {
        let protection = if url.scheme() == "https" { Protection::Tls } else { Protection::Plain };
        let port = url.port_or_known_default().unwrap_or_default();
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => self.look_up(name).await?,
            None => Vec::new(),
        };
        self.rules.judge(protection, url.host_str().unwrap_or_default(), port, &addresses)?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    pub(super) async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, EgressError> {
        let found = self.resolver.resolve(host).await;
        found.map_err(|error| EgressError::Lookup { host: host.to_owned(), why: error.to_string() })
    }
}

pub(super) fn timed_out(host: &str, timeout: Duration) -> EgressError {
    let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    EgressError::Timeout { host: host.to_owned(), timeout_ms }
}

fn broken(host: &str, error: reqwest::Error) -> EgressError {
    // The texts of reqwest hold the whole address, which can be a secret.
    let error = error.without_url();
    if error.is_timeout() {
        return timed_out(host, CONNECT);
    }
    if error.is_builder() {
        return EgressError::Invalid(format!("the request cannot be sent: {}", innermost(&error)));
    }
    EgressError::Connection { host: host.to_owned(), why: innermost(&error) }
}

/// The text of the first cause: "connection refused" rather than "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    crate::show::cut(&crate::show::one_line(&cause.to_string()), 200)
}
