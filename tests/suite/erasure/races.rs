//! Erasing somebody while others act on them.

use std::time::Duration;

use acceptance::{
    audit,
    engine::Engine,
    newcomer::invited,
    on_both_engines,
    scene::Scene,
    world::{School, Size},
};
use accounts::{
    account,
    erasing::{self, Person},
};
use anyhow::ensure;
use commands::{CommandError, Refusal, remove_staff::RemoveStaff};
use domain::values::StaffRole;
use projections::erasures;
use serde_json::json;
use tokio::time::sleep;

use super::{SIZE, scene};
use crate::races::together;

on_both_engines!(
    erasing_a_pupil_against_moving_them,
    erasing_staff_against_their_coming_back,
);

/// How often a race is run.
const ROUNDS: u64 = 50;

/// The same, where each round hashes a password; and how much later each begins to erase than the one
/// before, so that they meet at every stage.
const RETURNS: u64 = 20;
const STEP: Duration = Duration::from_millis(15);

/// A colleague moves the pupil at the very moment that they are erased. Whichever comes first, the pupil
/// ends up erased and in no class, and the class can still be deleted once the others left it.
async fn erasing_a_pupil_against_moving_them(engine: Engine) -> anyhow::Result<()> {
    let rounds = usize::try_from(ROUNDS)?;
    let size = Size {
        students_per_class: rounds,
        ..SIZE
    };
    let scene = Scene::new(engine, size).await?;
    let (commands, by) = (&scene.world.commands, scene.world.by());
    let joined = scene.school.class(1);
    let mut moved = 0;
    for (round, student) in (0..ROUNDS).zip(&scene.school.classes[0].1) {
        let person = Person {
            kind: erasures::Kind::Student,
            id: (*student).into(),
        };
        let erasing = Box::pin(async { Ok(erasing::erase(commands, &by, person).await?) });
        let moving = scene.roster(json!([{ "student_id": student, "class_id": joined }]));
        let (erased, answer) = together(round, erasing, moving).await?;
        ensure!(erased, "{student} was not erased");
        match answer.status {
            200 => moved += 1,
            _ => answer.expect_problem(404, "not_found").map(drop)?,
        }
    }
    ensure!(moved > 0, "no move ever came first");
    let truth = audit::everything(scene.world.store()).await?;
    ensure!(truth.classes[&scene.school.class(0)].students.is_empty());
    ensure!(truth.classes[&joined].students.len() == rounds);
    let names = scene.world.count("SELECT COUNT(*) FROM people").await?;
    ensure!(usize::try_from(names)? == rounds + scene.school.staff.len());
    Ok(())
}

/// Somebody who left follows an invitation to another school at the very moment that they are erased.
/// Either they are there, with name and account, or they are gone, and the link with them; nobody ends up
/// on a staff without a name.
async fn erasing_staff_against_their_coming_back(engine: Engine) -> anyhow::Result<()> {
    let (scene, _mail) = scene(engine).await?;
    let other = scene.world.school(SIZE).await?;
    let mut came_back = 0;
    for round in 0..RETURNS {
        came_back += u64::from(comes_back(&scene, &other, round).await?);
    }
    ensure!(
        0 < came_back && came_back < RETURNS,
        "{came_back} came back"
    );
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// One round: whether they came back.
async fn comes_back(scene: &Scene, other: &School, round: u64) -> anyhow::Result<bool> {
    let (world, nobody) = (&scene.world, scene.server.client());
    let uai = &scene.school.uai;
    let teacher = world.colleague(uai, StaffRole::Teacher, round).await?;
    let (id, by) = (teacher.id, world.by());
    let remove = RemoveStaff {
        establishment: uai.clone(),
        staff: id,
    };
    world.commands.execute(&by, &remove).await?;
    let token = world
        .invited(StaffRole::Teacher, None, &other.uai, &teacher.email)
        .await?;
    let kind = erasures::Kind::Staff;
    let erasing = async {
        sleep(STEP * u32::try_from(round)?).await;
        anyhow::Ok(erasing::erase(&world.commands, &by, Person { kind, id }).await)
    };
    let following = invited(&token);
    let (erased, followed) = tokio::try_join!(erasing, nobody.sign_up(&following))?;
    let returned = followed.status == 202;
    ensure!(returned || followed.status == 410, "{followed:#?}");
    match erased {
        Ok(new) => ensure!(new && !returned, "erased, and on a staff: {followed:#?}"),
        Err(CommandError::Refused(Refusal::StillOnStaff | Refusal::Busy)) => {
            ensure!(returned, "neither erased nor back: {followed:#?}");
        }
        Err(error) => return Err(error.into()),
    }
    let mut reader = world.store().reader().await?;
    let known = account::known(&mut reader.conn(), [id]).await?;
    ensure!(known.contains(&id) == returned);
    Ok(returned)
}
