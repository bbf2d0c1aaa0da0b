//! Adding entries.

use jiff::Timestamp;

use super::{GENESIS_HASH, LedgerEntry, LedgerHead, entry_hash};
use crate::catalog::Catalog;
use crate::database::{Arg, Session};
use crate::error::{CatalogError, Doing as _};
use crate::limits::{NAME_BYTES_MAX, check_name};
use crate::resource::check_origin;

const DOING: &str = "write the ledger";

/// What an entry says, before it has its place in the chain.
pub(crate) struct Draft<'a> {
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) revision: i64,
    pub(crate) digest: &'a str,
    pub(crate) detail: &'a str,
}

/// Something worth recording that changes no resource: a job of retention, rows that someone read, a refused key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Whose ledger.
    pub tenant: String,
    /// Who did it.
    pub actor: String,
    /// What was done, a word other than `create`, `update` and `delete`.
    pub action: String,
    /// The kind of what it was done to.
    pub kind: String,
    /// The name of what it was done to.
    pub name: String,
    /// More about it; may be empty.
    pub detail: String,
}

/// The last entry of a ledger, locked until the transaction ends.
pub(crate) struct Locked {
    tenant: String,
    head: LedgerHead,
    /// The latest time of any entry, microseconds since the epoch.
    at: i64,
}

impl Catalog {
    /// Records something that changes no resource. Answers the entry's number.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`], [`CatalogError::TooLarge`], [`CatalogError::Database`].
    pub async fn record(&self, note: &Note, now: Timestamp) -> Result<i64, CatalogError> {
        let Note { tenant, actor, action, kind, name, detail } = note;
        check_name("tenant", tenant, NAME_BYTES_MAX)?;
        check_name("action", action, NAME_BYTES_MAX)?;
        check_name("kind", kind, NAME_BYTES_MAX)?;
        check_name("name", name, NAME_BYTES_MAX)?;
        check_origin(actor, detail)?;
        if matches!(action.as_str(), "create" | "update" | "delete") {
            let expected = "a word that is not a change of a resource".to_owned();
            return Err(CatalogError::Invalid { field: "action", value: action.clone(), expected });
        }
        let mut session = self.database.write().await.doing(DOING)?;
        let mut locked = lock_head(&mut session, tenant, now).await?;
        let draft = Draft { actor, action, kind, name, revision: 0, digest: "", detail };
        let seq = append(&mut session, &mut locked, &draft, now, false).await?;
        session.commit().await.doing(DOING)?;
        Ok(seq)
    }
}

/// Locks a tenant's ledger until the transaction ends, and answers its last entry.
///
/// INVARIANT CATALOG-1: the statement writes the row of the head, so a second transaction waits for the first one's
/// end and then reads what that left. The first entry of a tenant is no exception.
pub(crate) async fn lock_head(session: &mut Session, tenant: &str, now: Timestamp) -> Result<Locked, CatalogError> {
    let sql = "INSERT INTO ledger_heads (tenant, seq, at, hash) VALUES ($1, 0, $2, $3) \
               ON CONFLICT (tenant) DO UPDATE SET seq = ledger_heads.seq RETURNING seq, hash, at";
    let args = [Arg::Text(tenant), Arg::Int(now.as_microsecond()), Arg::Text(GENESIS_HASH)];
    let row = session.row(sql, &args).await.doing(DOING)?.ok_or(sqlx::Error::RowNotFound).doing(DOING)?;
    Ok(Locked { tenant: tenant.to_owned(), head: super::head(&row)?, at: row.get(2).doing(DOING)? })
}

/// Adds an entry to the end of the locked chain, with an outbox row if `announced`. Answers its number.
pub(crate) async fn append(
    session: &mut Session,
    locked: &mut Locked,
    draft: &Draft<'_>,
    now: Timestamp,
    announced: bool,
) -> Result<i64, CatalogError> {
    let mut entry = LedgerEntry {
        tenant: locked.tenant.clone(),
        seq: locked.head.seq + 1,
        at: now,
        actor: draft.actor.to_owned(),
        action: draft.action.to_owned(),
        kind: draft.kind.to_owned(),
        name: draft.name.to_owned(),
        revision: draft.revision,
        digest: draft.digest.to_owned(),
        detail: draft.detail.to_owned(),
        prev_hash: locked.head.hash.clone(),
        hash: String::new(),
    };
    entry.hash = entry_hash(&entry);
    insert(session, &entry).await.doing(DOING)?;
    let at = locked.at.max(now.as_microsecond());
    let sql = "UPDATE ledger_heads SET seq = $2, at = $3, hash = $4 WHERE tenant = $1";
    let args = [Arg::Text(&entry.tenant), Arg::Int(entry.seq), Arg::Int(at), Arg::Text(&entry.hash)];
    session.execute(sql, &args).await.doing(DOING)?;
    if announced {
        let sql = "INSERT INTO outbox (tenant, seq, at) VALUES ($1, $2, $3)";
        let args = [Arg::Text(&entry.tenant), Arg::Int(entry.seq), Arg::Int(at)];
        session.execute(sql, &args).await.doing("write the outbox")?;
    }
    locked.head = LedgerHead { seq: entry.seq, hash: entry.hash };
    locked.at = at;
    Ok(entry.seq)
}

async fn insert(session: &mut Session, entry: &LedgerEntry) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO ledger \
               (tenant, seq, at, actor, action, kind, name, revision, digest, detail, prev_hash, hash) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let args = [
        Arg::Text(&entry.tenant),
        Arg::Int(entry.seq),
        Arg::Int(entry.at.as_microsecond()),
        Arg::Text(&entry.actor),
        Arg::Text(&entry.action),
        Arg::Text(&entry.kind),
        Arg::Text(&entry.name),
        Arg::Int(entry.revision),
        Arg::Text(&entry.digest),
        Arg::Text(&entry.detail),
        Arg::Text(&entry.prev_hash),
        Arg::Text(&entry.hash),
    ];
    session.execute(sql, &args).await.map(drop)
}
