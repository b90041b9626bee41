//! Sessions: how they begin, how long they last, and what stays written of those who signed in.

use acceptance::{
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{PASSWORD, Size},
};
use api::accounts::Close;
use domain::values::StaffRole;
use store::Write as _;

use super::races::together;

on_both_engines!(
    a_password_that_is_being_replaced_opens_nothing_that_lasts,
    an_account_that_goes_while_its_password_is_checked_opens_nothing,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// The rounds would look like an attack; what slows those down is tested elsewhere.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// Somebody chooses another password because the old one is known to a person who signs in at that very
/// moment. Checking it takes long; whichever of the two is first, the old one must have opened no session
/// that is there afterwards.
async fn a_password_that_is_being_replaced_opens_nothing_that_lasts(
    engine: Engine,
) -> anyhow::Result<()> {
    const ROUNDS: u64 = 20;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let (owner, thief) = (scene.server.client(), scene.server.client());
    let account = &scene.school.staff[2];
    let mut old = PASSWORD.to_owned();
    for round in 0..ROUNDS {
        let token = scene.world.forgotten(account).await?;
        let new = format!("le nouveau secret numéro {round}");
        let set = owner.set_password(&token, &new);
        let (set, opened) = together(round, set, thief.try_sign_in(&account.email, &old)).await?;
        set.expect(204)?;
        if opened.status == 201 {
            let thief = thief.with_token(&opened.text_at("/token")?);
            let over = thief.get("/api/v1/session").await?;
            over.expect_problem(401, "unauthenticated")?;
        } else {
            opened.expect_problem(401, "credentials_invalid")?;
        }
        owner.try_sign_in(&account.email, &new).await?.expect(201)?;
        old = new;
    }
    Ok(())
}

/// Somebody who is erased while they sign in is nobody from then on, and no reason for the server to fail.
async fn an_account_that_goes_while_its_password_is_checked_opens_nothing(
    engine: Engine,
) -> anyhow::Result<()> {
    const ROUNDS: u64 = 20;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let (world, nobody) = (&scene.world, scene.server.client());
    for round in 0..ROUNDS {
        let uai = &scene.school.uai;
        let account = world.colleague(uai, StaffRole::Teacher, round).await?;
        let close = async {
            let mut transaction = world.store().begin().await?;
            Close(account.id).write(&mut transaction.conn()).await?;
            Ok(transaction.commit().await?)
        };
        let sign_in = nobody.try_sign_in(&account.email, PASSWORD);
        let (opened, ()) = together(round, sign_in, close).await?;
        if opened.status == 201 {
            let gone = nobody.with_token(&opened.text_at("/token")?);
            let over = gone.get("/api/v1/session").await?;
            over.expect_problem(401, "unauthenticated")?;
        } else {
            opened.expect_problem(401, "credentials_invalid")?;
        }
    }
    Ok(())
}
