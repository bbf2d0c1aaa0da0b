//! Changes of resources: one transaction each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Change, Kind, Outcome, Put, Removal, ResourceKey, check_origin};
use crate::canonical::{canonical_json, sha256_hex};
use crate::catalog::Catalog;
use crate::database::{Arg, Session};
use crate::error::{CatalogError, Doing as _};
use crate::ledger::{Draft, Locked, append, lock_head};
use crate::limits::CHANGES_MAX;

/// A resource's current revision and digest; `(0, "")` if there never was one, `(n, "")` once deleted.
struct Current {
    revision: i64,
    digest: String,
}

impl Current {
    /// The revision as callers see it: 0 if there is nothing to see.
    fn visible(&self) -> i64 {
        if self.digest.is_empty() { 0 } else { self.revision }
    }
}

/// What is to be written.
struct Write<'a> {
    key: &'a ResourceKey,
    /// Canonical JSON; `None` deletes.
    body: Option<&'a str>,
    expected: Option<i64>,
    actor: &'a str,
    detail: &'a str,
}

impl Catalog {
    /// Gives a resource a content. Durable when it answers.
    ///
    /// Content equal to the current one makes no revision, no ledger entry and no outbox row.
    ///
    /// # Errors
    /// [`CatalogError::Conflict`] if `expected_revision` is not the current one, [`CatalogError::Invalid`] and
    /// [`CatalogError::TooLarge`] for what cannot be stored, [`CatalogError::Taken`] for an API key's id of another
    /// tenant, [`CatalogError::Database`].
    pub async fn put(&self, change: &Change, now: Timestamp) -> Result<Put, CatalogError> {
        let puts = self.put_all(std::slice::from_ref(change), now).await?;
        puts.into_iter().next().ok_or_else(|| CatalogError::Damaged {
            what: change.key.to_string(),
            problem: "the change had no answer".to_owned(),
        })
    }

    /// Makes all of these changes, in this order, or none of them.
    ///
    /// # Errors
    /// As [`Catalog::put`], for the first change that fails; [`CatalogError::TooLarge`] beyond [`CHANGES_MAX`].
    pub async fn put_all(&self, changes: &[Change], now: Timestamp) -> Result<Vec<Put>, CatalogError> {
        if changes.len() > CHANGES_MAX {
            let (found, bound) = (changes.len(), CHANGES_MAX);
            return Err(CatalogError::TooLarge { what: "a set", found, bound, unit: "changes" });
        }
        let mut bodies = Vec::with_capacity(changes.len());
        for change in changes {
            change.key.check()?;
            check_origin(&change.actor, &change.detail)?;
            bodies.push(canonical_json(&change.body)?);
        }
        let doing = "change resources";
        let mut session = self.database.write().await.doing(doing)?;
        // Two sets that share tenants must take their locks in one order, or they wait for each other forever.
        let tenants: BTreeSet<&str> = changes.iter().map(|change| change.key.tenant.as_str()).collect();
        let mut heads = BTreeMap::new();
        for tenant in tenants {
            heads.insert(tenant, lock_head(&mut session, tenant, now).await?);
        }
        let mut puts = Vec::with_capacity(changes.len());
        for (change, body) in changes.iter().zip(&bodies) {
            let Change { key, expected_revision: expected, actor, detail, .. } = change;
            let write = Write { key, body: Some(body), expected: *expected, actor, detail };
            // Each tenant of the set was locked above.
            if let Some(head) = heads.get_mut(key.tenant.as_str()) {
                puts.push(apply(&mut session, head, &write, now).await?);
            }
        }
        if puts.iter().any(|put| put.outcome != Outcome::Unchanged) {
            session.commit().await.doing(doing)?;
        }
        Ok(puts)
    }

    /// Deletes a resource; its history stays. Answers the revision of the deletion, `None` if there was nothing.
    ///
    /// # Errors
    /// As [`Catalog::put`].
    pub async fn delete(&self, removal: &Removal, now: Timestamp) -> Result<Option<i64>, CatalogError> {
        let Removal { key, expected_revision: expected, actor, detail } = removal;
        key.check()?;
        check_origin(actor, detail)?;
        let doing = "delete a resource";
        let mut session = self.database.write().await.doing(doing)?;
        let mut head = lock_head(&mut session, &key.tenant, now).await?;
        let write = Write { key, body: None, expected: *expected, actor, detail };
        let put = apply(&mut session, &mut head, &write, now).await?;
        if put.outcome == Outcome::Unchanged {
            return Ok(None);
        }
        session.commit().await.doing(doing)?;
        Ok(Some(put.revision))
    }
}

/// Writes one change within a transaction that holds the lock of its tenant.
async fn apply(
    session: &mut Session,
    head: &mut Locked,
    write: &Write<'_>,
    now: Timestamp,
) -> Result<Put, CatalogError> {
    let key = write.key;
    let current = current(session, key).await?;
    if let Some(expected) = write.expected.filter(|expected| *expected != current.visible()) {
        let found = current.visible();
        return Err(CatalogError::Conflict { what: key.to_string(), found, expected });
    }
    let digest = write.body.map(|body| sha256_hex(body.as_bytes())).unwrap_or_default();
    // Two absent contents are equal as well: nothing to delete.
    if digest == current.digest {
        return Ok(Put { revision: current.revision, outcome: Outcome::Unchanged });
    }
    let action = match (current.digest.is_empty(), write.body) {
        (_, None) => "delete",
        (true, Some(_)) => "create",
        (false, Some(_)) => "update",
    };
    let revision = current.revision + 1;
    let draft = Draft {
        actor: write.actor,
        action,
        kind: key.kind.as_str(),
        name: &key.name,
        revision,
        digest: &digest,
        detail: write.detail,
    };
    let seq = append(session, head, &draft, now, true).await?;
    store(session, key, revision, seq, &digest, write.body).await.doing("store a revision")?;
    if key.kind == Kind::ApiKey {
        register_api_key(session, key).await?;
    }
    let outcome = if action == "update" { Outcome::Updated } else { Outcome::Created };
    Ok(Put { revision, outcome })
}

async fn current(session: &mut Session, key: &ResourceKey) -> Result<Current, CatalogError> {
    let sql = "SELECT s.revision, r.digest FROM resources s \
               JOIN revisions r ON r.tenant = s.tenant AND r.kind = s.kind AND r.name = s.name \
               AND r.revision = s.revision \
               WHERE s.tenant = $1 AND s.kind = $2 AND s.name = $3";
    let args = [Arg::Text(&key.tenant), Arg::Text(key.kind.as_str()), Arg::Text(&key.name)];
    let doing = "read a resource";
    Ok(match session.row(sql, &args).await.doing(doing)? {
        Some(row) => Current { revision: row.get(0).doing(doing)?, digest: row.get(1).doing(doing)? },
        None => Current { revision: 0, digest: String::new() },
    })
}

async fn store(
    session: &mut Session,
    key: &ResourceKey,
    revision: i64,
    seq: i64,
    digest: &str,
    body: Option<&str>,
) -> Result<(), sqlx::Error> {
    let [tenant, kind, name] = [Arg::Text(&key.tenant), Arg::Text(key.kind.as_str()), Arg::Text(&key.name)];
    let sql = "INSERT INTO resources (tenant, kind, name, revision) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (tenant, kind, name) DO UPDATE SET revision = excluded.revision";
    session.execute(sql, &[tenant, kind, name, Arg::Int(revision)]).await?;
    let sql = "INSERT INTO revisions (tenant, kind, name, revision, seq, digest, body) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let args = [tenant, kind, name, Arg::Int(revision), Arg::Int(seq), Arg::Text(digest), Arg::Maybe(body)];
    session.execute(sql, &args).await.map(drop)
}

/// An id finds one key, so no two tenants can have the same.
async fn register_api_key(session: &mut Session, key: &ResourceKey) -> Result<(), CatalogError> {
    let doing = "register an API key";
    let sql = "INSERT INTO api_keys (id, tenant) VALUES ($1, $2) \
               ON CONFLICT (id) DO UPDATE SET tenant = api_keys.tenant RETURNING tenant";
    let row = session.row(sql, &[Arg::Text(&key.name), Arg::Text(&key.tenant)]).await.doing(doing)?;
    let tenant: Option<String> = row.map(|row| row.get(0)).transpose().doing(doing)?;
    match tenant {
        Some(tenant) if tenant != key.tenant => {
            Err(CatalogError::Taken { what: format!("{} `{}`", key.kind, key.name), tenant })
        }
        _ => Ok(()),
    }
}
