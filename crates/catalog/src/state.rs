//! Small values of other parts (positions, leases, schedules), changed by compare-and-set. They are not in the ledger.

use crate::catalog::Catalog;
use crate::database::Arg;
use crate::error::{CatalogError, Doing as _};
use crate::limits::{NAME_BYTES_MAX, STATE_BYTES_MAX, check_name, check_size, page_rows};

/// A value of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateValue {
    /// Grows by 1 with each change, from 1. A value that was deleted and set again begins at 1.
    pub version: i64,
    /// The bytes.
    pub value: Vec<u8>,
}

impl Catalog {
    /// A value; `None` if there is none.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn state_get(&self, tenant: &str, key: &str) -> Result<Option<StateValue>, CatalogError> {
        let doing = "read the state";
        let sql = "SELECT version, value FROM state WHERE tenant = $1 AND key = $2";
        let rows = self.database.rows(sql, &[Arg::Text(tenant), Arg::Text(key)]).await.doing(doing)?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(StateValue { version: row.get(0).doing(doing)?, value: row.get(1).doing(doing)? }))
    }

    /// Sets a value of at most [`STATE_BYTES_MAX`] bytes. Durable when it answers the new version.
    ///
    /// * `expected`: the version that the caller saw, 0 if it saw none, `None` to set it whatever is there.
    ///
    /// # Errors
    /// [`CatalogError::Conflict`] if the version is another, [`CatalogError::Invalid`], [`CatalogError::TooLarge`],
    /// [`CatalogError::Database`].
    pub async fn state_set(
        &self,
        tenant: &str,
        key: &str,
        value: &[u8],
        expected: Option<i64>,
    ) -> Result<i64, CatalogError> {
        check_name("tenant", tenant, NAME_BYTES_MAX)?;
        check_name("state key", key, NAME_BYTES_MAX)?;
        check_size("state", value.len(), STATE_BYTES_MAX)?;
        let doing = "write the state";
        // One statement compares and sets: no row comes back when the comparison fails.
        let any = "INSERT INTO state (tenant, key, version, value) VALUES ($1, $2, 1, $3) ON CONFLICT (tenant, key) \
                   DO UPDATE SET version = state.version + 1, value = excluded.value RETURNING version";
        let absent = "INSERT INTO state (tenant, key, version, value) VALUES ($1, $2, 1, $3) \
                      ON CONFLICT (tenant, key) DO NOTHING RETURNING version";
        let same = "UPDATE state SET version = version + 1, value = $3 \
                    WHERE tenant = $1 AND key = $2 AND version = $4 RETURNING version";
        let mut args = vec![Arg::Text(tenant), Arg::Text(key), Arg::Bytes(value)];
        let sql = match expected {
            None => any,
            Some(0) => absent,
            Some(version) => {
                args.push(Arg::Int(version));
                same
            }
        };
        let mut session = self.database.write().await.doing(doing)?;
        let Some(row) = session.row(sql, &args).await.doing(doing)? else {
            drop(session);
            return Err(self.state_conflict(tenant, key, expected).await?);
        };
        let version = row.get(0).doing(doing)?;
        session.commit().await.doing(doing)?;
        Ok(version)
    }

    /// Deletes a value. Answers whether there was one.
    ///
    /// # Errors
    /// [`CatalogError::Conflict`] if there is a value of another version than `expected`, [`CatalogError::Database`].
    pub async fn state_delete(&self, tenant: &str, key: &str, expected: Option<i64>) -> Result<bool, CatalogError> {
        let doing = "delete from the state";
        let sql = "DELETE FROM state WHERE tenant = $1 AND key = $2 AND ($3 < 0 OR version = $3)";
        let args = [Arg::Text(tenant), Arg::Text(key), Arg::Int(expected.unwrap_or(-1))];
        let mut session = self.database.write().await.doing(doing)?;
        let deleted = session.execute(sql, &args).await.doing(doing)? > 0;
        session.commit().await.doing(doing)?;
        if !deleted && expected.is_some() && self.state_get(tenant, key).await?.is_some() {
            return Err(self.state_conflict(tenant, key, expected).await?);
        }
        Ok(deleted)
    }

    /// The values whose key begins with `prefix`, in the order of the bytes of their keys: those after `after`, 1 to
    /// [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX) of them.
    ///
    /// # Errors
    /// [`CatalogError::Database`].
    pub async fn state_list(
        &self,
        tenant: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<(String, StateValue)>, CatalogError> {
        let doing = "read the state";
        let sql = "SELECT key, version, value FROM state WHERE tenant = $1 AND key >= $2 AND key > $3 \
                   AND substr(key, 1, length($2)) = $2 ORDER BY key LIMIT $4";
        let after = Arg::Text(after.unwrap_or_default());
        let args = [Arg::Text(tenant), Arg::Text(prefix), after, Arg::Int(page_rows(limit))];
        let rows = self.database.rows(sql, &args).await.doing(doing)?;
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            let value = StateValue { version: row.get(1).doing(doing)?, value: row.get(2).doing(doing)? };
            values.push((row.get(0).doing(doing)?, value));
        }
        Ok(values)
    }

    async fn state_conflict(
        &self,
        tenant: &str,
        key: &str,
        expected: Option<i64>,
    ) -> Result<CatalogError, CatalogError> {
        let found = self.state_get(tenant, key).await?.map_or(0, |state| state.version);
        let what = format!("state `{key}` of tenant `{tenant}`");
        Ok(CatalogError::Conflict { what, found, expected: expected.unwrap_or_default() })
    }
}
