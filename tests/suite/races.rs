//! Several people at the same moment: whatever the order, one true history.
//!
//! Each race is run for [`ROUNDS`] rounds against the real server, the two requests sent together
//! with a lead that changes from round to round; then the whole database is checked.

use std::time::Duration;

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    on_both_engines, on_postgres,
    scene::Scene,
    server::Server,
    world::Size,
};
use anyhow::{bail, ensure};
use domain::{ids::ClassId, values::Role};
use serde_json::{Value, json};
use tokio::{join, time::sleep};

/// Of each race, on each engine.
const ROUNDS: u64 = 150;

on_both_engines!(
    deleting_a_class_against_moving_a_pupil_into_it,
    two_colleagues_moving_the_same_pupil,
    two_classes_of_the_same_name,
    the_same_roster_change_twice,
);

on_postgres!(two_servers_run_the_same_races);

/// Two members of the same staff, each with a connection of their own, on one server or on two.
struct Race {
    scene: Scene,
    second_server: Option<Server>,
    one: Client,
    other: Client,
}

impl Race {
    async fn new(engine: Engine, servers: usize) -> anyhow::Result<Self> {
        let size = Size {
            classes: 4,
            students_per_class: 6,
            without_class: 0,
        };
        let scene = Scene::new(engine, size).await?;
        let second_server = match servers {
            1 => None,
            _ => Some(Server::start(&scene.world.database.url)?),
        };
        let second = second_server.as_ref().unwrap_or(&scene.server);
        Ok(Self {
            one: scene.staff(Role::Head).await?,
            other: second
                .client()
                .sign_in(scene.school.email(Role::MainTeacher))
                .await?,
            scene,
            second_server,
        })
    }

    fn roster(&self) -> String {
        self.scene.school.path("/roster")
    }

    async fn finish(self) -> anyhow::Result<audit::Truth> {
        drop(self.second_server);
        audit::everything(self.scene.world.store()).await
    }
}

/// Does both at once; `round` gives one of them a lead of up to two milliseconds, so that over the
/// rounds they meet at every stage.
pub(super) async fn together<A, B, T, U>(round: u64, one: A, other: B) -> anyhow::Result<(T, U)>
where
    A: Future<Output = anyhow::Result<T>>,
    B: Future<Output = anyhow::Result<U>>,
{
    let lead = Duration::from_micros(round * 397 % 2_000);
    let (wait_one, wait_other) = match round % 3 {
        0 => (lead, Duration::ZERO),
        1 => (Duration::ZERO, lead),
        _ => (Duration::ZERO, Duration::ZERO),
    };
    let one = async {
        sleep(wait_one).await;
        one.await
    };
    let other = async {
        sleep(wait_other).await;
        other.await
    };
    let (one, other) = join!(one, other);
    Ok((one?, other?))
}

/// "A class is deleted only when empty, whatever happens at the same moment": had both happened, a
/// pupil would be in a class that nobody can open, and missing from every list.
async fn deleting_a_class_against_moving_a_pupil_into_it(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine, 1).await?;
    delete_against_move(&race).await?;
    race.finish().await?;
    Ok(())
}

async fn delete_against_move(race: &Race) -> anyhow::Result<()> {
    let school = &race.scene.school;
    let student = school.classes[0].1[0];
    let (mut deleted, mut moved) = (0, 0);
    for round in 0..ROUNDS {
        let class = race
            .scene
            .world
            .class(&school.uai, &format!("D{round}"))
            .await?;
        let path = format!("/api/v1/classes/{class}");
        let body = json!({ "changes": [{ "student_id": student, "class_id": class }] });
        let deletion = race.one.delete(&path);
        let roster = race.roster();
        let (deletion, moving) = together(round, deletion, race.other.post(&roster, body)).await?;
        match (deletion.status, moving.status) {
            (204, 404) => deleted += 1,
            (409, 200) => {
                deletion.expect_problem(409, "class_not_empty")?;
                moved += 1;
            }
            _ => bail!("round {round}: {deletion:#?} and {moving:#?}"),
        }
    }
    ensure!(
        deleted > 0 && moved > 0,
        "no race: {deleted} deleted, {moved} moved"
    );
    Ok(())
}

/// Both see the pupil in one class, and send them to different ones. Both wishes may be fulfilled,
/// one after the other; but who said where they saw the pupil must be told when that was no longer
/// so, and nobody may get another answer than these.
async fn two_colleagues_moving_the_same_pupil(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine, 1).await?;
    move_against_move(&race).await?;
    race.finish().await?;
    Ok(())
}

async fn move_against_move(race: &Race) -> anyhow::Result<()> {
    let school = &race.scene.school;
    let (start, left, right) = (school.class(0), school.class(1), school.class(2));
    let student = school.classes[0].1[0];
    let roster = race.roster();
    let home = json!({ "changes": [{ "student_id": student, "class_id": start }] });
    let mut refused = 0;
    for round in 0..ROUNDS {
        race.one.post(&roster, home.clone()).await?.expect(200)?;
        let says_where = round % 2 == 0;
        let to = |class: ClassId| {
            let mut change = json!({ "student_id": student, "class_id": class });
            if says_where {
                change["from_class_id"] = json!(start);
            }
            json!({ "changes": [change] })
        };
        let one = race.one.post(&roster, to(left));
        let other = race.other.post(&roster, to(right));
        let (one, other) = together(round, one, other).await?;
        match (one.status, other.status) {
            (200, 200) if !says_where => {}
            (200, 409) if says_where => {
                other.expect_problem(409, "student_moved_meanwhile")?;
                refused += 1;
            }
            (409, 200) if says_where => {
                one.expect_problem(409, "student_moved_meanwhile")?;
                refused += 1;
            }
            _ => bail!("round {round}, from given: {says_where}: {one:#?} and {other:#?}"),
        }
    }
    ensure!(refused == ROUNDS / 2, "{refused} refused of {}", ROUNDS / 2);
    Ok(())
}

/// The name is unique by an index, not by a look beforehand: of two who create "3e B" at once, one
/// gets it and the other is told that it is taken.
async fn two_classes_of_the_same_name(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine, 1).await?;
    create_against_create(&race).await?;
    race.finish().await?;
    Ok(())
}

async fn create_against_create(race: &Race) -> anyhow::Result<()> {
    let classes = race.scene.school.path("/classes");
    for round in 0..ROUNDS {
        let class = |name: String| json!({ "name": name, "track": "troisieme_generale" });
        let one = race.one.post(&classes, class(format!("3e été {round}")));
        let other = race.other.post(&classes, class(format!("3E ETE {round}")));
        let (one, other) = together(round, one, other).await?;
        let loser = match (one.status, other.status) {
            (201, 409) => other,
            (409, 201) => one,
            _ => bail!("round {round}: {one:#?} and {other:#?}"),
        };
        loser.expect_problem(409, "class_name_taken")?;
    }
    let list = race
        .one
        .get(&format!("{classes}?limit=200"))
        .await?
        .expect(200)?;
    let names = list
        .items()?
        .iter()
        .filter_map(|class| class["name"].as_str());
    let created = names.filter(|name| name.starts_with("3e été") || name.starts_with("3E ETE"));
    ensure!(created.count() as u64 == ROUNDS, "{list:#?}");
    Ok(())
}

/// A slow network and an impatient click send the same form twice. The second is answered as done,
/// and the history shows each move once.
async fn the_same_roster_change_twice(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine, 1).await?;
    twice_the_same(&race).await?;
    race.finish().await?;
    Ok(())
}

async fn twice_the_same(race: &Race) -> anyhow::Result<()> {
    let school = &race.scene.school;
    let roster = race.roster();
    let pupils = &school.classes[3].1;
    let (mut from, mut to) = (school.class(3), school.class(2));
    for round in 0..ROUNDS {
        let changes: Vec<Value> = pupils
            .iter()
            .map(|pupil| json!({ "student_id": pupil, "class_id": to, "from_class_id": from }))
            .collect();
        let changes = json!({ "changes": changes });
        let before = race.scene.world.event_count().await?;
        let one = race.one.post(&roster, changes.clone());
        let other = race.other.post(&roster, changes);
        let (one, other) = together(round, one, other).await?;
        let (one, other) = (one.expect(200)?, other.expect(200)?);
        let moved = |answer: &Answer| answer.body["changed"].as_u64();
        let mut sums = [moved(&one), moved(&other)];
        sums.sort_unstable();
        let all = pupils.len() as u64;
        ensure!(
            sums == [Some(0), Some(all)],
            "round {round}: {one:#?} and {other:#?}"
        );
        let appended = race.scene.world.event_count().await? - before;
        ensure!(
            appended == 3 * i64::try_from(all)?,
            "round {round}: {appended} events"
        );
        (from, to) = (to, from);
    }
    Ok(())
}

/// Production runs several servers on one database. Nothing that keeps the history true may live in
/// the memory of one of them.
async fn two_servers_run_the_same_races(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine, 2).await?;
    delete_against_move(&race).await?;
    move_against_move(&race).await?;
    create_against_create(&race).await?;
    twice_the_same(&race).await?;
    race.finish().await?;
    Ok(())
}
