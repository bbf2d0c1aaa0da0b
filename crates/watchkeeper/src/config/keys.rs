//! Every key of the configuration: what it means, its form, its default. The reference in the documentation is made
//! from this list.

/// How a key's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A path of the file system.
    Path,
    /// An IP address with a port.
    Address,
    /// Several of them.
    Addresses,
    /// A URL or path of a store.
    StoreUrl,
    /// A URL of a database; it may be a reference to a secret.
    DatabaseUrl,
    /// Names with values, which may be references to secrets.
    Options,
    /// Names with values that are no secrets.
    Names,
    /// Names with lists of values.
    Lists,
    /// A reference to a secret: `env:NAME` or `file:PATH`, never the value itself.
    Secret,
    /// A number of bytes.
    Size,
    /// A span of time.
    Duration,
    /// A whole number.
    Count,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// `section.key`, or `key` at the top level.
    pub(super) path: &'static str,
    pub(super) form: Form,
    /// As it would be written; empty when there is none.
    pub(super) default: &'static str,
    /// The smallest and largest value allowed, as they would be written; empty for no bound.
    pub(super) range: (&'static str, &'static str),
    /// What it means, for people.
    pub(super) about: &'static str,
}

const fn key(path: &'static str, form: Form, default: &'static str, about: &'static str) -> Key {
    Key { path, form, default, range: ("", ""), about }
}

const fn bounded(
    path: &'static str,
    form: Form,
    default: &'static str,
    range: (&'static str, &'static str),
    about: &'static str,
) -> Key {
    Key { path, form, default, range, about }
}

use Form::{
    Address, Addresses, Count, DatabaseUrl, Duration, Lists, Names, Options, Path, Secret, Size, StoreUrl, Text, Word,
};

impl Form {
    /// Whether the setting is names with values, which are joined name by name.
    pub(super) const fn is_named(self) -> bool {
        matches!(self, Self::Options | Self::Names | Self::Lists)
    }
}

/// The default of [`Form::Options`] and of keys that have none.
pub(super) const NONE: &str = "";

/// All keys, in the order of the documentation.
pub(super) const KEYS: &[Key] = &[
    key(
        "data_dir",
        Path,
        "./watchkeeper-data",
        "Folder of the journal, and of tables and catalog unless they are elsewhere.",
    ),
    key(
        "listen",
        Addresses,
        "127.0.0.1:8470",
        "Addresses to listen on for HTTP: `IP:PORT`, `[IPv6]:PORT` or `localhost:PORT`. Beyond loopback, API keys are demanded.",
    ),
    key(
        "otlp_grpc_listen",
        Address,
        NONE,
        "Address to listen on for OTLP over gRPC. None: not served (OTLP over HTTP is, on `listen`).",
    ),
    key(
        "lake.url",
        StoreUrl,
        NONE,
        "Root of the tables: a folder, `file://`, `s3://`, `gs://` or `az://`. None: `lake` in `data_dir`.",
    ),
    key(
        "lake.options",
        Options,
        NONE,
        "Options of the store, such as `region`, `endpoint`, `access_key_id`. A value may be `env:NAME` or `file:PATH`; then it is a secret and never shown.",
    ),
    key(
        "catalog.url",
        DatabaseUrl,
        NONE,
        "Database of the catalog: `sqlite://PATH`, `postgres://…`, or `env:NAME`, `file:PATH` that hold one. None: `catalog.db` in `data_dir`.",
    ),
    bounded(
        "journal.segment_bytes",
        Size,
        "64MiB",
        ("1MiB", "4GiB"),
        "Size at which a segment of the journal is closed and committed to the tables.",
    ),
    bounded(
        "journal.total_bytes",
        Size,
        "4GiB",
        ("4MiB", NONE),
        "Size of the whole journal at which appends are refused (503) until commits catch up. At least twice `journal.segment_bytes`.",
    ),
    bounded("commit.interval", Duration, "10s", ("100ms", "1h"), "Longest time between two commits to the tables."),
    bounded(
        "commit.rows",
        Count,
        "500000",
        ("1", "100000000"),
        "Rows of one stream of a model after which it is committed before its time.",
    ),
    bounded(
        "ids.horizon",
        Duration,
        "400d",
        ("1h", "10000d"),
        "How far back repeated events are recognised by their id. Declare no less than the retention of the tables.",
    ),
    bounded(
        "ids.memory_bytes",
        Size,
        "256MiB",
        ("1MiB", NONE),
        "Memory for recognising repeated ids, at most a quarter of `memory.cap_bytes`; older ones are looked up on disk.",
    ),
    bounded("limits.body_bytes", Size, "32MiB", ("1KiB", "4GiB"), "Size of a request's body as sent."),
    bounded(
        "limits.decompressed_bytes",
        Size,
        "256MiB",
        ("1KiB", "16GiB"),
        "Size of a request's body after decompression.",
    ),
    bounded(
        "limits.decompression_ratio",
        Count,
        "50",
        ("1", "100000"),
        "Bytes out per byte in when a body is decompressed, checked once 1 MiB came out.",
    ),
    bounded("limits.rows", Count, "1000000", ("1", "100000000"), "Rows of a request."),
    bounded("limits.columns", Count, "2000", ("8", "100000"), "Columns of a model."),
    bounded("limits.nesting", Count, "32", ("1", "128"), "Depth of objects and arrays inside each other."),
    bounded("limits.string_bytes", Size, "64KiB", ("64B", "16MiB"), "Size of one text value."),
    bounded(
        "limits.requests_per_second",
        Count,
        "0",
        ("0", "1000000"),
        "Requests per second that one API key may send in the long run, all callers together on a server without keys; more is refused (429). `0`: any number.",
    ),
    bounded(
        "limits.requests_burst",
        Count,
        "0",
        ("0", "1000000"),
        "Requests that one API key may send at once after a pause. `0`: as many as `limits.requests_per_second`.",
    ),
    bounded("limits.past", Duration, "400d", ("0s", "36500d"), "How far in the past an event may lie."),
    bounded("limits.future", Duration, "1d", ("0s", "36500d"), "How far in the future an event may lie."),
    bounded(
        "memory.cap_bytes",
        Size,
        "1GiB",
        ("128MiB", NONE),
        "Bound of the memory: an eighth of it for bodies being received, a quarter for decoded requests, an eighth for queries. Beyond its share, or when the process holds seven eighths of the cap, a request is refused (429).",
    ),
    key(
        "auth.require_keys",
        Word(&["auto", "always"]),
        "auto",
        "`auto`: API keys are demanded when an address of `listen` or `otlp_grpc_listen` is not loopback. `always`: on loopback too.",
    ),
    key(
        "auth.bootstrap_key",
        Secret,
        NONE,
        "The first administrator's API key. Only a reference: `env:NAME` or `file:PATH`.",
    ),
    key(
        "privacy.key",
        Secret,
        NONE,
        "Key of the keyed hashes of personal columns, at least 32 bytes. Only a reference: `env:NAME` or `file:PATH`.",
    ),
    bounded(
        "privacy.epoch",
        Count,
        "1",
        ("0", "4294967295"),
        "Number of the period that `privacy.key` is for; hashes of different epochs do not match.",
    ),
    key(
        "models.auto_create",
        Word(&["auto", "true", "false"]),
        "auto",
        "Whether events of an unknown model create it (as *learning*). `auto`: only when every address is loopback.",
    ),
    key(
        "otlp.attributes",
        Names,
        NONE,
        "Attribute of spans and log records to what it is: `model`, `id`, `ts`, `trace_id`, `version`, `environment`, `prediction`, `score`, `score.<class>`, `latency_ms`, `features`, `feature.<name>`, `segment.<name>`, or `ignore`. The mapping of the model comes first, then this, then the `ml.` attributes.",
    ),
    key("otlp.default_model", Text, NONE, "Model of inferences that name none. None: they are rejected."),
    key(
        "otlp.kpis",
        Names,
        NONE,
        "Metric to the name of the KPI that its data points (of gauges and delta sums) become. Other metrics are ignored.",
    ),
    key(
        "otlp.kpi_models",
        Names,
        NONE,
        "Metric of `otlp.kpis` to the model that its KPI belongs to, when no attribute `ml.model.name` says so.",
    ),
    key(
        "otlp.kpi_segments",
        Lists,
        NONE,
        "Metric of `otlp.kpis` to the attributes of its data points that become segment tags. Of a metric that is not here: all of them.",
    ),
    key(
        "notify.allow",
        Text,
        NONE,
        "Hosts and networks that are not public and may be called to deliver notices, with or without TLS, separated by commas: `alertmanager.internal, 10.0.0.0/8`. None: public addresses only, with TLS.",
    ),
    bounded(
        "maintenance.compact",
        Duration,
        "10m",
        ("0s", "365d"),
        "Time between two rounds of merging small files. `0s`: never.",
    ),
    bounded(
        "maintenance.checkpoint",
        Duration,
        "10m",
        ("0s", "365d"),
        "Time between two rounds of writing checkpoints of the tables. `0s`: never.",
    ),
    bounded(
        "maintenance.vacuum",
        Duration,
        "6h",
        ("0s", "365d"),
        "Time between two rounds of removing files that no table refers to. `0s`: never.",
    ),
    bounded(
        "maintenance.keep_removed",
        Duration,
        "1d",
        ("0s", "365d"),
        "How long files stay that a table no longer refers to: for readers that opened it before, and for going back in time. Erased rows are on the disk so long.",
    ),
    bounded(
        "maintenance.retention",
        Duration,
        "1h",
        ("0s", "365d"),
        "Time between two rounds of removing what is older than it may be. `0s`: never.",
    ),
    key("log.format", Word(&["text", "json"]), "text", "Form of the log lines."),
    key(
        "log.level",
        Text,
        "info",
        "`error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,watchkeeper_lake=debug`.",
    ),
];

/// The key of a path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The key of names with values that a path leads into, and the name: `lake.options.region`.
pub(super) fn named(path: &str) -> Option<(&'static Key, &str)> {
    KEYS.iter().filter(|key| key.form.is_named()).find_map(|key| {
        let name = path.strip_prefix(key.path)?.strip_prefix('.')?;
        (!name.is_empty()).then_some((key, name))
    })
}

/// The section of a path and the name in it; the section is empty at the top level.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or(("", path))
}

/// The environment variable of a path: `lake.url` gives `WATCHKEEPER_LAKE_URL`.
pub(super) fn variable(path: &str) -> String {
    format!("{}{}", super::PREFIX, path.replace('.', "_").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_and_their_variables_are_distinct_and_described() {
        let paths: BTreeSet<&str> = KEYS.iter().map(|key| key.path).collect();
        let variables: BTreeSet<String> = KEYS.iter().map(|key| variable(key.path)).collect();
        assert_eq!((paths.len(), variables.len()), (KEYS.len(), KEYS.len()));
        assert_eq!(variable("journal.segment_bytes"), "WATCHKEEPER_JOURNAL_SEGMENT_BYTES");
        for key in KEYS {
            assert!(key.about.ends_with(['.', ')']), "{}", key.path);
            assert!(split(key.path).1.find('.').is_none(), "{}", key.path);
        }
    }
}
