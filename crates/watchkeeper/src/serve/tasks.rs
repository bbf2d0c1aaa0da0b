//! What runs beside the requests: profiles follow commits, tables are kept small.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use watchkeeper_lake::{TableId, TableName};

use super::models::Models;

/// Profile rows are committed so often; until then they are in memory, and in the events.
const FLUSH_EVERY: Duration = Duration::from_secs(60);
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
    let mut flush = interval_at(Instant::now() + FLUSH_EVERY, FLUSH_EVERY);
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut retry = interval_at(Instant::now() + RETRY_AFTER, RETRY_AFTER);
    retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            table = changed.recv() => {
                let Some(table) = table else { break };
                waiting.extend(predictions_of(&table));
                while let Ok(table) = changed.try_recv() {
                    waiting.extend(predictions_of(&table));
                }
                follow_all(&models, &mut waiting, &stats).await;
            }
            _ = flush.tick() => flush_all(&models, &stats).await,
            _ = retry.tick(), if !listed || !waiting.is_empty() => {
                listed = listed || list_all(&models, &mut waiting).await;
                follow_all(&models, &mut waiting, &stats).await;
            }
            () = stopped(&mut stop) => break,
        }
    }
    while let Ok(table) = changed.try_recv() {
        waiting.extend(predictions_of(&table));
    }
    follow_all(&models, &mut waiting, &stats).await;
    flush_all(&models, &stats).await;
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
    let mut failed = BTreeSet::new();
    while let Some((tenant, model)) = waiting.pop_first() {
        stats.behind.store(waiting.len() as u64 + 1, Relaxed);
        let start = std::time::Instant::now();
        let result = match models.known(&tenant, &model).await {
            Ok(Some(known)) => {
                known.profiles.follow(Timestamp::now().as_microsecond()).await.map_err(|e| e.to_string())
            }
            Ok(None) => continue,
            Err(error) => Err(error.to_string()),
        };
        match result {
            Ok(followed) => {
                stats.rows.fetch_add(followed.rows, Relaxed);
                stats.follow_micros.store(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), Relaxed);
            }
            Err(error) => {
                stats.failures.fetch_add(1, Relaxed);
                tracing::error!(error, tenant, model, "events could not be profiled; trying again");
                failed.insert((tenant, model));
            }
        }
    }
    stats.behind.store(failed.len() as u64, Relaxed);
    *waiting = failed;
}

async fn flush_all(models: &Models, stats: &ProfilerStats) {
    for ((tenant, model), known) in models.in_use() {
        if let Err(error) = known.profiles.flush().await {
            stats.failures.fetch_add(1, Relaxed);
            tracing::error!(%error, tenant, model, "profiles could not be committed; trying again");
        }
    }
}
