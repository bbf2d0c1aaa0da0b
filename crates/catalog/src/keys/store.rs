//! Keys in the catalog.

use jiff::Timestamp;

use super::{ApiKeyRecord, PresentedKey, Refusal, verify};
use crate::catalog::Catalog;
use crate::database::Arg;
use crate::error::{CatalogError, Doing as _};
use crate::ledger::timestamp;
use crate::resource::{Change, Kind, Put, ResourceKey};

/// How exactly the last use of a key is known, microseconds: one write a minute at most, however busy the key is.
const LAST_USED_STEP: i64 = 60_000_000;

/// Decoded when there is no record, so that an unknown id takes the time of a known one.
const NOBODY: &str = r#"{"environment":"production","expires":null,"id":"............","revoked":null,"rights":["ingest"],"scopes":{"environment":null,"model":null,"tenant":null},"secret_sha256":"................................................................"}"#;

/// A key that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The tenant whose resource the key is: what it may be used on is in its record.
    pub tenant: String,
    /// Its record.
    pub record: ApiKeyRecord,
}

impl Catalog {
    /// Stores a key as a resource of `tenant`.
    ///
    /// # Errors
    /// As [`Catalog::put`]; [`CatalogError::Conflict`] if the id exists, [`CatalogError::Taken`] in another tenant.
    pub async fn key_create(
        &self,
        tenant: &str,
        record: &ApiKeyRecord,
        actor: &str,
        now: Timestamp,
    ) -> Result<Put, CatalogError> {
        self.put(&change(tenant, record, Some(0), actor, "")?, now).await
    }

    /// Ends the acceptance of a key, from now on. Answers whether there was a key that had not been revoked.
    ///
    /// # Errors
    /// As [`Catalog::put`]; [`CatalogError::Conflict`] if it was changed in between.
    pub async fn key_revoke(
        &self,
        tenant: &str,
        id: &str,
        actor: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, CatalogError> {
        let key = ResourceKey::new(tenant, Kind::ApiKey, id);
        let Some(resource) = self.get(&key).await? else { return Ok(false) };
        let record = decode(&resource.body.to_string(), id)?;
        if record.revoked.is_some() {
            return Ok(false);
        }
        let revoked = ApiKeyRecord { revoked: Some(now), ..record };
        let expected = Some(resource.revision.revision);
        self.put(&change(tenant, &revoked, expected, actor, reason)?, now).await?;
        Ok(true)
    }

    /// Looks a presented key up, checks it, and notes its use, to the minute.
    ///
    /// An unknown id takes the same steps as a wrong secret. That the use could not be noted is logged and refuses
    /// nobody.
    ///
    /// # Errors
    /// [`CatalogError`] if the catalog cannot answer; within it, why the key is not accepted.
    pub async fn authenticate(
        &self,
        presented: &PresentedKey,
        now: Timestamp,
    ) -> Result<Result<Authenticated, Refusal>, CatalogError> {
        let doing = "look up an API key";
        let sql = "SELECT k.tenant, r.body, k.last_used FROM api_keys k \
                   JOIN resources s ON s.tenant = k.tenant AND s.kind = 'ApiKey' AND s.name = k.id \
                   JOIN revisions r ON r.tenant = s.tenant AND r.kind = s.kind AND r.name = s.name \
                   AND r.revision = s.revision WHERE k.id = $1 AND r.body IS NOT NULL";
        let rows = self.database.rows(sql, &[Arg::Text(&presented.id)]).await.doing(doing)?;
        let found = rows.first();
        let body: Option<String> = found.map(|row| row.get(1)).transpose().doing(doing)?;
        let record = decode(body.as_deref().unwrap_or(NOBODY), &presented.id)?;
        if let Err(refusal) = verify(presented, found.map(|_| &record), now) {
            return Ok(Err(refusal));
        }
        let Some(row) = found else { return Ok(Err(Refusal::Unknown)) };
        let (tenant, last_used): (String, Option<i64>) = (row.get(0).doing(doing)?, row.get(2).doing(doing)?);
        let now = now.as_microsecond();
        let is_due = last_used.is_none_or(|last| last <= now.saturating_sub(LAST_USED_STEP));
        if is_due && let Err(error) = self.note_use(&presented.id, now).await {
            tracing::warn!(key = presented.id, %error, "the use of an API key was not noted");
        }
        Ok(Ok(Authenticated { tenant, record }))
    }

    /// When a key was used last, to the minute; `None` if never, or if there is no such key.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn key_last_used(&self, id: &str) -> Result<Option<Timestamp>, CatalogError> {
        let doing = "look up an API key";
        let rows = self.database.rows("SELECT last_used FROM api_keys WHERE id = $1", &[Arg::Text(id)]).await;
        let rows = rows.doing(doing)?;
        let last: Option<i64> = rows.first().map(|row| row.get(0)).transpose().doing(doing)?.flatten();
        last.map(timestamp).transpose()
    }

    async fn note_use(&self, id: &str, now: i64) -> Result<(), CatalogError> {
        let doing = "note the use of an API key";
        let mut session = self.database.write().await.doing(doing)?;
        // Compared again: of many requests at the same time one writes.
        let sql = "UPDATE api_keys SET last_used = $2 WHERE id = $1 AND (last_used IS NULL OR last_used <= $3)";
        let args = [Arg::Text(id), Arg::Int(now), Arg::Int(now.saturating_sub(LAST_USED_STEP))];
        session.execute(sql, &args).await.doing(doing)?;
        session.commit().await.doing(doing)
    }
}

fn change(
    tenant: &str,
    record: &ApiKeyRecord,
    expected_revision: Option<i64>,
    actor: &str,
    detail: &str,
) -> Result<Change, CatalogError> {
    let key = ResourceKey::new(tenant, Kind::ApiKey, &record.id);
    let body = serde_json::to_value(record)
        .map_err(|error| CatalogError::Damaged { what: key.to_string(), problem: error.to_string() })?;
    Ok(Change { key, body, expected_revision, actor: actor.to_owned(), detail: detail.to_owned() })
}

fn decode(body: &str, id: &str) -> Result<ApiKeyRecord, CatalogError> {
    // The text of the parser quotes the body.
    serde_json::from_str(body).map_err(|_quotes| CatalogError::Damaged {
        what: format!("API key `{id}`"),
        problem: "its content is not that of a key".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_a_record() {
        assert_eq!(decode(NOBODY, "x").unwrap().secret_sha256.len(), 64);
    }
}
