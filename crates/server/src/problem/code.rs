//! The one table of what can go wrong: code, HTTP status, gRPC status, title.
//!
//! Codes are stable: clients branch on them. `docs` has an anchor of the same name for each.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident: $word:literal, $status:ident, $grpc:literal, $title:literal;)+) => {
        /// What went wrong, as a stable word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire and the last part of the problem's `type`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The gRPC status that goes with it.
            #[must_use]
            pub const fn grpc(self) -> i32 {
                match self { $(Self::$name => $grpc,)+ }
            }

            /// A short sentence that is the same for every problem of the code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// A query parameter, header or part of the path has a wrong value.
    InvalidParameter: "invalid_parameter", BAD_REQUEST, 3, "A parameter is not valid";
    /// The body is not what its content type says.
    MalformedBody: "malformed_body", BAD_REQUEST, 3, "The body cannot be read";
    /// Any other request that HTTP itself refuses.
    BadRequest: "bad_request", BAD_REQUEST, 3, "The request cannot be read";
    /// The server has keys, the request has none.
    KeyMissing: "key_missing", UNAUTHORIZED, 16, "An API key is needed";
    /// Unknown, expired or mistyped.
    KeyInvalid: "key_invalid", UNAUTHORIZED, 16, "The API key is not valid";
    /// The key is fine, the right is missing.
    RightMissing: "right_missing", FORBIDDEN, 7, "The API key lacks a right";
    /// A write outside the tenant, environment or model of the key.
    OutOfScope: "out_of_scope", FORBIDDEN, 7, "The API key does not reach this far";
    /// No such path, or nothing of that name for this caller.
    NotFound: "not_found", NOT_FOUND, 5, "There is no such thing";
    /// Events for a model that is not known.
    ModelNotFound: "model_not_found", NOT_FOUND, 5, "There is no such model";
    /// The path is there, the method is not.
    MethodNotAllowed: "method_not_allowed", METHOD_NOT_ALLOWED, 12, "The method does not fit the path";
    /// `Accept` rules out all that can be answered.
    NotAcceptable: "not_acceptable", NOT_ACCEPTABLE, 3, "No acceptable form of the answer";
    /// The body came too slowly.
    BodyTimeout: "body_timeout", REQUEST_TIMEOUT, 4, "The body came too slowly";
    /// Somebody else changed the resource meanwhile.
    RevisionConflict: "revision_conflict", PRECONDITION_FAILED, 10, "The resource has another revision";
    /// A limit on size was passed.
    TooLarge: "too_large", PAYLOAD_TOO_LARGE, 3, "The request is too large";
    /// Content type or encoding that nothing here reads.
    UnsupportedMediaType: "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, 3, "The content type is not supported";
    /// A request for another host than this one (a web page that rebinds its name, or a proxy set up wrongly).
    HostNotAllowed: "host_not_allowed", MISDIRECTED_REQUEST, 7, "The request is for another host";
    /// Every row of the request was rejected.
    AllRowsRejected: "all_rows_rejected", UNPROCESSABLE_ENTITY, 3, "Every row was rejected";
    /// A resource that does not pass its checks.
    InvalidResource: "invalid_resource", UNPROCESSABLE_ENTITY, 3, "The resource is not valid";
    /// More requests than the key may send, or than a server without keys takes in all.
    RateLimited: "rate_limited", TOO_MANY_REQUESTS, 14, "Too many requests";
    /// More at once than the server holds.
    Overloaded: "overloaded", TOO_MANY_REQUESTS, 14, "The server is busy";
    /// A bug; the request id leads to the log.
    Internal: "internal", INTERNAL_SERVER_ERROR, 13, "The server failed";
    /// Something that the service needs is not there at the moment.
    Unavailable: "unavailable", SERVICE_UNAVAILABLE, 14, "The service is not available";
    /// The privacy gate needs a key that is not configured.
    PrivacyKeyMissing: "privacy_key_missing", SERVICE_UNAVAILABLE, 9, "A key of the privacy gate is missing";
    /// The work took longer than the request time-out.
    TimedOut: "timed_out", SERVICE_UNAVAILABLE, 14, "The request took too long";
}

impl Code {
    /// The code for a bare status of a library.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::BodyTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::Overloaded,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            _ if status.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}
