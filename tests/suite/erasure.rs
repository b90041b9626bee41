//! Erasing people: nothing of them is left, and the history reads on.

mod again;
mod copies;
mod many;
mod races;
mod traces;

use acceptance::{
    audit,
    client::Client,
    command_line::{self, Outcome},
    engine::Engine,
    mail::{Kind, Mailbox},
    newcomer::{invitation, invited, pupil, staff},
    on_both_engines,
    scene::Scene,
    world::{PASSWORD, Size, World},
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use domain::values::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use traces::Places;

on_both_engines!(
    nothing_of_an_erased_pupil_is_left,
    nothing_of_erased_staff_is_left,
    what_cannot_be_erased_is_refused,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 1,
    without_class: 0,
};

/// What no other text could hold by chance: names, folded names, a birth date, an address.
const MARKS: [&str; 7] = [
    "Zébulonnette",
    "zebulonnette",
    "Quatrefeuillas",
    "quatrefeuillas",
    "2011-09-27",
    "marque.deposee",
    "Marque.Deposee",
];

/// A school with a server whose mail goes to a folder of ours.
async fn scene(engine: Engine) -> anyhow::Result<(Scene, TempDir)> {
    let mail = tempfile::tempdir()?;
    let url = mail_url(&mail);
    let settings = [
        ("MONSTAGE_MAIL_URL", &*url),
        ("MONSTAGE_STAFF_EMAIL", "any"),
        ("MONSTAGE_LOG", "debug"),
    ];
    Ok((Scene::with(engine, SIZE, &settings).await?, mail))
}

fn mail_url(mail: &TempDir) -> String {
    format!("file://{}", mail.path().display())
}

/// Runs `monstage erase`.
fn erase(world: &World, mail: &TempDir, args: &[&str]) -> anyhow::Result<Outcome> {
    erase_in(&world.database.url, mail, args)
}

/// The same, on a database by its address.
fn erase_in(database: &str, mail: &TempDir, args: &[&str]) -> anyhow::Result<Outcome> {
    let url = mail_url(mail);
    command_line::run_with(
        database,
        &[&["erase"], args].concat(),
        &[("MONSTAGE_MAIL_URL", &url)],
    )
}

fn marked(mut form: Value) -> Value {
    form["first_name"] = json!("Zébulonnette");
    form["last_name"] = json!("Quatrefeuillas");
    if form["role"] == "student" {
        form["birth_date"] = json!("2011-09-27");
    }
    form
}

async fn administrator(scene: &Scene) -> anyhow::Result<Client> {
    let account = scene.world.administrator().await?;
    scene.server.client().sign_in(&account.email).await
}

/// A pupil who was everywhere: signed up twice, moved, rejected, back again, with a forgotten password.
/// Their family asks for all of it to go, which must be true of the files themselves; and the school must
/// still be able to say what its staff did.
async fn nothing_of_an_erased_pupil_is_left(engine: Engine) -> anyhow::Result<()> {
    const EMAIL: &str = "Marque.Deposee@famille.test";
    let (scene, mail) = scene(engine).await?;
    let places = Places {
        engine,
        scene: &scene,
        mail: &mail,
    };
    let signed_in = a_pupil_leaves_traces(&scene, &mail, EMAIL).await?;
    let id = signed_in.account().await?["id"].clone();
    let id = id.as_str().context("an id")?;
    places
        .all_hold(&["Quatrefeuillas", "Marque.Deposee"])
        .await?;
    let administrator = administrator(&scene).await?;
    let trail = format!("/api/v1/audit/events?student={id}&limit=200");
    let told = administrator.get(&trail).await?.expect(200)?;
    let before = told.items()?.len();

    let seal = mail.path().join("seal.json").display().to_string();
    let url = &scene.world.database.url;
    command_line::run(url, &["audit", "seals", "export", &seal])?.ended(0)?;
    let preview = erase(&scene.world, &mail, &["--student", id, "--dry-run"])?.ended(0)?;
    ensure!(
        preview.out.contains(id) && !preview.out.contains("Quatre"),
        "{preview:#?}"
    );
    let done = erase(&scene.world, &mail, &["--student", id, "--yes", "--json"])?.ended(0)?;
    let report = done.json()?;
    ensure!(report["erased"] == 1 && report["already_erased"] == 0 && report["left"] == 0);
    places.none_holds(&MARKS).await?;

    signed_in.get("/api/v1/session").await?.expect(401)?;
    let nobody = scene.server.client();
    nobody.try_sign_in(EMAIL, PASSWORD).await?.expect(401)?;
    let told = administrator.get(&trail).await?.expect(200)?;
    ensure!(told.items()?.len() == before + 1, "{told:#?}");
    names_nobody(told.items()?)?;
    lists_without(&scene, id, &told.items()?[0]).await?;
    command_line::run(url, &["audit", "verify", "--against", &seal])?.ended(0)?;
    let again = erase(&scene.world, &mail, &["--student", id, "--yes", "--json"])?.ended(0)?;
    ensure!(again.json()?["already_erased"] == 1, "{again:#?}");
    let told = administrator.get(&trail).await?.expect(200)?;
    ensure!(told.items()?.len() == before + 1, "{told:#?}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// The whole history is told, of somebody without a name.
fn names_nobody(events: &[Value]) -> anyhow::Result<()> {
    for event in events {
        let summary = event["summary"].as_str().context("no summary")?;
        ensure!(
            summary.to_lowercase().contains("un élève effacé")
                || summary == "Le système a effacé les données personnelles d'un élève",
            "{event:#}"
        );
    }
    Ok(())
}

/// Gives the pupil, signed in: in a class, with every kind of message in the folder or on its way.
async fn a_pupil_leaves_traces(
    scene: &Scene,
    mail: &TempDir,
    email: &str,
) -> anyhow::Result<Client> {
    let mailbox = Mailbox::of_folder(mail.path());
    let nobody = scene.server.client();
    let uai = &scene.school.uai;
    let (first, second) = (scene.school.class(0), scene.school.class(1));
    let class = first.to_string();
    let form = marked(pupil(uai, email, Some(&class)));
    let pupil = nobody.join(&mailbox, &form).await?;
    let id = pupil.account().await?["id"].clone();
    scene
        .move_students(json!([{ "student_id": id, "class_id": second }]))
        .await?;
    scene
        .move_students(json!([{ "student_id": id, "not_in_establishment": true }]))
        .await?;
    mailbox.next(email, Kind::StudentRejected).await?;
    let join = json!({ "uai": uai.to_string(), "class_id": second });
    pupil
        .put("/api/v1/me/establishment", join)
        .await?
        .expect(200)?;
    // Somebody tries again, forgets, and is in doubt.
    nobody.sign_up(&form).await?.expect(202)?;
    mailbox.next(email, Kind::AlreadyKnown).await?;
    nobody.forget_password(email).await?.expect(202)?;
    mailbox.next(email, Kind::PasswordReset).await?;
    scene.world.mail_settled().await?;
    scene
        .world
        .execute(
            "INSERT INTO outbox (id, kind, email, created_at, next_attempt_at) \
             VALUES ('01a05b8d-9300-7000-8000-0000000000aa', 'password_reset', \
                     'Marque.Deposee@famille.test', '2999-01-01T00:00:00+00:00', \
                     '2999-01-01T00:00:00+00:00')",
        )
        .await?;
    Ok(pupil)
}

/// Staff see a class without the pupil; whoever looks back sees that somebody was there.
async fn lists_without(scene: &Scene, id: &str, erasure: &Value) -> anyhow::Result<()> {
    let class = scene.school.class(1);
    let members = format!("/api/v1/classes/{class}/students");
    let members = scene.head.get(&members).await?.expect(200)?;
    ensure!(!members.text.contains(id), "{members:#?}");
    ensure!(scene.student_count(class).await? == 1);
    let erased_at: DateTime<Utc> = erasure["recorded_at"].as_str().context("when")?.parse()?;
    let just_before = (erased_at - TimeDelta::microseconds(1)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
    let path = format!(
        "/api/v1/audit/establishments/{}/classes?as_of={just_before}",
        scene.school.uai
    );
    let lists = scene.head.get(&path).await?.expect(200)?;
    let classes = lists.items()?.iter();
    let mut pupils = classes.flat_map(|class| class["students"].as_array().into_iter().flatten());
    let pupil = pupils.find(|pupil| pupil["id"] == *id);
    let pupil = pupil.with_context(|| format!("{id} is not in {lists:#?}"))?;
    ensure!(pupil["last_name"].is_null() && pupil["first_name"].is_null());
    Ok(())
}

/// A teacher who moved away. Their name stands in messages to others too, and somebody has invited them
/// back meanwhile, at the address that has to go.
async fn nothing_of_erased_staff_is_left(engine: Engine) -> anyhow::Result<()> {
    const EMAIL: &str = "marque.deposee@ac-demo.test";
    let (scene, mail) = scene(engine).await?;
    let places = Places {
        engine,
        scene: &scene,
        mail: &mail,
    };
    let mailbox = Mailbox::of_folder(mail.path());
    let id = a_teacher_comes_and_goes(&scene, &mailbox, EMAIL).await?;
    places
        .all_hold(&["Quatrefeuillas", "marque.deposee"])
        .await?;

    let erased = ["--staff", &id, "--yes", "--json"];
    let done = erase(&scene.world, &mail, &erased)?.ended(0)?;
    ensure!(done.json()?["erased"] == 1, "{done:#?}");
    places.none_holds(&MARKS).await?;

    let pending = scene.head.get(&scene.school.path("/invitations")).await?;
    ensure!(pending.expect(200)?.items()?.is_empty());
    let told = scene.head.get("/api/v1/audit/events?type=StaffErased");
    let told = told.await?.expect(200)?;
    let summary = format!(
        "Le système a effacé les données personnelles d'un ancien membre de l'équipe de \
         l'établissement {}",
        scene.school.uai
    );
    ensure!(told.text_at("/items/0/summary")? == summary, "{told:#?}");
    let own = format!("/api/v1/audit/events?actor={id}");
    let own = scene.head.get(&own).await?.expect(200)?;
    ensure!(!own.items()?.is_empty());
    for event in own.items()? {
        let summary = event["summary"].as_str().context("no summary")?;
        ensure!(summary.starts_with("Une personne effacée ("), "{event:#}");
        ensure!(event["actor"]["name"].is_null());
    }
    let again = erase(&scene.world, &mail, &erased)?.ended(0)?;
    ensure!(again.json()?["already_erased"] == 1, "{again:#?}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Invited, followed, with a class, removed, invited again by name, signing up besides, with a forgotten
/// password. Gives their id.
async fn a_teacher_comes_and_goes(
    scene: &Scene,
    mailbox: &Mailbox,
    email: &str,
) -> anyhow::Result<String> {
    let nobody = scene.server.client();
    let invitations = scene.school.path("/invitations");
    let invite = || async {
        let form = marked(invitation(Role::Teacher, email));
        let sent = scene.head.post(&invitations, form).await?.expect(201)?;
        mailbox.token(email, Kind::Invitation).await?;
        anyhow::Ok(sent)
    };
    let form = marked(invitation(Role::MainTeacher, email));
    scene.head.post(&invitations, form).await?.expect(201)?;
    let token = mailbox.token(email, Kind::Invitation).await?;
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    let teacher = nobody.sign_in(email).await?;
    let id = teacher.account().await?["id"].clone();
    let id = id.as_str().context("an id")?.to_owned();
    let class = json!({ "class_id": scene.school.class(0) });
    teacher
        .put("/api/v1/session/class", class)
        .await?
        .expect(200)?;
    let head = scene.school.email(Role::Head);
    mailbox.next(head, Kind::StaffJoined).await?;
    let refused = erase_refused(scene, &id)?;
    ensure!(
        refused.contains("équipe") && refused.contains(&id),
        "{refused}"
    );
    let place = scene.school.path(&format!("/staff/{id}"));
    scene.head.delete(&place).await?.expect(204)?;
    invite().await?;
    nobody.forget_password(email).await?.expect(202)?;
    mailbox.next(email, Kind::PasswordReset).await?;
    let form = marked(staff(Role::Teacher, &scene.school.uai, email));
    nobody.sign_up(&form).await?.expect(202)?;
    scene.world.mail_settled().await?;
    Ok(id)
}

/// What is said of somebody who is still on the staff.
fn erase_refused(scene: &Scene, id: &str) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let refused = erase(&scene.world, &folder, &["--staff", id, "--yes"])?.ended(2)?;
    Ok(refused.err)
}

/// Erasing cannot be undone: a slip of the hand must be caught, and told what to do instead.
async fn what_cannot_be_erased_is_refused(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let mail = tempfile::tempdir()?;
    let list = mail.path().join("list.ndjson");
    let good = format!(
        r#"{{"kind":"student","id":"{}","erased_at":"2027-08-31T00:00:00Z"}}"#,
        school.student.id
    );
    std::fs::write(&list, format!("{good}\n\n{}\n", &good[1..]))?;
    let (head, student) = (
        school.staff[0].id.to_string(),
        school.student.id.to_string(),
    );
    let unknown = "01a05b8d-9300-7000-8000-0000000000ff";
    let file = list.display().to_string();
    let events = world.event_count().await?;
    let people = world.count("SELECT COUNT(*) FROM people").await?;
    for (args, says) in [
        (vec!["--yes"], "--student"),
        (vec!["--student", unknown, "--yes"], "StudentRegistered"),
        (vec!["--student", &head, "--yes"], "--staff"),
        (vec!["--student", "Zoé", "--yes"], "--student"),
        (vec!["--student", &student], "--yes"),
        (vec!["--staff", unknown, "--yes"], "StaffJoined"),
        (vec!["--staff", &student, "--yes"], "--student"),
        (vec!["--staff", &head, "--yes"], "replace-head"),
        (
            vec!["--released-before", "31/08/2027", "--yes"],
            "2027-08-31",
        ),
        (
            vec!["--released-before", "2027-02-30", "--yes"],
            "2027-08-31",
        ),
        (vec!["--reapply", &file, "--yes"], "ligne 3"),
        (vec!["--reapply", "/nowhere/list", "--yes"], "/nowhere/list"),
        (
            vec!["--student", &student, "--staff", &head],
            "cannot be used",
        ),
    ] {
        let refused = erase(&world, &mail, &args)?.ended(2)?;
        ensure!(
            refused.out.is_empty() && refused.err.contains(says),
            "{args:?}: {refused:#?}"
        );
    }
    ensure!(world.event_count().await? == events);
    ensure!(world.count("SELECT COUNT(*) FROM people").await? == people);
    Ok(())
}
