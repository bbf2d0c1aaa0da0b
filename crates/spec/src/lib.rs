//! The resources that users write: parse, lint, resolve, JSON Schema.
//!
//! A text becomes a [`Model`] in three steps, and each of them reports everything that it finds:
//!
//! 1. `yaml`: text → tree of values with positions, bounded in size, depth and alias expansion;
//! 2. `decode`: tree → text types (`text`): known fields, value types, required fields;
//! 3. `resolve`: text types → [`Model`]: defaults, ranges, relations between fields.
//!
//! What does NOT belong here: files and environment (callers bring text and a name for it), data, statistics.
//!
//! Invariants: a [`Model`] is only made by step 3, so each one passed every lint; no input makes this crate panic.
//!
//! ```
//! let text = "
//! apiVersion: watchkeeper/v1
//! kind: Model
//! metadata: { name: flights-delay }
//! spec:
//!   task: regression
//!   colums: []
//! ";
//! let error = watchkeeper_spec::Model::from_yaml(text, "model.yaml").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "model.yaml:7:3: unknown field `colums` in `spec`; did you mean `columns`? \
//!      expected one of `task`, `columns`, `undeclared`, `check`",
//! );
//! ```

mod against;
mod decode;
mod inferred;
mod metric;
mod model;
mod name;
mod problem;
mod resolve;
mod schema;
mod show;
mod suggest;
mod text;
mod thresholds;
mod word;
mod words;
mod write;
mod yaml;

pub use inferred::{InferredColumn, InferredModel};
pub use metric::Metric;
pub use model::{CheckSettings, Column, MetricSelection, Model};
pub use name::model_name_from;
pub use problem::{Position, Problem, SpecError};
pub use schema::model_json_schema;
pub use thresholds::{ThresholdOverrides, Thresholds};
pub use word::UnknownWord;
pub use words::{FailOn, Kind, Role, Task, Undeclared};
pub use yaml::{DEPTH_MAX, NODES_MAX, SCALAR_BYTES_MAX, TEXT_BYTES_MAX};

/// The `apiVersion` of every resource of this version.
pub const API_VERSION: &str = "watchkeeper/v1";

/// The `kind` of a model.
pub const KIND_MODEL: &str = "Model";
