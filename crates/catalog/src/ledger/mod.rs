//! The ledger: per tenant, a chain of hashes over everything that was changed.
//!
//! An entry's hash covers all its fields and the hash of the entry before it, so nobody can change, insert, remove or
//! reorder entries without changing every later hash. A ledger cut off at its end, with the row of its head rewritten,
//! is still a chain: that is only seen by who kept a head (`LedgerHead`) and asks for it ([`Catalog::verify_against`]).

mod append;
mod encode;
mod verify;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::database::{Arg, Row};
use crate::error::{CatalogError, Doing as _};
use crate::limits::page_rows;
pub use append::Note;
pub(crate) use append::{Draft, Locked, append, lock_head};
pub use encode::{GENESIS_HASH, entry_hash};

/// Problems that a report keeps; further ones are only counted.
pub const PROBLEMS_MAX: usize = 100;

const DOING: &str = "read the ledger";

/// One entry of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Whose ledger.
    pub tenant: String,
    /// From 1, without gaps.
    pub seq: i64,
    /// When, to the microsecond, by the clock of the writer: may be before the entry before.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done: `create`, `update`, `delete` or the word of a [`Note`].
    pub action: String,
    /// The kind of what it was done to.
    pub kind: String,
    /// The name of what it was done to.
    pub name: String,
    /// The revision that the change made; 0 for a note.
    pub revision: i64,
    /// SHA-256 of the revision's canonical JSON; empty for deletions and notes.
    pub digest: String,
    /// Why; may be empty.
    pub detail: String,
    /// Hash of the entry before, [`GENESIS_HASH`] for the first.
    pub prev_hash: String,
    /// [`entry_hash`] of this entry.
    pub hash: String,
}

/// The last entry of a ledger: who keeps it elsewhere can prove that nothing before it was changed or cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Number of the entry, 0 for an empty ledger.
    pub seq: i64,
    /// Its hash, [`GENESIS_HASH`] for an empty ledger.
    pub hash: String,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Whose ledger.
    pub tenant: String,
    /// Entries read.
    pub entries: u64,
    /// The last entry.
    pub head: LedgerHead,
    /// The first [`PROBLEMS_MAX`] problems.
    pub problems: Vec<LedgerProblem>,
    /// All problems.
    pub problems_total: u64,
}

impl LedgerReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.problems_total == 0
    }
}

/// One sign of tampering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LedgerProblem {
    /// The entry's fields do not have its hash: one was edited.
    Edited {
        /// Which entry.
        seq: i64,
    },
    /// The entry does not follow the one before it.
    Unlinked {
        /// Which entry.
        seq: i64,
    },
    /// Entries are gone (both ends included).
    Missing {
        /// The first that is gone.
        from: i64,
        /// The last that is gone.
        to: i64,
    },
    /// There are several entries of this number, or one below 1.
    Forked {
        /// Which number.
        seq: i64,
    },
    /// The row that names the last entry does not name it: entries were cut off or added.
    Head {
        /// The last entry there is.
        found: i64,
        /// The last entry that there should be.
        expected: i64,
    },
    /// The head that the caller kept is not in the chain: it was cut off or rewritten.
    NotInChain {
        /// The head's number.
        seq: i64,
        /// The head's hash.
        hash: String,
    },
    /// The content of a resource is not what the entry says, or is gone.
    Content {
        /// The entry.
        seq: i64,
        /// The kind of the resource.
        kind: String,
        /// Its name.
        name: String,
        /// The revision.
        revision: i64,
    },
    /// The current revision of a resource is not its last one.
    Current {
        /// The kind of the resource.
        kind: String,
        /// Its name.
        name: String,
        /// The revision that is current.
        found: i64,
        /// Its last revision.
        expected: i64,
    },
}

impl fmt::Display for LedgerProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited { seq } => write!(formatter, "entry {seq} was edited: its fields do not have its hash"),
            Self::Unlinked { seq } => write!(formatter, "entry {seq} does not follow the entry before it"),
            Self::Missing { from, to } if from == to => write!(formatter, "entry {from} is missing"),
            Self::Missing { from, to } => write!(formatter, "entries {from} to {to} are missing"),
            Self::Forked { seq } => write!(formatter, "entry {seq} has a number twice or below 1"),
            Self::Head { found, expected } => {
                write!(formatter, "the last entry is {found}, expected {expected}: the end was cut off or added to")
            }
            Self::NotInChain { seq, hash } => write!(formatter, "entry {seq} is not the known one of hash {hash}"),
            Self::Content { seq, kind, name, revision } => {
                write!(formatter, "revision {revision} of {kind} `{name}` is not what entry {seq} recorded")
            }
            Self::Current { kind, name, found, expected } => {
                write!(formatter, "{kind} `{name}` is at revision {found}, expected its last one, {expected}")
            }
        }
    }
}

impl Catalog {
    /// Entries of a tenant's ledger, oldest first: those after the number `after` (0 for the first page), 1 to
    /// [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX) of them.
    ///
    /// # Errors
    /// [`CatalogError::Database`], [`CatalogError::Damaged`].
    pub async fn ledger(&self, tenant: &str, after: i64, limit: u32) -> Result<Vec<LedgerEntry>, CatalogError> {
        let sql = "SELECT seq, at, actor, action, kind, name, revision, digest, detail, prev_hash, hash FROM ledger \
                   WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let args = [Arg::Text(tenant), Arg::Int(after), Arg::Int(page_rows(limit))];
        let rows = self.database.rows(sql, &args).await.doing(DOING)?;
        rows.iter().map(|row| entry(row, tenant)).collect()
    }

    /// The last entry of a tenant's ledger; number 0 if there is none.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn ledger_head(&self, tenant: &str) -> Result<LedgerHead, CatalogError> {
        let sql = "SELECT seq, hash FROM ledger_heads WHERE tenant = $1";
        let rows = self.database.rows(sql, &[Arg::Text(tenant)]).await.doing(DOING)?;
        rows.first().map_or_else(|| Ok(LedgerHead::empty()), head)
    }

    /// The tenants that have a ledger, in the order of their bytes: those after `after`, 1 to
    /// [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX) of them.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn ledger_tenants(&self, after: Option<&str>, limit: u32) -> Result<Vec<String>, CatalogError> {
        // Also those of whom only entries are left: a head that is gone is a sign of tampering.
        let sql = "SELECT tenant FROM (SELECT tenant FROM ledger_heads WHERE tenant > $1 \
                   UNION SELECT DISTINCT tenant FROM ledger WHERE tenant > $1) t ORDER BY tenant LIMIT $2";
        let args = [Arg::Text(after.unwrap_or_default()), Arg::Int(page_rows(limit))];
        let rows = self.database.rows(sql, &args).await.doing(DOING)?;
        rows.iter().map(|row| row.get(0).doing(DOING)).collect()
    }
}

impl LedgerHead {
    /// The head of a ledger without entries.
    #[must_use]
    pub fn empty() -> Self {
        Self { seq: 0, hash: GENESIS_HASH.to_owned() }
    }
}

fn head(row: &Row) -> Result<LedgerHead, CatalogError> {
    Ok(LedgerHead { seq: row.get(0).doing(DOING)?, hash: row.get(1).doing(DOING)? })
}

/// An entry from the columns in the order of the table, without the tenant.
fn entry(row: &Row, tenant: &str) -> Result<LedgerEntry, CatalogError> {
    Ok(LedgerEntry {
        tenant: tenant.to_owned(),
        seq: row.get(0).doing(DOING)?,
        at: timestamp(row.get(1).doing(DOING)?)?,
        actor: row.get(2).doing(DOING)?,
        action: row.get(3).doing(DOING)?,
        kind: row.get(4).doing(DOING)?,
        name: row.get(5).doing(DOING)?,
        revision: row.get(6).doing(DOING)?,
        digest: row.get(7).doing(DOING)?,
        detail: row.get(8).doing(DOING)?,
        prev_hash: row.get(9).doing(DOING)?,
        hash: row.get(10).doing(DOING)?,
    })
}

/// A time from microseconds since the epoch.
pub(crate) fn timestamp(micros: i64) -> Result<Timestamp, CatalogError> {
    Timestamp::from_microsecond(micros).map_err(|_range| CatalogError::Damaged {
        what: "a time".to_owned(),
        problem: format!("{micros} microseconds since the epoch, expected a year from -9999 to 9999"),
    })
}
