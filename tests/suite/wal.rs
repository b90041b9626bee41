//! SQLite's write-ahead log: a server and commands beside it each bring what was written from there into the
//! database file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use acceptance::{
    audit,
    client::Client,
    command_line,
    engine::{Engine, run},
    scene::Scene,
    world::{School, Size},
};
use anyhow::{Context as _, ensure};
use domain::{
    ids::{ClassId, StudentId},
    values::Role,
};
use futures::future::try_join_all;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use tokio::{task::spawn_blocking, time::sleep};

/// How often each command runs.
const ROUNDS: usize = 8;

/// Each writes, and brings what was written into the file at its end; the second one empties the log besides.
const COMMANDS: [&[&str]; 4] = [
    &["projections", "rebuild"],
    &["erase", "--reapply", "--yes"],
    &["audit", "seals", "export", "-"],
    &["migrate"],
];

/// Groups of pupils who are moved to and fro at the same time, each between two classes of its own.
const GROUPS: usize = 3;

/// What the write-ahead log holds at most: a thousand pages until somebody brings them into the file, and what
/// is written while nobody can.
const LONGEST_WAL: u64 = 32 << 20;

/// SQLite before 3.51.3 can take what one process wrote for what another brought into the file already, and lose
/// it (<https://sqlite.org/wal.html#walresetbug>).
#[test]
fn the_sqlite_in_the_program_has_no_wal_reset_bug() -> anyhow::Result<()> {
    run(async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut connection)
            .await?;
        let numbers: Vec<u32> = version
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        ensure!(numbers >= vec![3, 51, 3], "{version}");
        Ok(())
    })
}

/// Whoever runs the service rebuilds, erases and seals while staff are at work. Not one answered change may be
/// lost, and the file must be whole.
#[test]
fn commands_beside_a_busy_server_leave_the_file_whole() -> anyhow::Result<()> {
    run(async {
        let size = Size {
            classes: 2 * GROUPS,
            ..Size::default()
        };
        let scene = Scene::new(Engine::Sqlite, size).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut groups = Vec::new();
        for group in 0..GROUPS {
            let uai = &scene.school.uai;
            let classes = [0, 1].map(|side| scene.school.class(2 * group + side));
            groups.push(Group {
                pupils: scene.world.students(uai, Some(classes[0]), 5).await?,
                classes,
                side: 0,
            });
        }
        let head = scene.staff(Role::Head).await?;
        let work = try_join_all(
            groups
                .iter_mut()
                .map(|group| group.work(&head, &scene.school, &stop)),
        );
        let beside = async {
            let longest = beside(&scene).await;
            stop.store(true, Ordering::Relaxed);
            longest
        };
        let (answered, longest) = tokio::join!(work, beside);
        let answered: usize = answered?.into_iter().sum();
        let longest = longest?;
        ensure!(answered > 50, "hardly any load: {answered} answers");
        ensure!(longest < LONGEST_WAL, "the log grew to {longest} bytes");

        let mut connection = SqliteConnection::connect(&scene.world.database.url).await?;
        let whole: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_all(&mut connection)
            .await?;
        ensure!(whole == ["ok"], "{whole:#?}");
        connection.close().await?;
        let truth = audit::everything(scene.world.store()).await?;
        for group in &groups {
            for pupil in &group.pupils {
                let class = truth.students[pupil].class;
                ensure!(
                    class == Some(group.classes[group.side]),
                    "an answered change is gone"
                );
            }
        }
        command_line::run(&scene.world.database.url, &["audit", "verify"])?.ended(0)?;
        Ok(())
    })
}

/// Runs every command again and again, all beside each other; gives the longest that the log was.
async fn beside(scene: &Scene) -> anyhow::Result<u64> {
    let mail = format!("file://{}", scene.world.database.folder.path().display());
    let commands = COMMANDS.map(|command| {
        let (url, mail) = (scene.world.database.url.clone(), mail.clone());
        spawn_blocking(move || {
            for _ in 0..ROUNDS {
                let mail = [("MONSTAGE_MAIL_URL", mail.as_str())];
                let outcome = command_line::run_with(&url, command, &mail)?;
                // An erasure says so when it could not empty the log, others being at work.
                let expected = if command[0] == "erase" { 3 } else { 0 };
                ensure!([0, expected].contains(&outcome.code), "{outcome:#?}");
            }
            anyhow::Ok(())
        })
    });
    let wal = scene.world.database.folder.path().join("test.db-wal");
    let mut longest = 0;
    while commands.iter().any(|command| !command.is_finished()) {
        longest = longest.max(wal.metadata().map_or(0, |wal| wal.len()));
        sleep(Duration::from_millis(20)).await;
    }
    for command in commands {
        command.await??;
    }
    Ok(longest)
}

/// Pupils who change class together.
struct Group {
    pupils: Vec<StudentId>,
    classes: [ClassId; 2],
    side: usize,
}

impl Group {
    /// Moves them to and fro until it is to stop; gives how often.
    async fn work(
        &mut self,
        head: &Client,
        school: &School,
        stop: &AtomicBool,
    ) -> anyhow::Result<usize> {
        let mut answered = 0;
        while !stop.load(Ordering::Relaxed) {
            let side = 1 - self.side;
            let change = |pupil| json!({ "student_id": pupil, "class_id": self.classes[side] });
            let changes: Vec<Value> = self.pupils.iter().map(change).collect();
            let changes = json!({ "changes": changes });
            let answer = head.post(&school.path("/roster"), changes).await;
            let answer = answer.context("no answer")?;
            ensure!(answer.status == 200, "{answer:#?}");
            self.side = side;
            answered += 1;
        }
        Ok(answered)
    }
}
