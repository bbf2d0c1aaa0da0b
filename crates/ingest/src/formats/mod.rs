//! Predictions as other programs log them: capture files, inference tables and CloudEvents become canonical events.
//!
//! Each reader is a pure function from bytes or rows to [`Converted`]: canonical events as JSON, each with the row it
//! came from, and the rows that could not be taken. A malformed row costs itself alone; passing a limit of the whole
//! request is an error ([`FormatError`]). What is *not* here: types of columns, time bounds and names of tenants,
//! which hold for every event however it came.
//!
//! Rules that hold for every format:
//!
//! * A call with `n` rows becomes `n` events with the ids `<id>-0`, `<id>-1`, …; a call with one row keeps `<id>`.
//! * Inputs without names are called `f0`, `f1`, … unless [`Options::feature_names`] names them.
//! * One output per row is the `prediction`. Several numbers are `scores` by their position, or what
//!   [`Options::output_names`] says. Objects are read by their keys (`prediction`, `score`, `probabilities`, …);
//!   keys that say nothing of the kind become columns `output.<key>`.
//! * A half without the other is an event too: a response alone has no features, a request alone no prediction. A
//!   call that failed, or one of which neither half was logged, is a reject.
//! * JSON has no NaN: non-finite numbers are null.
//!
//! Reject entries never show a value of a feature or a prediction, only counts, shapes and words of the format.

mod azureml;
mod cells;
mod cloudevents;
mod converted;
mod databricks;
mod events;
mod format;
mod inputs;
mod joiner;
mod lines;
mod outcome;
mod read;
mod sagemaker;
mod serving;
mod tensor;
mod tensor_bytes;
mod vertex;
mod weight;

pub(crate) use cells::text_or_base64;
pub(crate) use converted::Fault;
pub(crate) use events::Call;
pub(crate) use inputs::{feature_rows, outcome_rows, parse_json};
pub(crate) use weight::{budget, of_value as weight_of};

pub use cloudevents::is_cloudevent;
pub use converted::{Converted, FormatError, Options, Source};
pub use format::{Format, UnknownFormat};
pub use joiner::{Half, Halves, Joiner, JoinerLimits, Side};
pub use outcome::Outcome;
pub use read::{halves, read, read_rows};
pub use serving::http_halves;
