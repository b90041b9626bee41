//! Sessions: how they begin, how long they last, and what stays written of those who signed in.

use std::{collections::BTreeSet, time::Duration};

use acceptance::{
    engine::Engine,
    on_both_engines, replay,
    scene::Scene,
    server::Server,
    world::{PASSWORD, Size, World},
};
use accounts::account::Close;
use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Months, TimeDelta, Utc};
use domain::values::{Role, StaffRole};
use store::Write as _;
use tokio::time::sleep;

use super::races::together;

on_both_engines!(
    a_session_ends_when_idle_or_old_and_goes_on_while_used,
    who_signed_in_is_known_by_id_for_a_year,
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

/// As if so much time had passed for every session.
async fn pass(world: &World, minutes: i64) -> anyhow::Result<()> {
    let mut transaction = world.store().begin().await?;
    let mut conn = transaction.conn();
    let sql = "SELECT token_hash, created_at, last_used_at FROM sessions";
    for (token, created_at, last_used_at) in store::fetch_all!(&mut conn, SessionRow, sql)? {
        store::execute!(
            &mut conn,
            "UPDATE sessions SET created_at = $2, last_used_at = $3 WHERE token_hash = $1",
            token,
            created_at - TimeDelta::minutes(minutes),
            last_used_at - TimeDelta::minutes(minutes),
        )?;
    }
    Ok(transaction.commit().await?)
}

type SessionRow = (String, DateTime<Utc>, DateTime<Utc>);

/// Waits until the last use of every session is written, which is not before the answer.
async fn used(world: &World) -> anyhow::Result<()> {
    for _ in 0..1_000 {
        let mut reader = world.store().reader().await?;
        let lately = world.commands.clock().now() - TimeDelta::minutes(20);
        let unwritten = store::fetch_optional!(
            &mut reader.conn(),
            (String,),
            "SELECT token_hash FROM sessions WHERE last_used_at < $1",
            lately,
        )?;
        if unwritten.is_none() {
            return Ok(());
        }
        sleep(Duration::from_millis(10)).await;
    }
    bail!("the use of a session is not written")
}

/// A teacher leaves a shared computer without signing out: half an hour later, and in any case half a day
/// later, whoever sits down there must be nobody. Whoever works there must not be thrown out.
async fn a_session_ends_when_idle_or_old_and_goes_on_while_used(
    engine: Engine,
) -> anyhow::Result<()> {
    const ME: &str = "/api/v1/session";
    let scene = Scene::new(engine, OPEN).await?;
    let (world, head) = (&scene.world, &scene.head);
    for _ in 0..2 {
        pass(world, 29).await?;
        head.get(ME).await?.expect(200)?;
        used(world).await?;
    }
    pass(world, 30).await?;
    let idle = head.get(ME).await?;
    idle.expect_problem(401, "unauthenticated")?;
    world.execute("DELETE FROM sessions").await?;

    let again = scene.staff(Role::Head).await?;
    // 11 hours and 54 minutes.
    for minutes in [28; 25].into_iter().chain([14]) {
        pass(world, minutes).await?;
        again.get(ME).await?.expect(200)?;
        used(world).await?;
    }
    pass(world, 6).await?;
    let old = again.get(ME).await?;
    old.expect_problem(401, "unauthenticated")?;
    Ok(())
}

/// "Somebody used my account": who signed in and who failed to is found by the number of the request, as
/// ids, for a year. What was typed is in no row, nor is anything after that year.
async fn who_signed_in_is_known_by_id_for_a_year(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let (world, nobody) = (&scene.world, scene.server.client());
    world.execute("DELETE FROM sign_ins").await?;
    let teacher = &scene.school.staff[2];
    let (known, id) = (&*teacher.email, Some(teacher.id.to_string()));
    let tries = [
        (known, "un mauvais secret", "wrong_password", id.clone()),
        ("personne@ac-demo.test", PASSWORD, "unknown_address", None),
        (known, PASSWORD, "succeeded", id),
    ];
    let mut expected = BTreeSet::new();
    for (email, password, outcome, account) in tries {
        let answer = nobody.try_sign_in(email, password).await?;
        let request = answer.headers.get("x-request-id").context("a number")?;
        expected.insert((outcome.to_owned(), account, request.to_str()?.to_owned()));
    }
    let mut reader = world.store().reader().await?;
    let rows = store::fetch_all!(
        &mut reader.conn(),
        (String, Option<String>, String),
        "SELECT outcome, account_id, correlation_id FROM sign_ins"
    )?;
    ensure!(
        rows.iter().cloned().collect::<BTreeSet<_>>() == expected,
        "{rows:#?}"
    );
    for row in replay::rows(&mut reader.conn(), "sign_ins").await? {
        let typed = ["@", "secret", PASSWORD, "argon2"];
        ensure!(!typed.iter().any(|typed| row.contains(typed)), "{row}");
    }
    drop(reader);

    let year_ago = world.commands.clock().now() - Months::new(12);
    let mut transaction = world.store().begin().await?;
    for (outcome, at) in [
        ("succeeded", year_ago + TimeDelta::hours(1)),
        ("wrong_password", year_ago - TimeDelta::seconds(1)),
        ("unknown_address", year_ago - TimeDelta::days(1)),
    ] {
        let sql = "UPDATE sign_ins SET recorded_at = $2 WHERE outcome = $1";
        store::execute!(&mut transaction.conn(), sql, outcome, at)?;
    }
    transaction.commit().await?;
    // A server tidies up when it starts.
    let _second = Server::start(&world.database.url)?;
    for _ in 0..1_000 {
        if world.count("SELECT COUNT(*) FROM sign_ins").await? < 3 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let left = "SELECT COUNT(*) FROM sign_ins WHERE outcome = 'succeeded'";
    ensure!(world.count(left).await? == 1, "a year is not over yet");
    ensure!(world.count("SELECT COUNT(*) FROM sign_ins").await? == 1);
    Ok(())
}

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
