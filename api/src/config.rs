//! Settings, by flag or environment variable. Each command takes the groups it uses, so that its
//! `--help` lists them all.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use url::Url;

/// Where the data is.
#[derive(Args, Clone)]
pub struct DatabaseSettings {
    /// Database: <sqlite://PATH>, or <postgres://USER:PASSWORD@HOST/NAME> for production
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "sqlite://data/monstage.db"
    )]
    pub database_url: String,
}

impl DatabaseSettings {
    /// The address without its password: what a message may show.
    #[must_use]
    pub fn redacted(&self) -> String {
        match Url::parse(&self.database_url) {
            Ok(mut url) if url.password().is_some() => {
                // Fails only for addresses that can hold no password.
                let _ = url.set_password(Some("***"));
                url.to_string()
            }
            _ => self.database_url.clone(),
        }
    }
}

/// How the server listens and what it logs.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    /// Address to listen on, as HOST:PORT; port 0 takes a free one
    #[arg(
        long,
        env = "MONSTAGE_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: String,

    /// Address that people reach the service at, when it differs (behind a reverse proxy)
    #[arg(long, env = "MONSTAGE_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,

    /// What to log, on standard error: a level, or a filter such as "info,api=debug"
    #[arg(long, env = "MONSTAGE_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    pub log: String,

    /// Form of the log lines
    #[arg(
        long,
        env = "MONSTAGE_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// The form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line per event.
    Text,
    /// One JSON object per line, for a log collector.
    Json,
}

fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("an address starting with http:// or https:// is needed".to_owned());
    }
    Ok(url)
}

fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The database's address ends up in error messages, and those in log collectors and tickets:
    /// its password must not.
    #[test]
    fn a_password_never_shows_in_the_redacted_address() {
        let redacted = |url: &str| {
            DatabaseSettings {
                database_url: url.to_owned(),
            }
            .redacted()
        };

        assert_eq!(
            redacted("postgres://app:s3cret@db.test/monstage"),
            "postgres://app:***@db.test/monstage"
        );
        assert_eq!(
            redacted("sqlite://data/monstage.db"),
            "sqlite://data/monstage.db"
        );
    }

    /// A wrong setting must stop the start, not be noticed in production by what is missing.
    #[test]
    fn settings_that_mean_nothing_are_refused() {
        assert!(public_url("https://stage.demo.test").is_ok());
        assert!(public_url("stage.demo.test").is_err());
        assert!(public_url("file:///tmp").is_err());
        assert!(log_filter("info,api=debug").is_ok());
        assert!(log_filter("api=loud").is_err());
    }
}
