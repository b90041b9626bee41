//! Several people at the same moment, while a school is still coming together: one of them wins, the
//! other is told the truth, and nothing is left half done.

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    newcomer::invited,
    on_both_engines,
    scene::Scene,
    server::Server,
    world::Size,
};
use anyhow::{bail, ensure};
use domain::values::{Priority, Role, StaffRole};
use serde_json::json;

use super::races::together;

on_both_engines!(
    two_heads_of_one_college,
    one_activation_followed_twice,
    two_sign_ups_of_one_address,
    one_invitation_followed_twice,
    one_address_that_joins_two_establishments,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// The rounds would look like an attack; what slows those down is tested elsewhere.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// Two servers on one database: each hashes passwords one after the other, and on one of them two links would
/// hardly ever meet behind that.
async fn two_servers(engine: Engine) -> anyhow::Result<(Scene, Server)> {
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let second = Server::start_with(&scene.world.database.url, &UNTHROTTLED)?;
    Ok((scene, second))
}

/// The answer of whoever lost, when exactly one had this success.
pub(super) fn loser(success: u16, (one, other): (Answer, Answer)) -> anyhow::Result<Answer> {
    match (one.status == success, other.status == success) {
        (true, false) => Ok(other),
        (false, true) => Ok(one),
        _ => bail!("{one:#?} and {other:#?}"),
    }
}

/// "One head per establishment", however close to each other two people click on their links: two
/// would each believe that the school is theirs.
async fn two_heads_of_one_college(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 50;
    let (scene, second) = two_servers(engine).await?;
    let (one, other) = (scene.server.client(), second.client());
    let world = &scene.world;
    for round in 0..ROUNDS {
        let uai = world.listed_school(Some(Priority::Rep)).await?;
        let [first, second] = ["une", "autre"].map(|name| format!("{name}.{uai}@ac-demo.test"));
        let first = world.signed_up(Role::Head, &uai, &first).await?;
        let second = world.signed_up(Role::Head, &uai, &second).await?;
        let both = together(round, one.activate(&first), other.activate(&second));
        loser(200, both.await?)?.expect_problem(409, "head_already_registered")?;
    }
    audit::everything(world.store()).await?;
    Ok(())
}

/// Mail programs open links to look at them, and people click twice. One account comes of it.
async fn one_activation_followed_twice(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 50;
    let (scene, second) = two_servers(engine).await?;
    let (one, other) = (scene.server.client(), second.client());
    let (world, uai) = (&scene.world, &scene.school.uai);
    let before = world.count("SELECT COUNT(*) FROM roster").await?;
    for round in 0..ROUNDS {
        let email = format!("eleve{round}@famille.test");
        let token = world.signed_up(Role::Student, uai, &email).await?;
        let both = together(round, one.activate(&token), other.activate(&token));
        loser(200, both.await?)?.expect_problem(410, "token_invalid")?;
    }
    let after = world.count("SELECT COUNT(*) FROM roster").await?;
    ensure!(
        after == before + i64::try_from(ROUNDS)?,
        "{before} pupils before, {after} after"
    );
    audit::everything(world.store()).await?;
    Ok(())
}

/// Somebody signed up twice and opens both links, in two windows. One account comes of it, with the password
/// that its window chose, and nothing waits any more.
async fn two_sign_ups_of_one_address(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 50;
    let (scene, second) = two_servers(engine).await?;
    let (one, other) = (scene.server.client(), second.client());
    let (world, uai) = (&scene.world, &scene.school.uai);
    let passwords = ["le secret de l'une", "le secret de l'autre"];
    for round in 0..ROUNDS {
        let email = format!("eleve{round}@famille.test");
        let tokens = [
            world.signed_up(Role::Student, uai, &email).await?,
            world.signed_up(Role::Student, uai, &email).await?,
        ];
        let first = one.activate_with(&tokens[0], passwords[0]);
        let both = together(round, first, other.activate_with(&tokens[1], passwords[1]));
        let (first, second) = both.await?;
        let winner = usize::from(first.status != 200);
        loser(200, (first, second))?.expect_problem(410, "token_invalid")?;
        one_has_it(&one, &email, passwords, winner).await?;
    }
    for waiting in [
        "SELECT COUNT(*) FROM sign_ups",
        "SELECT COUNT(*) FROM tokens",
    ] {
        ensure!(world.count(waiting).await? == 0, "{waiting}");
    }
    audit::everything(world.store()).await?;
    Ok(())
}

/// Whose password opens the account, and whose does not.
async fn one_has_it(
    client: &Client,
    email: &str,
    passwords: [&str; 2],
    winner: usize,
) -> anyhow::Result<()> {
    for (person, password) in passwords.iter().enumerate() {
        let expected = if person == winner { 201 } else { 401 };
        client
            .try_sign_in(email, password)
            .await?
            .expect(expected)?;
    }
    Ok(())
}

/// An invitation that was forwarded is followed by two people, each with a password of their own.
/// The account must be one's, whole.
async fn one_invitation_followed_twice(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 30;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let (one, other) = (scene.server.client(), scene.server.client());
    let (world, uai) = (&scene.world, &scene.school.uai);
    let before = world.count("SELECT COUNT(*) FROM staff").await?;
    for round in 0..ROUNDS {
        let email = format!("invitee{round}@ac-demo.test");
        let token = world.invited(StaffRole::Teacher, None, uai, &email).await?;
        let passwords = ["le secret de l'une", "le secret de l'autre"];
        let [first, second] = passwords.map(|password| {
            let mut form = invited(&token);
            form["password"] = json!(password);
            form
        });
        let (first, second) = together(round, one.sign_up(&first), other.sign_up(&second)).await?;
        let winner = usize::from(first.status != 202);
        let loser = loser(202, (first, second))?;
        // Who comes a little later may find the token there still, and the account there already.
        if loser.status == 409 {
            loser.expect_problem(409, "conflict")?;
        } else {
            loser.expect_problem(410, "token_invalid")?;
        }
        one_has_it(&one, &email, passwords, winner).await?;
    }
    let after = world.count("SELECT COUNT(*) FROM staff").await?;
    ensure!(
        after == before + i64::try_from(ROUNDS)?,
        "{before} on the staff before, {after} after"
    );
    audit::everything(world.store()).await?;
    Ok(())
}

/// Somebody follows an invitation here and, in the other window, the activation of a sign-up there. They
/// come to one of the two, and the other link says what happened: never that the form is wrong.
async fn one_address_that_joins_two_establishments(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 10;
    let (scene, second) = two_servers(engine).await?;
    let (one, other) = (scene.server.client(), second.client());
    let (world, here) = (&scene.world, &scene.school.uai);
    let there = world.school(OPEN).await?.uai;
    for round in 0..ROUNDS {
        let email = format!("invitee{round}@ac-demo.test");
        let invitation = world
            .invited(StaffRole::Teacher, None, here, &email)
            .await?;
        let activation = world.signed_up(Role::Teacher, &there, &email).await?;
        let form = invited(&invitation);
        let both = together(round, one.sign_up(&form), other.activate(&activation));
        let (followed, activated) = both.await?;
        let came_to = match (followed.status, activated.status) {
            (202, _) => {
                activated.expect_problem(410, "token_invalid")?;
                here
            }
            (_, 200) => {
                followed.expect_problem(409, "conflict")?;
                &there
            }
            _ => bail!("{followed:#?} and {activated:#?}"),
        };
        let account = one.sign_in(&email).await?.account().await?;
        ensure!(account["uai"] == came_to.as_str(), "{account}");
    }
    audit::everything(world.store()).await?;
    Ok(())
}
