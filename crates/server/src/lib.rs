//! The HTTP and gRPC interface of the service.
//!
//! A request passes, in this order: the connection guard ([`run`]: head and idle time-outs), the edge (request id, span,
//! metrics, panics, security headers, the form of errors), admission (requests at once, request time-out),
//! authorisation (key, right, scope) and its handler. Which paths there are, and which right each needs, is one table:
//! [`ROUTES`]. What a handler needs of the rest of the service it asks of a port ([`ports`]); this crate knows no table
//! format and no database.
//!
//! Invariants: no route without a row in [`ROUTES`]; every error is a [`Problem`]; a body is never held without bytes of
//! the memory budget; bodies, values and keys never reach a log.

mod admission;
mod app;
mod authorize;
mod body;
mod caller;
mod connection;
mod edge;
mod guard;
mod handlers;
mod linger;
mod media;
mod metrics;
mod openapi;
mod params;
mod peer;
pub mod ports;
mod problem;
mod router;
mod routes;
mod serve;
mod settings;
mod window;

pub use app::Deps;
pub use caller::{Caller, Right, Rights};
pub use guard::{Guard, GuardError};
pub use metrics::HttpMetrics;
pub use openapi::document as api_document;
pub use problem::{Code, FieldError, Problem};
pub use router::router;
pub use routes::{Op, ROUTES, Reach, Route};
pub use serve::{Drained, run};
pub use settings::{RateLimit, Settings};
