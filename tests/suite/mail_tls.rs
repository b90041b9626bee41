//! Messages to a mail server over TLS, whose certificate is known, or not.

use std::path::Path;

use acceptance::{
    engine::Engine,
    mail::Kind,
    newcomer::pupil,
    on_both_engines,
    server::Server,
    smtp::{Encryption, MailServer},
    world::{Size, World},
};
use anyhow::{Context as _, ensure};

on_both_engines!(
    messages_go_to_a_server_whose_certificate_is_trusted,
    a_server_whose_certificate_nobody_knows_gets_nothing_and_costs_nothing,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

const PUPIL: &str = "noa@famille.test";

/// A server of ours that sends to this mail server, and trusts what this file certifies.
fn start(world: &World, mail: &MailServer, trusted: Option<&Path>) -> anyhow::Result<Server> {
    let url = mail.url();
    let mut settings = vec![("MONSTAGE_MAIL_URL", url.as_str())];
    if let Some(file) = trusted {
        settings.push(("SSL_CERT_FILE", file.to_str().context("a path in UTF-8")?));
    }
    Server::start_with(&world.database.url, &settings)
}

async fn sign_up(world: &World, server: &Server) -> anyhow::Result<()> {
    let school = world.school(OPEN).await?;
    let form = pupil(&school.uai, PUPIL, None);
    server.client().sign_up(&form).await?.expect(202)?;
    Ok(())
}

/// An academy's mail server has a certificate of the academy's own authority, and wants a password. The
/// operator names the file, and all is well; the server here takes nothing in the clear.
async fn messages_go_to_a_server_whose_certificate_is_trusted(
    engine: Engine,
) -> anyhow::Result<()> {
    for encryption in [Encryption::FromTheStart, Encryption::OnRequest] {
        let mail = MailServer::encrypted(encryption)?;
        let world = World::new(engine).await?;
        let server = start(&world, &mail, mail.certificate().as_deref())?;
        sign_up(&world, &server).await?;
        let mailbox = mail.mailbox();
        let message = mailbox.next(PUPIL, Kind::Activation).await;
        message.with_context(|| format!("{encryption:?}:\n{}", server.log()))?;
        world.mail_settled().await?;
        ensure!(mailbox.count(PUPIL, Kind::Activation)? == 1);
    }
    Ok(())
}

/// Whoever answers in the mail server's place must get neither the password nor a link; and a
/// certificate that ran out over a weekend must not cost a message.
async fn a_server_whose_certificate_nobody_knows_gets_nothing_and_costs_nothing(
    engine: Engine,
) -> anyhow::Result<()> {
    const KEPT: &str = "SELECT COUNT(*) FROM outbox WHERE given_up_at IS NULL AND attempts > 0";
    for encryption in [Encryption::FromTheStart, Encryption::OnRequest] {
        let mail = MailServer::encrypted(encryption)?;
        let world = World::new(engine).await?;
        let mut server = start(&world, &mail, None)?;
        sign_up(&world, &server).await?;
        let log = server.log_with("mail cannot be sent now")?;
        ensure!(log.contains("certificate"), "{log}");
        for password in ["sésame", "s%C3%A9same"] {
            ensure!(!log.contains(password), "{password} is in the log: {log}");
        }
        ensure!(world.count(KEPT).await? == 1);
        ensure!(mail.mailbox().all()?.is_empty());

        server.stop()?;
        let server = start(&world, &mail, mail.certificate().as_deref())?;
        let mailbox = mail.mailbox();
        let message = mailbox.next(PUPIL, Kind::Activation).await;
        message.with_context(|| server.log())?;
        world.mail_settled().await?;
        ensure!(mailbox.count(PUPIL, Kind::Activation)? == 1);
    }
    Ok(())
}
