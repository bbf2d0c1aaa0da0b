//! The form in which a client reads errors.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prost::Message;
use tonic::{Code as GrpcCode, Status};

use super::Problem;

/// The form in which a client reads errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `application/problem+json`.
    Problem,
    /// A status in headers, HTTP status 200.
    Grpc,
    /// OTLP over HTTP with protobuf: `google.rpc.Status`.
    OtlpProtobuf,
}

/// `google.rpc.Status` without its details.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

impl Dialect {
    /// The form for a request with these headers at `path`.
    pub(crate) fn of(path: &str, headers: &HeaderMap) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if content_type.starts_with(b"application/grpc") {
            Self::Grpc
        } else if path.starts_with("/v1/") && content_type.starts_with(b"application/x-protobuf") {
            Self::OtlpProtobuf
        } else {
            Self::Problem
        }
    }

    pub(super) fn response(self, problem: &Problem, request_id: &str) -> Response {
        match self {
            Self::Problem => {
                let body = problem.json(request_id).to_string();
                (problem.code.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
            }
            Self::Grpc => Status::new(GrpcCode::from_i32(problem.code.grpc()), sentence(problem)).into_http::<Body>(),
            Self::OtlpProtobuf => {
                let status = RpcStatus { code: problem.code.grpc(), message: sentence(problem) };
                // OTLP clients retry 429, 502, 503 and 504 only, which is what the table means by them.
                let http: StatusCode = problem.code.status();
                (http, [(header::CONTENT_TYPE, "application/x-protobuf")], status.encode_to_vec()).into_response()
            }
        }
    }
}

/// Code, detail and hint in a line, for forms that have one text only.
fn sentence(problem: &Problem) -> String {
    match &problem.hint {
        Some(hint) => format!("{}: {}; {hint}", problem.code.as_str(), problem.detail),
        None => format!("{}: {}", problem.code.as_str(), problem.detail),
    }
}
