//! Around every request: its id, its span, its metrics, the form of its errors, the headers of its answer.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::peer::Peer;
use crate::problem::{self, Code, Dialect, Problem};

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a request id that is taken over from the client.
const REQUEST_ID_CHARS: usize = 64;

/// Identity of a request: from `X-Request-Id`, or made here.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    fn of(request: &Request) -> Self {
        let given = request.headers().get(&X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        match given {
            Some(id) if (1..=REQUEST_ID_CHARS).contains(&id.len()) && id.bytes().all(plain) => Self(id.to_owned()),
            _ => Self(Uuid::now_v7().to_string()),
        }
    }
}

/// The outermost layer.
pub(crate) async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = RequestId::of(&request);
    let _busy =
        request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer.busy(sends(request.headers())));
    let _at_work = app.deps.metrics.at_work();
    let dialect = Dialect::of(request.uri().path(), request.headers());
    let method = request.method().clone();
    // The template, not the path: names that users chose stay out of logs and labels.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "request",
        request_id = id.0,
        method = method.as_str(),
        route,
        status = tracing::field::Empty,
        tenant = tracing::field::Empty,
        bytes = tracing::field::Empty,
        duration_ms = tracing::field::Empty,
    );
    request.extensions_mut().insert(id.clone());
    let work = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone());
    let mut response = work.await.unwrap_or_else(|_| span.in_scope(|| panicked(&app)));
    if let Some(problem) = problem::of_response(&response) {
        response = problem.render(dialect, &id.0);
        span.in_scope(|| tracing::debug!(code = problem.code.as_str(), "refused"));
    }
    finish(&mut response, &id);
    let (status, duration) = (response.status().as_u16(), start.elapsed());
    span.record("status", status);
    span.record("duration_ms", duration.as_secs_f64() * 1e3);
    span.in_scope(|| tracing::info!("answered"));
    app.deps.metrics.answered(method.as_str(), &route, status, duration);
    response
}

/// Whether a client sends a body without waiting for a word of the server (`Expect: 100-continue`).
fn sends(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    (length || headers.contains_key(header::TRANSFER_ENCODING)) && !headers.contains_key(header::EXPECT)
}

/// The answer to a bug. The text of the panic may hold data, so it is neither logged nor shown.
fn panicked(app: &Shared) -> Response {
    tracing::error!("the handler panicked");
    app.deps.metrics.panicked();
    Problem::new(Code::Internal, "a bug was met; the log has it under the id of this request").into_response()
}

/// Headers that every answer has.
fn finish(response: &mut Response, id: &RequestId) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID.clone(), value);
    }
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
