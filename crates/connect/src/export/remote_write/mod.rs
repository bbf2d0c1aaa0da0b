//! Prometheus remote write: samples into Prometheus, Mimir, Thanos, VictoriaMetrics and the services built on them.
//!
//! Version 2.0 is tried first where it is chosen. Receivers that know only 1.0 either say so (415) or take the request and
//! store nothing; those that know 2.0 say how many samples they wrote. So a success without that number counts as "not
//! understood", and the writer goes on with 1.0. Sources: <https://prometheus.io/docs/specs/prw/remote_write_spec/>,
//! <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>.

mod messages;
mod writer;

pub use messages::{Protocol, STALE, request};
pub use writer::{RemoteWriter, Written};
