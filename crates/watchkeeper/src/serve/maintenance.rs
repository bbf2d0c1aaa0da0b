//! Jobs that keep tables small: merge files, shorten logs, delete what is too old.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use watchkeeper_lake::maintain::CompactOptions;
use watchkeeper_lake::{Lake, LakeError, TableId, TableName};
use watchkeeper_spec::Span;

use super::metrics::Sizes;
use super::models::Models;
use crate::config::MaintenanceConfig;

/// Days of profiles that one run rolls up at most.
pub(super) const ROLL_UP_DAYS: usize = 64;
/// Rows that could not be taken are kept so long.
const REJECTS_KEPT: Span = Span::days(90);
/// KPIs and changes belong to no model: they are kept as long as profiles are by default.
const TENANT_KEPT: Span = Span::months(25);
/// Sizes of tables are looked at so often.
const MEASURE_EVERY: Duration = Duration::from_secs(60);
const DAY_MICROS: i64 = 86_400_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Compact,
    Checkpoint,
    Vacuum,
    Retention,
}

/// Runs the jobs in turn, each at its interval, until `stop`.
pub(super) async fn run(models: Arc<Models>, config: MaintenanceConfig, mut stop: watch::Receiver<bool>) {
    let jobs = [
        (Job::Compact, config.compact),
        (Job::Checkpoint, config.checkpoint),
        (Job::Vacuum, config.vacuum),
        (Job::Retention, config.retention),
    ];
    let started = Instant::now();
    let mut due: Vec<(Instant, Job, Duration)> =
        jobs.into_iter().filter_map(|(job, every)| every.map(|every| (started + every, job, every))).collect();
    while let Some(next) = due.iter_mut().min_by_key(|(at, ..)| *at) {
        tokio::select! {
            () = sleep_until(next.0) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        // A table's job is ended even when it is time to stop: the log's library panics when it is left half-way.
        all_tables(&models, next.1, config.keep_removed, &stop).await;
        next.0 = Instant::now() + next.2;
    }
}

/// Looks at the sizes of tables now and then, until `stop`.
pub(super) async fn measure(lake: Lake, sizes: Arc<Sizes>, mut stop: watch::Receiver<bool>) {
    loop {
        match lake.report().await {
            Ok(report) => sizes.set(&report),
            Err(error) => tracing::warn!(%error, "sizes of tables cannot be read"),
        }
        tokio::select! {
            () = tokio::time::sleep(MEASURE_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn all_tables(models: &Models, job: Job, keep_removed: Duration, stop: &watch::Receiver<bool>) {
    let tables = match models.lake.report().await {
        Ok(tables) => tables,
        Err(error) => {
            tracing::error!(%error, ?job, "tables cannot be listed for maintenance");
            return;
        }
    };
    for (table, _) in tables {
        if *stop.borrow() {
            return;
        }
        if let Err(error) = one_table(models, &table, job, keep_removed).await {
            tracing::error!(%error, %table, ?job, "maintenance failed; it is tried again at its next time");
        }
    }
}

async fn one_table(models: &Models, table: &TableId, job: Job, keep_removed: Duration) -> Result<(), LakeError> {
    let lake = &models.lake;
    match job {
        Job::Compact if table.name == TableName::Profiles => {
            with_profiles(models, table, |known| async move {
                let done = known.profiles.roll_up(super::now(), ROLL_UP_DAYS).await?;
                if done.days > 0 {
                    tracing::info!(?done, "profiles rolled up");
                }
                Ok(())
            })
            .await
        }
        Job::Compact => {
            let options = CompactOptions::default();
            loop {
                let done = lake.compact(table, &options).await?;
                tracing::debug!(%table, ?done, "compacted");
                // A run that came near its bound has left something.
                if done.bytes_before < options.max_bytes_per_run / 2 {
                    return Ok(());
                }
            }
        }
        Job::Checkpoint => {
            let keep = followed(models, table).await?;
            lake.checkpoint(table, keep, Timestamp::now()).await.map(|_| ())
        }
        Job::Vacuum => {
            let keep = followed(models, table).await?;
            let done = lake.vacuum(table, keep_removed, keep, Timestamp::now()).await?;
            tracing::debug!(%table, ?done, "vacuumed");
            Ok(())
        }
        Job::Retention => {
            let Some(kept) = kept(models, table).await else { return Ok(()) };
            let before = super::now().saturating_sub(kept.micros()).div_euclid(DAY_MICROS);
            let done = lake.expire(table, i32::try_from(before).unwrap_or(i32::MIN)).await?;
            tracing::debug!(%table, ?done, "expired");
            Ok(())
        }
    }
}

/// How long rows of a table are kept; `None` when it is not known now.
async fn kept(models: &Models, table: &TableId) -> Option<Span> {
    let Some(model) = &table.model else {
        return Some(if table.name == TableName::Rejects { REJECTS_KEPT } else { TENANT_KEPT });
    };
    let known = models.known(&table.tenant, model).await.ok().flatten()?;
    Some(if table.name == TableName::Profiles { known.model.profiles.day } else { known.model.retention.events })
}

async fn with_profiles<F: Future<Output = Result<(), LakeError>>>(
    models: &Models,
    table: &TableId,
    work: impl FnOnce(Arc<super::models::Known>) -> F,
) -> Result<(), LakeError> {
    let Some(model) = &table.model else { return Ok(()) };
    match models.known(&table.tenant, model).await {
        Ok(Some(known)) => work(known).await,
        // Without a definition nothing is profiled.
        _ => Ok(()),
    }
}

/// The version of events that profiles include: what comes after it must stay in the log and on the disk.
async fn followed(models: &Models, table: &TableId) -> Result<Option<u64>, LakeError> {
    if table.name != TableName::Predictions {
        return Ok(None);
    }
    let Some(model) = &table.model else { return Ok(None) };
    match models.known(&table.tenant, model).await {
        Ok(Some(known)) => match known.profiles.committed().await? {
            Some(version) => Ok(Some(version)),
            // The first grids count the rows that are there by then: what came and went before is not needed.
            None if known.profiles.grids().await?.0.is_empty() => Ok(None),
            None => Ok(Some(0)),
        },
        _ => Ok(None),
    }
}
