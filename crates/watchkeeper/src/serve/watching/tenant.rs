//! The watch of one tenant: step by step from events to notices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use watchkeeper_catalog::{CatalogError, IncidentRow, NoticeQueueId, NoticeRow, WatchChange};
use watchkeeper_lake::query::{Caps, Scan};
use watchkeeper_lake::{TableId, TableName, Write};
use watchkeeper_watch::Notice;
use watchkeeper_watch::engine::{Input, Output};
use watchkeeper_watch::incident::Incident;
use watchkeeper_watch::measured::{Point, Series};

use super::clock::Clocks;
use super::history::History;
use super::rows;
use super::rules::Rules;
use super::state::State;
use crate::serve::models::Models;

/// Measurements that are read back at a start, for rules that look back.
const HISTORY_DAYS: i64 = 60;
/// Rows of them, at most.
const HISTORY_ROWS: usize = 400_000;
const HISTORY_BYTES: usize = 128 << 20;
const DAY: i64 = 86_400_000_000;

/// Why a step could not be made. The next one tries again; nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Lake(#[from] watchkeeper_lake::LakeError),
    #[error("{0}")]
    Internal(String),
}

/// The watch of one tenant.
pub(super) struct TenantWatch {
    pub(super) tenant: String,
    /// Version of what is saved, 0 for none.
    version: i64,
    pub(super) state: State,
    pub(super) rules: Arc<Rules>,
    pub(super) history: History,
    pub(super) clocks: Clocks,
}

impl TenantWatch {
    /// The watch as it was saved, with the measurements that its rules look back at.
    pub(super) async fn load(models: &Models, tenant: &str) -> Result<Self, WatchError> {
        let (version, state) = match models.catalog.watch_load(tenant).await? {
            Some((version, bytes)) => (version, State::load(&bytes).map_err(WatchError::Internal)?),
            None => (0, State::new(tenant)),
        };
        let history = history(models, tenant).await?;
        let none = Rules {
            ledger: -1,
            monitors: BTreeMap::new(),
            promises: Vec::new(),
            slis: BTreeMap::new(),
            config: Default::default(),
        };
        let (rules, clocks) = (Arc::new(none), Clocks::default());
        Ok(Self { tenant: tenant.to_owned(), version, state, rules, history, clocks })
    }

    /// One step at `now`: rules that changed, windows that are closed, what is due.
    pub(super) async fn step(&mut self, models: &Models, now: i64) -> Result<(), WatchError> {
        let mut inputs = Vec::new();
        let ledger = models.catalog.ledger_head(&self.tenant).await?.seq;
        if ledger != self.rules.ledger {
            let rules = Rules::read(&models.catalog, &self.tenant, ledger).await?;
            if rules.config != *self.state.engine.config() {
                inputs.push(Input::Config(Box::new(rules.config.clone())));
            }
            self.state.marks.retain(|name, _| rules.monitors.contains_key(name));
            self.state.memories.retain(|(name, _), _| rules.monitors.contains_key(name));
            self.rules = Arc::new(rules);
        }
        let points = if self.rules.is_empty() { Vec::new() } else { self.judge(models, now, &mut inputs).await? };
        if !inputs.is_empty() {
            tracing::debug!(tenant = self.tenant, inputs = inputs.len(), points = points.len(), "watched");
        }
        if !points.is_empty() {
            self.write(models, &points, now).await?;
        }
        self.apply(models, inputs, now).await.map(drop)
    }

    /// Appends measurements to their table. Once they are there, a step that is repeated uses them instead of new ones.
    async fn write(&self, models: &Models, points: &[(Series, Point)], now: i64) -> Result<(), WatchError> {
        let batch = rows::batch(points).map_err(|error| WatchError::Internal(error.to_string()))?;
        let write = Write { batches: vec![batch], replace: Vec::new(), applications: vec![("watch".to_owned(), now)] };
        models.lake.commit(&measurements(&self.tenant), &write).await?;
        Ok(())
    }

    /// Tells the engine, and saves what follows. After an error the engine is as it was saved.
    pub(super) async fn apply(
        &mut self,
        models: &Models,
        inputs: Vec<Input>,
        now: i64,
    ) -> Result<Vec<Output>, WatchError> {
        let quiet = inputs.is_empty();
        let outputs = self.state.engine.apply(inputs, now);
        if quiet && outputs.is_empty() {
            return Ok(outputs);
        }
        let change = self.change(&outputs)?;
        match models.catalog.watch_save(&self.tenant, self.version, &change).await {
            Ok(version) => {
                self.version = version;
                Ok(outputs)
            }
            Err(error) => {
                // What is in memory is ahead of what is saved: go back to that.
                *self = Self::load(models, &self.tenant).await?;
                Err(error.into())
            }
        }
    }

    fn change(&self, outputs: &[Output]) -> Result<WatchChange, WatchError> {
        let internal = |error: serde_json::Error| WatchError::Internal(error.to_string());
        let mut changed: BTreeSet<&str> = BTreeSet::new();
        let mut change =
            WatchChange { body: self.state.save().map_err(WatchError::Internal)?, ..WatchChange::default() };
        for output in outputs {
            match output {
                Output::Timeline { incident, .. } | Output::Held { incident, .. } => {
                    changed.insert(incident);
                }
                Output::Notice(notice) => {
                    changed.insert(&notice.incident);
                    change.notices.push(notice_row(notice, 0).map_err(internal)?);
                }
                Output::Closed(incident) => change.incidents.push(incident_row(incident).map_err(internal)?),
                _ => {}
            }
        }
        for incident in changed.into_iter().filter_map(|id| self.state.engine.incident(id)) {
            change.incidents.push(incident_row(incident).map_err(internal)?);
        }
        Ok(change)
    }
}

/// A notice for the outbox that `hops` targets gave up before.
pub(super) fn notice_row(notice: &Notice, hops: u8) -> Result<NoticeRow, serde_json::Error> {
    Ok(NoticeRow {
        key: notice.key.clone(),
        queue: NoticeQueueId {
            tenant: notice.tenant.clone(),
            incident: notice.incident.clone(),
            target: notice.target.clone(),
        },
        sequence: i64::try_from(notice.sequence).unwrap_or(i64::MAX),
        created: notice.at,
        due: notice.at,
        attempts: 0,
        first_at: 0,
        delivered: false,
        hops: i64::from(hops),
        error: String::new(),
        body: serde_json::to_string(notice)?,
    })
}

fn incident_row(incident: &Incident) -> Result<IncidentRow, serde_json::Error> {
    let labels = incident.common_labels();
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let opened = incident.stamps.fired.or(incident.stamps.first_breach).unwrap_or(0);
    Ok(IncidentRow {
        id: incident.id.clone(),
        model: label("model"),
        environment: label("environment"),
        severity: incident.severity.as_str().to_owned(),
        opened,
        closed: if incident.is_open() { None } else { incident.stamps.resolved.or(Some(opened)) },
        body: serde_json::to_string(incident)?,
    })
}

/// The table of a tenant's measurements.
pub(super) fn measurements(tenant: &str) -> TableId {
    TableId::of_tenant(tenant, TableName::Measurements)
}

/// Recent measurements of a tenant, from their table.
async fn history(models: &Models, tenant: &str) -> Result<History, WatchError> {
    let mut history = History::default();
    let id = measurements(tenant);
    let Some((_, last)) = models.lake.times(&id).await? else { return Ok(history) };
    let recent = Scan { from_us: Some(last.saturating_sub(HISTORY_DAYS * DAY)), ..Scan::default() };
    let found = models.lake.scan(&id, &recent).await?;
    let found = found.collect(Caps { rows: HISTORY_ROWS, bytes: HISTORY_BYTES }).await?;
    for batch in &found.batches {
        let points = rows::points(batch).map_err(|column| {
            WatchError::Internal(format!("the table `{id}` has no column `{column}` of the expected type"))
        })?;
        for (series, point) in points {
            history.add(&series, point);
        }
    }
    if found.truncated {
        tracing::warn!(
            tenant,
            rows = HISTORY_ROWS,
            "not all recent measurements were read; rules that look back see less"
        );
    }
    Ok(history)
}
