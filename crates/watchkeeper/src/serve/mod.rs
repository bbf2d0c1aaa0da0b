//! `watchkeeper serve`: the parts of the service, put together.

mod access;
mod answers;
mod baselines;
mod erasures;
mod events;
mod logging;
mod maintenance;
mod memory;
mod metrics;
mod models;
mod resources;
mod shown;
mod tables;
mod tasks;
mod telemetry;
mod watching;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::registry::Registry;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use watchkeeper_catalog::{Catalog, CatalogError, Kind};
use watchkeeper_ingest::formats::Format;
use watchkeeper_ingest::ids::IdOptions;
use watchkeeper_ingest::intake::{self, AppenderOptions, IntakeOptions, Left, Recovering, StartOptions, Started};
use watchkeeper_ingest::journal::JournalOptions;
use watchkeeper_ingest::privacy::{KeySource, NoKey, Secret};
use watchkeeper_lake::query::QueryOptions;
use watchkeeper_lake::{Lake, LakeError, Root};
use watchkeeper_server::ports::{Readiness, SystemClock};
use watchkeeper_server::{Deps, Guard, HttpMetrics, Settings};

use crate::config::{ConfigError, ServeConfig};
use memory::Shares;
use models::Models;

/// How long a start waits for lost ids before it listens.
const RECOVERED_AT_ONCE: Duration = Duration::from_secs(2);
/// Profiles and maintenance have so long to end when the service stops.
const TASKS_END: Duration = Duration::from_secs(30);

/// Why the service does not run.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The configuration does not allow it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The catalog cannot be opened.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The lake cannot be opened.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Intake(#[from] intake::IntakeError),
    /// The configured key cannot be used.
    #[error("`{key}` cannot be used: {reason}")]
    Key {
        /// Which setting.
        key: &'static str,
        /// Why.
        reason: String,
    },
    /// A file or an address.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> ServeError {
    let what = what.into();
    move |source| ServeError::Io { what, source }
}

/// Runs the service until it is told to stop (SIGINT, SIGTERM), then drains and commits.
///
/// `ready` hears the addresses that it listens on.
///
/// # Errors
/// [`ServeError`] when it cannot start; once it runs, faults are logged and met.
pub fn run(config: &ServeConfig, ready: impl FnOnce(&[std::net::SocketAddr])) -> Result<(), ServeError> {
    logging::start(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(io("starting threads"))?;
    runtime.block_on(serve(config, ready))
}

async fn serve(config: &ServeConfig, ready: impl FnOnce(&[std::net::SocketAddr])) -> Result<(), ServeError> {
    std::fs::create_dir_all(&config.data_dir)
        .map_err(io(format!("creating the data folder `{}`", config.data_dir.display())))?;
    let catalog = Catalog::open(config.catalog_url.expose()).await?;
    access::bootstrap(&catalog, config).await?;
    let has_keys = !catalog.list("default", Kind::ApiKey, None, 1).await?.is_empty();
    config.check_doors(has_keys)?;
    let guard = if has_keys || config.keys_are_required() { Guard::Keys } else { Guard::Open };

    let lake_options: HashMap<String, String> =
        config.lake.options.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
    let shares = Shares::of(config.memory_cap_bytes);
    let queries = QueryOptions { memory_bytes: shares.queries, ..QueryOptions::default() };
    let lake = Lake::new(Root::open(config.lake.url.as_str(), &lake_options)?).with_queries(queries);
    let key: Box<dyn KeySource + Send + Sync> = match &config.privacy.key {
        Some(key) => Box::new(
            Secret::new(key.expose())
                .map_err(|error| ServeError::Key { key: "privacy.key", reason: error.to_string() })?,
        ),
        None => Box::new(NoKey),
    };
    let models =
        Arc::new(Models::new(catalog.clone(), lake.clone(), key, config.privacy.epoch, config.models_auto_create));
    let options = start_options(config, shares)?;
    let tables = Arc::new(tables::LakeTables(lake.clone()));
    let Started { intake, committer, appender, changed, stats, mut recovering, left } =
        intake::start(&options, models.clone(), tables)?;

    let (stop, stopped) = watch::channel(false);
    let (abandon, abandoned) = watch::channel(false);
    let guarding = tokio::spawn(memory::watch(shares, options.full.clone(), stopped.clone()));
    let commits = tokio::spawn(committer.run(abandoned));
    // A new folder, or little to read: nobody need hear of it. Else the server says that it is not ready.
    let recovered = tokio::time::timeout(RECOVERED_AT_ONCE, recovering.wait_for(Option::is_none));
    // The thread that makes ids again ends only with the service.
    let _ = recovered.await;
    let profiler_stats = Arc::new(tasks::ProfilerStats::default());
    let (no_more_commits, commits_ended) = watch::channel(false);
    let profiler = tokio::spawn(tasks::profiler(models.clone(), changed, commits_ended, profiler_stats.clone()));
    let sizes = Arc::new(metrics::Sizes::default());
    let maintenance = tokio::spawn(maintenance::run(models.clone(), config.maintenance.clone(), stopped.clone()));
    let measuring = tokio::spawn(maintenance::measure(lake.clone(), sizes.clone(), stopped.clone()));

    let mut registry = Registry::default();
    let http = HttpMetrics::register(&mut registry);
    metrics::register(&mut registry, stats.clone(), profiler_stats, sizes, config.memory_cap_bytes);
    let watching = Arc::new(watching::Watching::new(models.clone()));
    let delivering = watching::Delivering::new(catalog.clone(), &config.notify_allow)?;
    let watcher = tokio::spawn(watching::run(watching.clone(), stopped.clone()));
    let delivery = tokio::spawn(watching::deliver(delivering, watching.clone(), stopped.clone()));
    let erasures = erasures::Erasing::new(models.clone(), intake.clone(), config, stopped);
    let events = Arc::new(events::Events::new(intake, config.limits.clone()));
    let telemetry =
        Arc::new(telemetry::Telemetry::new(events.clone(), models.clone(), config.limits.clone(), config.otlp.clone()));
    let deps = Deps {
        intake: events,
        otlp: telemetry.clone(),
        resources: Arc::new(resources::Kept(models.clone())),
        profiles: Arc::new(answers::Answers(models.clone())),
        erasures: Arc::new(erasures),
        watch: Arc::new(watching::WatchAnswers(watching.clone())),
        traces: telemetry,
        keys: Arc::new(access::Access::new(catalog.clone())),
        readiness: Arc::new(Ready { catalog: catalog.clone(), left, recovering }),
        clock: Arc::new(SystemClock),
        metrics: http,
        registry: Arc::new(registry),
        guard,
        settings: settings(config),
    };
    let mut listeners = Vec::new();
    for address in config.listen.iter().chain(&config.otlp_grpc_listen) {
        listeners.push(TcpListener::bind(address).await.map_err(io(format!("listening on {address}")))?);
    }
    let addresses: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    tracing::info!(?addresses, ?guard, lake = %lake.root().url(), "ready");
    ready(&addresses);

    let drained = watchkeeper_server::run(listeners, signal(), deps).await.map_err(io("serving"))?;
    tracing::info!(?drained, "draining");
    stop.send_replace(true);
    // The server's state is gone now, and with it every handle of the intake: the appender seals and ends.
    let appended = tokio::task::spawn_blocking(move || appender.join());
    if !matches!(appended.await, Ok(Ok(()))) {
        tracing::error!("the appender ended badly; what it acknowledged is in the journal");
    }
    if tokio::time::timeout(Duration::from_secs(60), commits).await.is_err() {
        abandon.send_replace(true);
        tracing::warn!("the tables do not answer; the journal keeps what is not committed");
    }
    no_more_commits.send_replace(true);
    // What they have not done by then the next start does: the events have it all.
    let last = Instant::now() + TASKS_END;
    for task in [watcher, delivery, profiler, maintenance, measuring, guarding] {
        match timeout_at(last, task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a task ended badly"),
            Err(_) => {
                tracing::warn!("the tables do not answer; what is not profiled yet is profiled at the next start")
            }
        }
    }
    catalog.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn start_options(config: &ServeConfig, shares: Shares) -> Result<StartOptions, ServeError> {
    let days = config.ids.horizon.as_secs() / 86_400;
    Ok(StartOptions {
        folder: config.data_dir.clone(),
        node: node(&config.data_dir)?,
        journal: JournalOptions {
            // The appender seals; the journal's own bound is the last resort.
            segment_bytes: config.journal.segment_bytes.saturating_mul(4),
            total_bytes: config.journal.total_bytes,
            ..JournalOptions::default()
        },
        ids: IdOptions {
            horizon_days: u16::try_from(days).unwrap_or(u16::MAX).max(1),
            memory_bytes: config.ids.memory_bytes.min(shares.ids),
        },
        appender: AppenderOptions {
            interval: config.commit.interval,
            segment_bytes: config.journal.segment_bytes,
            segment_rows: config.commit.rows.max(1),
        },
        intake: IntakeOptions { memory_bytes: shares.requests, ..IntakeOptions::default() },
        full: Arc::new(AtomicBool::new(false)),
        limits: config.limits.clone(),
    })
}

/// The name of this journal: made once, kept beside it.
fn node(data_dir: &Path) -> Result<String, ServeError> {
    // Inside the journal's folder: a journal that is lost takes its name with it, and its numbers may begin again.
    let folder = data_dir.join("journal");
    std::fs::create_dir_all(&folder).map_err(io(format!("creating `{}`", folder.display())))?;
    let path = folder.join("node");
    match std::fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        _ => {
            let random = watchkeeper_catalog::keys::entropy()
                .map_err(|error| ServeError::Key { key: "node", reason: error.to_string() })?;
            let name: String = random.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            std::fs::write(&path, &name).map_err(io(format!("writing `{}`", path.display())))?;
            std::fs::File::open(&path).and_then(|file| file.sync_all()).map_err(io("syncing the node's name"))?;
            Ok(name)
        }
    }
}

fn settings(config: &ServeConfig) -> Settings {
    Settings {
        body_bytes: config.limits.body_bytes,
        rate_limit: config.rate_limit,
        in_flight_bytes: Shares::of(config.memory_cap_bytes).bodies,
        capture_formats: Format::ALL.iter().map(|format| format.as_str().to_owned()).collect(),
        ..Settings::default()
    }
}

struct Ready {
    catalog: Catalog,
    left: Left,
    recovering: watch::Receiver<Option<Recovering>>,
}

#[async_trait::async_trait]
impl Readiness for Ready {
    async fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.catalog.health().await.is_err() {
            missing.push("the catalog does not answer".into());
        }
        if !self.left.is_settled() {
            missing.push("what an earlier run left in the journal is not in the tables yet".into());
        }
        if let Some(Recovering { files_done, files }) = *self.recovering.borrow() {
            missing.push(format!("ids of events are read from the tables: {files_done} of {files} files"));
        }
        missing
    }
}

/// Waits until the process is told to stop.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the process ends as the system does it, which the journal is made for.
    let _ = interrupt.await;
}

/// Now, µs since 1970.
fn now() -> i64 {
    Timestamp::now().as_microsecond()
}
