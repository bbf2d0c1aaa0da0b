//! The outbox: changes that others have to be told of, at least once each.

use jiff::Timestamp;
use serde::Serialize;

use crate::catalog::Catalog;
use crate::database::Arg;
use crate::error::{CatalogError, Doing as _};
use crate::ledger::timestamp;
use crate::limits::page_rows;

/// Rows that one statement of [`Catalog::outbox_trim`] drops, so that it never holds locks for long.
const TRIM_ROWS: i64 = 1000;

/// Which row: it is the number of its ledger entry. Receivers can use it to tell repetitions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct OutboxId {
    /// Whose.
    pub tenant: String,
    /// The entry of the tenant's ledger.
    pub seq: i64,
}

/// A change to tell of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// Which row.
    pub id: OutboxId,
    /// When it was changed; never decreases within a tenant.
    pub at: Timestamp,
    /// `create`, `update` or `delete`.
    pub action: String,
    /// The kind of the resource.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The revision made.
    pub revision: i64,
}

impl Catalog {
    /// The oldest rows that nobody has marked as done, 1 to [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX). Those of one
    /// tenant come in the order of its ledger. Asked again, it answers the same rows.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn outbox_next(&self, limit: u32) -> Result<Vec<OutboxRow>, CatalogError> {
        let doing = "read the outbox";
        let sql = "SELECT o.tenant, o.seq, o.at, l.action, l.kind, l.name, l.revision FROM outbox o \
                   JOIN ledger l ON l.tenant = o.tenant AND l.seq = o.seq ORDER BY o.at, o.tenant, o.seq LIMIT $1";
        let rows = self.database.rows(sql, &[Arg::Int(page_rows(limit))]).await.doing(doing)?;
        let mut next = Vec::with_capacity(rows.len());
        for row in rows {
            next.push(OutboxRow {
                id: OutboxId { tenant: row.get(0).doing(doing)?, seq: row.get(1).doing(doing)? },
                at: timestamp(row.get(2).doing(doing)?)?,
                action: row.get(3).doing(doing)?,
                kind: row.get(4).doing(doing)?,
                name: row.get(5).doing(doing)?,
                revision: row.get(6).doing(doing)?,
            });
        }
        Ok(next)
    }

    /// Marks rows as done: they are gone from the outbox. Answers how many were still there.
    ///
    /// # Errors
    /// [`CatalogError::Database`]; then none is marked.
    pub async fn outbox_done(&self, ids: &[OutboxId]) -> Result<u64, CatalogError> {
        let doing = "mark rows of the outbox";
        let mut session = self.database.write().await.doing(doing)?;
        let mut done = 0;
        for id in ids {
            let args = [Arg::Text(&id.tenant), Arg::Int(id.seq)];
            done += session.execute("DELETE FROM outbox WHERE tenant = $1 AND seq = $2", &args).await.doing(doing)?;
        }
        session.commit().await.doing(doing)?;
        Ok(done)
    }

    /// Rows of the outbox.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn outbox_rows(&self) -> Result<u64, CatalogError> {
        let doing = "count the outbox";
        let rows = self.database.rows("SELECT COUNT(*) FROM outbox", &[]).await.doing(doing)?;
        let count: i64 = rows.first().map(|row| row.get(0)).transpose().doing(doing)?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Drops rows that were changed before `before`, then the oldest beyond `rows_max`, told or not: the job that
    /// bounds the outbox. Answers how many were dropped; the ledger keeps what they said.
    ///
    /// # Errors
    /// [`CatalogError::Database`]; what was dropped until then stays dropped.
    pub async fn outbox_trim(&self, before: Timestamp, rows_max: u64) -> Result<u64, CatalogError> {
        let old = "DELETE FROM outbox WHERE (tenant, seq) IN (SELECT tenant, seq FROM outbox WHERE at < $1 \
                   ORDER BY at, tenant, seq LIMIT $2)";
        let excess = "DELETE FROM outbox WHERE (tenant, seq) IN (SELECT tenant, seq FROM outbox \
                      ORDER BY at, tenant, seq LIMIT $1)";
        let mut dropped = 0;
        loop {
            let rows = self.drop_rows(old, &[Arg::Int(before.as_microsecond()), Arg::Int(TRIM_ROWS)]).await?;
            dropped += rows;
            if rows == 0 {
                break;
            }
        }
        let mut left = self.outbox_rows().await?.saturating_sub(rows_max);
        while left > 0 {
            let step = i64::try_from(left).unwrap_or(i64::MAX).min(TRIM_ROWS);
            let rows = self.drop_rows(excess, &[Arg::Int(step)]).await?;
            dropped += rows;
            left = if rows == 0 { 0 } else { left.saturating_sub(rows) };
        }
        Ok(dropped)
    }

    async fn drop_rows(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64, CatalogError> {
        let doing = "trim the outbox";
        let mut session = self.database.write().await.doing(doing)?;
        let rows = session.execute(sql, args).await.doing(doing)?;
        session.commit().await.doing(doing)?;
        Ok(rows)
    }
}
