//! The watch: measures what is closed, judges it, tells people.

mod answers;
mod clock;
mod deliver;
mod history;
mod judge;
mod measure;
mod objectives;
mod rows;
mod rules;
mod state;
mod tenant;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use watchkeeper_watch::engine::Input;

use super::models::Models;
pub(super) use answers::WatchAnswers;
pub(super) use deliver::{Delivering, deliver};
use tenant::{TenantWatch, WatchError};

/// A step is made so often: between an event's profile and its evaluation lies no more than this.
const STEP_EVERY: Duration = Duration::from_secs(2);
/// Tenants of one page of the catalog.
const PAGE: u32 = 200;

/// The watches of all tenants.
pub(super) struct Watching {
    models: Arc<Models>,
    tenants: Mutex<BTreeMap<String, Arc<Mutex<TenantWatch>>>>,
}

impl Watching {
    pub(super) fn new(models: Arc<Models>) -> Self {
        Self { models, tenants: Mutex::default() }
    }

    /// The watch of a tenant; it is loaded when nobody has asked for it since the start.
    async fn tenant(&self, tenant: &str) -> Result<Arc<Mutex<TenantWatch>>, WatchError> {
        let mut tenants = self.tenants.lock().await;
        if let Some(known) = tenants.get(tenant) {
            return Ok(known.clone());
        }
        let loaded = Arc::new(Mutex::new(TenantWatch::load(&self.models, tenant).await?));
        tenants.insert(tenant.to_owned(), loaded.clone());
        Ok(loaded)
    }

    /// Tells the engine of a tenant something, now.
    async fn tell(&self, tenant: &str, inputs: Vec<Input>) -> Result<(), WatchError> {
        let watch = self.tenant(tenant).await?;
        let mut watch = watch.lock().await;
        watch.apply(&self.models, inputs, super::now()).await.map(drop)
    }

    async fn step_all(&self) -> Result<(), WatchError> {
        let mut after: Option<String> = None;
        loop {
            let page = self.models.catalog.ledger_tenants(after.as_deref(), PAGE).await?;
            for tenant in &page {
                let watch = self.tenant(tenant).await?;
                let done = watch.lock().await.step(&self.models, super::now()).await;
                if let Err(error) = done {
                    tracing::error!(%error, tenant, "a step of the watch failed; trying again");
                }
            }
            if page.len() < PAGE as usize {
                return Ok(());
            }
            after = page.last().cloned();
        }
    }
}

/// Steps until `stop`.
pub(super) async fn run(watching: Arc<Watching>, mut stop: watch::Receiver<bool>) {
    loop {
        // A step is ended even when it is time to stop: what it saved and what it told belong together.
        if let Err(error) = watching.step_all().await {
            tracing::error!(%error, "the watch cannot go on; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(STEP_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
