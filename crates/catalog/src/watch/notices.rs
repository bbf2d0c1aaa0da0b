//! Notices on their way: leased to a sender, sent in order, tried again, given up.

use crate::catalog::Catalog;
use crate::database::{Arg, Row, Session};
use crate::error::{CatalogError, Doing as _};
use crate::limits::{BODY_BYTES_MAX, NAME_BYTES_MAX, check_name, check_size, page_rows};

/// Characters of an error that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// Which notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId {
    /// Whose.
    pub tenant: String,
    /// About which incident.
    pub incident: String,
    /// To which target.
    pub target: String,
    /// From 1 in each incident and target.
    pub sequence: i64,
}

/// What becomes of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeState {
    /// It is to be sent.
    Pending,
    /// It could not be delivered in time; later ones of the same incident and target go on.
    Dead,
}

impl NoticeState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dead => "dead",
        }
    }
}

/// A notice. Times are µs since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Which.
    pub id: NoticeId,
    /// When it was written.
    pub created: i64,
    /// When it may be sent.
    pub due: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// What became of it.
    pub state: NoticeState,
    /// Why it was not delivered the last time.
    pub error: String,
    /// All of it, as JSON.
    pub body: String,
}

/// Notices that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticesWaiting {
    /// To be sent.
    pub pending: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest that is to be sent was written, µs since 1970.
    pub oldest: Option<i64>,
}

impl NoticeRow {
    pub(super) fn check(&self) -> Result<(), CatalogError> {
        check_name("incident", &self.id.incident, NAME_BYTES_MAX)?;
        check_name("target", &self.id.target, NAME_BYTES_MAX)?;
        check_size("notice", self.body.len(), BODY_BYTES_MAX)
    }

    fn read(row: &Row) -> Result<Self, sqlx::Error> {
        let state: String = row.get(7)?;
        Ok(Self {
            id: NoticeId { tenant: row.get(0)?, incident: row.get(1)?, target: row.get(2)?, sequence: row.get(3)? },
            created: row.get(4)?,
            due: row.get(5)?,
            attempts: row.get(6)?,
            state: if state == NoticeState::Dead.as_str() { NoticeState::Dead } else { NoticeState::Pending },
            error: row.get(8)?,
            body: row.get(9)?,
        })
    }
}

pub(super) async fn write(session: &mut Session, tenant: &str, rows: &[NoticeRow]) -> Result<(), CatalogError> {
    let sql = "INSERT INTO notices (tenant, incident, target, sequence, created, due, leased, attempts, state, error, body) \
               VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 'pending', '', $7) \
               ON CONFLICT (tenant, incident, target, sequence) DO NOTHING";
    for row in rows {
        let args = [
            Arg::Text(tenant),
            Arg::Text(&row.id.incident),
            Arg::Text(&row.id.target),
            Arg::Int(row.id.sequence),
            Arg::Int(row.created),
            Arg::Int(row.due),
            Arg::Text(&row.body),
        ];
        session.execute(sql, &args).await.doing("write a notice")?;
    }
    Ok(())
}

impl Catalog {
    /// Leases the notices that may be sent at `now` until `until`: of each incident and target the first one that is not
    /// delivered, unless somebody works on it. Who does not answer by `until` has lost its lease, and the notice is leased again.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_lease(&self, now: i64, until: i64, limit: u32) -> Result<Vec<NoticeRow>, CatalogError> {
        let doing = "lease notices";
        // `leased` is compared outside too: PostgreSQL looks at it again after having waited for another sender.
        let sql = "UPDATE notices SET leased = $2 WHERE state = 'pending' AND leased <= $1 AND (tenant, incident, target, sequence) IN (\
                   SELECT n.tenant, n.incident, n.target, n.sequence FROM notices n \
                   WHERE n.state = 'pending' AND n.due <= $1 AND n.leased <= $1 AND NOT EXISTS (\
                   SELECT 1 FROM notices e WHERE e.tenant = n.tenant AND e.incident = n.incident AND e.target = n.target \
                   AND e.state = 'pending' AND e.sequence < n.sequence) ORDER BY n.due, n.tenant, n.incident, n.target LIMIT $3) \
                   RETURNING tenant, incident, target, sequence, created, due, attempts, state, error, body";
        let mut session = self.database.write().await.doing(doing)?;
        let args = [Arg::Int(now), Arg::Int(until), Arg::Int(page_rows(limit))];
        let rows = session.rows(sql, &args).await.doing(doing)?;
        let mut leased: Vec<NoticeRow> = rows.iter().map(NoticeRow::read).collect::<Result<_, _>>().doing(doing)?;
        session.commit().await.doing(doing)?;
        leased.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
        Ok(leased)
    }

    /// Marks a notice as delivered: it is gone. Answers whether it was still there.
    ///
    /// # Errors
    /// [`CatalogError::Database`]; then it is sent again once the lease is over.
    pub async fn notice_done(&self, id: &NoticeId) -> Result<bool, CatalogError> {
        let sql = "DELETE FROM notices WHERE tenant = $1 AND incident = $2 AND target = $3 AND sequence = $4";
        self.change_notice(sql, id, &[]).await
    }

    /// Puts a notice back: it is tried again at `due`. Answers whether it was still there.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notice_again(&self, id: &NoticeId, due: i64, error: &str) -> Result<bool, CatalogError> {
        let sql = "UPDATE notices SET due = $5, leased = 0, attempts = attempts + 1, error = $6 \
                   WHERE tenant = $1 AND incident = $2 AND target = $3 AND sequence = $4";
        self.change_notice(sql, id, &[Arg::Int(due), Arg::Text(&shortened(error))]).await
    }

    /// Gives a notice up, with another one in its place if there is a fallback: both or neither. Answers whether it was still
    /// there; if not, nothing is written.
    ///
    /// # Errors
    /// [`CatalogError::Database`], [`CatalogError::Invalid`].
    pub async fn notice_dead(
        &self,
        id: &NoticeId,
        error: &str,
        instead: Option<&NoticeRow>,
    ) -> Result<bool, CatalogError> {
        let doing = "give a notice up";
        instead.map_or(Ok(()), NoticeRow::check)?;
        let sql = "UPDATE notices SET state = 'dead', leased = 0, attempts = attempts + 1, error = $5 \
                   WHERE tenant = $1 AND incident = $2 AND target = $3 AND sequence = $4 AND state = 'pending'";
        let error = shortened(error);
        let args = [
            Arg::Text(&id.tenant),
            Arg::Text(&id.incident),
            Arg::Text(&id.target),
            Arg::Int(id.sequence),
            Arg::Text(&error),
        ];
        let mut session = self.database.write().await.doing(doing)?;
        let there = session.execute(sql, &args).await.doing(doing)? > 0;
        if there {
            write(&mut session, &id.tenant, instead.map_or(&[], std::slice::from_ref)).await?;
        }
        session.commit().await.doing(doing)?;
        Ok(there)
    }

    /// Notices that were given up, the newest first.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_dead(&self, tenant: &str, limit: u32) -> Result<Vec<NoticeRow>, CatalogError> {
        let doing = "list notices that were given up";
        let sql = "SELECT tenant, incident, target, sequence, created, due, attempts, state, error, body FROM notices \
                   WHERE tenant = $1 AND state = 'dead' ORDER BY created DESC, incident, target, sequence LIMIT $2";
        let rows = self.database.rows(sql, &[Arg::Text(tenant), Arg::Int(page_rows(limit))]).await.doing(doing)?;
        rows.iter().map(NoticeRow::read).collect::<Result<_, _>>().doing(doing)
    }

    /// How many notices of all tenants wait.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_waiting(&self) -> Result<NoticesWaiting, CatalogError> {
        let doing = "count notices";
        let sql = "SELECT state, COUNT(*), MIN(created) FROM notices GROUP BY state";
        let mut waiting = NoticesWaiting::default();
        for row in self.database.rows(sql, &[]).await.doing(doing)? {
            let state: String = row.get(0).doing(doing)?;
            let count = u64::try_from(row.get::<i64>(1).doing(doing)?).unwrap_or_default();
            if state == NoticeState::Dead.as_str() {
                waiting.dead = count;
            } else {
                waiting.pending = count;
                waiting.oldest = row.get(2).doing(doing)?;
            }
        }
        Ok(waiting)
    }

    /// Drops notices that were given up and written before `before` (µs since 1970). Answers how many.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_trim(&self, before: i64) -> Result<u64, CatalogError> {
        let doing = "drop notices that were given up";
        let mut session = self.database.write().await.doing(doing)?;
        let sql = "DELETE FROM notices WHERE state = 'dead' AND created < $1";
        let dropped = session.execute(sql, &[Arg::Int(before)]).await.doing(doing)?;
        session.commit().await.doing(doing)?;
        Ok(dropped)
    }

    async fn change_notice(
        &self,
        sql: &'static str,
        id: &NoticeId,
        more: &[Arg<'_>],
    ) -> Result<bool, CatalogError> {
        let doing = "change a notice";
        let mut args =
            vec![Arg::Text(&id.tenant), Arg::Text(&id.incident), Arg::Text(&id.target), Arg::Int(id.sequence)];
        args.extend_from_slice(more);
        let mut session = self.database.write().await.doing(doing)?;
        let changed = session.execute(sql, &args).await.doing(doing)? > 0;
        session.commit().await.doing(doing)?;
        Ok(changed)
    }
}

/// The start of an error's text, without characters that cannot be stored.
fn shortened(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(ERROR_CHARS_MAX).collect()
}
