//! A backup brings back whom it knew: they are erased again.

use std::{path::Path, sync::Arc};

use acceptance::{
    audit, command_line,
    engine::{Engine, TestDatabase},
    mail::{Kind, Mailbox},
    newcomer::{invitation, invited},
    on_both_engines,
    world::World,
};
use accounts::person::{self, NewPeople, Person};
use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use commands::{By, Commands, register_student::RegisterStudent, remove_staff::RemoveStaff};
use domain::{
    ids::{CorrelationId, PersonId, StudentId},
    values::{PersonName, Role, StaffRole, Uai},
};
use serde_json::json;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::{Store, SystemClock, Write as _};
use tempfile::TempDir;

use super::{SIZE, erase_in, scene};

on_both_engines!(
    whom_a_backup_brings_back_is_erased_again,
    whose_data_come_back_alone_lose_them_again,
    a_head_whom_a_backup_brings_back_needs_a_successor,
    an_invitation_that_comes_back_in_the_folder_for_mail_goes_again,
);

/// A copy of a database that nobody is connected to, as a backup would be; gives its address.
async fn backup(engine: Engine, database: &TestDatabase) -> anyhow::Result<String> {
    if engine == Engine::Sqlite {
        let copy = database.folder.path().join("copy.db");
        let mut connection = SqliteConnection::connect(&database.url).await?;
        let into = format!("VACUUM INTO '{}'", copy.display());
        sqlx::query(&into).execute(&mut connection).await?;
        connection.close().await?;
        return Ok(format!("sqlite://{}", copy.display()));
    }
    let (address, rest) = database.url.split_once('?').context("a host")?;
    let (server, name) = address.rsplit_once('/').context("a database")?;
    let mut connection = PgConnection::connect(&format!("{server}/postgres?{rest}")).await?;
    let copy = format!("CREATE DATABASE {name}_copy TEMPLATE {name}");
    sqlx::query(&copy).execute(&mut connection).await?;
    connection.close().await?;
    Ok(format!("{server}/{name}_copy?{rest}"))
}

async fn is_named(store: &Store, id: PersonId) -> anyhow::Result<bool> {
    let mut reader = store.reader().await?;
    Ok(person::name(&mut reader.conn(), id.as_uuid())
        .await?
        .is_some())
}

/// Runs `monstage erase` and gives what it did to whom.
fn done(url: &str, mail: &TempDir, args: &[&str]) -> anyhow::Result<serde_json::Value> {
    erase_in(url, mail, &[args, &["--yes", "--json"]].concat())?
        .ended(0)?
        .json()
}

/// After the backup a pupil comes, whose id it gives, and a teacher leaves.
async fn a_day_later(url: &str, uai: Uai, teacher: PersonId) -> anyhow::Result<StudentId> {
    let store = Store::connect(url, projections::all()).await?;
    let commands = Commands::new(store, Arc::new(SystemClock), Vec::new());
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    let remove = RemoveStaff {
        establishment: uai.clone(),
        staff: teacher,
    };
    commands.execute(&by, &remove).await?;
    let student = StudentId::new(commands.clock().new_uuid());
    let register = RegisterStudent {
        establishment: uai,
        student,
        class: None,
    };
    commands.execute(&by, &register).await?;
    commands.store().close().await;
    Ok(student)
}

/// A disk breaks, and yesterday's backup takes its place: those erased today are back, one of them in
/// their class and another on the staff, as if nobody had asked. The list kept beside the backups puts
/// that right; whom yesterday did not know yet is not made up.
async fn whom_a_backup_brings_back_is_erased_again(engine: Engine) -> anyhow::Result<()> {
    let mail = tempfile::tempdir()?;
    let list = mail.path().join("list.ndjson").display().to_string();
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let teacher = world.colleague(&school.uai, StaffRole::Teacher, 1).await?;
    let (pupil, uai) = (school.classes[0].1[0], school.uai);
    let database = world.leave().await;
    let restored = backup(engine, &database).await?;

    let new = a_day_later(&database.url, uai, teacher.id).await?;
    for (flag, id) in [
        ("--student", pupil.to_string()),
        ("--staff", teacher.id.to_string()),
        ("--student", new.to_string()),
    ] {
        ensure!(done(&database.url, &mail, &[flag, &id])?["erased"] == 1);
    }
    let exported = erase_in(&database.url, &mail, &["--export", &list])?.ended(0)?;
    ensure!(exported.out.contains("3 effacements"), "{exported:#?}");

    ensure!(done(&restored, &mail, &["--reapply"])?["people"] == json!([]));
    let again = done(&restored, &mail, &["--reapply", &list])?;
    ensure!(
        again["erased"] == 2 && again["already_erased"] == 0,
        "{again:#}"
    );
    ensure!(again["left"] == 0, "{again:#}");
    ensure!(done(&restored, &mail, &["--reapply", &list])?["people"] == json!([]));
    let store = Store::connect(&restored, projections::all()).await?;
    for id in [pupil.into(), teacher.id] {
        ensure!(!is_named(&store, id).await?, "{id} is named again");
    }
    let truth = audit::everything(&store).await?;
    ensure!(truth.students[&pupil].erased && !truth.students.contains_key(&new));
    store.close().await;
    Ok(())
}

/// Somebody restores one table and the folder for mail only. The log knows better, and says nothing twice.
async fn whose_data_come_back_alone_lose_them_again(engine: Engine) -> anyhow::Result<()> {
    let mail = tempfile::tempdir()?;
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let (id, other) = (school.student.id, school.classes[1].1[0]);
    let url = &world.database.url;
    ensure!(done(url, &mail, &["--student", &id.to_string()])?["erased"] == 1);
    let mut tx = world.store().begin().await?;
    let person = Person {
        id,
        first_name: PersonName::parse("Zoé")?,
        last_name: PersonName::parse("Exemple")?,
        birth_date: NaiveDate::from_ymd_opt(2012, 3, 14),
    };
    NewPeople(vec![person]).write(&mut tx.conn()).await?;
    tx.commit().await?;
    let message = format!("X-Monstage-About: {other} {id}\r\nTo: head@ac-demo.test\r\n\r\nZoé");
    std::fs::write(mail.path().join("restored.eml"), message)?;
    let events = world.event_count().await?;
    let again = done(url, &mail, &["--reapply"])?;
    ensure!(
        again["people"] == json!([{ "kind": "student", "id": id }]) && again["already_erased"] == 1,
        "{again:#}"
    );
    ensure!(again["messages_removed"] == 1, "{again:#}");
    ensure!(!is_named(world.store(), id).await?);
    ensure!(is_named(world.store(), other.into()).await?);
    ensure!(
        world.event_count().await? == events,
        "an erasure told twice"
    );
    Ok(())
}

/// A head left after the backup and was erased. In the backup they are in charge again, and a collège must
/// not be without a head: the operator hears what to do first, and nothing of it is forgotten.
async fn a_head_whom_a_backup_brings_back_needs_a_successor(engine: Engine) -> anyhow::Result<()> {
    let mail = tempfile::tempdir()?;
    let list = mail.path().join("list.ndjson").display().to_string();
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let (head, uai) = (school.staff[0].id, school.uai.as_str());
    let successor = &school.staff[1].email;
    let database = world.leave().await;
    let restored = backup(engine, &database).await?;
    let replace = ["admin", "replace-head", "--uai", uai, "--email", successor];
    command_line::run(&database.url, &replace)?.ended(0)?;
    done(&database.url, &mail, &["--staff", &head.to_string()])?;
    erase_in(&database.url, &mail, &["--export", &list])?.ended(0)?;

    let reapply = ["--reapply", &list, "--yes", "--json"];
    let undone = erase_in(&restored, &mail, &reapply)?.ended(3)?;
    ensure!(undone.err.contains("replace-head"), "{undone:#?}");
    ensure!(undone.json()?["left"] == 1, "{undone:#?}");
    command_line::run(&restored, &replace)?.ended(0)?;
    ensure!(done(&restored, &mail, &["--reapply", &list])?["erased"] == 1);
    let store = Store::connect(&restored, projections::all()).await?;
    ensure!(!is_named(&store, head).await?);
    audit::everything(&store).await?;
    store.close().await;
    Ok(())
}

/// Somebody restores the folder for mail alone. The message with an invitation names a person who had no id
/// then, and their address is gone: the log still knows which invitation they followed.
async fn an_invitation_that_comes_back_in_the_folder_for_mail_goes_again(
    engine: Engine,
) -> anyhow::Result<()> {
    const EMAIL: &str = "marque.deposee@ac-demo.test";
    const OTHER: &str = "somebody.else@ac-demo.test";
    let (scene, mail) = scene(engine).await?;
    let mailbox = Mailbox::of_folder(mail.path());
    for email in [EMAIL, OTHER] {
        let form = invitation(Role::Teacher, email);
        let invitations = scene.school.path("/invitations");
        scene.head.post(&invitations, form).await?.expect(201)?;
    }
    let token = mailbox.token(EMAIL, Kind::Invitation).await?;
    let nobody = scene.server.client();
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    let teacher = nobody.sign_in(EMAIL).await?.account().await?;
    let id = teacher["id"].as_str().context("an id")?;
    let place = scene.school.path(&format!("/staff/{id}"));
    scene.head.delete(&place).await?.expect(204)?;
    scene.world.mail_settled().await?;

    let backup = tempfile::tempdir()?;
    copy(mail.path(), backup.path())?;
    let url = &scene.world.database.url;
    ensure!(done(url, &mail, &["--staff", id])?["erased"] == 1);
    copy(backup.path(), mail.path())?;
    done(url, &mail, &["--reapply"])?;
    let left = mailbox.all()?;
    ensure!(left.len() == 1 && left[0].to == OTHER, "{left:#?}");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}
