//! Measurements as series: what is measured of a part of a model in one window, from profiles alone.

mod columns;
mod law;
mod model;
mod point;
mod rows;
mod series;

pub use columns::{ColumnSide, column_points, drift_metric};
pub use law::{Law, Statistic};
pub use model::{ModelFacts, model_points};
pub use point::{Point, status_of};
pub use rows::{failed_rows, rows_beyond};
pub use series::{Scope, Series};
