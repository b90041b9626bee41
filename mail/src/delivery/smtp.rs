//! One conversation with a mail server, step by step: at which step it refuses says whom it refuses.

use std::{error::Error, net::IpAddr, time::Duration};

use lettre::{
    Message,
    address::Envelope,
    transport::smtp::{
        self, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Tls, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::ClientId,
        response::Code,
    },
};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use url::Url;

use super::{Failure, MailUrlError};

/// How long a message may take to be taken, from the connection on.
const CONVERSATION: Duration = Duration::from_secs(20);
/// How long the goodbye may take. By then the message is taken or not.
const GOODBYE: Duration = Duration::from_secs(5);
/// "Service not available, closing transmission channel" (RFC 5321, section 4.2.3).
const SHUTS_DOWN: u16 = 421;
/// "Authentication required" (RFC 4954, section 6): said of a message, meant for us.
const AUTHENTICATION_REQUIRED: u16 = 530;
/// "Bad sender's mailbox address syntax" and "Bad sender's system address" (RFC 3463, section 3.2): some
/// servers look at the sender only once they know the recipient.
const BAD_SENDER: [&str; 2] = ["5.1.7", "5.1.8"];

/// A mail server, as the setting names it. Without `Debug`: it may hold a password.
#[derive(Clone)]
pub struct Server {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
}

impl Server {
    /// From the setting: `smtps://`, `smtp://` or `smtp://…?tls=required`.
    pub(super) fn from_url(text: &str) -> Result<Self, MailUrlError> {
        if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
            return Err(MailUrlError::Scheme);
        }
        let url = Url::parse(text).map_err(|_| MailUrlError::Server)?;
        // An IPv6 address stands in brackets in a URL only.
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_matches(['[', ']']).to_owned();
        if host.is_empty() || url.path().len() > 1 {
            return Err(MailUrlError::Server);
        }
        let parameters = || TlsParameters::new(host.clone()).map_err(|_| MailUrlError::Server);
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Tls::Wrapper(parameters()?), SUBMISSIONS_PORT),
            ("smtp", None) => (Tls::None, SMTP_PORT),
            ("smtp", Some("tls=required")) => (Tls::Required(parameters()?), SUBMISSION_PORT),
            _ => return Err(MailUrlError::Tls),
        };
        let credentials = credentials(&url)?;
        if credentials.is_some() && matches!(tls, Tls::None) && !is_this_machine(&host) {
            return Err(MailUrlError::Clear);
        }
        Ok(Self {
            port: url.port().unwrap_or(port),
            host,
            tls,
            credentials,
        })
    }

    /// Sends a message. It has a connection of its own: one that was cut off half-way must not be used
    /// for the next.
    pub(super) async fn send(&self, message: &Message) -> Result<(), Failure> {
        self.send_within(message, CONVERSATION).await
    }

    async fn send_within(&self, message: &Message, limit: Duration) -> Result<(), Failure> {
        let mut connection = None;
        let conversation = async {
            let connected = self.connect().await.map_err(|error| unavailable(&error))?;
            let connection = connection.insert(connected);
            deliver(connection, message.envelope(), &message.formatted()).await
        };
        let outcome = timeout(limit, conversation).await;
        if let Some(mut connection) = connection {
            // Whatever becomes of the goodbye, the outcome stands.
            let _ = timeout(GOODBYE, connection.abort()).await;
        }
        outcome
            .unwrap_or_else(|_| Err(Failure::Unavailable("the server takes too long".to_owned())))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        let (from_the_start, on_request) = match &self.tls {
            Tls::Wrapper(parameters) => (Some(parameters.clone()), None),
            Tls::Required(parameters) => (None, Some(parameters.clone())),
            _ => (None, None),
        };
        let address = (self.host.as_str(), self.port);
        let us = ClientId::default();
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, None, &us, from_the_start, None).await?;
        if let Some(parameters) = on_request {
            connection.starttls(parameters, &us).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, MailUrlError> {
    let (user, password) = match (url.username(), url.password()) {
        ("", None) => return Ok(None),
        (_, None) => return Err(MailUrlError::Password),
        (user, Some(password)) => (user, password),
    };
    let decoded = |text| match percent_decode_str(text).decode_utf8() {
        Ok(text) if !text.is_empty() => Ok(text.into_owned()),
        Ok(_) => Err(MailUrlError::Password),
        Err(_) => Err(MailUrlError::Server),
    };
    Ok(Some(Credentials::new(decoded(user)?, decoded(password)?)))
}

/// Whether what is sent there does not leave the machine.
fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Messages are ASCII as they travel, and so are their addresses: no extension is asked for.
async fn deliver(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    content: &[u8],
) -> Result<(), Failure> {
    let from = Mail::new(envelope.from().cloned(), Vec::new());
    let answer = connection.command(from).await;
    answer.map_err(|error| match error.status() {
        Some(code) if error.is_permanent() => sender_refused(code),
        _ => error.into(),
    })?;
    for to in envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        connection.command(to).await?;
    }
    connection.command(Data).await?;
    connection.message(content).await?;
    Ok(())
}

impl From<smtp::Error> for Failure {
    /// What an answer to a recipient or to a message says of it, unless it is meant for us.
    fn from(error: smtp::Error) -> Self {
        match error.status() {
            Some(code) if [SHUTS_DOWN, AUTHENTICATION_REQUIRED].contains(&code.into()) => {
                unavailable(&error)
            }
            Some(code) if blames_the_sender(&error) => sender_refused(code),
            Some(code) if error.is_permanent() => Self::Refused(code),
            Some(code) => Self::Later(code),
            None => unavailable(&error),
        }
    }
}

fn blames_the_sender(error: &smtp::Error) -> bool {
    let answer = error.source().map(ToString::to_string);
    answer.is_some_and(|answer| BAD_SENDER.iter().any(|status| answer.starts_with(status)))
}

/// All messages have the same sender: a server that refuses it will take none until somebody mends the
/// setting or the server, which must not cost a single message.
fn sender_refused(code: Code) -> Failure {
    Failure::Unavailable(format!(
        "the server refuses the sender (MONSTAGE_MAIL_FROM): it answered {code}"
    ))
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

#[cfg(test)]
mod tests {
    use std::{io, net::Ipv4Addr};

    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// What servers say of people, and no log may repeat.
    const INDISCRETION: &str = "zoe@ac-demo.test";

    /// A mail server that takes everything, but answers this step with this. Steps are named by their
    /// command, `CONNECT` and `.` included.
    async fn server(step: &'static str, answer: &'static str) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(talk(client, step, answer));
            }
        });
        Server::from_url(&format!("smtp://user:pass@127.0.0.1:{port}")).unwrap()
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

    async fn send(server: &Server) -> Result<(), Failure> {
        server.send(&message()).await
    }

    /// A message that its recipient's server refuses is over; one that it cannot take now is not; and a
    /// server that refuses the service itself, at the door, for a wrong password or for its sender, must
    /// not cost a single message.
    #[tokio::test]
    async fn refusals_are_told_from_trouble() {
        assert!(send(&server("never", "").await).await.is_ok());
        for (step, answer) in [
            ("RCPT", "550 no zoe@ac-demo.test"),
            ("RCPT", "550 5.1.1 no zoe@ac-demo.test"),
            ("DATA", "554 nobody to send it to"),
            (".", "554 spam"),
        ] {
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
            ("MAIL", "550 who is that, zoe@ac-demo.test?"),
            ("MAIL", "553-not of ours\r\n553 zoe@ac-demo.test knows"),
            ("RCPT", "550 5.1.8 no mail for zoe@ac-demo.test from there"),
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
        let server = Server::from_url(&format!("smtp://127.0.0.1:{port}")).unwrap();

        let unavailable = server
            .send_within(&message(), Duration::from_millis(50))
            .await;

        assert!(matches!(unavailable, Err(Failure::Unavailable(_))));
    }
}
