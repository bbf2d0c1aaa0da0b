//! Reading resources and their history.

use super::{Kind, Resource, ResourceKey, Revision, RevisionInfo};
use crate::canonical::parse_json;
use crate::catalog::Catalog;
use crate::database::{Arg, Row};
use crate::error::{CatalogError, Doing as _};
use crate::ledger::timestamp;
use crate::limits::page_rows;

const DOING: &str = "read resources";

impl Catalog {
    /// A resource as it is now; `None` if it never was or is deleted.
    ///
    /// # Errors
    /// [`CatalogError::Database`], [`CatalogError::Damaged`] if what is stored is not JSON.
    pub async fn get(&self, key: &ResourceKey) -> Result<Option<Resource>, CatalogError> {
        let sql = "SELECT r.revision, r.digest, l.at, l.actor, l.action, l.detail, r.seq, r.body FROM resources s \
                   JOIN revisions r ON r.tenant = s.tenant AND r.kind = s.kind AND r.name = s.name \
                   AND r.revision = s.revision JOIN ledger l ON l.tenant = r.tenant AND l.seq = r.seq \
                   WHERE s.tenant = $1 AND s.kind = $2 AND s.name = $3";
        let rows = self.database.rows(sql, &key_args(key)).await.doing(DOING)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let Revision { info, body } = revision(row, key)?;
        Ok(body.map(|body| Resource { key: key.clone(), body, revision: info }))
    }

    /// One revision of a resource; `None` if there is no such revision.
    ///
    /// # Errors
    /// As [`Catalog::get`].
    pub async fn get_revision(&self, key: &ResourceKey, number: i64) -> Result<Option<Revision>, CatalogError> {
        let sql = "SELECT r.revision, r.digest, l.at, l.actor, l.action, l.detail, r.seq, r.body FROM revisions r \
                   JOIN ledger l ON l.tenant = r.tenant AND l.seq = r.seq \
                   WHERE r.tenant = $1 AND r.kind = $2 AND r.name = $3 AND r.revision = $4";
        let [tenant, kind, name] = key_args(key);
        let rows = self.database.rows(sql, &[tenant, kind, name, Arg::Int(number)]).await.doing(DOING)?;
        rows.first().map(|row| revision(row, key)).transpose()
    }

    /// The resources of a kind that are not deleted, in the order of the bytes of their names.
    ///
    /// * `after`: only names greater than this one; `None` or an empty text for the first page.
    /// * `limit`: rows, 1 to [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX). A shorter page is the last one.
    ///
    /// # Errors
    /// As [`Catalog::get`].
    pub async fn list(
        &self,
        tenant: &str,
        kind: Kind,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Resource>, CatalogError> {
        let sql = "SELECT r.revision, r.digest, l.at, l.actor, l.action, l.detail, r.seq, r.body, s.name \
                   FROM resources s \
                   JOIN revisions r ON r.tenant = s.tenant AND r.kind = s.kind AND r.name = s.name \
                   AND r.revision = s.revision JOIN ledger l ON l.tenant = r.tenant AND l.seq = r.seq \
                   WHERE s.tenant = $1 AND s.kind = $2 AND s.name > $3 AND r.body IS NOT NULL \
                   ORDER BY s.name LIMIT $4";
        let after = Arg::Text(after.unwrap_or_default());
        let args = [Arg::Text(tenant), Arg::Text(kind.as_str()), after, Arg::Int(page_rows(limit))];
        let rows = self.database.rows(sql, &args).await.doing(DOING)?;
        let mut resources = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = ResourceKey::new(tenant, kind, row.get::<String>(8).doing(DOING)?);
            let Revision { info, body } = revision(row, &key)?;
            resources.extend(body.map(|body| Resource { key, body, revision: info }));
        }
        Ok(resources)
    }

    /// The history of a resource, newest first, without bodies.
    ///
    /// * `before`: only revisions below this number; `None` for the first page.
    /// * `limit`: rows, 1 to [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX).
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn revisions(
        &self,
        key: &ResourceKey,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RevisionInfo>, CatalogError> {
        let sql = "SELECT r.revision, r.digest, l.at, l.actor, l.action, l.detail, r.seq FROM revisions r \
                   JOIN ledger l ON l.tenant = r.tenant AND l.seq = r.seq \
                   WHERE r.tenant = $1 AND r.kind = $2 AND r.name = $3 AND r.revision < $4 \
                   ORDER BY r.revision DESC LIMIT $5";
        let [tenant, kind, name] = key_args(key);
        let args = [tenant, kind, name, Arg::Int(before.unwrap_or(i64::MAX)), Arg::Int(page_rows(limit))];
        let rows = self.database.rows(sql, &args).await.doing(DOING)?;
        rows.iter().map(info).collect()
    }
}

fn key_args(key: &ResourceKey) -> [Arg<'_>; 3] {
    [Arg::Text(&key.tenant), Arg::Text(key.kind.as_str()), Arg::Text(&key.name)]
}

fn info(row: &Row) -> Result<RevisionInfo, CatalogError> {
    Ok(RevisionInfo {
        revision: row.get(0).doing(DOING)?,
        digest: row.get(1).doing(DOING)?,
        at: timestamp(row.get(2).doing(DOING)?)?,
        actor: row.get(3).doing(DOING)?,
        action: row.get(4).doing(DOING)?,
        detail: row.get(5).doing(DOING)?,
        seq: row.get(6).doing(DOING)?,
    })
}

fn revision(row: &Row, key: &ResourceKey) -> Result<Revision, CatalogError> {
    let info = info(row)?;
    let body: Option<String> = row.get(7).doing(DOING)?;
    // The text of the parser quotes the body.
    let body = body.map(|text| parse_json(&text)).transpose().map_err(|_quotes| CatalogError::Damaged {
        what: key.to_string(),
        problem: format!("revision {} is not JSON", info.revision),
    })?;
    Ok(Revision { info, body })
}
