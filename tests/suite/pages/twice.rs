//! Forms that are sent twice.

use acceptance::{
    browser::{Browser, Shown},
    engine::Engine,
    on_both_engines,
    server::Server,
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use futures::future::try_join_all;

use super::{ADD, scene};

on_both_engines!(
    a_double_click_does_a_thing_once,
    pressed_on_two_servers_at_once_it_is_done_once,
    what_is_changed_after_going_back_is_something_else,
);

fn typed<'a>(key: &'a str, name: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("_cle", key),
        ("name", name),
        ("track", "troisieme_generale"),
    ]
}

/// Staff in a hurry press twice, and read what the second answer says: that it was done, and not that it
/// cannot be.
async fn a_double_click_does_a_thing_once(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let told = |shown: Shown, text: &str| shown.expect(200)?.shows(text);

    let key = browser.open(ADD).await?.key()?.to_owned();
    let mut places = Vec::new();
    for _ in 0..2 {
        let added = browser.send(ADD, &typed(&key, "3e Curie")).await?;
        let added = told(added, "Vous avez créé la classe 3e Curie")?;
        places.push(added.path);
    }
    ensure!(places[0] == places[1], "{places:?}");

    let empty = scene.world.class(&scene.school.uai, "3e vide").await?;
    let path = format!("/classes/{empty}/supprimer");
    let key = browser.open(&path).await?.key()?.to_owned();
    let events = scene.world.event_count().await?;
    for _ in 0..2 {
        let deleted = browser.send(&path, &[("_cle", &key)]).await?;
        told(deleted, "Vous avez supprimé la classe 3e vide.")?;
    }
    ensure!(scene.world.event_count().await? == events + 1);

    let teacher = scene
        .school
        .staff
        .iter()
        .find(|it| it.role == Role::Teacher);
    let teacher = teacher.context("a teacher")?.id;
    let path = format!("/etablissement/personnels/{teacher}/retirer");
    let key = browser.open(&path).await?.key()?.to_owned();
    for _ in 0..2 {
        let removed = browser.send(&path, &[("_cle", &key)]).await?;
        told(removed, "Vous avez fait sortir")?;
    }

    let several = "/etablissement/personnels/inviter/plusieurs";
    let key = browser.open(several).await?.key()?.to_owned();
    let people = "l.moreau@ac-demo.test\np.sorel@ac-demo.test";
    let form = [
        ("_cle", key.as_str()),
        ("role", "teacher"),
        ("people", people),
    ];
    for _ in 0..2 {
        let invited = browser.send(several, &form).await?;
        told(invited, "2 modifications sont enregistrées.")?;
    }
    let sent = "SELECT COUNT(*) FROM events WHERE event_type = 'StaffInvited'";
    ensure!(scene.world.count(sent).await? == 2);
    Ok(())
}

/// A balancer sends each press to another server.
async fn pressed_on_two_servers_at_once_it_is_done_once(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let head = scene.school.email(Role::Head);
    browser.sign_in(head).await?;
    let other = Server::start(&scene.world.database.url)?;
    let mut browsers = Vec::new();
    for server in [&scene.server, &other, &scene.server, &other] {
        let mut browser = Browser::new(&server.address)?;
        browser.sign_in(head).await?;
        browsers.push(browser);
    }
    for round in 0..10 {
        let key = browser.open(ADD).await?.key()?.to_owned();
        let name = format!("3e {round}");
        let events = scene.world.event_count().await?;
        let form = typed(&key, &name);
        let pressed = browsers.iter_mut().map(|browser| browser.send(ADD, &form));
        for shown in try_join_all(pressed).await? {
            let text = format!("Vous avez créé la classe {name}");
            shown.expect(200)?.shows(&text)?;
        }
        ensure!(scene.world.event_count().await? == events + 1);
    }
    Ok(())
}

/// Somebody goes back to the form, and types another class into it.
async fn what_is_changed_after_going_back_is_something_else(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let key = browser.open(ADD).await?.key()?.to_owned();
    for name in ["3e Curie", "3e Noether"] {
        let added = browser.send(ADD, &typed(&key, name)).await?.expect(200)?;
        added.shows(&format!("Vous avez créé la classe {name}"))?;
    }
    Ok(())
}
