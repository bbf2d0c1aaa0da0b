//! Logs: one line an event on standard error, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts writing logs. A second call changes nothing.
pub(super) fn start(config: &LogConfig) {
    let quiet = "hyper=warn,h2=warn,sqlx=warn,deltalake=warn,deltalake_core=warn,delta_kernel=warn,buoyant_kernel=warn,\
                 datafusion=warn,object_store=warn,tower=warn";
    let filter = EnvFilter::try_new(format!("{quiet},{}", config.level)).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    // Somebody else's subscriber, such as a test's, stays.
    let _ = started;
}
