//! Incidents as rows: found by time, model and state.

use crate::catalog::Catalog;
use crate::database::{Arg, Row, Session};
use crate::error::{CatalogError, Doing as _};
use crate::limits::{BODY_BYTES_MAX, NAME_BYTES_MAX, check_name, check_size, page_rows};

/// An incident as it is kept. Times are µs since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    /// Its id.
    pub id: String,
    /// The model it is about; empty if there is none.
    pub model: String,
    /// The environment; empty if there is none.
    pub environment: String,
    /// `page`, `ticket` or `info`.
    pub severity: String,
    /// When it was opened.
    pub opened: i64,
    /// When it was closed.
    pub closed: Option<i64>,
    /// All of it, as JSON.
    pub body: String,
}

/// Which incidents. Newest first.
#[derive(Debug, Clone, Default)]
pub struct IncidentQuery {
    /// Only those of this model.
    pub model: Option<String>,
    /// Only those of this environment.
    pub environment: Option<String>,
    /// Only open (`true`) or closed (`false`) ones.
    pub open: Option<bool>,
    /// Only those before this one: time of opening and id of the last one of the page before.
    pub before: Option<(i64, String)>,
    /// Rows, at most.
    pub limit: u32,
}

impl IncidentRow {
    pub(super) fn check(&self) -> Result<(), CatalogError> {
        check_name("incident", &self.id, NAME_BYTES_MAX)?;
        check_size("incident", self.body.len(), BODY_BYTES_MAX)
    }

    fn read(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.get(0)?,
            model: row.get(1)?,
            environment: row.get(2)?,
            severity: row.get(3)?,
            opened: row.get(4)?,
            closed: row.get(5)?,
            body: row.get(6)?,
        })
    }
}

pub(super) async fn write(session: &mut Session, tenant: &str, rows: &[IncidentRow]) -> Result<(), CatalogError> {
    let sql = "INSERT INTO incidents (tenant, id, model, environment, severity, opened, closed, body) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, id) DO UPDATE SET \
               model = excluded.model, environment = excluded.environment, severity = excluded.severity, \
               opened = excluded.opened, closed = excluded.closed, body = excluded.body";
    for row in rows {
        let args = [
            Arg::Text(tenant),
            Arg::Text(&row.id),
            Arg::Text(&row.model),
            Arg::Text(&row.environment),
            Arg::Text(&row.severity),
            Arg::Int(row.opened),
            Arg::MaybeInt(row.closed),
            Arg::Text(&row.body),
        ];
        session.execute(sql, &args).await.doing("write an incident")?;
    }
    Ok(())
}

impl Catalog {
    /// An incident.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn incident(&self, tenant: &str, id: &str) -> Result<Option<IncidentRow>, CatalogError> {
        let doing = "read an incident";
        let sql = "SELECT id, model, environment, severity, opened, closed, body FROM incidents \
                   WHERE tenant = $1 AND id = $2";
        let rows = self.database.rows(sql, &[Arg::Text(tenant), Arg::Text(id)]).await.doing(doing)?;
        rows.first().map(IncidentRow::read).transpose().doing(doing)
    }

    /// Incidents, the newest first, 1 to [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX) of them.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn incidents(&self, tenant: &str, query: &IncidentQuery) -> Result<Vec<IncidentRow>, CatalogError> {
        let doing = "list incidents";
        let sql = "SELECT id, model, environment, severity, opened, closed, body FROM incidents WHERE tenant = $1 \
                   AND ($2 = '' OR model = $2) AND ($3 = '' OR environment = $3) \
                   AND ($4 = 0 OR ($4 = 1 AND closed IS NULL) OR ($4 = 2 AND closed IS NOT NULL)) \
                   AND (opened < $5 OR (opened = $5 AND id < $6)) ORDER BY opened DESC, id DESC LIMIT $7";
        let (before, id) = query.before.as_ref().map_or((i64::MAX, ""), |(at, id)| (*at, id));
        let args = [
            Arg::Text(tenant),
            Arg::Text(query.model.as_deref().unwrap_or_default()),
            Arg::Text(query.environment.as_deref().unwrap_or_default()),
            Arg::Int(query.open.map_or(0, |open| if open { 1 } else { 2 })),
            Arg::Int(before),
            Arg::Text(id),
            Arg::Int(page_rows(query.limit)),
        ];
        let rows = self.database.rows(sql, &args).await.doing(doing)?;
        rows.iter().map(IncidentRow::read).collect::<Result<_, _>>().doing(doing)
    }

    /// Drops incidents that were closed before `before` (µs since 1970). Answers how many.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn incidents_trim(&self, before: i64) -> Result<u64, CatalogError> {
        let doing = "drop old incidents";
        let mut session = self.database.write().await.doing(doing)?;
        let sql = "DELETE FROM incidents WHERE closed < $1";
        let dropped = session.execute(sql, &[Arg::Int(before)]).await.doing(doing)?;
        session.commit().await.doing(doing)?;
        Ok(dropped)
    }
}
