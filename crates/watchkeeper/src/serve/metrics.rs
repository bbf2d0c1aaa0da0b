//! What `/metrics` shows of the pipeline; the server adds its own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use watchkeeper_ingest::intake::IntakeStats;
use watchkeeper_lake::{TableId, TableSize};

use super::memory;
use super::tasks::ProfilerStats;

struct Pipeline {
    intake: Arc<IntakeStats>,
    profiler: Arc<ProfilerStats>,
    sizes: Arc<Sizes>,
    memory_cap_bytes: u64,
}

/// Files, bytes and rows by the name of the table, as of the last look.
#[derive(Debug, Default)]
pub(super) struct Sizes(Mutex<BTreeMap<&'static str, (u64, u64, u64)>>);

impl Sizes {
    /// Takes over what `report` says.
    pub(super) fn set(&self, report: &[(TableId, TableSize)]) {
        let mut sums: BTreeMap<&'static str, (u64, u64, u64)> = BTreeMap::new();
        for (table, size) in report {
            let sum = sums.entry(table.name.as_str()).or_default();
            *sum = (sum.0 + size.files, sum.1 + size.bytes, sum.2 + size.rows);
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sums;
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

pub(super) fn register(
    registry: &mut Registry,
    intake: Arc<IntakeStats>,
    profiler: Arc<ProfilerStats>,
    sizes: Arc<Sizes>,
    memory_cap_bytes: u64,
) {
    registry.register_collector(Box::new(Pipeline { intake, profiler, sizes, memory_cap_bytes }));
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let metric = ConstCounter::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> fmt::Result {
    let metric = ConstGauge::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn family<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (&'a str, u64)>,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (table, value) in values {
        ConstGauge::new(value as f64).encode(metric.encode_family(&[("table", table)])?)?;
    }
    Ok(())
}

impl Collector for Pipeline {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let e = &mut encoder;
        let counts = self.intake.counts();
        counter(e, "watchkeeper_accepted_rows", "New rows taken in", counts.accepted)?;
        counter(e, "watchkeeper_duplicate_rows", "Rows that were known already", counts.duplicate)?;
        counter(e, "watchkeeper_corrected_rows", "Rows that replaced one with the same id", counts.corrected)?;
        counter(e, "watchkeeper_rejected_rows", "Rows that could not be taken", counts.rejected)?;
        counter(e, "watchkeeper_shed_requests", "Requests refused for lack of room", counts.shed)?;
        counter(e, "watchkeeper_ingested_bytes", "Bytes of bodies as sent", counts.bytes)?;
        counter(e, "watchkeeper_journal_syncs", "Group syncs of the journal", counts.syncs)?;
        counter(e, "watchkeeper_journal_sync_microseconds", "Time of group syncs", counts.sync_micros)?;
        gauge(e, "watchkeeper_journal_bytes", "Bytes in the journal", counts.journal_bytes as f64)?;
        counter(e, "watchkeeper_committed_segments", "Journal segments in the tables", counts.segments)?;
        counter(e, "watchkeeper_committed_rows", "Rows committed to tables", counts.committed_rows)?;
        counter(e, "watchkeeper_commit_microseconds", "Time of commits", counts.commit_micros)?;
        counter(e, "watchkeeper_commit_failures", "Commits that failed and were tried again", counts.commit_failures)?;
        gauge(e, "watchkeeper_parked_segments", "Segments that no table takes", counts.parked as f64)?;
        counter(e, "watchkeeper_profiled_rows", "Rows counted into profiles", self.profiler.rows.load(Relaxed))?;
        counter(e, "watchkeeper_profile_failures", "Profiling that failed", self.profiler.failures.load(Relaxed))?;
        gauge(
            e,
            "watchkeeper_profile_lag_tables",
            "Tables with rows that are not counted yet",
            self.profiler.behind.load(Relaxed) as f64,
        )?;
        let followed = self.profiler.follow_micros.load(Relaxed) as f64 / 1e6;
        gauge(e, "watchkeeper_profile_follow_seconds", "Time of the last following of a table", followed)?;
        gauge(e, "watchkeeper_memory_cap_bytes", "Declared bound of the memory", self.memory_cap_bytes as f64)?;
        let sizes = self.sizes.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        family(e, "watchkeeper_table_files", "Live files of tables", sizes.iter().map(|(n, s)| (*n, s.0)))?;
        family(e, "watchkeeper_table_bytes", "Bytes of live files of tables", sizes.iter().map(|(n, s)| (*n, s.1)))?;
        family(e, "watchkeeper_table_rows", "Rows of tables", sizes.iter().map(|(n, s)| (*n, s.2)))?;
        match memory::resident_bytes() {
            Some(bytes) => gauge(e, "watchkeeper_memory_resident_bytes", "Resident memory", bytes as f64),
            None => Ok(()),
        }
    }
}
