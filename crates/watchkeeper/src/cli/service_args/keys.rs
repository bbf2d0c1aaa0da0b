//! What `keys` and `verify` take.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{TargetArgs, TextOrJson};

/// `watchkeeper keys`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct KeysArgs {
    /// What to do with keys.
    #[command(subcommand)]
    pub command: KeysCommand,
}

/// The commands of `watchkeeper keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make an API key; it is shown this once.
    Create(KeysCreateArgs),
    /// List the API keys, without their secrets.
    List(KeysListArgs),
    /// End the acceptance of an API key.
    Revoke(KeysRevokeArgs),
}

/// `watchkeeper keys create`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper keys create --admin --data-dir ./watchkeeper-data\n  \
watchkeeper keys create --ingest --model flights-delay --expires 90d\n\n\
The first key of a server is made with --data-dir (or --catalog) on its machine.")]
pub struct KeysCreateArgs {
    /// It may send events.
    #[arg(long)]
    pub ingest: bool,
    /// It may read.
    #[arg(long)]
    pub read: bool,
    /// It may change resources and keys; implies --read and --ingest.
    #[arg(long)]
    pub admin: bool,
    /// Only for this environment [default: all; its text then says `production`].
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Only for this model.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Ends after this time, such as 90d [default: never].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expires: Option<Duration>,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper keys list`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper keys list --output json")]
pub struct KeysListArgs {
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper keys revoke`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper keys revoke 4k2jxq7abcde --reason 'left in a notebook'")]
pub struct KeysRevokeArgs {
    /// The id of the key: the third part of its text.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why, for the ledger; only without a server.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper verify`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct VerifyArgs {
    /// What to verify.
    #[command(subcommand)]
    pub command: VerifyCommand,
}

/// The commands of `watchkeeper verify`.
#[derive(Debug, Subcommand)]
pub enum VerifyCommand {
    /// Check that the ledger of changes is what was written: every hash, every link, every recorded content.
    Ledger(VerifyLedgerArgs),
}

/// `watchkeeper verify ledger`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper verify ledger --data-dir ./watchkeeper-data\n  \
watchkeeper verify ledger --catalog env:CATALOG_URL --tenant default --head 42:9f86d0…\n\n\
A ledger that somebody cut off or rewrote as a whole, its last entry included, is only found out by --head: keep the \
head that this command prints somewhere else. The exit code is 1 when a ledger was tampered with.")]
pub struct VerifyLedgerArgs {
    /// The catalog in this data folder [default: ./watchkeeper-data].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// The catalog at this URL, or `env:NAME` that holds it.
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    pub catalog: Option<String>,
    /// Only this tenant's ledger [default: all].
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// A head kept from before, SEQ:HASH; it must be part of the ledger. Needs --tenant.
    #[arg(long, value_name = "SEQ:HASH", requires = "tenant", value_parser = head)]
    pub head: Option<(i64, String)>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = crate::config::parse_duration(text).filter(|duration| !duration.is_zero());
    duration.ok_or_else(|| "expected a number with a unit, such as 12h or 90d".into())
}

fn head(text: &str) -> Result<(i64, String), String> {
    let form = "expected SEQ:HASH as `verify ledger` prints it, such as 42:9f86d0…";
    let (seq, hash) = text.split_once(':').ok_or(form)?;
    let seq = seq.parse::<i64>().ok().filter(|seq| *seq >= 0).ok_or(form)?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok((seq, hash.to_ascii_lowercase())) } else { Err(form.into()) }
}
