//! Whoever was on the way when a new school year opened is told so, and what to do.

use acceptance::{
    browser::Browser,
    client::Answer,
    command_line,
    engine::Engine,
    newcomer::invited,
    on_both_engines,
    scene::Scene,
    world::{Size, World},
};
use accounts::tidying;
use anyhow::ensure;
use domain::values::{Role, StaffRole};
use serde_json::json;

on_both_engines!(
    an_invitation_that_the_new_year_ended_says_so,
    a_pupil_who_activates_after_the_new_year_began_waits_for_it_to_open,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 1,
    without_class: 0,
};

const GUEST: &str = "prof@ac-demo.test";
const PUPIL: &str = "noa@famille.test";

fn open_new_year(world: &World) -> anyhow::Result<()> {
    let year = world.next_school_year()?.year().to_string();
    command_line::run(
        &world.database.url,
        &["reset", "--school-year", &year, "--yes"],
    )?
    .ended(0)?;
    Ok(())
}

fn says(refused: Answer, words: &str) -> anyhow::Result<()> {
    let refused = refused.expect_problem(410, "token_invalid")?;
    let detail = refused.text_at("/detail")?;
    ensure!(detail.contains(words), "{refused:#?}");
    Ok(())
}

/// A teacher was invited in June and opens the message in August. "Used already or expired" would have them
/// think that somebody else has their place; what happened is that the year ended, and the head can invite
/// them again. It is said as long as the link would have been good, also once their name is forgotten.
async fn an_invitation_that_the_new_year_ended_says_so(engine: Engine) -> anyhow::Result<()> {
    const ENDED: &str = "a pris fin à l'ouverture de la nouvelle année scolaire";
    let scene = Scene::new(engine, OPEN).await?;
    let (world, uai, nobody) = (&scene.world, &scene.school.uai, scene.server.client());
    let token = world.invited(StaffRole::Teacher, None, uai, GUEST).await?;
    open_new_year(world)?;

    let look = || nobody.post("/api/v1/accounts/invitation", json!({ "token": token }));
    says(look().await?, ENDED)?;
    says(nobody.sign_up(&invited(&token)).await?, ENDED)?;
    let mut browser = Browser::new(&scene.server.address)?;
    let page = browser
        .open(&format!("/inscription?invitation={token}"))
        .await?;
    page.expect(410)?.shows(ENDED)?;

    tidying::tidy(world.store(), world.commands.clock().now()).await?;
    ensure!(world.count("SELECT COUNT(*) FROM invitees").await? == 0);
    says(look().await?, ENDED)?;

    // The next one is like any other: what it says once it was used is that.
    let token = world.invited(StaffRole::Teacher, None, uai, GUEST).await?;
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    says(nobody.sign_up(&invited(&token)).await?, "il a déjà servi")
}

/// A pupil signed up in June and follows the link in August, when the classes of the old year are gone and
/// those of the new one not there yet. They take no seat that no member of staff looks after; what they typed
/// waits, and the same link works once it is their turn.
async fn a_pupil_who_activates_after_the_new_year_began_waits_for_it_to_open(
    engine: Engine,
) -> anyhow::Result<()> {
    const WAITS: &str = "Votre inscription est gardée";
    let scene = Scene::new(engine, OPEN).await?;
    let (world, uai, nobody) = (&scene.world, &scene.school.uai, scene.server.client());
    let token = world.signed_up(Role::Student, uai, PUPIL).await?;
    open_new_year(world)?;
    let before = world.event_count().await?;
    let refused = nobody.activate(&token).await?;
    let refused = refused.expect_problem(409, "students_not_admitted_yet")?;
    ensure!(refused.text_at("/detail")?.contains(WAITS), "{refused:#?}");
    let mut browser = Browser::new(&scene.server.address)?;
    let form = [("token", &*token), ("password", "mot de passe des essais")];
    browser
        .send("/activation", &form)
        .await?
        .expect(409)?
        .shows(WAITS)?;
    ensure!(world.event_count().await? == before);
    ensure!(world.count("SELECT COUNT(*) FROM roster").await? == 0);

    world.class(uai, "3e A").await?;
    let activated = nobody.activate(&token).await?.expect(200)?;
    ensure!(
        activated.body["account"]["uai"] == uai.as_str(),
        "{activated:#?}"
    );
    Ok(())
}
