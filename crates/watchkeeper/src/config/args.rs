//! The flags of `watchkeeper serve` that are settings.

use clap::Args;

use super::raw::{Fault, Layer, Origin, Raw, Value, overlay};
use super::{keys, read, suggest};

/// Flags that name or replace settings; the command that serves takes them among its own.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArgs {
    /// The configuration file [default: $WATCHKEEPER_CONFIG, or ./watchkeeper.yaml if it exists].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<String>,
    /// Folder of the journal, and of tables and catalog unless they are elsewhere (key `data_dir`).
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// Address to listen on for HTTP, IP:PORT; repeatable (key `listen`).
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Vec<String>,
    /// Address to listen on for OTLP over gRPC (key `otlp_grpc_listen`).
    #[arg(long, value_name = "ADDRESS")]
    pub otlp_grpc_listen: Option<String>,
    /// Root of the tables: a folder, or a URL such as s3://bucket/folder (key `lake.url`).
    #[arg(long, value_name = "URL")]
    pub lake: Option<String>,
    /// Database of the catalog (key `catalog.url`).
    #[arg(long, value_name = "URL")]
    pub catalog: Option<String>,
    /// Any other setting: KEY=VALUE, for example commit.interval=5s. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// The settings among the flags; `--set` wins over the others.
pub(super) fn layer(args: &ConfigArgs, faults: &mut Vec<Fault>) -> Layer {
    let mut layer = Layer::new();
    let mut one = |path, flag: &str, value: &Option<String>| {
        if let Some(value) = value {
            layer.insert(path, Raw { value: Value::One(value.clone()), origin: Origin::Flag(flag.into()) });
        }
    };
    one("data_dir", "--data-dir", &args.data_dir);
    one("otlp_grpc_listen", "--otlp-grpc-listen", &args.otlp_grpc_listen);
    one("lake.url", "--lake", &args.lake);
    one("catalog.url", "--catalog", &args.catalog);
    if !args.listen.is_empty() {
        let origin = Origin::Flag("--listen".into());
        layer.insert("listen", Raw { value: Value::Many(args.listen.clone()), origin });
    }
    for setting in &args.set {
        match set(setting) {
            Ok((path, raw)) => overlay(&mut layer, Layer::from([(path, raw)])),
            Err(text) => faults.push(Fault { origin: Origin::Flag("--set".into()), text }),
        }
    }
    layer
}

fn set(setting: &str) -> Result<(&'static str, Raw), String> {
    let (path, text) =
        setting.split_once('=').ok_or("expected KEY=VALUE, for example `commit.interval=5s`".to_owned())?;
    let origin = Origin::Flag(format!("--set {path}"));
    if let Some((key, name)) = keys::named(path) {
        return Ok((key.path, read::named(key, name, text, origin)));
    }
    let Some(key) = keys::find(path) else {
        let near = suggest::did_you_mean(path, keys::KEYS.iter().map(|key| key.path));
        return Err(format!("unknown key {}{near}", suggest::quoted(path)));
    };
    let value = read::from_text(key, text, &origin)?;
    Ok((key.path, Raw { value, origin }))
}
