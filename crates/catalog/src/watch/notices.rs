//! Notices on their way: queues that a sender leases, in order, tried again, given up.

use crate::catalog::Catalog;
use crate::database::{Arg, Row, Session};
use crate::error::{CatalogError, Doing as _};
use crate::limits::{BODY_BYTES_MAX, NAME_BYTES_MAX, check_name, check_size, page_rows};

/// Characters of an error that are kept.
const ERROR_CHARS_MAX: usize = 500;
/// Notices of a queue that a lease shows, at most.
const SHOWN_MAX: i64 = 100;

/// Notices of one incident to one target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeQueueId {
    /// Whose.
    pub tenant: String,
    /// About which incident.
    pub incident: String,
    /// To which target.
    pub target: String,
}

/// A notice. Times are µs since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its idempotency key: there is one notice of a key in a tenant, ever (until it is trimmed).
    pub key: String,
    /// Its queue.
    pub queue: NoticeQueueId,
    /// Its place in the queue.
    pub sequence: i64,
    /// When it was written.
    pub created: i64,
    /// When it may be sent.
    pub due: i64,
    /// How often it was leased as the first of its queue since it was last delivered.
    pub attempts: i64,
    /// When it was first leased so; 0 before.
    pub first_at: i64,
    /// Whether it was delivered and is sent again.
    pub delivered: bool,
    /// How many targets gave it up before this one.
    pub hops: i64,
    /// Why it was not delivered the last time.
    pub error: String,
    /// All of it, as JSON.
    pub body: String,
}

/// A queue under lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeQueue {
    /// Which.
    pub id: NoticeQueueId,
    /// Number of the lease.
    pub lease: i64,
    /// Its pending notices in order, the first ones.
    pub notices: Vec<NoticeRow>,
}

/// What becomes of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeChange {
    /// It is dealt with.
    Done,
    /// It was delivered, and is sent again at this time.
    Again(i64),
    /// It is tried again.
    Retry {
        /// When.
        due: i64,
        /// What happened.
        error: String,
    },
    /// It is given up.
    Dead {
        /// What happened.
        error: String,
    },
}

/// What an attempt changes, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeSettlement {
    /// Which queue.
    pub queue: NoticeQueueId,
    /// Under which lease.
    pub lease: i64,
    /// Notices by key.
    pub changes: Vec<(String, NoticeChange)>,
    /// A notice for another queue; not added when there is, or was, one of its key.
    pub add: Option<NoticeRow>,
    /// Why the target is to be told nothing any more, and since when.
    pub off: Option<(i64, String)>,
}

/// Notices that wait, of all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticesWaiting {
    /// To be sent for the first time.
    pub pending: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest that is to be sent for the first time was written, µs since 1970.
    pub oldest: Option<i64>,
}

impl NoticeRow {
    pub(super) fn check(&self) -> Result<(), CatalogError> {
        check_name("notice", &self.key, NAME_BYTES_MAX)?;
        check_name("incident", &self.queue.incident, NAME_BYTES_MAX)?;
        check_name("target", &self.queue.target, NAME_BYTES_MAX)?;
        check_size("notice", self.body.len(), BODY_BYTES_MAX)
    }

    fn read(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key: row.get(0)?,
            queue: NoticeQueueId { tenant: row.get(1)?, incident: row.get(2)?, target: row.get(3)? },
            sequence: row.get(4)?,
            created: row.get(5)?,
            due: row.get(6)?,
            attempts: row.get(7)?,
            first_at: row.get(8)?,
            delivered: row.get::<i64>(9)? != 0,
            hops: row.get(10)?,
            error: row.get(11)?,
            body: row.get(12)?,
        })
    }
}

pub(super) async fn write(session: &mut Session, tenant: &str, rows: &[NoticeRow]) -> Result<(), CatalogError> {
    let sql = "INSERT INTO notices (tenant, key, incident, target, sequence, created, due, attempts, first_at, delivered, \
               hops, state, error, body) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8, 'pending', '', $9) \
               ON CONFLICT (tenant, key) DO NOTHING";
    for row in rows {
        let args = [
            Arg::Text(tenant),
            Arg::Text(&row.key),
            Arg::Text(&row.queue.incident),
            Arg::Text(&row.queue.target),
            Arg::Int(row.sequence),
            Arg::Int(row.created),
            Arg::Int(row.due),
            Arg::Int(row.hops),
            Arg::Text(&row.body),
        ];
        session.execute(sql, &args).await.doing("write a notice")?;
    }
    Ok(())
}

impl Catalog {
    /// Leases queues that are due at `now` until `until`: those that nobody has a lease on and whose first notice is due. A
    /// first one that was delivered already holds up nobody: if others follow, the next one counts. Queues that have been
    /// due the longest come first; of one target no more than `per_target` are leased at once, by whomever, so that a slow
    /// one does not keep all senders busy. Lease, attempts and the time of the first one are durable when it answers.
    ///
    /// # Errors
    /// [`CatalogError::Database`]; then nothing is leased.
    pub async fn notices_lease(
        &self,
        now: i64,
        until: i64,
        limit: u32,
        per_target: u32,
    ) -> Result<Vec<NoticeQueue>, CatalogError> {
        let doing = "lease notices";
        let due = "SELECT n.tenant, n.incident, n.target, n.key FROM notices n WHERE n.state = 'pending' AND n.due <= $1 \
                   AND NOT EXISTS (SELECT 1 FROM notices e WHERE e.tenant = n.tenant AND e.incident = n.incident \
                   AND e.target = n.target AND e.state = 'pending' AND ((e.delivered = 0 AND (e.sequence < n.sequence \
                   OR (e.sequence = n.sequence AND e.key < n.key))) OR (n.delivered = 1 AND (e.sequence > n.sequence \
                   OR (e.sequence = n.sequence AND e.key > n.key))))) \
                   AND NOT EXISTS (SELECT 1 FROM notice_leases l WHERE l.tenant = n.tenant AND l.incident = n.incident \
                   AND l.target = n.target AND l.until > $1) \
                   ORDER BY n.due, n.tenant, n.incident, n.target LIMIT $2";
        let lease = "INSERT INTO notice_leases (tenant, incident, target, lease, until) VALUES ($1, $2, $3, 1, $4) \
                     ON CONFLICT (tenant, incident, target) DO UPDATE SET lease = notice_leases.lease + 1, \
                     until = excluded.until WHERE notice_leases.until <= $5 RETURNING lease";
        let busy = "SELECT COUNT(*) FROM notice_leases WHERE tenant = $1 AND target = $2 AND until > $3";
        let begin = "UPDATE notices SET attempts = attempts + 1, first_at = CASE first_at WHEN 0 THEN $3 ELSE first_at END \
                     WHERE tenant = $1 AND key = $2";
        let mut session = self.database.write().await.doing(doing)?;
        let mut queues = Vec::new();
        for row in session.rows(due, &[Arg::Int(now), Arg::Int(page_rows(limit))]).await.doing(doing)? {
            let id = NoticeQueueId {
                tenant: row.get(0).doing(doing)?,
                incident: row.get(1).doing(doing)?,
                target: row.get(2).doing(doing)?,
            };
            let key: String = row.get(3).doing(doing)?;
            let parts = [Arg::Text(&id.tenant), Arg::Text(&id.incident), Arg::Text(&id.target)];
            let [tenant, incident, target] = parts;
            let busy = session.row(busy, &[tenant, target, Arg::Int(now)]).await.doing(doing)?;
            let busy: i64 = busy.map(|row| row.get(0)).transpose().doing(doing)?.unwrap_or(0);
            if busy >= i64::from(per_target) {
                continue;
            }
            let args = [tenant, incident, target, Arg::Int(until), Arg::Int(now)];
            // Somebody else may have been faster.
            let Some(leased) = session.row(lease, &args).await.doing(doing)? else { continue };
            session.execute(begin, &[tenant, Arg::Text(&key), Arg::Int(now)]).await.doing(doing)?;
            let notices = queue(&mut session, &id).await?;
            queues.push(NoticeQueue { lease: leased.get(0).doing(doing)?, notices, id });
        }
        session.commit().await.doing(doing)?;
        Ok(queues)
    }

    /// Records what an attempt changed, and ends the lease. `false` when somebody else has leased the queue since: then
    /// nothing is changed.
    ///
    /// # Errors
    /// [`CatalogError::Database`], [`CatalogError::Invalid`]; then nothing is changed.
    pub async fn notices_settle(&self, settlement: &NoticeSettlement) -> Result<bool, CatalogError> {
        let doing = "settle notices";
        settlement.add.as_ref().map_or(Ok(()), NoticeRow::check)?;
        let NoticeQueueId { tenant, incident, target } = &settlement.queue;
        let end =
            "UPDATE notice_leases SET until = 0 WHERE tenant = $1 AND incident = $2 AND target = $3 AND lease = $4";
        let mut session = self.database.write().await.doing(doing)?;
        let args = [Arg::Text(tenant), Arg::Text(incident), Arg::Text(target), Arg::Int(settlement.lease)];
        if session.execute(end, &args).await.doing(doing)? == 0 {
            return Ok(false);
        }
        for (key, change) in &settlement.changes {
            changed(&mut session, tenant, key, change).await?;
        }
        if let Some(add) = &settlement.add {
            write(&mut session, tenant, std::slice::from_ref(add)).await?;
        }
        if let Some((at, why)) = &settlement.off {
            let sql = "INSERT INTO targets_off (tenant, target, at, why) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (tenant, target) DO NOTHING";
            let why = shortened(why);
            let args = [Arg::Text(tenant), Arg::Text(target), Arg::Int(*at), Arg::Text(&why)];
            session.execute(sql, &args).await.doing(doing)?;
        }
        session.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Why a target is told nothing any more; `None` when it is.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn target_off(&self, tenant: &str, target: &str) -> Result<Option<String>, CatalogError> {
        let doing = "look up a target";
        let sql = "SELECT why FROM targets_off WHERE tenant = $1 AND target = $2";
        let rows = self.database.rows(sql, &[Arg::Text(tenant), Arg::Text(target)]).await.doing(doing)?;
        rows.first().map(|row| row.get(0)).transpose().doing(doing)
    }

    /// Tells a target again, as after its configuration was changed.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn target_on(&self, tenant: &str, target: &str) -> Result<bool, CatalogError> {
        let doing = "put a target back";
        let mut session = self.database.write().await.doing(doing)?;
        let sql = "DELETE FROM targets_off WHERE tenant = $1 AND target = $2";
        let was_off = session.execute(sql, &[Arg::Text(tenant), Arg::Text(target)]).await.doing(doing)? > 0;
        session.commit().await.doing(doing)?;
        Ok(was_off)
    }

    /// Notices that were given up, the newest first.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_dead(&self, tenant: &str, limit: u32) -> Result<Vec<NoticeRow>, CatalogError> {
        let doing = "list notices that were given up";
        let sql = "SELECT key, tenant, incident, target, sequence, created, due, attempts, first_at, delivered, hops, error, \
                   body FROM notices WHERE tenant = $1 AND state = 'dead' ORDER BY created DESC, key LIMIT $2";
        let rows = self.database.rows(sql, &[Arg::Text(tenant), Arg::Int(page_rows(limit))]).await.doing(doing)?;
        rows.iter().map(NoticeRow::read).collect::<Result<_, _>>().doing(doing)
    }

    /// How many notices of all tenants wait.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_waiting(&self) -> Result<NoticesWaiting, CatalogError> {
        let doing = "count notices";
        let sql =
            "SELECT state, COUNT(*), MIN(created) FROM notices WHERE state <> 'done' AND delivered = 0 GROUP BY state";
        let mut waiting = NoticesWaiting::default();
        for row in self.database.rows(sql, &[]).await.doing(doing)? {
            let state: String = row.get(0).doing(doing)?;
            let count = u64::try_from(row.get::<i64>(1).doing(doing)?).unwrap_or_default();
            if state == "dead" {
                waiting.dead = count;
            } else {
                waiting.pending = count;
                waiting.oldest = row.get(2).doing(doing)?;
            }
        }
        Ok(waiting)
    }

    /// Drops notices that are dealt with or given up and were written before `before` (µs since 1970), and leases on
    /// nothing. Answers how many notices.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn notices_trim(&self, before: i64) -> Result<u64, CatalogError> {
        let doing = "drop old notices";
        let mut session = self.database.write().await.doing(doing)?;
        let sql = "DELETE FROM notices WHERE state <> 'pending' AND created < $1";
        let dropped = session.execute(sql, &[Arg::Int(before)]).await.doing(doing)?;
        // A lease that is out keeps its number: whoever holds it must not be mistaken for the next one.
        let sql = "DELETE FROM notice_leases WHERE until = 0 AND NOT EXISTS (SELECT 1 FROM notices n WHERE \
                   n.tenant = notice_leases.tenant AND n.incident = notice_leases.incident \
                   AND n.target = notice_leases.target)";
        session.execute(sql, &[]).await.doing(doing)?;
        session.commit().await.doing(doing)?;
        Ok(dropped)
    }
}

async fn queue(session: &mut Session, id: &NoticeQueueId) -> Result<Vec<NoticeRow>, CatalogError> {
    let sql = "SELECT key, tenant, incident, target, sequence, created, due, attempts, first_at, delivered, hops, error, body \
               FROM notices WHERE tenant = $1 AND incident = $2 AND target = $3 AND state = 'pending' \
               ORDER BY sequence, key LIMIT $4";
    let args = [Arg::Text(&id.tenant), Arg::Text(&id.incident), Arg::Text(&id.target), Arg::Int(SHOWN_MAX)];
    let rows = session.rows(sql, &args).await.doing("read a queue of notices")?;
    rows.iter().map(NoticeRow::read).collect::<Result<_, _>>().doing("read a queue of notices")
}

async fn changed(session: &mut Session, tenant: &str, key: &str, change: &NoticeChange) -> Result<(), CatalogError> {
    let doing = "settle a notice";
    let (tenant, key) = (Arg::Text(tenant), Arg::Text(key));
    let done = "UPDATE notices SET state = 'done' WHERE tenant = $1 AND key = $2 AND state = 'pending'";
    let again = "UPDATE notices SET due = $3, delivered = 1, attempts = 0, first_at = 0, error = '' \
                 WHERE tenant = $1 AND key = $2 AND state = 'pending'";
    let retry = "UPDATE notices SET due = $3, error = $4 WHERE tenant = $1 AND key = $2 AND state = 'pending'";
    let dead = "UPDATE notices SET state = 'dead', error = $3 WHERE tenant = $1 AND key = $2 AND state = 'pending'";
    let result = match change {
        NoticeChange::Done => session.execute(done, &[tenant, key]).await,
        NoticeChange::Again(due) => session.execute(again, &[tenant, key, Arg::Int(*due)]).await,
        NoticeChange::Retry { due, error } => {
            session.execute(retry, &[tenant, key, Arg::Int(*due), Arg::Text(&shortened(error))]).await
        }
        NoticeChange::Dead { error } => session.execute(dead, &[tenant, key, Arg::Text(&shortened(error))]).await,
    };
    result.doing(doing).map(drop)
}

/// The start of an error's text, without characters that cannot be stored.
fn shortened(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(ERROR_CHARS_MAX).collect()
}
