//! Tables: which there are, how they are opened, what is written to them.

mod commit;
mod file;
mod handle;
mod id;
mod merge;
mod partition;
mod read;
mod replace;
mod rewrite;
mod scan;
mod schema;
mod selection;
mod size;
mod times;

pub use commit::{Committed, Write};
pub use file::FileRef;
pub use handle::Lake;
pub use id::{TableId, TableName};
pub use read::FileRows;
pub use replace::Replace;
pub use selection::{Selection, Wanted};
pub use size::TableSize;

pub(crate) use commit::is_conflict;
pub(crate) use file::plain_batch;
pub(crate) use handle::{Handle, Opened};
pub(crate) use merge::merge;
pub(crate) use partition::{day_of, day_text, parse_day};
pub(crate) use rewrite::summed_by;
pub(crate) use schema::plain;
pub(crate) use times::Ranges;
