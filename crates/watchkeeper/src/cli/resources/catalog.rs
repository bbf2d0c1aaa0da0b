//! Resources in a catalog that is opened without a server.

use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use watchkeeper_catalog as catalog;
use watchkeeper_catalog::{Catalog, Kind, PAGE_ROWS_MAX, Removal, ResourceKey};
use watchkeeper_spec::{Resource, ResourceKind};

use super::{Change, Difference, Store, Stored, server};
use crate::cli::CliError;
use crate::cli::service_args::TargetArgs;
use crate::config::{ConfigArgs, Secret, Surroundings, catalog_url};

/// Who the ledger names.
pub(in crate::cli) const ACTOR: &str = "local:cli";

/// Which catalog.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Where {
    pub(in crate::cli) data_dir: Option<String>,
    pub(in crate::cli) url: Option<String>,
}

impl Where {
    /// The catalog that the arguments name; `None` when they mean a server.
    pub(in crate::cli) fn of(target: &TargetArgs) -> Option<Self> {
        let place = Self { data_dir: target.data_dir.clone(), url: target.catalog.clone() };
        (place.data_dir.is_some() || place.url.is_some()).then_some(place)
    }

    fn url(&self) -> Result<Secret, CliError> {
        let args = ConfigArgs { data_dir: self.data_dir.clone(), catalog: self.url.clone(), ..ConfigArgs::default() };
        Ok(catalog_url(&args, &Surroundings::of_process())?)
    }
}

/// An open catalog and whose part of it is meant.
pub(in crate::cli) struct Opened {
    pub(in crate::cli) catalog: Catalog,
    pub(in crate::cli) tenant: String,
    runtime: Runtime,
}

impl Opened {
    /// Opens it. Unless `may_create`, a file that is not there is an error and not a new, empty catalog.
    pub(in crate::cli) fn open(place: &Where, tenant: String, may_create: bool) -> Result<Self, CliError> {
        let url = place.url()?;
        if let Some(file) = url.expose().strip_prefix("sqlite://") {
            let file = url::Url::parse(&format!("file://{file}")).ok().and_then(|url| url.to_file_path().ok());
            let file = file.unwrap_or_default();
            if !may_create && !file.exists() {
                return Err(CliError::Usage(format!("there is no catalog `{}`", file.display())));
            }
            if let Some(folder) = file.parent() {
                let failed = |source| CliError::Write { path: folder.display().to_string(), source };
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CliError::Internal(error.to_string()))?;
        let catalog = runtime.block_on(Catalog::open(url.expose()))?;
        Ok(Self { catalog, tenant, runtime })
    }

    /// Waits for an answer of the catalog.
    pub(in crate::cli) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, catalog::CatalogError>>,
    ) -> Result<T, CliError> {
        Ok(self.runtime.block_on(answer)?)
    }

    fn key(&self, kind: ResourceKind, name: &str) -> ResourceKey {
        ResourceKey::new(self.tenant.clone(), stored_kind(kind), name)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.runtime.block_on(self.catalog.close());
    }
}

fn stored_kind(kind: ResourceKind) -> Kind {
    match kind {
        ResourceKind::Model => Kind::Model,
        ResourceKind::Baseline => Kind::Baseline,
        ResourceKind::Tenant => Kind::Tenant,
        ResourceKind::Environment => Kind::Environment,
        ResourceKind::ApiKey => Kind::ApiKey,
        ResourceKind::Monitor => Kind::Monitor,
        ResourceKind::BurnPolicy => Kind::BurnPolicy,
        ResourceKind::NotificationTarget => Kind::NotificationTarget,
        ResourceKind::Route => Kind::Route,
        ResourceKind::InhibitRule => Kind::InhibitRule,
        ResourceKind::MaintenanceWindow => Kind::MaintenanceWindow,
        ResourceKind::Silence => Kind::Silence,
        ResourceKind::Service => Kind::Service,
        ResourceKind::DataSource => Kind::DataSource,
        ResourceKind::Slo => Kind::Slo,
        ResourceKind::Sli => Kind::Sli,
        ResourceKind::AlertPolicy => Kind::AlertPolicy,
        ResourceKind::AlertCondition => Kind::AlertCondition,
        ResourceKind::AlertNotificationTarget => Kind::AlertNotificationTarget,
    }
}

/// Keys are made with a secret, which no file holds.
fn refuse_key(kind: ResourceKind) -> Result<(), CliError> {
    match kind {
        ResourceKind::ApiKey => Err(CliError::Usage("API keys are made by `watchkeeper keys create`".into())),
        _ => Ok(()),
    }
}

fn stored(resource: catalog::Resource) -> Stored {
    let mut body = resource.body;
    // The digest of a secret is of no use to anybody but the catalog.
    if let (Kind::ApiKey, Value::Object(fields)) = (resource.key.kind, &mut body) {
        fields.remove("secret_sha256");
    }
    Stored {
        kind: resource.key.kind.as_str().to_owned(),
        name: resource.key.name,
        revision: u64::try_from(resource.revision.revision).unwrap_or(0),
        updated_at: resource.revision.at.to_string(),
        body,
    }
}

impl Store for Opened {
    fn diff(&self, resource: &Resource) -> Result<Difference, CliError> {
        refuse_key(resource.kind())?;
        let found = self.get(resource.kind(), resource.name())?;
        let old = match &found {
            Some(stored) => {
                let read = Resource::from_json(&stored.body.to_string(), resource.name());
                Some(read.map_err(|error| CliError::Usage(format!("the stored resource cannot be read: {error}")))?)
            }
            None => None,
        };
        let change =
            |change: watchkeeper_spec::FieldChange| Change { path: change.path, before: change.old, after: change.new };
        let changes = watchkeeper_spec::diff(old.as_ref(), Some(resource)).into_iter().map(change).collect();
        Ok(Difference { exists: found.is_some(), changes })
    }

    fn put(&self, resources: &[&Resource]) -> Result<Vec<u64>, CliError> {
        let change = |resource: &&Resource| {
            refuse_key(resource.kind())?;
            Ok(catalog::Change {
                key: self.key(resource.kind(), resource.name()),
                body: server::body(resource)?,
                expected_revision: None,
                actor: ACTOR.into(),
                detail: String::new(),
            })
        };
        let changes = resources.iter().map(change).collect::<Result<Vec<_>, CliError>>()?;
        let puts = self.wait(self.catalog.put_all(&changes, Timestamp::now()))?;
        Ok(puts.iter().map(|put| u64::try_from(put.revision).unwrap_or(0)).collect())
    }

    fn get(&self, kind: ResourceKind, name: &str) -> Result<Option<Stored>, CliError> {
        Ok(self.wait(self.catalog.get(&self.key(kind, name)))?.map(stored))
    }

    fn list(&self, kind: ResourceKind) -> Result<Vec<Stored>, CliError> {
        let mut all: Vec<Stored> = Vec::new();
        loop {
            let after = all.last().map(|last| last.name.clone());
            let page = self.catalog.list(&self.tenant, stored_kind(kind), after.as_deref(), PAGE_ROWS_MAX);
            let page = self.wait(page)?;
            let is_last = page.len() < PAGE_ROWS_MAX as usize;
            all.extend(page.into_iter().map(stored));
            if is_last {
                return Ok(all);
            }
        }
    }

    fn delete(&self, kind: ResourceKind, name: &str) -> Result<bool, CliError> {
        if kind == ResourceKind::ApiKey {
            return Err(CliError::Usage(format!("API keys are ended by `watchkeeper keys revoke {name}`")));
        }
        let (key, actor) = (self.key(kind, name), ACTOR.into());
        let removal = Removal { key, expected_revision: None, actor, detail: String::new() };
        Ok(self.wait(self.catalog.delete(&removal, Timestamp::now()))?.is_some())
    }
}
