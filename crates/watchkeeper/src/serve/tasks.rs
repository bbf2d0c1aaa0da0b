//! What runs beside the requests: profiles follow commits, tables are kept small.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use watchkeeper_lake::{TableId, TableName};

use super::models::{Known, Models};

/// Models that are followed at a time: each waits for its files more than it works.
const FOLLOWED_AT_ONCE: usize = 4;
/// Profile rows are committed so often; until then they are in memory, and in the events.
const FLUSH_EVERY: Duration = Duration::from_secs(60);
/// Many models are committed less often: so long a model at least, that the machine has time for other things.
const FLUSH_A_MODEL: Duration = Duration::from_millis(500);
/// Failed models are tried again after so long.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Counts of the profiler.
#[derive(Debug, Default)]
pub(super) struct ProfilerStats {
    pub(super) rows: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) follow_micros: AtomicU64,
    /// Tables that have rows which are not counted yet.
    pub(super) behind: AtomicU64,
}

/// Counts what is committed, one model after the other, until `stop`.
pub(super) async fn profiler(
    models: Arc<Models>,
    mut changed: mpsc::UnboundedReceiver<String>,
    mut stop: watch::Receiver<bool>,
    stats: Arc<ProfilerStats>,
) {
    let mut waiting: BTreeSet<(String, String)> = BTreeSet::new();
    // What an earlier run committed and did not count must not wait for the next event of its model.
    let mut listed = list_all(&models, &mut waiting).await;
    follow_all(&models, &mut waiting, &stats).await;
    let mut flush_at = Instant::now() + FLUSH_EVERY;
    let mut to_flush: VecDeque<Named> = VecDeque::new();
    let mut retry = interval_at(Instant::now() + RETRY_AFTER, RETRY_AFTER);
    retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            table = changed.recv() => {
                let Some(table) = table else { break };
                waiting.extend(predictions_of(&table));
                while let Ok(table) = changed.try_recv() {
                    waiting.extend(predictions_of(&table));
                }
                follow_all(&models, &mut waiting, &stats).await;
            }
            () = sleep_until(flush_at), if to_flush.is_empty() => {
                to_flush = models.in_use().into();
                let models = u32::try_from(to_flush.len()).unwrap_or(u32::MAX);
                flush_at = Instant::now() + FLUSH_EVERY.max(FLUSH_A_MODEL.saturating_mul(models));
            }
            _ = retry.tick(), if !listed || !waiting.is_empty() => {
                listed = listed || list_all(&models, &mut waiting).await;
                follow_all(&models, &mut waiting, &stats).await;
            }
            // One by one, and only while no events wait to be counted.
            () = std::future::ready(()), if !to_flush.is_empty() => {
                if let Some(next) = to_flush.pop_front() {
                    flush(next, &stats).await;
                }
            }
        }
    }
    while let Ok(table) = changed.try_recv() {
        waiting.extend(predictions_of(&table));
    }
    follow_all(&models, &mut waiting, &stats).await;
    for next in models.in_use() {
        flush(next, &stats).await;
    }
}

/// Waits for the word to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone cannot say it any more.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Adds every model that has events to `waiting`; whether the tables could be listed.
async fn list_all(models: &Models, waiting: &mut BTreeSet<(String, String)>) -> bool {
    match models.lake.report().await {
        Ok(tables) => {
            waiting.extend(tables.iter().filter_map(|(id, _)| predictions_of(&id.to_string())));
            true
        }
        Err(error) => {
            tracing::error!(%error, "tables cannot be listed; what an earlier run left is profiled later");
            false
        }
    }
}

fn predictions_of(table: &str) -> Option<(String, String)> {
    let id = TableId::parse(table).filter(|id| id.name == TableName::Predictions)?;
    Some((id.tenant, id.model?))
}

async fn follow_all(models: &Models, waiting: &mut BTreeSet<(String, String)>, stats: &ProfilerStats) {
    stats.behind.store(waiting.len() as u64, Relaxed);
    let failed: BTreeSet<_> = futures::stream::iter(std::mem::take(waiting))
        .map(|(tenant, model)| async move {
            let done = follow_one(models, &tenant, &model, stats).await;
            stats.behind.fetch_sub(1, Relaxed);
            if let Err(error) = done {
                stats.failures.fetch_add(1, Relaxed);
                tracing::error!(error, tenant, model, "events could not be profiled; trying again");
                return Some((tenant, model));
            }
            None
        })
        .buffer_unordered(FOLLOWED_AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    stats.behind.store(failed.len() as u64, Relaxed);
    *waiting = failed;
}

async fn follow_one(models: &Models, tenant: &str, model: &str, stats: &ProfilerStats) -> Result<(), String> {
    let start = std::time::Instant::now();
    let Some(known) = models.known(tenant, model).await.map_err(|error| error.to_string())? else { return Ok(()) };
    let followed = known.profiles.follow(Timestamp::now().as_microsecond()).await;
    known.profiles.rest().await;
    let followed = followed.map_err(|error| error.to_string())?;
    stats.rows.fetch_add(followed.rows, Relaxed);
    stats.follow_micros.store(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), Relaxed);
    Ok(())
}

/// A model by tenant and name.
type Named = ((String, String), Arc<Known>);

async fn flush(((tenant, model), known): Named, stats: &ProfilerStats) {
    if let Err(error) = known.profiles.flush().await {
        stats.failures.fetch_add(1, Relaxed);
        tracing::error!(%error, tenant, model, "profiles could not be committed; trying again");
    }
    known.profiles.rest().await;
}
