//! Settings, by flag or environment variable. Each command takes the groups it uses, so that its
//! `--help` lists them all.

use std::{ffi::OsStr, fs, sync::Arc};

use clap::{
    Arg, Args, Command, ValueEnum,
    builder::TypedValueParser,
    error::{Error, ErrorKind},
};
use domain::values::EmailAddress;
use lettre::message::Mailbox;
use mail::{MailUrlError, Transport};
use tracing_subscriber::EnvFilter;
use url::Url;
use web::{SignUpRules, turn};

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

/// How the server works. Without `Debug`: it may hold a password.
#[derive(Args, Clone)]
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

    /// Slow down who tries too much without being signed in; off is for load tests only
    #[arg(
        long,
        env = "MONSTAGE_THROTTLE",
        value_name = "ON_OR_OFF",
        default_value = "on"
    )]
    pub throttle: Throttling,

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

    /// When students may sign up: once there is a class and a main teacher, or once there is a class
    #[arg(
        long,
        env = "MONSTAGE_SIGNUP_ORDER",
        value_name = "ORDER",
        default_value = "strict"
    )]
    pub signup_order: SignUpOrder,

    /// Addresses that staff may have: of the domain of the establishment's official mailbox, or any
    #[arg(
        long,
        env = "MONSTAGE_STAFF_EMAIL",
        value_name = "RULE",
        default_value = "academy"
    )]
    pub staff_email: StaffAddresses,

    /// Text of the page "Mentions légales": a file in UTF-8; without it, the page says whose it is to write
    #[arg(
        long,
        env = "MONSTAGE_LEGAL_NOTICE",
        value_name = "FILE",
        value_parser = legal_notice
    )]
    pub legal_notice: Option<Arc<str>>,

    #[command(flatten)]
    pub mail: MailDestination,

    /// Whom mail is from: an address, or a name and an address
    #[arg(
        long,
        env = "MONSTAGE_MAIL_FROM",
        value_name = "MAILBOX",
        default_value = "Mon stage de troisième <ne-pas-repondre@monstage.test>",
        value_parser = mailbox
    )]
    pub mail_from: Mailbox,
}

impl ServeSettings {
    /// Who may sign up, and when.
    #[must_use]
    pub fn sign_up_rules(&self) -> SignUpRules {
        SignUpRules {
            order: match self.signup_order {
                SignUpOrder::Strict => turn::SignUpOrder::Strict,
                SignUpOrder::Relaxed => turn::SignUpOrder::Relaxed,
            },
            staff_email: match self.staff_email {
                StaffAddresses::Academy => turn::StaffAddresses::Academy,
                StaffAddresses::Any => turn::StaffAddresses::Any,
            },
        }
    }
}

/// Whose turn it is to sign up.
#[derive(Clone, Copy, ValueEnum)]
pub enum SignUpOrder {
    /// The head, then staff, then students once there is a class and a main teacher.
    Strict,
    /// The same, without the wait for a main teacher.
    Relaxed,
}

/// Which addresses staff may have.
#[derive(Clone, Copy, ValueEnum)]
pub enum StaffAddresses {
    /// Of the domain of the establishment's official mailbox.
    Academy,
    /// Any.
    Any,
}

/// Whether attempts are throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Throttling {
    /// By address and by client.
    On,
    /// Everything is let through.
    Off,
}

/// Where mail goes. Without `Debug`: it may hold a password.
#[derive(Args, Clone)]
pub struct MailDestination {
    /// Where mail goes: <file://FOLDER>, a file per message, or a mail server:
    /// <smtps://USER:PASSWORD@HOST:PORT>, or <smtp://…> with ?tls=required (STARTTLS), or plain: then
    /// without a password, or on this machine
    #[arg(
        long,
        env = "MONSTAGE_MAIL_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "file://data/mail",
        value_parser = MailUrl
    )]
    pub mail_url: Transport,
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

/// Read once, at the start: a file that goes missing later takes nothing with it.
fn legal_notice(file: &str) -> Result<Arc<str>, String> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("it cannot be read ({error}): name a text file in UTF-8"))?;
    match text.trim() {
        "" => Err("it is empty: write who answers for the service, and who hosts it".to_owned()),
        text => Ok(text.into()),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

/// Reads where mail goes. What clap says of a value that a function refuses begins with the value,
/// which may hold a password.
#[derive(Clone)]
struct MailUrl;

impl TypedValueParser for MailUrl {
    type Value = Transport;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Transport, Error> {
        value
            .to_str()
            .ok_or(MailUrlError::Scheme)
            .and_then(Transport::from_url)
            .map_err(|error| {
                let message = format!("MONSTAGE_MAIL_URL or --mail-url: {error}\n");
                Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
            })
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = || "an address is needed, or a name and an address: NAME <name@domain>".to_owned();
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    EmailAddress::parse(mailbox.email.as_ref()).map_err(|_| wrong())?;
    Ok(mailbox)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

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

    /// The law wants the notice: an operator whose file is not read has to learn it at the start, not from
    /// whoever looks for it.
    #[test]
    fn a_legal_notice_that_cannot_be_read_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mentions.txt");
        let read = || legal_notice(file.to_str().unwrap());
        assert!(read().unwrap_err().starts_with("it cannot be read"));
        fs::write(&file, b"\xff\xfe").unwrap();
        assert!(read().unwrap_err().starts_with("it cannot be read"));
        fs::write(&file, " \n").unwrap();
        assert!(read().unwrap_err().starts_with("it is empty"));
        fs::write(&file, "Rectorat <de> Démo\n\nHébergeur\n").unwrap();
        assert_eq!(&*read().unwrap(), "Rectorat <de> Démo\n\nHébergeur");
    }

    #[derive(Parser)]
    struct Server {
        #[command(flatten)]
        settings: ServeSettings,
    }

    /// Whoever starts the service has to learn that mail cannot go out then, not from people who wait
    /// for it; and the terminal or the service manager's log must not keep the password.
    #[test]
    fn a_wrong_mail_setting_stops_the_start_and_keeps_its_password() {
        let parse = |arguments: &[&str]| {
            Server::try_parse_from([&["monstage"], arguments].concat()).map(|it| it.settings)
        };
        for url in [
            "imap://user:s3cret@mail.test",
            "user:s3cret@mail.test",
            "smtp://user:s3cret@",
            "smtp://user:s3cret@mail.test:port",
            "smtp://:s3cret@mail.test",
            "smtps://s3cret@mail.test",
            "smtp://user:s3cret@mail.test?tls=opportunistic",
            "smtp://user:s3cret@mail.test",
            "smtp://user:s3cret@127.0.0.1.mail.test:25",
            "smtp://user:s3cret@192.168.0.7",
            "smtp://user:s3cret@localhost/mail.test",
            "smtps://user:s3cret%FF@mail.test",
            "file://",
        ] {
            let error = parse(&["--mail-url", url]).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::ValueValidation, "{url}");
            assert_eq!(error.exit_code(), 2, "{url}");
            let said = format!("{error} {error:?}");
            assert!(said.contains("MONSTAGE_MAIL_URL"), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
        for url in [
            "file://data/mail",
            "file:///var/mail",
            "smtp://127.0.0.1:2525",
            "smtp://relay.test",
            "smtp://user:pass@127.0.0.1:2525",
            "smtp://user:pass@[::1]:2525",
            "smtp://user:pass@localhost",
            "smtp://user:p%40ss@mail.test:587?tls=required",
            "smtps://user:pass@mail.test",
        ] {
            assert!(parse(&["--mail-url", url]).is_ok(), "{url}");
        }
        for from in ["Mon stage", "Mon stage <stages>", "stages@élèves.test", ""] {
            assert!(parse(&["--mail-from", from]).is_err(), "{from}");
        }
        let from = parse(&[]).unwrap().mail_from;
        assert_eq!(from.name.as_deref(), Some("Mon stage de troisième"));
        assert_eq!(from.email.to_string(), "ne-pas-repondre@monstage.test");
        assert!(parse(&["--mail-from", "stages@monstage.test"]).is_ok());
    }
}
