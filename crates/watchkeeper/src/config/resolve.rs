//! Layers of settings to the configuration.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use watchkeeper_ingest::Limits;
use watchkeeper_server::RateLimit;

use super::keys::{self, KEYS, Key};
use super::raw::{Fault, Layer, Origin, Value, overlay};
use super::show::{Shown, Text};
use super::suggest::quoted;
use super::{
    AuthConfig, CommitConfig, ConfigArgs, ConfigError, FILE_NAME, IdsConfig, JournalConfig, LakeConfig, LogConfig,
    LogFormat, MaintenanceConfig, PrivacyConfig, RequireKeys, Secret, ServeConfig, Surroundings, args, environment,
    file, quantity, read, secret,
};

/// Bytes that a key of keyed hashes has at least.
const PRIVACY_KEY_BYTES_MIN: usize = 32;

pub(super) fn load(flags: &ConfigArgs, surroundings: &Surroundings) -> Result<ServeConfig, ConfigError> {
    let mut faults = Vec::new();
    let mut settings = Layer::new();
    if let Some((path, text)) = read_file(flags, surroundings)? {
        settings = file::layer(&text, &path, &mut faults);
    }
    overlay(&mut settings, environment::layer(&surroundings.variables, &mut faults));
    overlay(&mut settings, args::layer(flags, &mut faults));
    let mut resolver = Resolver { settings, surroundings, faults, shown: BTreeMap::new() };
    let config = resolver.config();
    match config {
        Some(mut config) if resolver.faults.is_empty() => {
            let mut shown = resolver.shown;
            config.shown = KEYS.iter().filter_map(|key| shown.remove(key.path)).collect();
            Ok(config)
        }
        _ => Err(ConfigError::Invalid(resolver.faults)),
    }
}

pub(super) fn catalog_url(flags: &ConfigArgs, surroundings: &Surroundings) -> Result<Secret, ConfigError> {
    if flags.data_dir.is_none() && flags.catalog.is_none() {
        return load(flags, surroundings).map(|config| config.catalog_url);
    }
    let mut faults = Vec::new();
    let settings = args::layer(flags, &mut faults);
    let mut resolver = Resolver { settings, surroundings, faults, shown: BTreeMap::new() };
    let data_dir = resolver.path("data_dir");
    let url = resolver.catalog(data_dir.as_deref());
    url.ok_or(ConfigError::Invalid(resolver.faults))
}

/// The catalog in a data folder.
pub(super) fn catalog_file(data_dir: &Path) -> PathBuf {
    data_dir.join("catalog.db")
}

/// The name and text of the file, if there is one.
fn read_file(flags: &ConfigArgs, surroundings: &Surroundings) -> Result<Option<(String, String)>, ConfigError> {
    let named = flags.config.clone().or_else(|| surroundings.variables.get("WATCHKEEPER_CONFIG").cloned());
    let path = named.clone().unwrap_or_else(|| FILE_NAME.to_owned());
    match std::fs::read_to_string(surroundings.folder.join(&path)) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path, source }),
    }
}

pub(super) struct Resolver<'a> {
    settings: Layer,
    surroundings: &'a Surroundings,
    faults: Vec<Fault>,
    shown: BTreeMap<&'static str, Shown>,
}

impl Resolver<'_> {
    /// The configuration; `None` only together with a fault. Goes through every key, so that all faults are found.
    fn config(&mut self) -> Option<ServeConfig> {
        let data_dir = self.path("data_dir");
        let listen = self.listen();
        let otlp_grpc_listen = self.address("otlp_grpc_listen");
        let lake = self.lake(data_dir.as_deref());
        let catalog_url = self.catalog(data_dir.as_deref());
        let journal = self.journal();
        let commit = CommitConfig { interval: self.duration("commit.interval"), rows: self.number("commit.rows") };
        let ids = IdsConfig { horizon: self.duration("ids.horizon"), memory_bytes: self.number("ids.memory_bytes") };
        let limits = self.limits();
        let rate_limit = self.rate_limit();
        let memory_cap_bytes = self.number("memory.cap_bytes");
        let require_keys = match self.word("auth.require_keys") {
            "always" => RequireKeys::Always,
            _ => RequireKeys::Auto,
        };
        let auth = AuthConfig { require_keys, bootstrap_key: self.secret("auth.bootstrap_key") };
        let privacy = self.privacy();
        let auto_create = self.word("models.auto_create");
        let allowed = self.text("notify.allow").map(|(text, _)| text).unwrap_or_default();
        let notify_allow =
            allowed.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        let otlp = self.otlp();
        let maintenance = MaintenanceConfig {
            compact: self.interval("maintenance.compact"),
            checkpoint: self.interval("maintenance.checkpoint"),
            vacuum: self.interval("maintenance.vacuum"),
            keep_removed: self.duration("maintenance.keep_removed"),
            retention: self.interval("maintenance.retention"),
        };
        let log = LogConfig {
            format: if self.word("log.format") == "json" { LogFormat::Json } else { LogFormat::Text },
            level: self.text("log.level").map(|(text, _)| text).unwrap_or_default(),
        };
        let mut config = ServeConfig {
            data_dir: data_dir?,
            listen: listen?,
            otlp_grpc_listen,
            lake: lake?,
            catalog_url: catalog_url?,
            journal,
            commit,
            ids,
            limits,
            rate_limit,
            memory_cap_bytes,
            auth,
            privacy,
            models_auto_create: auto_create == "true",
            notify_allow,
            otlp,
            maintenance,
            log,
            shown: Vec::new(),
        };
        config.models_auto_create |= auto_create == "auto" && config.open_address().is_none();
        Some(config)
    }

    /// The one text of a key and where it was given: its default when nowhere, `None` when it has none.
    pub(super) fn text(&mut self, path: &'static str) -> Option<(String, Origin)> {
        let default = keys::find(path).map_or("", |key| key.default);
        let given = self.settings.get(path).map(|raw| (raw.value.clone(), raw.origin.clone()));
        let found = match given {
            Some((Value::One(text), origin)) => Some((text, origin)),
            Some((_, origin)) => {
                self.fault(origin, format!("`{path}` is not a single value"));
                None
            }
            None if default.is_empty() => None,
            None => Some((default.to_owned(), Origin::Default)),
        };
        match &found {
            Some((text, origin)) => self.show(path, Text::One(text.clone()), origin.clone()),
            None => self.show(path, Text::Nothing, Origin::Default),
        }
        found
    }

    /// The values of a key of names with values, each with its origin.
    pub(super) fn named(&self, path: &str) -> BTreeMap<String, (String, Origin)> {
        match self.settings.get(path).map(|raw| raw.value.clone()) {
            Some(Value::Named(names)) => names,
            _ => BTreeMap::new(),
        }
    }

    pub(super) fn show(&mut self, path: &'static str, text: Text, origin: Origin) {
        self.shown.insert(path, Shown { path: path.to_owned(), text, origin });
    }

    pub(super) fn fault(&mut self, origin: Origin, text: String) {
        self.faults.push(Fault { origin, text });
    }

    /// `value`, or nothing and a fault.
    fn kept<T>(&mut self, origin: Origin, value: Result<T, String>) -> Option<T> {
        value.map_err(|text| self.fault(origin, text)).ok()
    }

    fn path(&mut self, path: &'static str) -> Option<PathBuf> {
        let (text, origin) = self.text(path)?;
        if text.trim().is_empty() {
            self.fault(origin, format!("`{path}` is empty; expected a path"));
            return None;
        }
        Some(read::path(&text, &self.surroundings.folder))
    }

    fn address(&mut self, path: &'static str) -> Option<SocketAddr> {
        let (text, origin) = self.text(path)?;
        let address = read::address(&text).map_err(|problem| format!("`{path}`: {problem}"));
        self.kept(origin, address)
    }

    fn listen(&mut self) -> Option<Vec<SocketAddr>> {
        let default = keys::find("listen").map_or("", |key| key.default).to_owned();
        let given = self.settings.get("listen").map(|raw| (raw.value.clone(), raw.origin.clone()));
        let (texts, origin) = match given {
            Some((Value::Many(texts), origin)) => (texts, origin),
            Some((Value::One(text), origin)) => (vec![text], origin),
            _ => (vec![default], Origin::Default),
        };
        self.show("listen", Text::Many(texts.clone()), origin.clone());
        if texts.is_empty() {
            self.fault(origin, "`listen` is empty; expected at least one address".into());
            return None;
        }
        let addresses: Result<Vec<SocketAddr>, String> = texts.iter().map(|text| read::address(text)).collect();
        self.kept(origin, addresses.map_err(|problem| format!("`listen`: {problem}")))
    }

    fn number(&mut self, path: &'static str) -> u64 {
        let Some((text, origin)) = self.text(path) else { return 0 };
        let Some(key) = keys::find(path) else { return 0 };
        let number = read::number(key, &text);
        self.kept(origin, number).unwrap_or(0)
    }

    fn size(&mut self, path: &'static str) -> usize {
        usize::try_from(self.number(path)).unwrap_or(usize::MAX)
    }

    fn duration(&mut self, path: &'static str) -> Duration {
        Duration::from_millis(self.number(path))
    }

    fn seconds(&mut self, path: &'static str) -> i64 {
        i64::try_from(self.duration(path).as_secs()).unwrap_or(i64::MAX)
    }

    fn interval(&mut self, path: &'static str) -> Option<Duration> {
        Some(self.duration(path)).filter(|duration| !duration.is_zero())
    }

    fn word(&mut self, path: &'static str) -> &'static str {
        let Some((text, origin)) = self.text(path) else { return "" };
        let Some(Key { form: keys::Form::Word(words), .. }) = keys::find(path) else { return "" };
        let word = read::word(path, words, &text);
        self.kept(origin, word).unwrap_or("")
    }

    /// Follows a reference; a plain value is refused and not repeated.
    fn secret(&mut self, path: &'static str) -> Option<Secret> {
        let (text, origin) = self.text(path)?;
        let text = text.trim();
        if !secret::is_reference(text) {
            self.show(path, Text::One("***".into()), origin.clone());
            self.fault(origin, format!("`{path}` holds the secret itself; expected `env:NAME` or `file:PATH`"));
            return None;
        }
        let secret = self.follow(text).map_err(|problem| format!("`{path}`: {problem}"));
        self.kept(origin, secret)
    }

    fn follow(&self, reference: &str) -> Result<Secret, String> {
        let folder = &self.surroundings.folder;
        let reference_at = match reference.strip_prefix("file:") {
            Some(path) => format!("file:{}", folder.join(path).display()),
            None => reference.to_owned(),
        };
        let found = secret::follow(&reference_at, &|name| self.surroundings.variables.get(name).cloned())?;
        Ok(Secret::shown_as(found.expose(), reference))
    }

    fn lake(&mut self, data_dir: Option<&Path>) -> Option<LakeConfig> {
        let folder = self.surroundings.folder.clone();
        let url = match self.text("lake.url") {
            Some((text, origin)) => {
                self.show("lake.url", Text::One(secret::redact_url(&text)), origin.clone());
                let url = read::store_url(&text, &folder);
                self.kept(origin, url)
            }
            None => {
                let url = read::store_url(&data_dir?.join("lake").to_string_lossy(), &folder);
                self.kept(Origin::Default, url)
            }
        };
        let given = self.named("lake.options");
        let (mut options, mut shown) = (BTreeMap::new(), Vec::new());
        for (name, (text, origin)) in given {
            let option = if secret::is_reference(&text) {
                let followed = self.follow(&text).map_err(|problem| format!("`lake.options.{name}`: {problem}"));
                self.kept(origin.clone(), followed)
            } else if secret::is_harmless(&name) {
                Some(Secret::shown_as(text.clone(), text))
            } else {
                Some(Secret::plain(text))
            };
            if let Some(secret) = option {
                shown.push((name.clone(), secret.shown().to_owned(), origin));
                options.insert(name, secret);
            }
        }
        let text = if shown.is_empty() { Text::Nothing } else { Text::Named(shown) };
        self.show("lake.options", text, Origin::Default);
        Some(LakeConfig { url: url?, options })
    }

    fn catalog(&mut self, data_dir: Option<&Path>) -> Option<Secret> {
        let Some((text, origin)) = self.text("catalog.url") else {
            let url = read::sqlite_url(&catalog_file(data_dir?));
            return Some(Secret::shown_as(url.clone(), url));
        };
        let url = if secret::is_reference(&text) {
            let followed = self.follow(&text).map_err(|problem| format!("`catalog.url`: {problem}"));
            self.kept(origin.clone(), followed)?
        } else {
            Secret::shown_as(text.clone(), secret::redact_url(&text))
        };
        self.show("catalog.url", Text::One(url.shown().to_owned()), origin.clone());
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| url.expose().starts_with(scheme)) {
            return Some(url);
        }
        self.fault(
            origin,
            "`catalog.url` is no URL of a known database; expected `sqlite://PATH` or `postgres://…`".into(),
        );
        None
    }

    fn journal(&mut self) -> JournalConfig {
        let segment_bytes = self.number("journal.segment_bytes");
        let total_bytes = self.number("journal.total_bytes");
        if total_bytes < segment_bytes.saturating_mul(2) {
            let origin = self.shown.get("journal.total_bytes").map_or(Origin::Default, |shown| shown.origin.clone());
            let (total, segment) = (quantity::show_size(total_bytes), quantity::show_size(segment_bytes));
            self.fault(
                origin,
                format!("`journal.total_bytes` is {total}; expected at least twice `journal.segment_bytes`, which is {segment}"),
            );
        }
        JournalConfig { segment_bytes, total_bytes }
    }

    fn limits(&mut self) -> Limits {
        Limits {
            body_bytes: self.size("limits.body_bytes"),
            decompressed_bytes: self.size("limits.decompressed_bytes"),
            decompression_ratio: u32::try_from(self.number("limits.decompression_ratio")).unwrap_or(u32::MAX),
            rows: self.size("limits.rows"),
            columns: self.size("limits.columns"),
            nesting: self.size("limits.nesting"),
            string_bytes: self.size("limits.string_bytes"),
            past_seconds: self.seconds("limits.past"),
            future_seconds: self.seconds("limits.future"),
        }
    }

    fn rate_limit(&mut self) -> Option<RateLimit> {
        let mut number = |path| u32::try_from(self.number(path)).unwrap_or(u32::MAX);
        let (per_second, burst) = (number("limits.requests_per_second"), number("limits.requests_burst"));
        let burst = if burst == 0 { per_second } else { burst };
        (per_second > 0).then_some(RateLimit { per_second, burst })
    }

    fn privacy(&mut self) -> PrivacyConfig {
        let key = self.secret("privacy.key");
        if let Some(short) = key.as_ref().filter(|key| key.expose().len() < PRIVACY_KEY_BYTES_MIN) {
            let (reference, bytes) = (quoted(short.shown()), short.expose().len());
            let origin = self.shown.get("privacy.key").map_or(Origin::Default, |shown| shown.origin.clone());
            let expected = PRIVACY_KEY_BYTES_MIN;
            self.fault(origin, format!("`privacy.key`: {reference} holds {bytes} bytes; expected at least {expected}"));
        }
        PrivacyConfig { key, epoch: u32::try_from(self.number("privacy.epoch")).unwrap_or(0) }
    }
}
