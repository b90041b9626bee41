//! Where messages go: a mail server, or files for whoever tries the service out.

mod smtp;

use std::{
    collections::{BTreeSet, HashSet},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use domain::ids::{InvitationId, PersonId};
use lettre::{Message, transport::smtp::response::Code};
use tokio::{fs, task::spawn_blocking};
use uuid::Uuid;

use self::smtp::Server;

/// Where messages go. Without `Debug`: it may hold a password.
#[derive(Clone)]
pub enum Transport {
    /// A folder, one `.eml` file per message.
    Files(PathBuf),
    /// A mail server.
    Smtp(Server),
}

/// Why an address says not where messages go. It does not repeat the address, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailUrlError {
    /// None of the ways to send.
    #[error("the address must start with file://, smtp:// or smtps://")]
    Scheme,
    /// `file://` alone.
    #[error("file:// must be followed by a folder, as in file://data/mail")]
    Folder,
    /// Not `smtp://USER:PASSWORD@HOST:PORT`.
    #[error("a mail server is written smtp://USER:PASSWORD@HOST:PORT, special characters as %XX")]
    Server,
    /// A user without a password, or the other way round.
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
    /// The server will not take this message now.
    Later(Code),
    /// No message can be sent now. The text is ours or the system's, never the server's, which may name
    /// the recipient.
    Unavailable(String),
}

impl Transport {
    /// From the setting.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn from_url(text: &str) -> Result<Self, MailUrlError> {
        // Not read as a URL: in file://data/mail, `data` would be a host.
        if let Some(folder) = text.strip_prefix("file://") {
            return if folder.is_empty() {
                Err(MailUrlError::Folder)
            } else {
                Ok(Self::Files(folder.into()))
            };
        }
        Server::from_url(text).map(Self::Smtp)
    }

    /// Sends a message; `name` is the file's, which also says whom the message is `about`.
    pub(super) async fn send(
        &self,
        name: &str,
        about: &BTreeSet<Uuid>,
        message: Message,
    ) -> Result<(), Failure> {
        match self {
            Self::Files(folder) => write(folder, name, &content(about, &message))
                .await
                .map_err(|error| Failure::Unavailable(format!("the folder for mail: {error}"))),
            Self::Smtp(server) => server.send(&message).await,
        }
    }

    /// Whether what was sent stays where it can be taken back from.
    pub(super) const fn keeps(&self) -> bool {
        matches!(self, Self::Files(_))
    }

    /// Takes back a message that was sent under this name.
    pub(super) async fn take_back(&self, name: &str) -> Result<(), Failure> {
        let Self::Files(folder) = self else {
            return Ok(());
        };
        match fs::remove_file(folder.join(format!("{name}.{EXTENSION}"))).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::Unavailable(
                format!("the folder for mail: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Removes the messages to these addresses and about these people; says how many. Those that a mail
    /// server took are out of reach.
    ///
    /// # Errors
    ///
    /// The folder's; what was removed by then stays removed.
    pub async fn remove(&self, about: About) -> io::Result<u64> {
        let Self::Files(folder) = self else {
            return Ok(0);
        };
        let folder = folder.clone();
        spawn_blocking(move || remove_from(&folder, &about)).await?
    }
}

/// Whom messages are looked for by.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The people whom they are to or name.
    pub people: HashSet<PersonId>,
    /// The invitations that these people followed.
    pub invitations: HashSet<InvitationId>,
    /// The addresses that they went to, folded to compare.
    pub address_keys: HashSet<String>,
}

impl About {
    /// Whether the headers of a message say so. A header that goes on on the next line begins it with a
    /// space (RFC 5322, section 2.2.3).
    fn concerns(&self, message: &[u8]) -> bool {
        let text = String::from_utf8_lossy(message);
        let headers = text.split("\r\n\r\n").next().unwrap_or_default();
        headers.replace("\r\n ", " ").lines().any(|header| {
            if let Some(ids) = header.strip_prefix(ABOUT) {
                let mut ids = ids.split(' ').filter_map(|id| id.parse().ok());
                ids.any(|id: Uuid| {
                    self.people.contains(&PersonId::new(id))
                        || self.invitations.contains(&InvitationId::new(id))
                })
            } else if let Some(address) = header.strip_prefix("To:") {
                self.address_keys.contains(&address.trim().to_lowercase())
            } else {
                false
            }
        })
    }
}

/// What the file's first line begins with, before the ids of those whom the message is to or names: who
/// erases somebody finds it by them. No message that leaves the machine has it.
const ABOUT: &str = "X-Monstage-About: ";

/// The end of a message's file name.
const EXTENSION: &str = "eml";

fn content(about: &BTreeSet<Uuid>, message: &Message) -> Vec<u8> {
    let ids: Vec<String> = about.iter().map(Uuid::to_string).collect();
    let mut content = format!("{ABOUT}{}\r\n", ids.join(" ")).into_bytes();
    content.extend(message.formatted());
    content
}

/// A message that was being written when its server died stands under a hidden name.
fn remove_from(folder: &Path, about: &About) -> io::Result<u64> {
    let files = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        files => files?,
    };
    let mut removed = 0;
    for file in files {
        let path = file?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let message = path.extension().is_some_and(|end| end == EXTENSION);
        if (hidden || message) && path.is_file() {
            removed += u64::from(remove_if(&path, about)?);
        }
    }
    Ok(removed)
}

/// Whether the message in this file was one of them, and was removed. One that goes meanwhile is gone.
fn remove_if(path: &Path, about: &About) -> io::Result<bool> {
    let gone = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => Ok(false),
        _ => Err(error),
    };
    match std::fs::read(path) {
        Err(error) => gone(error),
        Ok(message) if about.concerns(&message) => {
            std::fs::remove_file(path).map_or_else(gone, |()| Ok(true))
        }
        Ok(_) => Ok(false),
    }
}

/// Writes a file that is never seen half written.
async fn write(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder).await?;
    let unfinished = folder.join(format!(".{name}"));
    fs::write(&unfinished, content).await?;
    fs::rename(&unfinished, folder.join(format!("{name}.{EXTENSION}"))).await
}
