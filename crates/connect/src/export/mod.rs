//! Metrics, rules and dashboards for the stores and screens of others.
//!
//! [`METRICS`] is the one list of what is exported; everything here is made from it and from [`Sample`]s. A series is a
//! name with labels, and users' data decides how many there are: [`Cardinality`] keeps them bounded and counts what it drops.

mod cardinality;
pub mod grafana;
pub mod influx;
pub mod openmetrics;
pub mod otlp;
mod promql;
mod registry;
pub mod remote_write;
pub mod rules;
mod sample;

pub use cardinality::{Admitted, Cardinality};
pub use registry::{DROPPED, Kind, METRICS, Metric, metric};
pub use sample::{Sample, Series, series};
