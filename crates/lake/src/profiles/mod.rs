//! Profiles that follow the events.
//!
//! A model's `predictions` table is followed commit by commit; what each commit adds is counted over the frozen grids and
//! appended to the model's `profiles` table, with the events' version as the application transaction: every event is in
//! exactly one profile row, whatever crashes. Rows add, so a window is the sum of the rows in it, whatever their widths.
//!
//! What rows take away (corrections, erasures) and what changes the grid is not subtracted but *rebuilt* from the events of
//! the buckets concerned: a `reset` row voids older rows of its range. Extremes cannot be subtracted; rebuilding gives the
//! same bits as counting the remaining events afresh.

mod answer;
mod append;
mod cache;
mod count;
mod events;
mod follow;
mod grids;
mod open;
mod parts;
mod plan;
mod rebuild;
mod roll_up;
mod row;
mod slice;

pub use answer::{ColumnProfile, Query};
pub(crate) use cache::Cache;
pub use follow::{Followed, ModelProfiles};
pub use grids::{ColumnGrid, EventRange, GridSource};
pub(crate) use open::OpenColumns;
pub use parts::{Cut, PARTS_MAX, Part};
pub use plan::{Buckets, Learning, Plan};
pub use roll_up::RolledUp;
pub use row::ProfileBytes;
pub use slice::{Bucket, Key, Slice};
