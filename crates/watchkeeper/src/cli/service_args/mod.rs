//! What the commands that talk to a server or its catalog take.

mod erase;
mod keys;
mod resources;
mod serve;
#[cfg(test)]
mod tests;
mod transfer;

use clap::{Args, ValueEnum};

pub use erase::EraseArgs;
pub use keys::{
    KeysArgs, KeysCommand, KeysCreateArgs, KeysListArgs, KeysRevokeArgs, VerifyArgs, VerifyCommand, VerifyLedgerArgs,
};
pub use resources::{ApplyArgs, DeleteArgs, DiffArgs, ExportArgs, FilesArgs, GetArgs, LintArgs, ResourceOutput};
pub use serve::ServeArgs;
pub use transfer::{AckArg, ImportArgs, SendArgs, StreamArg, Wire};

/// Which server, with which key.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// The server [default: $WATCHKEEPER_SERVER, or http://127.0.0.1:8470].
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// File that holds the API key [default: the key is $WATCHKEEPER_API_KEY].
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<String>,
}

/// A server, or a catalog without one.
#[derive(Debug, Clone, Default, Args)]
pub struct TargetArgs {
    /// The server and the key to it.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Without a server: the catalog in this data folder.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "key_file"])]
    pub data_dir: Option<String>,
    /// Without a server: the catalog at this URL, or `env:NAME` that holds it.
    #[arg(long, value_name = "URL", conflicts_with_all = ["server", "key_file", "data_dir"])]
    pub catalog: Option<String>,
    /// Without a server: whose resources. (With one, the key says it.)
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
}

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TextOrJson {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
