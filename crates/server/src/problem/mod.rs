//! Errors as clients see them: problem details (RFC 9457) with stable codes.

mod code;
mod dialect;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use code::Code;
pub(crate) use dialect::Dialect;

/// Where the documents of the codes are.
pub(crate) const TYPE_ROOT: &str = "https://watchkeeper.dev/problems/";

/// One of several things that are wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, such as `spec.columns[3].role`; empty for the whole document.
    pub path: String,
    /// Line in the document, from 1, where it has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// An error on its way to a client.
///
/// As a response it carries itself; the edge gives it the form that the client reads (JSON, a gRPC status, a protobuf
/// status for OTLP) and the id of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong, as a word.
    pub code: Code,
    /// What went wrong this time: a fragment that names what, where, found and expected.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Several things that are wrong.
    pub errors: Vec<FieldError>,
    /// When to come again.
    pub retry_after: Option<Duration>,
    /// Further members of the answer, such as the counts of an append.
    pub members: Option<Box<Map<String, Value>>>,
    headers: Option<Box<HeaderMap>>,
}

impl Problem {
    /// A problem of `code`; `detail` says what happened this time.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            hint: None,
            errors: Vec::new(),
            retry_after: None,
            members: None,
            headers: None,
        }
    }

    /// A part of a request that cannot be taken: `path` says which, empty for all of it.
    #[must_use]
    pub(crate) fn field(path: &str, message: String) -> Self {
        let mut problem = Self::new(Code::InvalidParameter, message.clone());
        problem.errors.push(FieldError { path: path.to_owned(), line: None, message, hint: None });
        problem
    }

    /// With a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the time after which another try is sensible.
    #[must_use]
    pub const fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// With a header of the answer.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.get_or_insert_default().insert(name, value);
        self
    }

    /// A failure whose text is for the log alone.
    pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %error, "{what}");
        Self::new(Code::Internal, format!("{what}; the log has the reason under the id of this request"))
    }

    /// The JSON of the problem.
    fn json(&self, request_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("type".to_owned(), format!("{TYPE_ROOT}{}", self.code.as_str()).into());
        body.insert("title".to_owned(), self.code.title().into());
        body.insert("status".to_owned(), self.code.status().as_u16().into());
        body.insert("detail".to_owned(), self.detail.clone().into());
        body.insert("code".to_owned(), self.code.as_str().into());
        body.insert("request_id".to_owned(), request_id.into());
        if let Some(hint) = &self.hint {
            body.insert("hint".to_owned(), hint.clone().into());
        }
        if !self.errors.is_empty() {
            body.insert("errors".to_owned(), serde_json::to_value(&self.errors).unwrap_or_default());
        }
        for (name, value) in self.members.iter().flat_map(|members| members.iter()) {
            body.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Value::Object(body)
    }

    /// The finished response for a client that reads `dialect`.
    pub(crate) fn render(&self, dialect: Dialect, request_id: &str) -> Response {
        let mut response = dialect.response(self, request_id);
        let headers = response.headers_mut();
        headers.extend(self.headers.as_deref().cloned().unwrap_or_default());
        if let Some(after) = self.retry_after {
            // Whole seconds, never 0: a client that comes back at once meets the same load.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(Box::new(self));
        response
    }
}

/// The problem that a response carries; a bare error of a library becomes one.
pub(crate) fn of_response(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Box<Problem>>() {
        return Some(Problem::clone(problem));
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let code = Code::of_status(status);
    let detail = match code {
        Code::NotFound => "there is nothing at this path",
        Code::MethodNotAllowed => "the path does not know this method; the header `Allow` lists those it knows",
        _ => "the request was refused before it reached its handler",
    };
    let mut problem = Problem::new(code, detail);
    if code == Code::NotFound {
        problem = problem.hint("`GET /api/v1/openapi.json` lists every path");
    }
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem = problem.header(header::ALLOW, allow.clone());
    }
    Some(problem)
}
