//! Where messages go: a mail server, or files for whoever tries the service out.

use std::{
    collections::{BTreeSet, HashSet},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use domain::ids::{InvitationId, PersonId};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{self, response::Code},
};
use tokio::{fs, task::spawn_blocking, time::timeout};
use url::Url;
use uuid::Uuid;

/// How long one conversation with the mail server may take, from the connection to the goodbye.
const CONVERSATION: Duration = Duration::from_secs(20);
/// How long a server that refused a message may take to say whether it talks to us at all.
const DOUBT: Duration = Duration::from_secs(5);
/// "Authentication required" (RFC 4954, section 6): said of a message, meant for us.
const AUTHENTICATION_REQUIRED: u16 = 530;

/// Where messages go. Without `Debug`: it may hold a password.
#[derive(Clone)]
pub enum Transport {
    /// A folder, one `.eml` file per message.
    Files(PathBuf),
    /// A mail server. Each message has a connection of its own: one that was cut off half-way must not
    /// be used for the next.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
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
        if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
            return Err(MailUrlError::Scheme);
        }
        let url = Url::parse(text).map_err(|_| MailUrlError::Server)?;
        if url.username().is_empty() != url.password().is_none() {
            return Err(MailUrlError::Password);
        }
        match (url.scheme(), url.query()) {
            (_, None) | ("smtp", Some("tls=required")) => {}
            _ => return Err(MailUrlError::Tls),
        }
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(text)
            .map_err(|_| MailUrlError::Server)?;
        Ok(Self::Smtp(server.build()))
    }

    /// Sends a message; `name` is the file's, which also says whom the message is `about`.
    pub(super) async fn send(
        &self,
        name: &str,
        about: &BTreeSet<String>,
        message: Message,
    ) -> Result<(), Failure> {
        match self {
            Self::Files(folder) => write(folder, name, &content(about, &message))
                .await
                .map_err(|error| Failure::Unavailable(format!("the folder for mail: {error}"))),
            Self::Smtp(server) => converse(server, message, CONVERSATION).await,
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

fn content(about: &BTreeSet<String>, message: &Message) -> Vec<u8> {
    let ids: Vec<&str> = about.iter().map(String::as_str).collect();
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

async fn converse(
    server: &AsyncSmtpTransport<Tokio1Executor>,
    message: Message,
    limit: Duration,
) -> Result<(), Failure> {
    let Ok(answer) = timeout(limit, server.send(message)).await else {
        return Err(too_slow());
    };
    let Err(error) = answer else {
        return Ok(());
    };
    match error.status() {
        Some(code) if error.is_permanent() => Err(refused(server, code)
            .await
            .unwrap_or(Failure::Refused(code))),
        Some(code) if !shuts_down(code) => Err(Failure::Later(code)),
        _ => Err(unavailable(&error)),
    }
}

/// A refusal says not at what it was given: the greeting and the sign-in have the same codes as a
/// recipient. A server that refuses us whatever we send is not a reason to give a message up.
async fn refused(server: &AsyncSmtpTransport<Tokio1Executor>, code: Code) -> Option<Failure> {
    if u16::from(code) == AUTHENTICATION_REQUIRED {
        return Some(Failure::Unavailable(format!("the server answered {code}")));
    }
    match timeout(DOUBT, server.test_connection()).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(unavailable(&error)),
        Err(_) => Some(too_slow()),
    }
}

/// "Service not available, closing transmission channel" (RFC 5321, section 4.2.3).
fn shuts_down(code: Code) -> bool {
    u16::from(code) == 421
}

fn unavailable(error: &smtp::Error) -> Failure {
    let reason = if let Some(code) = error.status() {
        format!("the server answered {code}")
    } else if error.is_response() {
        "the server's answer is not SMTP".to_owned()
    } else {
        error.to_string()
    };
    Failure::Unavailable(reason)
}

fn too_slow() -> Failure {
    Failure::Unavailable("the server takes too long".to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// What servers say of people, and no log may repeat.
    const INDISCRETION: &str = "zoe@ac-demo.test";

    /// A mail server that takes everything, but answers this step with this. Steps are named by their
    /// command, `CONNECT` and `.` included.
    async fn server(step: &'static str, answer: &'static str) -> Transport {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(talk(client, step, answer));
            }
        });
        Transport::from_url(&format!("smtp://user:pass@127.0.0.1:{port}")).unwrap()
    }

    async fn talk(client: TcpStream, step: &str, answer: &str) -> io::Result<()> {
        let mut client = BufReader::new(client);
        let mut command = "CONNECT".to_owned();
        let mut in_data = false;
        loop {
            let ordinary = match command.get(..4).unwrap_or(&command) {
                "CONN" => "220 mail.test",
                "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
                "AUTH" => "235 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if !in_data || command == "." {
                let answered = command.starts_with(step);
                let reply = if answered { answer } else { ordinary };
                client.write_all(format!("{reply}\r\n").as_bytes()).await?;
                in_data = command == "DATA" && !answered;
            }
            let mut line = String::new();
            if client.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            line.trim_end().clone_into(&mut command);
        }
    }

    fn message() -> Message {
        Message::builder()
            .from("stages@monstage.test".parse().unwrap())
            .to(INDISCRETION.parse().unwrap())
            .body("Bonjour,".to_owned())
            .unwrap()
    }

    async fn send(transport: &Transport) -> Result<(), Failure> {
        transport.send("message", &BTreeSet::new(), message()).await
    }

    /// A message that its recipient's server refuses is over; one that it cannot take now is not; and a
    /// server that refuses the service itself, at the door or for a wrong password, must not cost a
    /// single message.
    #[tokio::test]
    async fn refusals_are_told_from_trouble() {
        assert!(send(&server("never", "").await).await.is_ok());
        for (step, answer) in [("RCPT", "550 no zoe@ac-demo.test"), (".", "554 spam")] {
            let refused = send(&server(step, answer).await).await;
            assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        }
        for (step, answer) in [
            ("MAIL", "452 full"),
            ("RCPT", "451 zoe@ac-demo.test, later"),
        ] {
            let later = send(&server(step, answer).await).await;
            assert!(matches!(later, Err(Failure::Later(_))), "{later:?}");
        }
        for (step, answer) in [
            ("CONNECT", "554 no service for zoe@ac-demo.test"),
            ("CONNECT", "421 zoe@ac-demo.test, not now"),
            ("CONNECT", "zoe@ac-demo.test?"),
            ("EHLO", "550 who are you, zoe@ac-demo.test"),
            ("AUTH", "535 zoe@ac-demo.test has another password"),
            ("MAIL", "530 sign in first, zoe@ac-demo.test"),
            ("RCPT", "421 zoe@ac-demo.test, not now"),
        ] {
            let unavailable = send(&server(step, answer).await).await;
            let Err(Failure::Unavailable(reason)) = unavailable else {
                panic!("{step} {answer}: {unavailable:?}");
            };
            assert!(!reason.contains("zoe"), "{reason}");
        }
    }

    /// A server that takes the connection and says nothing must not hold the worker for ever.
    #[tokio::test]
    async fn a_silent_server_is_left() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("smtp://127.0.0.1:{port}");
        let Ok(Transport::Smtp(server)) = Transport::from_url(&url) else {
            panic!("{url} is a mail server");
        };

        let unavailable = converse(&server, message(), Duration::from_millis(50)).await;

        assert!(matches!(unavailable, Err(Failure::Unavailable(_))));
    }
}
