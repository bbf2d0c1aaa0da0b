//! Content types, encodings and `Accept`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::params::shown;
use crate::ports::{BodyKind, Encoding};
use crate::problem::{Code, Problem};

/// What bodies of events may be.
pub(crate) const EVENT_TYPES: &[&str] = &[
    "application/json",
    "application/x-ndjson",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.parquet",
];
/// What the envelopes of CloudEvents may be; any other type is the data of a binary one.
pub(crate) const CLOUD_EVENT_TYPES: &[&str] = &[
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "any type with the headers `ce-id`, `ce-source`, `ce-type` and `ce-specversion`",
];
/// What OTLP over HTTP may be.
pub(crate) const OTLP_TYPES: &[&str] = &["application/x-protobuf", "application/json"];
/// What documents may be.
pub(crate) const DOCUMENT_TYPES: &[&str] = &["application/json"];

/// The content type without its parameters, in lower case; empty if there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let full = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    full.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The refusal of a content type, with those that would do.
pub(crate) fn unsupported(found: &str, accepted: &[&str]) -> Problem {
    let found = if found.is_empty() { "missing".to_owned() } else { format!("`{}`", shown(found)) };
    let list = accepted.iter().map(|t| if t.contains(' ') { (*t).to_owned() } else { format!("`{t}`") });
    let detail = format!("the header `Content-Type` is {found}; expected {}", list.collect::<Vec<_>>().join(" or "));
    let plain: Vec<&str> = accepted.iter().copied().filter(|t| !t.contains(' ')).collect();
    let problem = Problem::new(Code::UnsupportedMediaType, detail);
    match HeaderValue::from_str(&plain.join(", ")) {
        Ok(value) => problem.header(HeaderName::from_static("accept-post"), value),
        Err(_) => problem,
    }
}

/// What a body of events is by its content type.
pub(crate) fn event_kind(headers: &HeaderMap) -> Result<BodyKind, Problem> {
    match content_type(headers).as_str() {
        "application/json" => Ok(BodyKind::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/jsonlines" => {
            Ok(BodyKind::Ndjson)
        }
        "application/vnd.apache.arrow.stream" => Ok(BodyKind::ArrowStream),
        "application/vnd.apache.parquet" => Ok(BodyKind::Parquet),
        other => Err(unsupported(other, EVENT_TYPES)),
    }
}

/// What a CloudEvents request is. Batch and structured mode are told by content type, binary mode by its headers.
pub(crate) fn cloud_event_kind(headers: &HeaderMap) -> Result<BodyKind, Problem> {
    let content_type = content_type(headers);
    match content_type.as_str() {
        "application/cloudevents+json" => return Ok(BodyKind::CloudEventStructured),
        "application/cloudevents-batch+json" => return Ok(BodyKind::CloudEventBatch),
        _ => {}
    }
    let needed = ["ce-id", "ce-source", "ce-type", "ce-specversion"];
    let missing: Vec<&str> = needed.into_iter().filter(|name| !headers.contains_key(*name)).collect();
    match missing.as_slice() {
        [] => Ok(BodyKind::CloudEventBinary { content_type }),
        some if some.len() == needed.len() => Err(unsupported(&content_type, CLOUD_EVENT_TYPES)),
        some => {
            let detail = format!("a binary CloudEvent lacks the header `{}`", some.join("`, `"));
            Err(Problem::new(Code::InvalidParameter, detail))
        }
    }
}

/// `Content-Encoding`.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, second) = (values.next(), values.next());
    let word = first.map_or(Some("identity"), |value| value.to_str().ok()).filter(|_| second.is_none());
    match word.map(|word| word.trim().to_ascii_lowercase()).as_deref() {
        Some("" | "identity") => Ok(Encoding::Identity),
        Some("gzip" | "x-gzip") => Ok(Encoding::Gzip),
        Some("zstd") => Ok(Encoding::Zstd),
        other => {
            let found = shown(other.unwrap_or("not readable or given twice"));
            let detail = format!("the header `Content-Encoding` is `{found}`; expected `gzip`, `zstd` or none");
            let problem = Problem::new(Code::UnsupportedMediaType, detail);
            Err(problem.header(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd")))
        }
    }
}

/// Refuses a request whose `Accept` rules out JSON.
pub(crate) fn accepts_json(headers: &HeaderMap) -> Result<(), Problem> {
    let mut asked = false;
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|p| p.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f64)));
            asked |= !kind.is_empty();
            if !refused && matches!(kind.as_str(), "*/*" | "application/*" | "application/json") {
                return Ok(());
            }
        }
    }
    if asked {
        let detail = "the header `Accept` allows no JSON; expected `application/json` or `*/*` among its types";
        return Err(Problem::new(Code::NotAcceptable, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        [(HeaderName::from_static(name), HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn accept_is_read_as_ranges_with_weights() {
        assert!(accepts_json(&HeaderMap::new()).is_ok());
        for fine in ["*/*", "application/json", "text/html, application/json;q=0.1", "Application/*", "", "a/b;q=1,*/*"]
        {
            assert!(accepts_json(&with("accept", fine)).is_ok(), "{fine}");
        }
        for wrong in ["text/html", "application/json;q=0", "application/json; q=0.0", "application/jsonp"] {
            assert!(accepts_json(&with("accept", wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn encodings() {
        assert_eq!(encoding(&HeaderMap::new()), Ok(Encoding::Identity));
        assert_eq!(encoding(&with("content-encoding", "GZIP")), Ok(Encoding::Gzip));
        assert_eq!(encoding(&with("content-encoding", "zstd")), Ok(Encoding::Zstd));
        for wrong in ["br", "gzip, gzip", "deflate"] {
            assert_eq!(encoding(&with("content-encoding", wrong)).unwrap_err().code, Code::UnsupportedMediaType);
        }
        let mut twice = with("content-encoding", "gzip");
        twice.append("content-encoding", HeaderValue::from_static("gzip"));
        assert!(encoding(&twice).is_err());
    }
}
