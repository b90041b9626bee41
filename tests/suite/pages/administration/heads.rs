//! Who heads a collège, as an administrator decides it on pages.

use acceptance::{browser::Browser, engine::Engine, mail::Kind, on_both_engines};
use anyhow::{Context as _, ensure};
use domain::values::{Priority, Role};

use super::{office, path};

on_both_engines!(
    a_head_is_invited_and_takes_over,
    a_colleague_takes_over_at_once,
);

/// A head leaves in the summer, and the collège calls: their successor is invited, and until they come nothing
/// changes.
async fn a_head_is_invited_and_takes_over(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let uai = &scene.school.uai;
    let invite = path(uai) + "/chef/inviter";
    let form = browser.open(&invite).await?.expect(200)?;
    form.shows("prend la place de")?;
    let refused = browser.send(&invite, &[("email", "a@b c")]).await?;
    let refused = refused.expect(422)?.shows("value=\"a@b c\"")?;
    refused.shows("id=\"email-faute\"")?;
    let head = scene.school.email(Role::Head);
    let already = browser.send(&invite, &[("email", head)]).await?;
    already
        .expect(409)?
        .shows("déjà à la tête de l'établissement")?;

    let guest = [("email", "principale@ailleurs.test")];
    let invited = browser.send(&invite, &guest).await?.expect(200)?;
    let invited = invited
        .shows("Vous avez invité")?
        .shows("Invitation en attente : principale@ailleurs.test")?;
    ensure!(invited.path.starts_with(&path(uai)), "{invited:?}");
    scene.mailbox.token(guest[0].1, Kind::Invitation).await?;
    let events = scene.world.event_count().await?;
    let again = browser.send(&invite, &guest).await?.expect(200)?;
    again.shows("L'invitation de principale@ailleurs.test est partie de nouveau")?;
    ensure!(scene.world.event_count().await? == events);
    let token = scene.mailbox.token(guest[0].1, Kind::Invitation).await?;
    ensure!(scene.head.account().await?["role"] == "head");

    let mut theirs = Browser::new(&scene.server.address)?;
    let seat = [
        ("invitation", token.as_str()),
        ("role", "head"),
        ("uai", uai.as_str()),
        ("email", guest[0].1),
        ("first_name", "Dominique"),
        ("last_name", "Exemple"),
        ("password", acceptance::world::PASSWORD),
    ];
    theirs.send("/inscription", &seat).await?.expect(200)?;
    let page = browser.open(&path(uai)).await?.expect(200)?;
    let page = page.shows("<p>Dominique Exemple</p>")?;
    ensure!(!page.text().contains("Invitation en attente"), "{page:#?}");

    let mistyped = browser.send(&invite, &[("email", "pricipale@ailleurs.test")]);
    let mistyped = mistyped.await?.expect(200)?;
    let (_, id) = mistyped
        .html
        .split_once("name=\"invitation\" value=\"")
        .context("no way to take it back")?;
    let id = id.split('"').next().context("no id")?;
    let revoke = path(uai) + "/chef/annuler";
    let revoked = browser.send(&revoke, &[("invitation", id)]).await?;
    let revoked = revoked
        .expect(200)?
        .shows("Vous avez annulé une invitation")?;
    ensure!(
        !revoked.text().contains("Invitation en attente"),
        "{revoked:#?}"
    );
    let gone = browser.send(&revoke, &[("invitation", id)]).await?;
    gone.expect(404)?.shows("n'est plus en attente")?;
    Ok(())
}

/// The deputy takes over from one day to the next: who leaves is said before, and done at once.
async fn a_colleague_takes_over_at_once(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let uai = &scene.school.uai;
    let replace = path(uai) + "/chef/remplacer";
    let form = browser.open(&replace).await?.expect(200)?;
    ensure!(
        form.html.matches("type=\"radio\"").count() == 3,
        "{form:#?}"
    );
    let before = scene.world.event_count().await?;
    let nobody = browser.send(&replace, &[]).await?.expect(422)?;
    nobody.shows("id=\"head-faute\">Choisissez qui prend la direction.")?;
    let unknown = [("head", "00000000-0000-7000-8000-000000000000")];
    let unknown = browser.send(&replace, &unknown).await?.expect(404)?;
    unknown.shows("ne fait pas, ou plus, partie de l'équipe")?;
    ensure!(scene.world.event_count().await? == before);

    let deputy = scene.school.staff[1].id.to_string();
    let chosen = [("head", &*deputy)];
    let replaced = browser.send(&replace, &chosen).await?.expect(200)?;
    replaced
        .shows("Vous avez confié à")?
        .shows("la direction de l'établissement")?;
    let now = scene.server.client();
    let now = now.sign_in(scene.school.email(Role::MainTeacher)).await?;
    ensure!(now.account().await?["role"] == "head");
    let gone = scene.head.get("/api/v1/session").await?;
    gone.expect_problem(401, "unauthenticated")?;

    let unregistered = scene.world.listed_school(Some(Priority::Rep)).await?;
    let nobody = browser
        .open(&(path(&unregistered) + "/chef/remplacer"))
        .await?;
    nobody.expect(200)?.shows("invitez son nouveau chef")?;
    Ok(())
}
