//! Logs of the server, on standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, ServeSettings};

/// Starts logging; a second call in one process changes nothing.
pub(super) fn start(settings: &ServeSettings) {
    // PostgreSQL remarks at every start that the table of migrations is there already.
    let filter = format!("sqlx::postgres::notice=warn,{}", settings.log);
    let logs = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    let _ = match settings.log_format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}
