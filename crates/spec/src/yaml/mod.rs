//! YAML text → tree of values with positions, within bounds. The only module that names the YAML library.

mod node;
mod quote;
mod read;
mod refusal;

pub use node::{Node, Value};
pub use read::document;

pub(crate) use quote::{number, scalar};
pub(crate) use read::{read, read_documents};

/// Bytes of a text at most: 4 MiB. A model of ten thousand columns takes about 1 MiB.
pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of one name, description or other single value at most.
pub const SCALAR_BYTES_MAX: usize = 8 * 1024;

/// Lists and mappings inside each other at most.
pub const DEPTH_MAX: usize = 32;

/// Values, field names, lists and mappings in a text at most.
pub const NODES_MAX: usize = 500_000;

/// Values that aliases (`*name`) may repeat at most, all together.
///
/// With [`SCALAR_BYTES_MAX`] this bounds what a small text can expand to.
pub(crate) const ALIASED_NODES_MAX: usize = 10_000;
