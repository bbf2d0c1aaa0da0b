//! Metadata: resources, their revisions, keys, outbox and ledger in SQLite or PostgreSQL.
//!
//! A [`Catalog`] is one database, by default a SQLite file beside the lake, by URL a PostgreSQL. Both are migrated by
//! the same SQL and pass the same tests; nothing above this crate can tell which one it is.
//!
//! Each change of a resource is one transaction of four parts: the resource, its new revision, an entry of the tenant's
//! ledger, a row of the outbox. There is no way to write one without the others.
//!
//! What does NOT belong here: events and profiles (they lie in the lake), the meaning of a resource's body (`spec`),
//! rules of names (`spec`; here they are only bounded), HTTP, clocks and random numbers (callers bring both).
//!
//! Invariants:
//!
//! * CATALOG-1: the ledger of a tenant is one chain, numbered from 1 without gaps, however many writers there are.
//! * CATALOG-2: a resource's current revision is its highest, and each revision has the ledger entry that made it.
//! * CATALOG-3: unchanged content makes no revision, no ledger entry and no outbox row.
//! * CATALOG-4: the secret of an API key is never stored, logged or part of an error.

mod canonical;
mod catalog;
mod database;
mod error;
pub mod keys;
mod ledger;
mod limits;
mod outbox;
mod resource;
mod state;
mod watch;

pub use canonical::{canonical_json, parse_json, sha256_hex};
pub use catalog::{Backend, Catalog, Health};
pub use error::{CatalogError, ErrorKind};
pub use ledger::{GENESIS_HASH, LedgerEntry, LedgerHead, LedgerProblem, LedgerReport, Note, PROBLEMS_MAX, entry_hash};
pub use limits::{ACTOR_BYTES_MAX, BODY_BYTES_MAX, BODY_DEPTH_MAX, DETAIL_BYTES_MAX, NAME_BYTES_MAX};
pub use limits::{CHANGES_MAX, PAGE_ROWS_MAX, STATE_BYTES_MAX};
pub use outbox::{OutboxId, OutboxRow};
pub use resource::{Change, Kind, Outcome, Put, Removal, Resource, ResourceKey, Revision, RevisionInfo};
pub use state::StateValue;
pub use watch::{
    IncidentQuery, IncidentRow, NoticeChange, NoticeQueue, NoticeQueueId, NoticeRow, NoticeSettlement, NoticesWaiting,
    WATCH_BYTES_MAX, WatchChange,
};
