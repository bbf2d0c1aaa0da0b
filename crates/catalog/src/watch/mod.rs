//! What the watch of a tenant remembers, its incidents, and the notices to deliver: saved together or not at all.

mod incidents;
mod notices;

pub use incidents::{IncidentQuery, IncidentRow};
pub use notices::{NoticeChange, NoticeQueue, NoticeQueueId, NoticeRow, NoticeSettlement, NoticesWaiting};

use crate::catalog::Catalog;
use crate::database::Arg;
use crate::error::{CatalogError, Doing as _};
use crate::limits::{NAME_BYTES_MAX, check_name, check_size};

/// Bytes of what the watch of a tenant remembers, at most (64 MiB).
pub const WATCH_BYTES_MAX: usize = 64 << 20;

/// What one step of a tenant's watch changes.
#[derive(Debug, Clone, Default)]
pub struct WatchChange {
    /// What it remembers from now on; at most [`WATCH_BYTES_MAX`].
    pub body: Vec<u8>,
    /// Incidents that are new or different.
    pub incidents: Vec<IncidentRow>,
    /// Notices to deliver. One that is there already stays as it is: its content is the same.
    pub notices: Vec<NoticeRow>,
}

impl Catalog {
    /// What the watch of a tenant remembers, with its version; `None` before the first time.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn watch_load(&self, tenant: &str) -> Result<Option<(i64, Vec<u8>)>, CatalogError> {
        let doing = "read what the watch remembers";
        let sql = "SELECT version, body FROM watches WHERE tenant = $1";
        let rows = self.database.rows(sql, &[Arg::Text(tenant)]).await.doing(doing)?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((row.get(0).doing(doing)?, row.get(1).doing(doing)?)))
    }

    /// Saves one step of a tenant's watch: all of it, or nothing. Durable when it answers the new version.
    ///
    /// * `expected`: the version that was loaded or saved last, 0 for none. Another one means that somebody else watches too.
    ///
    /// # Errors
    /// [`CatalogError::Conflict`] if the version is another, [`CatalogError::Invalid`], [`CatalogError::TooLarge`],
    /// [`CatalogError::Database`].
    pub async fn watch_save(&self, tenant: &str, expected: i64, change: &WatchChange) -> Result<i64, CatalogError> {
        check_name("tenant", tenant, NAME_BYTES_MAX)?;
        check_size("watch", change.body.len(), WATCH_BYTES_MAX)?;
        change.incidents.iter().try_for_each(IncidentRow::check)?;
        change.notices.iter().try_for_each(NoticeRow::check)?;
        let doing = "save what the watch remembers";
        let (sql, args) = if expected == 0 {
            let sql = "INSERT INTO watches (tenant, version, body) VALUES ($1, 1, $2) ON CONFLICT (tenant) DO NOTHING \
                       RETURNING version";
            (sql, vec![Arg::Text(tenant), Arg::Bytes(&change.body)])
        } else {
            let sql = "UPDATE watches SET version = version + 1, body = $2 WHERE tenant = $1 AND version = $3 \
                       RETURNING version";
            (sql, vec![Arg::Text(tenant), Arg::Bytes(&change.body), Arg::Int(expected)])
        };
        let mut session = self.database.write().await.doing(doing)?;
        let Some(row) = session.row(sql, &args).await.doing(doing)? else {
            drop(session);
            let found = self.watch_load(tenant).await?.map_or(0, |(version, _)| version);
            let what = format!("the watch of tenant `{tenant}`");
            return Err(CatalogError::Conflict { what, found, expected });
        };
        let version = row.get(0).doing(doing)?;
        incidents::write(&mut session, tenant, &change.incidents).await?;
        notices::write(&mut session, tenant, &change.notices).await?;
        session.commit().await.doing(doing)?;
        Ok(version)
    }
}
