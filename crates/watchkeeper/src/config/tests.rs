mod otlp;

use std::path::PathBuf;

use super::*;

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, yaml: Option<&str>) -> Self {
        let path = std::env::temp_dir().join(format!("watchkeeper-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let _ = std::fs::remove_file(path.join(FILE_NAME));
        if let Some(yaml) = yaml {
            std::fs::write(path.join(FILE_NAME), yaml).unwrap();
        }
        Self(path)
    }

    fn load(&self, variables: &[(&str, &str)], flags: ConfigArgs) -> Result<ServeConfig, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ServeConfig::load(&flags, &Surroundings { variables, folder: self.0.clone() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn set(settings: &[&str]) -> ConfigArgs {
    ConfigArgs { set: settings.iter().map(|&setting| setting.to_owned()).collect(), ..ConfigArgs::default() }
}

fn refusal(name: &str, yaml: &str, variables: &[(&str, &str)], flags: ConfigArgs) -> String {
    Folder::new(name, Some(yaml)).load(variables, flags).unwrap_err().to_string()
}

#[test]
fn a_rate_is_off_unless_given_and_its_burst_is_a_second_of_it() {
    let rate =
        |name: &str, yaml: &str| Folder::new(name, Some(yaml)).load(&[], ConfigArgs::default()).unwrap().rate_limit;
    assert_eq!(rate("no-rate", "limits: { requests_burst: 5 }"), None);
    let limit = |per_second, burst| Some(watchkeeper_server::RateLimit { per_second, burst });
    assert_eq!(rate("rate", "limits: { requests_per_second: 20 }"), limit(20, 20));
    assert_eq!(rate("burst", "limits: { requests_per_second: 20, requests_burst: 100 }"), limit(20, 100));
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place_and_without_its_values() {
    for blank in ["", "# nothing\n", "---\n", "log:\n"] {
        assert_eq!(Folder::new("blank", Some(blank)).load(&[], ConfigArgs::default()).unwrap().log.level, "info");
    }
    let broken = refusal("broken", "log: [1\nlisten: 2", &[], ConfigArgs::default());
    assert!(broken.contains("watchkeeper.yaml:") && broken.contains("invalid YAML"), "{broken}");
    let two = refusal("two", "log: {}\n---\nlog: {}\n", &[], ConfigArgs::default());
    assert!(two.contains("found a second document; expected exactly one document"), "{two}");
    let shape = refusal("shape", "lake:\n  options: { key: [hunter2] }\nlog: [hunter2]\n", &[], ConfigArgs::default());
    assert!(shape.contains("`lake.options.key` is a list") && shape.contains("`log` is a list"), "{shape}");
    assert!(!shape.contains("hunter2"), "{shape}");
}

#[test]
fn without_anything_the_defaults_hold() {
    let folder = Folder::new("defaults", None);
    let config = folder.load(&[], ConfigArgs::default()).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:8470".parse().unwrap()]);
    assert_eq!(config.data_dir, folder.0.join("watchkeeper-data"));
    assert_eq!(config.lake.url.to_file_path().unwrap(), config.data_dir.join("lake"));
    assert_eq!(config.catalog_url.expose(), format!("sqlite://{}", config.data_dir.join("catalog.db").display()));
    assert_eq!(config.limits, Limits::default(), "the defaults of the keys are those of the decoder");
    assert_eq!(config.memory_cap_bytes, 1 << 30);
    assert_eq!((config.commit.interval, config.ids.horizon.as_secs()), (Duration::from_secs(10), 400 * 86_400));
    assert!(config.models_auto_create && !config.keys_are_required() && config.check_doors(false).is_ok());
    // A file of nothing but comments is no fault.
    assert!(Folder::new("blank", Some("# nothing yet\n")).load(&[], ConfigArgs::default()).is_ok());
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let yaml = "commit: { interval: 1s, rows: 10 }\nmemory: { cap_bytes: 2GiB }\nlog:\n  level: warn\n";
    let folder = Folder::new("precedence", Some(yaml));
    let variables = [("WATCHKEEPER_COMMIT_INTERVAL", "2s"), ("WATCHKEEPER_COMMIT_ROWS", "20")];
    let config = folder.load(&variables, set(&["commit.interval=3s"])).unwrap();
    assert_eq!(config.commit, CommitConfig { interval: Duration::from_secs(3), rows: 20 });
    assert_eq!((config.memory_cap_bytes, config.log.level.as_str()), (2 << 30, "warn"));
    assert_eq!(config.log.format, LogFormat::Text);
    let shown = config.to_yaml_redacted();
    for line in [
        "  interval: 3s  # flag `--set commit.interval`",
        "  rows: 20  # environment variable `WATCHKEEPER_COMMIT_ROWS`",
        "  cap_bytes: 2GiB  # watchkeeper.yaml:2:22",
        "  format: text  # default",
    ] {
        assert!(shown.contains(line), "`{line}` is not in\n{shown}");
    }
}

#[test]
fn what_is_printed_can_be_read_again() {
    let yaml = "listen: ['[::1]:1', localhost:2]\nlake:\n  url: s3://b/p\n  options: { region: eu, secret: env:S }\n";
    let folder = Folder::new("again", Some(yaml));
    let variables = [("S", "x"), ("WATCHKEEPER_LAKE_OPTIONS_REGION", "us")];
    let config = folder.load(&variables, ConfigArgs::default()).unwrap();
    assert_eq!(config.lake.options["region"].expose(), "us", "options are joined name by name");
    let printed = config.to_yaml_redacted();
    let again = Folder::new("again-2", Some(&printed)).load(&variables, ConfigArgs::default()).unwrap();
    assert_eq!((again.listen, again.lake), (config.listen, config.lake), "{printed}");
    assert_eq!((again.limits, again.log), (config.limits, config.log));
}

#[test]
fn lists_are_separated_by_commas_and_maps_named() {
    let folder = Folder::new("lists", None);
    let variables = [
        ("WATCHKEEPER_LISTEN", "127.0.0.1:1, [::1]:2"),
        ("WATCHKEEPER_LAKE_OPTIONS_AWS_REGION", "eu-central-1"),
        ("HOME", "/root"),
        ("WATCHKEEPER_SERVER", "http://elsewhere"),
        ("WATCHKEEPER_SERVICE_HOST", "10.0.0.1"),
        ("WATCHKEEPER_PORT", "tcp://10.0.0.1:8470"),
        ("WATCHKEEPER_PORT_8470_TCP_ADDR", "10.0.0.1"),
    ];
    let config = folder.load(&variables, set(&["lake.options.allow_http=true"])).unwrap();
    assert_eq!(config.listen.len(), 2);
    let options: Vec<_> = config.lake.options.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(options, [("allow_http", "true"), ("aws_region", "eu-central-1")]);
}

#[test]
fn unknown_names_are_refused_with_their_place_and_the_nearest() {
    let text = refusal(
        "unknown",
        "journal:\n  segment_byte: 1MiB\nlog:\n  levle: info\njurnal: {}\ninterval: 1s\nlisten: 127.0.0.1:1\nlisten: 127.0.0.1:2\n",
        &[("WATCHKEEPER_COMIT_ROWS", "1"), ("WATCHKEEPER_NONSENSE_AT_ALL", "1")],
        set(&["comit.rows=1", "novalue"]),
    );
    let expected = [
        "watchkeeper.yaml:2:3: unknown key `segment_byte` in `journal`; did you mean `segment_bytes`? expected one of `segment_bytes`, `total_bytes`",
        "watchkeeper.yaml:4:3: unknown key `levle` in `log`; did you mean `level`? expected one of `format`, `level`",
        "watchkeeper.yaml:5:1: unknown key `jurnal`; did you mean `journal`? expected one of `data_dir`, `listen`, `otlp_grpc_listen`, `lake`, `catalog`, `journal`, `commit`, `ids`, `limits`, `memory`, `auth`, `privacy`, `models`, `otlp`, `notify`, `maintenance`, `log`",
        "watchkeeper.yaml:6:1: unknown key `interval`; there is a `commit.interval`; expected one of",
        "watchkeeper.yaml:8:1: repeated key `listen`",
        "unknown variable `WATCHKEEPER_COMIT_ROWS`; did you mean `WATCHKEEPER_COMMIT_ROWS`?",
        "unknown variable `WATCHKEEPER_NONSENSE_AT_ALL`",
        "flag `--set`: unknown key `comit.rows`; did you mean `commit.rows`?",
        "flag `--set`: expected KEY=VALUE, for example `commit.interval=5s`",
    ];
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{text}");
    for (line, start) in lines.iter().zip(expected) {
        assert!(line.starts_with(start), "{line}\nis not\n{start}");
    }
}

#[test]
fn wrong_values_name_place_value_and_what_is_expected() {
    for (yaml, expected) in [
        (
            "commit: { interval: 10 }",
            "watchkeeper.yaml:1:21: `commit.interval` is `10`; expected a whole number with a unit: `250ms`, `10s`, `5m`, `48h` or `400d`",
        ),
        ("commit: { interval: 2h }", "watchkeeper.yaml:1:21: `commit.interval` is `2h`; expected at most 1h"),
        ("commit:\n  rows: 0", "watchkeeper.yaml:2:9: `commit.rows` is `0`; expected at least 1"),
        (
            "memory: { cap_bytes: 1MiB }",
            "watchkeeper.yaml:1:22: `memory.cap_bytes` is `1MiB`; expected at least 128MiB",
        ),
        (
            "listen: 8470",
            "watchkeeper.yaml:1:9: `listen`: `8470` is no address; expected `IP:PORT`, such as `127.0.0.1:8470`",
        ),
        ("listen: []", "watchkeeper.yaml:1:9: `listen` is empty; expected at least one address"),
        ("listen: [{ a: 1 }]", "watchkeeper.yaml:1:9: `listen` is a list; expected a list of addresses"),
        ("lake: s3://bucket", "watchkeeper.yaml:1:7: `lake` is a text; expected a mapping of keys"),
        (
            "lake: { url: 'http://x/y' }",
            "watchkeeper.yaml:1:14: `lake.url` is of the kind `http`; expected a folder, `file://`, `s3://`, `gs://` or `az://`",
        ),
        (
            "lake: { options: [1] }",
            "watchkeeper.yaml:1:18: `lake.options` is a list; expected a mapping of names to values",
        ),
        (
            "catalog: { url: 'mysql://u:pa55word@h/d' }",
            "watchkeeper.yaml:1:17: `catalog.url` is no URL of a known database; expected `sqlite://PATH` or `postgres://…`",
        ),
        (
            "log: { format: jsn }",
            "watchkeeper.yaml:1:16: `log.format` is `jsn`; did you mean `json`? expected one of `text`, `json`",
        ),
        (
            "journal: { segment_bytes: 64MiB, total_bytes: 100MiB }",
            "watchkeeper.yaml:1:47: `journal.total_bytes` is 100MiB; expected at least twice `journal.segment_bytes`, which is 64MiB",
        ),
        ("- a", "watchkeeper.yaml:1:1: the file is a list; expected a mapping of keys"),
        (
            "auth: { bootstrap_key: env:NOT_THERE }",
            "watchkeeper.yaml:1:24: `auth.bootstrap_key`: there is no environment variable `NOT_THERE`",
        ),
    ] {
        assert_eq!(refusal("values", yaml, &[], ConfigArgs::default()), expected, "{yaml}");
    }
    let broken = refusal("broken", "lake: [\n", &[], ConfigArgs::default());
    assert!(broken.starts_with("watchkeeper.yaml:"), "{broken}");
    let missing = Folder::new("missing", None).load(&[("WATCHKEEPER_CONFIG", "no.yaml")], ConfigArgs::default());
    assert!(missing.unwrap_err().to_string().starts_with("cannot read the configuration `no.yaml`: "));
}

#[test]
fn secrets_are_in_no_listing_and_no_message() {
    const CANARY: &str = "c4n4ry-0123456789abcdef-0123456789abcdef";
    let folder = Folder::new("secrets", None);
    std::fs::write(folder.0.join("key"), CANARY).unwrap();
    let url = format!("postgres://wk:{CANARY}@db/wk");
    let variables = [
        ("KEY", CANARY),
        ("WATCHKEEPER_AUTH_BOOTSTRAP_KEY", "env:KEY"),
        ("WATCHKEEPER_PRIVACY_KEY", "file:key"),
        ("WATCHKEEPER_CATALOG_URL", url.as_str()),
        ("WATCHKEEPER_LAKE_OPTIONS_SECRET_ACCESS_KEY", CANARY),
        ("WATCHKEEPER_LAKE_OPTIONS_SESSION_TOKEN", "env:KEY"),
    ];
    let config = folder.load(&variables, ConfigArgs::default()).unwrap();
    assert_eq!(config.auth.bootstrap_key.as_ref().unwrap().expose(), CANARY);
    assert_eq!(config.privacy.key.as_ref().unwrap().expose(), CANARY);
    assert_eq!(config.lake.options["session_token"].expose(), CANARY);
    assert_eq!(config.catalog_url.expose(), url);
    let everything = format!("{}{config:?}{config:#?}", config.to_yaml_redacted());
    assert!(!everything.contains("c4n4ry"), "{everything}");
    for shown in [
        "bootstrap_key: \"env:KEY\"",
        "key: \"file:key\"",
        "url: \"postgres://wk:***@db/wk\"",
        "secret_access_key: \"***\"",
    ] {
        assert!(everything.contains(shown), "`{shown}` is not in\n{everything}");
    }
    let surroundings =
        Surroundings { variables: [("K".to_owned(), CANARY.to_owned())].into(), ..Surroundings::default() };
    assert!(!format!("{surroundings:?}").contains("c4n4ry"));
    for yaml in [
        format!("auth: {{ bootstrap_key: {CANARY} }}"),
        format!("privacy: {{ key: {CANARY} }}"),
        format!("catalog: {{ url: 'mysql://u:{CANARY}@h/d' }}"),
        format!("lake: {{ url: 's3://u:{CANARY}@bucket' }}"),
    ] {
        let text = refusal("refused", &yaml, &[], ConfigArgs::default());
        assert!(!text.contains("c4n4ry"), "{text}");
    }
    let short = refusal("short", "privacy: { key: env:K }", &[("K", "tooshort")], ConfigArgs::default());
    assert_eq!(short, "watchkeeper.yaml:1:17: `privacy.key`: `env:K` holds 8 bytes; expected at least 32");
}

#[test]
fn beyond_loopback_there_must_be_a_key() {
    let folder = Folder::new("doors", None);
    let load = |settings: &[&str]| folder.load(&[("K", "0123456789abcdef0123456789abcdef")], set(settings)).unwrap();
    for address in ["0.0.0.0:8470", "[::]:8470", "10.1.2.3:1", "[::ffff:10.0.0.1]:1"] {
        let config = load(&[&format!("listen={address}")]);
        assert!(config.keys_are_required() && !config.models_auto_create, "{address}");
        let refused = config.check_doors(false).unwrap_err().to_string();
        assert!(refused.contains(&format!("listening on {address}")) && refused.contains("keys create"), "{refused}");
        assert!(refused.contains(&format!("--data-dir {}`", config.data_dir.display())), "{refused}");
        assert!(config.check_doors(true).is_ok());
        let booted = load(&[&format!("listen={address}"), "auth.bootstrap_key=env:K", "models.auto_create=true"]);
        assert!(booted.check_doors(false).is_ok() && booted.models_auto_create);
    }
    assert!(load(&["otlp_grpc_listen=0.0.0.0:4317"]).check_doors(false).is_err());
    let shared = load(&["listen=0.0.0.0:1", "catalog.url=postgres://u:pa55word@db/wk"]);
    let refused = shared.check_doors(false).unwrap_err().to_string();
    assert!(refused.contains("--catalog postgres://u:***@db/wk`"), "{refused}");
    for address in ["127.0.0.1:0", "127.9.9.9:1", "[::1]:1", "localhost:1", "[::ffff:127.0.0.1]:1"] {
        let config = load(&[&format!("listen={address}")]);
        assert!(!config.keys_are_required() && config.check_doors(false).is_ok(), "{address}");
    }
    assert!(load(&["auth.require_keys=always"]).keys_are_required());
}

#[test]
fn the_reference_is_complete() {
    let text = reference::reference();
    for key in keys::KEYS {
        assert!(text.contains(&format!("| `{}` | `{}", key.path, keys::variable(key.path))), "{}", key.path);
    }
    // The example of the document is a configuration.
    let example = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = Folder::new("example", None);
    let usable =
        example.replace("file:/run/secrets/s3", "env:X").replace("file:/run/secrets/watchkeeper-admin", "env:X");
    std::fs::write(folder.0.join(FILE_NAME), usable).unwrap();
    let variables =
        [("S3_KEY_ID", "id"), ("CATALOG_URL", "postgres://wk@db/wk"), ("X", "0123456789abcdef0123456789abcdef")];
    let config = folder.load(&variables, ConfigArgs::default()).unwrap();
    assert_eq!(config.lake.url.as_str(), "s3://models/watchkeeper");
}
