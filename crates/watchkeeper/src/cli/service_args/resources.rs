//! What the commands on resources take.

use clap::{Args, ValueEnum};

use super::{TargetArgs, TextOrJson};

/// How resources are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResourceOutput {
    /// Names, revisions and times.
    Table,
    /// Documents that `apply` takes.
    Yaml,
    /// JSON.
    Json,
}

/// Resource files.
#[derive(Debug, Clone, Args)]
pub struct FilesArgs {
    /// Resources as YAML or JSON: a file (several documents with `---`), or a folder with all .yaml, .yml and .json
    /// files below it. Repeatable.
    #[arg(short, long, value_name = "PATH", required = true)]
    pub file: Vec<String>,
}

/// `watchkeeper apply`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper apply -f monitoring/\n  \
watchkeeper apply -f model.yaml --dry-run\n  \
watchkeeper apply -f model.yaml --data-dir ./watchkeeper-data\n\n\
All files are checked before the first resource is written. What did not change is left alone.")]
pub struct ApplyArgs {
    /// The files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Only say what would change.
    #[arg(long)]
    pub dry_run: bool,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper diff`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper diff -f model.yaml\n\n\
The exit code is 1 when something would change.")]
pub struct DiffArgs {
    /// The files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// Compared with what is there.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper lint`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper lint -f monitoring/\n\n\
Needs no server. The exit code is 1 when there are problems.")]
pub struct LintArgs {
    /// The files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper get`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  watchkeeper get model\n  watchkeeper get model flights-delay -o yaml > model.yaml"
)]
pub struct GetArgs {
    /// Kind: model, baseline, apikey, tenant or environment.
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// Name; all of the kind without it.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Where from.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print [default: table without NAME, yaml with it].
    #[arg(short, long, value_enum)]
    pub output: Option<ResourceOutput>,
}

/// `watchkeeper delete`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper delete model flights-delay\n\nIts history stays; its events stay too.")]
pub struct DeleteArgs {
    /// Kind: model, baseline, tenant or environment.
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// Name.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper export`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  watchkeeper export > resources.yaml\n  watchkeeper export model baseline\n\n\
What comes out goes in again with `watchkeeper apply`. API keys are left out: their secrets are nowhere.")]
pub struct ExportArgs {
    /// Kinds [default: model, baseline, tenant and environment].
    #[arg(value_name = "KIND")]
    pub kinds: Vec<String>,
    /// All kinds that can be applied (the default).
    #[arg(long, conflicts_with = "kinds")]
    pub all: bool,
    /// Where from.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = ResourceOutput::Yaml)]
    pub output: ResourceOutput,
}
