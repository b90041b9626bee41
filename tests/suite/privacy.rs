//! Personal data and secrets stay where they belong.

mod newcomers;

use acceptance::{
    client::Client,
    command_line,
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, pupil},
    on_both_engines, on_postgres, replay,
    scene::Scene,
    world::{PASSWORD, Size},
};
use accounts::person::{NewPeople, Person};
use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use commands::register_student::RegisterStudent;
use domain::{
    ids::StudentId,
    values::{PersonName, Role},
};
use reqwest::{
    Method,
    header::{COOKIE, SET_COOKIE},
};
use serde_json::json;

on_both_engines!(
    names_and_secrets_are_in_no_event_no_log_and_no_metric,
    the_cookie_is_as_good_as_the_token_and_as_safe,
);
on_postgres!(nor_is_an_address_in_the_log_of_the_database_server);

/// Whoever looks for a fault sets this, and sends the log to somebody who knows more: it must be as clean
/// then as otherwise.
const EVERYTHING_LOGGED: (&str, &str) = ("MONSTAGE_LOG", "trace");

/// A pupil whom no other text could name by chance.
const FIRST_NAME: &str = "Zébulonnette";
const LAST_NAME: &str = "Quatrefeuillas";
const BIRTH_DATE: &str = "2011-09-27";

/// Events are kept for ever, logs are copied to other machines, and both are read by people who need
/// to know what happened, not to whom. Erasing a pupil could not mean anything if the name stood
/// there; and a password or a token in a log is a password or a token lost.
async fn names_and_secrets_are_in_no_event_no_log_and_no_metric(
    engine: Engine,
) -> anyhow::Result<()> {
    let size = Size {
        classes: 2,
        ..Size::default()
    };
    let scene = Scene::with(engine, size, &[EVERYTHING_LOGGED]).await?;
    let pupil = marked_pupil(&scene).await?;
    let class = scene.school.class(0);
    let change = json!([{ "student_id": pupil, "class_id": class }]);
    scene.move_students(change).await?;
    let members = format!("/api/v1/classes/{class}/students");
    let members = scene.head.get(&members).await?.expect(200)?;
    ensure!(
        members.text.contains(LAST_NAME),
        "the pupil shows in the class: {members:#?}"
    );
    let token = sign_in_badly_and_well(&scene).await?;
    let refused = scene
        .roster(json!([{ "student_id": pupil, "class_id": LAST_NAME }]))
        .await?;
    ensure!(refused.status == 422, "{refused:#?}");
    scene
        .move_students(json!([{ "student_id": pupil, "not_in_establishment": true }]))
        .await?;
    let url = &scene.world.database.url;
    command_line::run_with(
        url,
        &["admin", "create", "--email", "secret.admin@ac-demo.test"],
        &[("MONSTAGE_ADMIN_PASSWORD", "encore un mot de passe")],
    )?
    .ended(0)?;

    let mut reader = scene.world.store().reader().await?;
    let events = replay::rows(&mut reader.conn(), "events").await?;
    let events = events.into_iter().collect::<Vec<_>>().join("\n");
    let metrics = scene.head.get("/metrics").await?.expect(200)?.text;
    let log = scene.server.log_with("/metrics")?;
    ensure!(log.contains("TRACE"), "not everything is logged: {log}");
    let email = scene.school.email(Role::Head);
    let secrets = [
        FIRST_NAME,
        LAST_NAME,
        BIRTH_DATE,
        email,
        PASSWORD,
        &token,
        "argon2",
        "MAUVAIS",
        "secret.admin",
        "encore un mot de passe",
    ];
    for secret in secrets {
        for (place, text) in [("events", &events), ("log", &log), ("metrics", &metrics)] {
            ensure!(!text.contains(secret), "{secret} stands in the {place}");
        }
    }
    // Nor is a token in the database, whoever gets a copy of it; nor a password.
    let accounts = replay::rows(&mut reader.conn(), "accounts").await?;
    let sessions = replay::rows(&mut reader.conn(), "sessions").await?;
    for row in accounts.iter().chain(&sessions) {
        ensure!(!row.contains(&token) && !row.contains(PASSWORD), "{row}");
    }
    ensure!(
        accounts.iter().all(|row| row.contains("$argon2id$")),
        "{accounts:#?}"
    );
    Ok(())
}

async fn marked_pupil(scene: &Scene) -> anyhow::Result<StudentId> {
    let student = StudentId::new(scene.world.commands.clock().new_uuid());
    let person = NewPeople(vec![Person {
        id: student.into(),
        first_name: PersonName::parse(FIRST_NAME)?,
        last_name: PersonName::parse(LAST_NAME)?,
        birth_date: Some(BIRTH_DATE.parse::<NaiveDate>()?),
    }]);
    let register = RegisterStudent {
        establishment: scene.school.uai.clone(),
        student,
        class: None,
    };
    let writes: [&dyn store::Write; 1] = [&person];
    let by = scene.world.by();
    scene
        .world
        .commands
        .execute_with(&by, &register, &writes)
        .await?;
    Ok(student)
}

/// Gives the token of the sign-in that succeeded.
async fn sign_in_badly_and_well(scene: &Scene) -> anyhow::Result<String> {
    let nobody = scene.server.client();
    let email = scene.school.email(Role::Head);
    let sign_in = |password: &str| {
        let body = json!({ "email": email, "password": password });
        let nobody = nobody.clone();
        async move { nobody.post("/api/v1/session", body).await }
    };
    sign_in("MAUVAIS mot de passe").await?.expect(401)?;
    sign_in(PASSWORD).await?.expect(201)?.text_at("/token")
}

const NEWCOMERS: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// PostgreSQL writes the values of what violates a unique index to its server's log, where no erasure comes
/// by: an address that is there already must be found in another way.
async fn nor_is_an_address_in_the_log_of_the_database_server(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, NEWCOMERS).await?;
    let nobody = scene.server.client();
    for status in [201, 409] {
        let form = json!({ "name": "3e Unique", "track": "troisieme_generale" });
        let classes = scene.school.path("/classes");
        scene.head.post(&classes, form).await?.expect(status)?;
        let form = invitation(Role::Teacher, "Prof.Marque.Deposee@ac-demo.test");
        let invitations = scene.school.path("/invitations");
        scene.head.post(&invitations, form).await?.expect(status)?;
    }
    for code in [0, 2] {
        let email = "Admin.Marque.Deposee@ac-demo.test";
        command_line::run_with(
            &scene.world.database.url,
            &["admin", "create", "--email", email],
            &[("MONSTAGE_ADMIN_PASSWORD", "encore un mot de passe")],
        )?
        .ended(code)?;
    }
    // Signed up twice, and both messages followed at once.
    let email = "Noa.Marque.Deposee@famille.test";
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let form = pupil(&scene.school.uai, email, None);
        nobody.sign_up(&form).await?.expect(202)?;
        tokens.push(scene.mailbox.token(email, Kind::Activation).await?);
    }
    let (one, other) = (nobody.activate(&tokens[0]), nobody.activate(&tokens[1]));
    let (one, other) = tokio::try_join!(one, other)?;
    ensure!(
        [one.status, other.status].contains(&200),
        "{one:#?}, {other:#?}"
    );

    let log = scene.world.database.server_log()?;
    ensure!(log.contains("classes_name"), "it logs violations: {log}");
    let log = log.to_lowercase();
    for mark in ["marque.deposee", "exemple", "$argon2id$"] {
        ensure!(!log.contains(mark), "{mark} stands in {log}");
    }
    Ok(())
}

/// Pages in a browser work by the cookie. It must open the same doors as the token, be out of reach
/// of scripts, and be useless to another site that makes the browser send it.
async fn the_cookie_is_as_good_as_the_token_and_as_safe(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(
        engine,
        Size {
            classes: 1,
            ..Size::default()
        },
    )
    .await?;
    let nobody = scene.server.client();
    let body = json!({ "email": scene.school.email(Role::Head), "password": PASSWORD });
    let answer = nobody.post("/api/v1/session", body).await?.expect(201)?;
    let cookie = answer
        .headers
        .get(SET_COOKIE)
        .context("no cookie")?
        .to_str()?
        .to_owned();
    for attribute in ["HttpOnly", "SameSite=", "Path=/"] {
        ensure!(cookie.contains(attribute), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap_or_default();
    let path = format!("/api/v1/classes/{}", scene.school.class(0));
    let read = nobody.request(Method::GET, &path).header(COOKIE, cookie);
    nobody.send(read).await?.expect(200)?;

    let origin = scene.server.address.clone();
    for (origin, name, status) in [
        (Some("https://ailleurs.test"), "3e piégée", 403),
        (Some("null"), "3e piégée", 403),
        (None, "3e piégée", 403),
        (Some(origin.as_str()), "3e voulue", 200),
    ] {
        let answer = rename(&nobody, &path, cookie, origin, name).await?;
        ensure!(answer == status, "from {origin:?}: {answer}");
    }
    let class = scene.head.get(&path).await?.expect(200)?;
    ensure!(class.body["name"] == "3e voulue", "{class:#?}");
    Ok(())
}

async fn rename(
    client: &Client,
    path: &str,
    cookie: &str,
    origin: Option<&str>,
    name: &str,
) -> anyhow::Result<u16> {
    let mut request = client.request(Method::PATCH, path).header(COOKIE, cookie);
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    Ok(client
        .send(request.json(&json!({ "name": name })))
        .await?
        .status)
}
