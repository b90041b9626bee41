//! Where messages go: a mail server, or files for whoever tries the service out.

mod folder;
mod smtp;

use std::{
    collections::{BTreeSet, HashSet},
    io,
    path::PathBuf,
};

use lettre::{Message, transport::smtp::response::Code};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use self::smtp::Server;

/// Where messages go. Without `Debug`: it may hold a password.
#[derive(Clone)]
pub enum Transport {
    /// A folder, one `.eml` file per message.
    Files(PathBuf),
    Smtp(Server),
}

/// Why an address says not where messages go. It does not repeat the address, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailUrlError {
    #[error("the address must start with file://, smtp:// or smtps://")]
    Scheme,
    #[error("file:// must be followed by a folder, as in file://data/mail")]
    Folder,
    #[error("a mail server is written smtp://USER:PASSWORD@HOST:PORT, special characters as %XX")]
    Server,
    #[error("a user of the mail server needs a password")]
    Password,
    /// `?tls=` with something else, or on `smtps`.
    #[error("after smtp://HOST:PORT only ?tls=required is known, for STARTTLS")]
    Tls,
    /// A password that anybody on the way could read.
    #[error(
        "a password is sent to another machine only over TLS: write smtps://, or add ?tls=required"
    )]
    Clear,
}

/// Why a message was not taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server will never take this message.
    Refused(Code),
    Later(Code),
    /// No message can be sent now. The text is ours or the system's, never the server's, which may name
    /// the recipient.
    Unavailable(String),
}

impl Transport {
    /// From the setting.
    pub fn from_url(text: &str) -> Result<Self, MailUrlError> {
        // Not read as a URL: in file://data/mail, `data` would be a host.
        match text.strip_prefix("file://") {
            Some("") => Err(MailUrlError::Folder),
            Some(folder) => Ok(Self::Files(folder.into())),
            None => Server::from_url(text).map(Self::Smtp),
        }
    }

    /// Sends a message; `name` is the file's, which also says whom the message is `about`.
    pub(super) async fn send(
        &self,
        name: &str,
        about: &BTreeSet<Uuid>,
        message: Message,
    ) -> Result<(), Failure> {
        match self {
            Self::Files(folder) => folder::write(folder, name, about, &message)
                .await
                .map_err(|error| Failure::Unavailable(format!("the folder for mail: {error}"))),
            Self::Smtp(server) => server.send(&message).await,
        }
    }

    /// Removes the messages about these people, sign-ups and invitations; says how many. Those that a mail
    /// server took are out of reach. Where the folder fails, what was removed by then stays removed.
    pub async fn remove(&self, about: HashSet<Uuid>) -> io::Result<u64> {
        let Self::Files(folder) = self else {
            return Ok(0);
        };
        let folder = folder.clone();
        spawn_blocking(move || folder::remove(&folder, &about)).await?
    }
}
