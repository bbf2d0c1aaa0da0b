//! Events in: decode → privacy gate → de-duplicate → journal → commit to the tables.
//!
//! Bodies of any accepted format become one [`Decoded`] batch of typed columns ([`decode`], [`formats`], [`otlp`]); the
//! [`privacy`] gate drops, hashes, masks or generalises before anything is stored or logged; [`ids`] tells repeated
//! events apart; the [`journal`] makes what is acknowledged durable. This crate knows Arrow, but no table format,
//! no HTTP and no catalog: what it needs of them it declares as a port.

pub mod decode;
mod event;
pub mod formats;
pub mod ids;
pub mod intake;
pub mod journal;
mod limits;
pub mod otlp;
pub mod privacy;
mod shape;

pub use event::{Decoded, Reject, RejectCode, Stream, names};
pub use limits::Limits;
pub use shape::{ColumnShape, ColumnType, Mapping, Shape};
pub use watchkeeper_spec::{NAME_RULE, is_name};
