//! A request as a value: made by pure functions, sent by [`Egress`](crate::egress::Egress).

use std::fmt;

use serde_json::Value;
use url::Url;

use crate::Secret;

/// A POST that is ready to be sent. What shows it shows neither the path of its address (which can be a secret) nor the
/// values of its headers.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// Names and values.
    pub headers: Vec<(String, Secret)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A POST of JSON.
    #[must_use]
    pub fn json(url: Url, body: &Value) -> Self {
        Self {
            url,
            headers: vec![("content-type".to_owned(), Secret::from("application/json"))],
            body: body.to_string().into_bytes(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: Secret) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// The value of the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.expose())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(formatter, "POST {} with {names:?} and {} bytes", origin(&self.url), self.body.len())
    }
}

/// The part of an address that is never secret: scheme, host and port.
pub(crate) fn origin(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or("?"))
}

/// An address that cannot be used. The text does not repeat it: it can be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address {0}; expected one such as `https://host/path`")]
pub struct InvalidUrl(pub(crate) &'static str);

/// The address of a target.
///
/// # Errors
/// [`InvalidUrl`] if `text` is no address, its scheme is not `https` or `http`, it names a user or a password (headers
/// are for those), or it has no host.
pub fn parse_url(text: &str) -> Result<Url, InvalidUrl> {
    let url = Url::parse(text.trim()).map_err(|_| InvalidUrl("cannot be read"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(InvalidUrl("has another scheme than https or http"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidUrl("names a user or a password"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(InvalidUrl("has no host"));
    }
    Ok(url)
}

/// `url` with further parts of a path, each escaped.
pub(crate) fn join(url: &Url, parts: &[&str]) -> Result<Url, InvalidUrl> {
    let mut joined = url.clone();
    joined.path_segments_mut().map_err(|()| InvalidUrl("takes no path"))?.pop_if_empty().extend(parts);
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::{InvalidUrl, Request, join, parse_url};
    use crate::Secret;

    #[test]
    fn neither_path_nor_headers_are_shown() {
        let url = parse_url("https://hooks.example.com:8443/services/T1/B2/secret?key=k").unwrap();
        let request = Request { url, headers: vec![("authorization".into(), Secret::from("token"))], body: vec![1, 2] };
        assert_eq!(format!("{request:?}"), "POST https://hooks.example.com:8443 with [\"authorization\"] and 2 bytes");
    }

    #[test]
    fn odd_addresses_are_refused() {
        let refused = |text: &str| parse_url(text).unwrap_err();
        assert_eq!(refused("hooks.example.com/x"), InvalidUrl("cannot be read"));
        assert_eq!(refused("file:///etc/passwd"), InvalidUrl("has another scheme than https or http"));
        assert_eq!(refused("https://user:pass@example.com"), InvalidUrl("names a user or a password"));
        assert_eq!(refused("https://"), InvalidUrl("cannot be read"));
        assert_eq!(
            refused("gopher://x/").to_string(),
            "the address has another scheme than https or http; expected one such as `https://host/path`"
        );
    }

    #[test]
    fn parts_of_a_path_are_escaped() {
        for root in ["http://am:9093/base", "http://am:9093/base/"] {
            let joined = join(&parse_url(root).unwrap(), &["v2", "a/b?c"]).unwrap();
            assert_eq!(joined.as_str(), "http://am:9093/base/v2/a%2Fb%3Fc");
        }
    }
}
