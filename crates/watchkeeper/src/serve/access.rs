//! The server's port for API keys, on top of the catalog.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use watchkeeper_catalog::Catalog;
use watchkeeper_catalog::keys::{self, Scopes, entropy, mint, parse};
use watchkeeper_server::ports::{CreatedKey, Grant, KeyError, Keys, NewKey};
use watchkeeper_server::{Caller, Right, Rights};

/// How long a checked key is believed: a revoked one works so long at most.
const BELIEVED: Duration = Duration::from_secs(10);
const BELIEVED_MAX: usize = 1024;

/// Keys of the catalog.
pub(super) struct Access {
    catalog: Catalog,
    /// SHA-256 of tokens that were checked lately: a stream of single rows must not be a stream of queries.
    believed: Mutex<HashMap<String, (Instant, Grant)>>,
}

impl Access {
    pub(super) fn new(catalog: Catalog) -> Self {
        Self { catalog, believed: Mutex::default() }
    }
}

fn right(right: Right) -> keys::Right {
    match right {
        Right::Ingest => keys::Right::Ingest,
        Right::Read => keys::Right::Read,
        Right::Admin => keys::Right::Admin,
    }
}

fn rights(rights: &BTreeSet<keys::Right>) -> Rights {
    let all: Vec<Right> = Right::ALL.into_iter().filter(|wanted| rights.contains(&right(*wanted))).collect();
    Rights::of(&all)
}

fn unavailable(error: &dyn std::fmt::Display) -> KeyError {
    KeyError::Unavailable { detail: error.to_string() }
}

#[async_trait]
impl Keys for Access {
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Option<Grant>, KeyError> {
        let Ok(presented) = parse(token) else { return Ok(None) };
        let digest = watchkeeper_catalog::sha256_hex(token.as_bytes());
        {
            let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
            match believed.get(&digest) {
                Some((at, grant)) if at.elapsed() < BELIEVED => return Ok(Some(grant.clone())),
                Some(_) => {
                    believed.remove(&digest);
                }
                None => {}
            }
        }
        let found = self.catalog.authenticate(&presented, now).await.map_err(|error| unavailable(&error))?;
        let Ok(found) = found else { return Ok(None) };
        let grant = Grant {
            tenant: found.record.scopes.tenant.clone().unwrap_or(found.tenant),
            environment: found.record.scopes.environment.clone(),
            model: found.record.scopes.model.clone(),
            rights: rights(&found.record.rights),
            key_id: found.record.id.clone(),
        };
        let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        if believed.len() >= BELIEVED_MAX {
            believed.clear();
        }
        believed.insert(digest, (Instant::now(), grant.clone()));
        Ok(Some(grant))
    }

    async fn create(&self, caller: &Caller, key: NewKey, now: Timestamp) -> Result<CreatedKey, KeyError> {
        let invalid = |error: &dyn std::fmt::Display| KeyError::Invalid { detail: error.to_string() };
        let scopes = Scopes {
            tenant: Some(caller.tenant.clone()),
            environment: key.environment.clone(),
            model: key.model.clone(),
        };
        let wanted: BTreeSet<keys::Right> = key.rights.iter().map(|wanted| right(*wanted)).collect();
        let environment = key.environment.clone().unwrap_or_else(|| "production".to_owned());
        let random = entropy().map_err(|error| unavailable(&error))?;
        let expires = key.expires_at.map(|time| time.0);
        let (token, record) = mint(&environment, scopes, wanted, expires, &random).map_err(|error| invalid(&error))?;
        let actor = super::resources::actor(caller);
        self.catalog.key_create(&caller.tenant, &record, &actor, now).await.map_err(|error| unavailable(&error))?;
        Ok(CreatedKey {
            id: record.id,
            token: token.expose().to_owned(),
            tenant: caller.tenant.clone(),
            environment: key.environment,
            model: key.model,
            rights: key.rights,
            expires_at: key.expires_at,
        })
    }
}

/// Puts the configured first key into the catalog when it is not there.
pub(super) async fn bootstrap(catalog: &Catalog, config: &crate::config::ServeConfig) -> Result<(), super::ServeError> {
    let Some(token) = &config.auth.bootstrap_key else { return Ok(()) };
    let bad = |reason: String| super::ServeError::Key { key: "auth.bootstrap_key", reason };
    let presented = parse(token.expose()).map_err(|error| bad(error.to_string()))?;
    let now = Timestamp::now();
    if catalog.authenticate(&presented, now).await?.is_ok() {
        return Ok(());
    }
    let rights = [keys::Right::Ingest, keys::Right::Read, keys::Right::Admin].into_iter().collect();
    let record = presented.record(Scopes::default(), rights);
    catalog.key_create("default", &record, "bootstrap", now).await?;
    tracing::info!(key = presented.id, "first key taken from the configuration");
    Ok(())
}
