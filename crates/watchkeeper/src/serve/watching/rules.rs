//! What the users of a tenant want watched: resources of the catalog, as the watch needs them.

use std::collections::BTreeMap;

use watchkeeper_catalog::{Catalog, CatalogError, Kind};
use watchkeeper_spec::{Monitor, Resource, SliSpec, Slo};
use watchkeeper_watch::engine::Config;
use watchkeeper_watch::slo::{Objective, objectives};

/// Kinds that the watch goes by.
const KINDS: [Kind; 9] = [
    Kind::Monitor,
    Kind::Slo,
    Kind::Sli,
    Kind::BurnPolicy,
    Kind::NotificationTarget,
    Kind::Route,
    Kind::InhibitRule,
    Kind::MaintenanceWindow,
    Kind::Silence,
];
/// Rows of one page of the catalog.
const PAGE: u32 = 200;

/// An SLO's objective: what is counted, and in how long slices.
pub(super) struct Promise {
    pub(super) slo: Slo,
    pub(super) objective: Objective,
    /// Length of a slice, µs.
    pub(super) width: i64,
}

/// A monitor at its newest revision.
#[derive(Debug, Clone)]
pub(super) struct Ruling {
    pub(super) monitor: Monitor,
    pub(super) revision: u64,
    /// When the revision was made, µs since 1970.
    pub(super) made_at: i64,
}

/// All rules of a tenant at one revision of its ledger.
pub(super) struct Rules {
    /// The last entry of the ledger that they include.
    pub(super) ledger: i64,
    /// Monitors by name.
    pub(super) monitors: BTreeMap<String, Ruling>,
    pub(super) promises: Vec<Promise>,
    /// SLIs by name.
    pub(super) slis: BTreeMap<String, SliSpec>,
    pub(super) config: Config,
}

/// A resource of the catalog.
struct Read {
    resource: Resource,
    revision: u64,
    made_at: i64,
}

impl Rules {
    /// Reads the rules of a tenant. A resource that cannot be read is logged and left out: the others go on.
    pub(super) async fn read(catalog: &Catalog, tenant: &str, ledger: i64) -> Result<Self, CatalogError> {
        let mut resources: Vec<Read> = Vec::new();
        for kind in KINDS {
            let mut after: Option<String> = None;
            loop {
                let page = catalog.list(tenant, kind, after.as_deref(), PAGE).await?;
                let more = page.len() == PAGE as usize;
                after = page.last().map(|resource| resource.key.name.clone());
                for resource in page {
                    let source = resource.key.to_string();
                    match Resource::from_json(&resource.body.to_string(), &source) {
                        Ok(read) => resources.push(Read {
                            resource: read,
                            revision: resource.revision.revision.unsigned_abs(),
                            made_at: resource.revision.at.as_microsecond(),
                        }),
                        Err(error) => tracing::error!(%error, "a resource of the catalog cannot be used"),
                    }
                }
                if !more {
                    break;
                }
            }
        }
        Ok(Self::of(&resources, ledger))
    }

    fn of(resources: &[Read], ledger: i64) -> Self {
        let mut monitors = BTreeMap::new();
        let mut slis = BTreeMap::new();
        let mut slos: BTreeMap<&str, (&Slo, u64)> = BTreeMap::new();
        for Read { resource, revision, made_at } in resources {
            match resource {
                Resource::Monitor(monitor) => {
                    let ruling = Ruling { monitor: (**monitor).clone(), revision: *revision, made_at: *made_at };
                    monitors.insert(resource.name().to_owned(), ruling);
                }
                Resource::Slo(slo) => {
                    slos.insert(resource.name(), (slo, *revision));
                }
                Resource::Sli(sli) => {
                    slis.insert(resource.name().to_owned(), sli.spec.clone());
                }
                _ => {}
            }
        }
        let plain: Vec<Resource> = resources.iter().map(|read| read.resource.clone()).collect();
        let promise = |(mut objective, width): (Objective, i64)| {
            let (slo, revision) = slos.get(objective.rule.name.as_str()).copied()?;
            objective.revision = revision;
            Some(Promise { slo: slo.clone(), objective, width })
        };
        let promises = objectives(&plain, 0).into_iter().filter_map(promise).collect();
        Self { ledger, monitors, promises, slis, config: Config::from_resources(&plain) }
    }

    /// Whether there is anything to watch.
    pub(super) fn is_empty(&self) -> bool {
        self.monitors.is_empty() && self.promises.is_empty()
    }
}
