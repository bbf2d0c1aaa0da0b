//! The server's port for resources, on top of the catalog.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use watchkeeper_catalog::{self as catalog, CatalogError, ErrorKind, Kind, Outcome, Removal, ResourceKey};
use watchkeeper_server::ports::{
    Change, Diff, Expected, Page, PutAnswer, Resource, ResourceError, ResourcePage, Resources, Revision,
    RevisionsAnswer, Time,
};
use watchkeeper_server::{Caller, FieldError};
use watchkeeper_spec::{self as spec, SpecError};

use super::baselines;
use super::models::Models;

/// Resources of the catalog. A change of a model is told to the running service.
pub(super) struct Kept(pub(super) Arc<Models>);

/// Kinds that are written as resources; API keys are made by `POST /api/v1/keys` alone, which knows their secrets.
const KINDS: [(&str, Kind); 19] = [
    ("model", Kind::Model),
    ("baseline", Kind::Baseline),
    ("tenant", Kind::Tenant),
    ("environment", Kind::Environment),
    ("apikey", Kind::ApiKey),
    ("monitor", Kind::Monitor),
    ("burnpolicy", Kind::BurnPolicy),
    ("notificationtarget", Kind::NotificationTarget),
    ("route", Kind::Route),
    ("inhibitrule", Kind::InhibitRule),
    ("maintenancewindow", Kind::MaintenanceWindow),
    ("silence", Kind::Silence),
    ("service", Kind::Service),
    ("datasource", Kind::DataSource),
    ("slo", Kind::Slo),
    ("sli", Kind::Sli),
    ("alertpolicy", Kind::AlertPolicy),
    ("alertcondition", Kind::AlertCondition),
    ("alertnotificationtarget", Kind::AlertNotificationTarget),
];

fn kind(word: &str) -> Result<Kind, ResourceError> {
    KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind).ok_or_else(|| {
        ResourceError::UnknownKind {
            kind: word.to_owned(),
            known: KINDS.iter().map(|(word, _)| (*word).to_owned()).collect(),
        }
    })
}

fn word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("resource", |(word, _)| word)
}

fn explained(error: CatalogError, key: &ResourceKey) -> ResourceError {
    let detail = error.to_string();
    match (error.kind(), error) {
        (_, CatalogError::Conflict { found, .. }) => ResourceError::Conflict { found: found.unsigned_abs() },
        (ErrorKind::Invalid, _) => ResourceError::Invalid(vec![field("", detail)]),
        (ErrorKind::Conflict, _) => ResourceError::Invalid(vec![field("metadata.name", detail)]),
        (ErrorKind::Unavailable, _) => ResourceError::Unavailable { detail },
        (ErrorKind::Internal, _) => ResourceError::Internal { detail: format!("{key}: {detail}") },
    }
}

fn field(path: &str, message: String) -> FieldError {
    FieldError { path: path.to_owned(), line: None, message, hint: None }
}

fn problems(error: &SpecError) -> ResourceError {
    let problem = |problem: &spec::Problem| FieldError {
        path: problem.path.clone(),
        line: None,
        message: problem.what.clone(),
        hint: problem
            .suggestion
            .as_ref()
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| problem.expected.as_ref().map(|expected| format!("expected {expected}"))),
    };
    ResourceError::Invalid(error.problems().iter().map(problem).collect())
}

/// A body as the resource it says it is; it must be of this kind and name.
fn read(kind: Kind, name: &str, body: &Value) -> Result<spec::Resource, ResourceError> {
    let resource = spec::Resource::from_json(&body.to_string(), "body").map_err(|error| problems(&error))?;
    let said = resource.kind().as_str();
    if said != kind.as_str() {
        return Err(ResourceError::Invalid(vec![field(
            "kind",
            format!("`{said}` is not the kind of this path; expected `{kind}`"),
        )]));
    }
    if resource.name() != name {
        let message = format!("`{}` is not the name of this path; expected `{name}`", resource.name());
        return Err(ResourceError::Invalid(vec![field("metadata.name", message)]));
    }
    Ok(resource)
}

fn time(at: Timestamp) -> Time {
    Time(at)
}

fn shown(resource: catalog::Resource) -> Resource {
    Resource {
        kind: word(resource.key.kind).to_owned(),
        name: resource.key.name,
        revision: resource.revision.revision.unsigned_abs(),
        updated_at: time(resource.revision.at),
        body: without_secret(resource.key.kind, resource.body),
    }
}

/// Even the hash of a secret stays in the catalog.
fn without_secret(kind: Kind, mut body: Value) -> Value {
    if kind == Kind::ApiKey
        && let Some(object) = body.as_object_mut()
    {
        object.remove("secret_sha256");
    }
    body
}

/// Who changes something, as the ledger names it.
pub(super) fn actor(caller: &Caller) -> String {
    caller.key_id.as_ref().map_or_else(|| "anonymous".to_owned(), |id| format!("key:{id}"))
}

fn expected(expected: Expected) -> Option<i64> {
    match expected {
        Expected::Any => None,
        Expected::Absent => Some(0),
        Expected::Revision(revision) => i64::try_from(revision).ok(),
    }
}

/// A key of one model sees that model and its baselines only.
fn sees(caller: &Caller, kind: Kind, name: &str, body: Option<&Value>) -> bool {
    let Some(own) = &caller.model else { return true };
    match kind {
        Kind::Model => own == name,
        Kind::Baseline => body.and_then(|body| body.pointer("/spec/model")).is_some_and(|model| model == own.as_str()),
        _ => false,
    }
}

impl Kept {
    async fn found(&self, caller: &Caller, kind: Kind, name: &str) -> Result<catalog::Resource, ResourceError> {
        let key = ResourceKey::new(&caller.tenant, kind, name);
        let missing = || ResourceError::NotFound { kind: word(kind).to_owned(), name: name.to_owned() };
        let found = self.0.catalog.get(&key).await.map_err(|error| explained(error, &key))?.ok_or_else(missing)?;
        if !sees(caller, kind, name, Some(&found.body)) {
            return Err(missing());
        }
        Ok(found)
    }
}

#[async_trait]
impl Resources for Kept {
    async fn get(
        &self,
        caller: &Caller,
        kind_word: &str,
        name: &str,
        revision: Option<u64>,
    ) -> Result<Resource, ResourceError> {
        let kind = kind(kind_word)?;
        let Some(revision) = revision else { return Ok(shown(self.found(caller, kind, name).await?)) };
        let key = ResourceKey::new(&caller.tenant, kind, name);
        let number = i64::try_from(revision).unwrap_or(i64::MAX);
        let found = self.0.catalog.get_revision(&key, number).await.map_err(|error| explained(error, &key))?;
        let missing = || ResourceError::NotFound { kind: kind_word.to_owned(), name: format!("{name}@{revision}") };
        let found = found.ok_or_else(missing)?;
        let body = found.body.filter(|body| sees(caller, kind, name, Some(body))).ok_or_else(missing)?;
        Ok(Resource {
            kind: kind_word.to_owned(),
            name: name.to_owned(),
            revision,
            updated_at: time(found.info.at),
            body: without_secret(kind, body),
        })
    }

    async fn list(&self, caller: &Caller, kind_word: &str, page: &Page) -> Result<ResourcePage, ResourceError> {
        let kind = kind(kind_word)?;
        let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
        let key = ResourceKey::new(&caller.tenant, kind, "*");
        let listed = self.0.catalog.list(&caller.tenant, kind, page.after.as_deref(), limit).await;
        let listed = listed.map_err(|error| explained(error, &key))?;
        let next = (listed.len() >= page.limit).then(|| listed.last().map(|last| last.key.name.clone())).flatten();
        let seen = listed.into_iter().filter(|found| sees(caller, kind, &found.key.name, Some(&found.body)));
        Ok(ResourcePage { items: seen.map(shown).collect(), next })
    }

    async fn put(
        &self,
        caller: &Caller,
        kind_word: &str,
        name: &str,
        body: Value,
        wanted: Expected,
    ) -> Result<PutAnswer, ResourceError> {
        let kind = kind(kind_word)?;
        if kind == Kind::ApiKey {
            let message = "API keys are made by `POST /api/v1/keys` or `watchkeeper keys create`".to_owned();
            return Err(ResourceError::Invalid(vec![field("kind", message)]));
        }
        let resource = read(kind, name, &body)?;
        if !sees(caller, kind, name, Some(&body)) {
            return Err(ResourceError::NotFound { kind: kind_word.to_owned(), name: name.to_owned() });
        }
        let grids = match &resource {
            spec::Resource::Baseline(baseline) => Some(baselines::source(&self.0, &caller.tenant, baseline).await?),
            _ => None,
        };
        let key = ResourceKey::new(&caller.tenant, kind, name);
        let change = catalog::Change {
            key: key.clone(),
            body: serde_json::from_str(&resource.to_json()).unwrap_or(body),
            expected_revision: expected(wanted),
            actor: actor(caller),
            detail: String::new(),
        };
        let put = self.0.catalog.put(&change, Timestamp::now()).await.map_err(|error| explained(error, &key))?;
        // A baseline whose grids were not made, because the service ended in between, is made up for by applying it again.
        let unfinished = match &resource {
            spec::Resource::Baseline(baseline) => !baselines::is_frozen(&self.0, &caller.tenant, baseline).await?,
            _ => false,
        };
        if put.outcome != Outcome::Unchanged || unfinished {
            match (&resource, grids) {
                (spec::Resource::Model(_), _) => self.0.changed(&caller.tenant, name).await,
                (spec::Resource::Baseline(baseline), Some(grids)) => {
                    baselines::freeze(&self.0, &caller.tenant, baseline, grids).await?;
                }
                _ => {}
            }
        }
        Ok(PutAnswer {
            resource: shown(self.found(caller, kind, name).await?),
            created: put.outcome == Outcome::Created,
        })
    }

    async fn delete(
        &self,
        caller: &Caller,
        kind_word: &str,
        name: &str,
        wanted: Expected,
    ) -> Result<(), ResourceError> {
        let kind = kind(kind_word)?;
        self.found(caller, kind, name).await?;
        let key = ResourceKey::new(&caller.tenant, kind, name);
        if kind == Kind::ApiKey {
            // A key is not forgotten: that it was there, and until when, is part of the record.
            let revoked = self.0.catalog.key_revoke(&caller.tenant, name, &actor(caller), "", Timestamp::now()).await;
            return revoked.map(|_| ()).map_err(|error| explained(error, &key));
        }
        let removal = Removal {
            key: key.clone(),
            expected_revision: expected(wanted),
            actor: actor(caller),
            detail: String::new(),
        };
        self.0.catalog.delete(&removal, Timestamp::now()).await.map_err(|error| explained(error, &key))?;
        if kind == Kind::Model {
            self.0.changed(&caller.tenant, name).await;
        }
        Ok(())
    }

    async fn revisions(
        &self,
        caller: &Caller,
        kind_word: &str,
        name: &str,
        page: &Page,
    ) -> Result<RevisionsAnswer, ResourceError> {
        let kind = kind(kind_word)?;
        let key = ResourceKey::new(&caller.tenant, kind, name);
        if !sees(caller, kind, name, None) && kind != Kind::Baseline {
            return Err(ResourceError::NotFound { kind: kind_word.to_owned(), name: name.to_owned() });
        }
        let before = page.after.as_ref().and_then(|after| after.parse().ok());
        let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
        let listed = self.0.catalog.revisions(&key, before, limit).await.map_err(|error| explained(error, &key))?;
        if listed.is_empty() && before.is_none() {
            return Err(ResourceError::NotFound { kind: kind_word.to_owned(), name: name.to_owned() });
        }
        let next = (listed.len() >= page.limit).then(|| listed.last().map(|last| last.revision.to_string())).flatten();
        let mut revisions = Vec::with_capacity(listed.len());
        for info in listed {
            let found =
                self.0.catalog.get_revision(&key, info.revision).await.map_err(|error| explained(error, &key))?;
            let body = found.and_then(|found| found.body).map(|body| without_secret(kind, body));
            revisions.push(Revision {
                revision: info.revision.unsigned_abs(),
                at: time(info.at),
                by: info.actor,
                deleted: body.is_none(),
                body,
            });
        }
        Ok(RevisionsAnswer { revisions, next })
    }

    async fn diff(&self, caller: &Caller, kind_word: &str, name: &str, body: Value) -> Result<Diff, ResourceError> {
        let kind = kind(kind_word)?;
        let new = read(kind, name, &body)?;
        let old = match self.found(caller, kind, name).await {
            Ok(found) => {
                let old = spec::Resource::from_json(&found.body.to_string(), "the catalog");
                Some(old.map_err(|error| ResourceError::Internal { detail: error.to_string() })?)
            }
            Err(ResourceError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let changes = spec::diff(old.as_ref(), Some(&new));
        let change = |change: spec::FieldChange| Change { path: change.path, before: change.old, after: change.new };
        Ok(Diff { exists: old.is_some(), changes: changes.into_iter().map(change).collect() })
    }
}
