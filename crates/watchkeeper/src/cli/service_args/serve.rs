//! What `watchkeeper serve` takes.

use clap::Args;

use crate::config::ConfigArgs;

/// `watchkeeper serve`
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper serve --data-dir ./watchkeeper-data\n  \
watchkeeper serve --config /etc/watchkeeper.yaml --listen 0.0.0.0:8470\n  \
watchkeeper serve --set commit.interval=2s --print-config\n\n\
On 127.0.0.1 without API keys the service is open, for trying it. Any other address needs a key: \
`watchkeeper keys create --admin --data-dir DIR`. SIGTERM drains: what was acknowledged is committed. \
All settings are in docs/configuration.md.")]
pub struct ServeArgs {
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print the settings that would hold, with where each comes from, and end. Secrets are not shown.
    #[arg(long)]
    pub print_config: bool,
}
