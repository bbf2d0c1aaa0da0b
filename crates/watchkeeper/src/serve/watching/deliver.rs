//! Notices from the catalog to their targets.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};
use watchkeeper_catalog::{Catalog, Kind, NoticeChange, NoticeQueueId, NoticeRow, NoticeSettlement, ResourceKey};
use watchkeeper_connect::Secret;
use watchkeeper_connect::delivery::{
    Change, Clock, Done, Entry, Found, Options, Outbox, PortError, Queue, QueueId, Round, Settlement, Targets, Wanted,
    run,
};
use watchkeeper_connect::egress::{Egress, Rules, Tls};
use watchkeeper_connect::targets::{Courier, Target, TargetConfig};
use watchkeeper_spec::{NotificationTargetSpec, Resource, SecretReference, TextOrSecret};
use watchkeeper_watch::Notice;
use watchkeeper_watch::engine::Input;

use super::Watching;
use super::tenant::notice_row;
use crate::config::{Surroundings, follow_secret};
use crate::serve::ServeError;

/// The outbox is looked at so often while nothing is due, in milliseconds.
const POLL_MS: u64 = 500;

/// What delivery needs.
pub(in crate::serve) struct Delivering {
    catalog: Catalog,
    courier: Courier,
}

impl Delivering {
    /// * `allow`: hosts and networks that may be called although they are not public.
    pub(in crate::serve) fn new(catalog: Catalog, allow: &[String]) -> Result<Self, ServeError> {
        let failed = |reason: String| ServeError::Key { key: "notify.allow", reason };
        let egress = Egress::new(rules(allow), Tls::default()).map_err(|error| failed(error.to_string()))?;
        Ok(Self { catalog, courier: Courier::new(Arc::new(egress)) })
    }
}

/// What may be called: what reads as a network is one, all else is the name of a host.
fn rules(allow: &[String]) -> Rules {
    let mut rules = Rules::default();
    for text in allow {
        match text.parse() {
            Ok(network) => rules.networks.push(network),
            Err(_) => rules.hosts.push(text.clone()),
        }
    }
    rules
}

/// Delivers until `stop`.
pub(in crate::serve) async fn deliver(
    delivering: Delivering,
    watching: Arc<Watching>,
    mut stop: watch::Receiver<bool>,
) {
    let Delivering { catalog, courier } = delivering;
    let outbox = CatalogOutbox { catalog: catalog.clone(), watching };
    let targets = CatalogTargets { catalog, surroundings: Surroundings::of_process() };
    let options = Options { poll_ms: POLL_MS, ..Options::default() };
    // Nobody wakes it: what a step wrote is found at the next look.
    let wake = Notify::new();
    let told = |round: &Round| {
        if round.dead > 0 {
            tracing::error!(dead = round.dead, "notices were given up");
        }
    };
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    run(&outbox, &targets, &courier, &SystemClock, &options, &wake, stopped, &told).await;
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        crate::serve::now()
    }
}

struct CatalogOutbox {
    catalog: Catalog,
    watching: Arc<Watching>,
}

fn port(error: impl std::fmt::Display) -> PortError {
    PortError(error.to_string())
}

fn entry(row: NoticeRow) -> Result<Entry, PortError> {
    let notice: Notice = serde_json::from_str(&row.body).map_err(port)?;
    Ok(Entry {
        id: format!("{}/{}", row.sequence, row.key),
        notice,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        first_at: row.first_at,
        delivered: row.delivered,
        hops: u8::try_from(row.hops).unwrap_or(u8::MAX),
    })
}

/// Sequence and key of an entry.
fn parts(id: &str) -> Option<(u64, &str)> {
    let (sequence, key) = id.split_once('/')?;
    Some((sequence.parse().ok()?, key))
}

fn queue_id(id: &QueueId) -> NoticeQueueId {
    NoticeQueueId { tenant: id.tenant.clone(), incident: id.incident.clone(), target: id.target.clone() }
}

#[async_trait]
impl Outbox for CatalogOutbox {
    async fn lease(&self, wanted: Wanted) -> Result<Vec<Queue>, PortError> {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (limit, per_target) = (count(wanted.queues_max), count(wanted.per_target_max));
        let leased = self.catalog.notices_lease(wanted.now, wanted.until, limit, per_target).await.map_err(port)?;
        leased
            .into_iter()
            .map(|queue| {
                let id = QueueId { tenant: queue.id.tenant, incident: queue.id.incident, target: queue.id.target };
                let entries = queue.notices.into_iter().map(entry).collect::<Result<_, _>>()?;
                Ok(Queue { id, lease: queue.lease.unsigned_abs(), entries })
            })
            .collect()
    }

    async fn settle(&self, settlement: &Settlement) -> Result<bool, PortError> {
        let change = |change: &Change| match change {
            Change::Done(_) => NoticeChange::Done,
            Change::Again(at) => NoticeChange::Again(*at),
            Change::Retry { at, why } => NoticeChange::Retry { due: *at, error: why.clone() },
            Change::Dead { why } => NoticeChange::Dead { error: why.clone() },
        };
        let add = settlement.add.as_ref().map(|(notice, hops)| notice_row(notice, *hops)).transpose().map_err(port)?;
        let row = NoticeSettlement {
            queue: queue_id(&settlement.queue),
            lease: i64::try_from(settlement.lease).unwrap_or(i64::MAX),
            changes: settlement
                .changes
                .iter()
                .filter_map(|(id, what)| Some((parts(id)?.1.to_owned(), change(what))))
                .collect(),
            add,
            off: settlement.disable.as_ref().map(|off| (crate::serve::now(), off.why.clone())),
        };
        let settled = self.catalog.notices_settle(&row).await.map_err(port)?;
        if settled {
            self.told(settlement).await;
        }
        Ok(settled)
    }
}

impl CatalogOutbox {
    /// Notes in the incident what a target took. When that fails the notice was delivered all the same: only the note is missing.
    async fn told(&self, settlement: &Settlement) {
        let took = settlement
            .changes
            .iter()
            .filter(|(_, change)| matches!(change, Change::Done(Done::Delivered) | Change::Again(_)))
            .filter_map(|(id, _)| Some(parts(id)?.0));
        let QueueId { tenant, incident, target } = &settlement.queue;
        let inputs: Vec<Input> = took
            .map(|sequence| Input::Delivered { incident: incident.clone(), target: target.clone(), sequence })
            .collect();
        if inputs.is_empty() {
            return;
        }
        if let Err(error) = self.watching.tell(tenant, inputs).await {
            tracing::warn!(%error, incident, target, "a delivery could not be noted");
        }
    }
}

struct CatalogTargets {
    catalog: Catalog,
    /// Where references to secrets are looked up.
    surroundings: Surroundings,
}

#[async_trait]
impl Targets for CatalogTargets {
    async fn target(&self, tenant: &str, name: &str) -> Result<Found, PortError> {
        let key = ResourceKey::new(tenant, Kind::NotificationTarget, name);
        let Some(found) = self.catalog.get(&key).await.map_err(port)? else { return Ok(Found::Absent) };
        let read = Resource::from_json(&found.body.to_string(), &key.to_string()).map_err(port)?;
        let Resource::NotificationTarget(resource) = read else { return Ok(Found::Absent) };
        let fallback = resource.spec.fallback.clone();
        if let Some(why) = self.catalog.target_off(tenant, name).await.map_err(port)? {
            return Ok(Found::Unusable { why: format!("it asked not to be told any more: {why}"), fallback });
        }
        Ok(match target(name, &resource.spec, &self.surroundings) {
            Ok(target) => Found::Target(Box::new(target)),
            Err(why) => Found::Unusable { why, fallback },
        })
    }
}

/// A target as its resource says it, its secrets read. The text of an error holds none of them.
fn target(name: &str, spec: &NotificationTargetSpec, surroundings: &Surroundings) -> Result<Target, String> {
    let secret = |reference: &SecretReference| match follow_secret(&reference.to_string(), surroundings) {
        Some(followed) => followed.map(|secret| Secret::from(secret.expose())),
        None => Err(format!("`{reference}` is no reference to a secret")),
    };
    let text = |text: &TextOrSecret| match text {
        TextOrSecret::Text(text) => Ok(Secret::from(text.as_str())),
        TextOrSecret::Secret(reference) => secret(reference),
    };
    let config = TargetConfig {
        name: name.to_owned(),
        kind: spec.kind.as_str().to_owned(),
        url: spec.url.as_ref().map(text).transpose()?,
        secrets: named(&spec.secrets, secret)?,
        headers: named(&spec.headers, text)?,
        from: spec.from.clone(),
        to: spec.to.clone(),
        template: spec.template.clone(),
        timeout_ms: spec.timeout.seconds().saturating_mul(1000),
        send_resolved: spec.send_resolved,
        fallback: spec.fallback.clone(),
    };
    config.target().map_err(|error| error.to_string())
}

fn named<T>(
    of: &BTreeMap<String, T>,
    read: impl Fn(&T) -> Result<Secret, String>,
) -> Result<BTreeMap<String, Secret>, String> {
    of.iter().map(|(name, value)| Ok((name.clone(), read(value)?))).collect()
}
