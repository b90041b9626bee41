//! The messages that people get, read as their mail programs would.

use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use mail_parser::{MessageParser, MimeHeaders as _, PartType};
use tokio::time::sleep;
use url::Url;

use crate::smtp::Delivered;

/// How long a message may take, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_secs(30);

/// A message as its reader sees it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The one address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text part, decoded.
    pub text: String,
    /// Its HTML part, decoded.
    pub html: String,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// How to activate an account.
    Activation,
    /// Somebody signed up with an address that has an account.
    AlreadyKnown,
    /// How to choose another password.
    PasswordReset,
    /// An invitation to join a staff.
    Invitation,
    /// To the head: somebody joined.
    StaffJoined,
    /// To the official mailbox: the establishment has a head here.
    HeadActivated,
    /// To a pupil: staff say they are not of the establishment.
    StudentRejected,
}

impl Kind {
    /// What only this kind has: in its link, or in its subject when no link holds a token.
    const MARKS: [(Self, &'static str); 7] = [
        (Self::Activation, "/activation?token="),
        (Self::PasswordReset, "/mot-de-passe?token="),
        (Self::Invitation, "/inscription?invitation="),
        (Self::AlreadyKnown, "déjà un compte"),
        (Self::StaffJoined, "Nouveau membre"),
        (Self::HeadActivated, "chef d'établissement est actif"),
        (Self::StudentRejected, "ne figurez plus"),
    ];
}

impl Received {
    /// Reads a message as it travels (RFC 5322), which must have both a text and an HTML part.
    pub fn parse(message: &[u8]) -> anyhow::Result<Self> {
        let shown = || String::from_utf8_lossy(message).into_owned();
        let parsed = MessageParser::default()
            .parse(message)
            .with_context(|| format!("not a message: {}", shown()))?;
        let to = parsed.to().and_then(|to| to.first()?.address());
        let part = |part: Option<&mail_parser::MessagePart<'_>>| match &part?.body {
            PartType::Text(text) | PartType::Html(text) => Some(text.to_string()),
            _ => None,
        };
        let is = |media: &str| {
            parsed.parts.iter().find(move |part| {
                let content = part.content_type();
                content.is_some_and(|content| content.c_subtype.as_deref() == Some(media))
            })
        };
        Ok(Self {
            to: to
                .with_context(|| format!("to nobody: {}", shown()))?
                .to_owned(),
            subject: parsed
                .subject()
                .with_context(|| format!("no subject: {}", shown()))?
                .to_owned(),
            text: part(is("plain")).with_context(|| format!("no text part: {}", shown()))?,
            html: part(is("html")).with_context(|| format!("no HTML part: {}", shown()))?,
        })
    }

    /// What it is about.
    pub fn kind(&self) -> anyhow::Result<Kind> {
        let mut marks = Kind::MARKS.iter();
        let found = marks.find(|(_, mark)| {
            let place = if mark.starts_with('/') {
                &self.text
            } else {
                &self.subject
            };
            place.contains(mark)
        });
        Ok(found.with_context(|| format!("what is this? {self:#?}"))?.0)
    }

    /// The link with a token in the text part, where it must stand whole on one line.
    pub fn link(&self) -> anyhow::Result<Url> {
        let mut words = self.text.split_whitespace();
        let link = words
            .find(|word| word.contains("?token=") || word.contains("?invitation="))
            .with_context(|| format!("no link: {self:#?}"))?;
        let link = link.trim_matches(|c: char| "<>()[].,;".contains(c));
        Url::parse(link).with_context(|| format!("{link} in {self:#?}"))
    }

    /// The token in the link: 256 bits, however they are written.
    pub fn token(&self) -> anyhow::Result<String> {
        let link = self.link()?;
        let mut parts = link.query_pairs();
        let (_, token) = parts
            .next()
            .with_context(|| format!("no token in {link}"))?;
        ensure!(token.len() >= 43, "too short for 256 bits: {link}");
        Ok(token.into_owned())
    }
}

/// Everybody's messages, in one place. Each is handed out once, so that waiting for the second link
/// does not find the first.
#[derive(Clone)]
pub struct Mailbox {
    place: Place,
    read: Arc<Mutex<HashSet<String>>>,
}

#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    Server(Delivered),
}

impl Mailbox {
    /// The messages in a folder, one `.eml` each.
    pub fn of_folder(folder: impl Into<PathBuf>) -> Self {
        Self::at(Place::Folder(folder.into()))
    }

    /// The messages that a mail server took.
    pub fn of_server(delivered: Delivered) -> Self {
        Self::at(Place::Server(delivered))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            read: Arc::default(),
        }
    }

    /// Every message so far, the oldest first.
    pub fn all(&self) -> anyhow::Result<Vec<Received>> {
        let messages = self.named()?.into_iter();
        Ok(messages.map(|(_, message)| message).collect())
    }

    /// Every message to this address so far, the oldest first.
    pub fn to(&self, email: &str) -> anyhow::Result<Vec<Received>> {
        let messages = self.all()?.into_iter();
        Ok(messages
            .filter(|message| message.to.eq_ignore_ascii_case(email))
            .collect())
    }

    /// How many messages of this kind went to this address so far.
    pub fn count(&self, email: &str, kind: Kind) -> anyhow::Result<usize> {
        let mut count = 0;
        for message in self.to(email)? {
            count += usize::from(message.kind()? == kind);
        }
        Ok(count)
    }

    /// The next message of this kind to this address, once it came.
    pub async fn next(&self, email: &str, kind: Kind) -> anyhow::Result<Received> {
        self.next_within(email, kind, LIMIT).await
    }

    /// The next message of this kind to this address, unless it takes longer than `limit`.
    pub async fn next_within(
        &self,
        email: &str,
        kind: Kind,
        limit: Duration,
    ) -> anyhow::Result<Received> {
        let asked = Instant::now();
        loop {
            // An error may be a file that is not whole yet.
            let found = self.unread(email, kind);
            match found {
                Ok(Some(message)) => return Ok(message),
                _ if asked.elapsed() < limit => sleep(Duration::from_millis(20)).await,
                Ok(None) => bail!(
                    "no {kind:?} comes to {email} within {limit:?}; there is {:#?}",
                    self.summary()
                ),
                Err(error) => return Err(error),
            }
        }
    }

    /// The token of the next message of this kind to this address.
    pub async fn token(&self, email: &str, kind: Kind) -> anyhow::Result<String> {
        self.next(email, kind).await?.token()
    }

    fn unread(&self, email: &str, kind: Kind) -> anyhow::Result<Option<Received>> {
        let messages = self.named()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, message) in messages {
            let fits = message.to.eq_ignore_ascii_case(email) && message.kind()? == kind;
            if fits && read.insert(name) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Who got what, for a message about a failure.
    fn summary(&self) -> anyhow::Result<Vec<String>> {
        let messages = self.all()?.into_iter();
        Ok(messages
            .map(|message| format!("{}: {}", message.to, message.subject))
            .collect())
    }

    fn named(&self) -> anyhow::Result<Vec<(String, Received)>> {
        match &self.place {
            Place::Folder(folder) => read_folder(folder),
            Place::Server(delivered) => {
                let messages = delivered.all().into_iter().enumerate();
                messages
                    .map(|(number, (to, message))| {
                        let message = Received::parse(&message)?;
                        ensure!(message.to == to, "sent to {to}: {message:#?}");
                        Ok((number.to_string(), message))
                    })
                    .collect()
            }
        }
    }
}

fn read_folder(folder: &PathBuf) -> anyhow::Result<Vec<(String, Received)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|end| end == "eml") {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push((entry.metadata()?.modified()?, name, entry.path()));
        }
    }
    files.sort();
    let files = files.into_iter();
    files
        .map(|(_, name, path)| Ok((name, Received::parse(&fs::read(path)?)?)))
        .collect()
}
