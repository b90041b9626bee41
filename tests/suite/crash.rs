//! `kill -9` at any moment: what was answered is there, and nothing is there by half.

use std::{collections::BTreeSet, time::Duration};

use acceptance::{
    audit::{self, Truth},
    chance::part,
    client::Client,
    engine::Engine,
    on_both_engines,
    server::Server,
    world::{School, Size, World},
};
use anyhow::{Context as _, bail, ensure};
use domain::{
    ids::{ClassId, StudentId},
    values::Role,
};
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use store::Store;
use tokio::time::{sleep, timeout};

on_both_engines!(killed_under_load_nothing_answered_is_lost);

const KILLS: u32 = 20;

/// Staff members at work at the same time. Each has two classes and five pupils of their own, so
/// that what the last answer promised can be told.
const WORKERS: usize = 4;

/// One of them, with what they were told.
struct Worker {
    pupils: Vec<StudentId>,
    classes: [ClassId; 2],
    /// Where all the pupils are, by the last answer: the first class or the second.
    side: usize,
    /// What the first class is called, by the last answer.
    name: String,
    /// What was asked and not answered yet: it may have happened, or not.
    asked: Option<Asked>,
    answered: u32,
}

enum Asked {
    Side(usize),
    Name(String),
}

/// A power cut, an upgrade gone wrong, the kernel short of memory. Staff were told "enregistré": it
/// must be so. And a roster change of five pupils must never be found with three of them moved.
async fn killed_under_load_nothing_answered_is_lost(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let size = Size {
        classes: 2 * WORKERS,
        students_per_class: 0,
        without_class: 0,
    };
    let school = world.school(size).await?;
    let mut workers = Vec::new();
    for classes in school.classes.chunks_exact(2) {
        workers.push(Worker {
            pupils: world.students(&school.uai, Some(classes[0].0), 5).await?,
            classes: [classes[0].0, classes[1].0],
            side: 0,
            name: String::new(),
            asked: None,
            answered: 0,
        });
    }
    let database = world.leave().await;
    let url = &database.url;

    for round in 0..KILLS {
        let mut server = Server::start(url)?;
        let head = server.client().sign_in(school.email(Role::Head)).await?;
        let delay = Duration::from_millis(30) + Duration::from_millis(170).mul_f64(part());
        let work = join_all(
            workers
                .iter_mut()
                .map(|worker| worker.work(&head, &school, round)),
        );
        // The workers go on until the server is gone.
        let killed = async {
            sleep(delay).await;
            server.kill()
        };
        let (worked, killed) = tokio::join!(timeout(Duration::from_secs(30), work), killed);
        killed?;
        worked
            .context("workers wait for a server that is gone")?
            .into_iter()
            .collect::<Result<(), _>>()?;
        settled(engine, url).await?;
        let store = Store::connect(url, projections::all()).await?;
        let truth = audit::everything(&store)
            .await
            .with_context(|| format!("after kill {round}, {delay:?} after the start"))?;
        store.close().await;
        for worker in &mut workers {
            worker.compare(&truth)?;
        }
    }
    let answered: u32 = workers.iter().map(|worker| worker.answered).sum();
    ensure!(
        answered > KILLS,
        "hardly any load: {answered} answers over {KILLS} rounds"
    );
    Ok(())
}

impl Worker {
    /// Moves the pupils to and fro and renames a class, until the server does not answer.
    async fn work(&mut self, head: &Client, school: &School, round: u32) -> anyhow::Result<()> {
        for turn in 0.. {
            let answer = if turn % 3 == 2 {
                let name = format!("{round}-{turn} {}", &self.classes[0].to_string()[24..]);
                self.asked = Some(Asked::Name(name.clone()));
                let path = format!("/api/v1/classes/{}", self.classes[0]);
                head.patch(&path, json!({ "name": name })).await
            } else {
                let side = 1 - self.side;
                self.asked = Some(Asked::Side(side));
                let to = self.classes[side];
                let change = |student: &StudentId| json!({ "student_id": student, "class_id": to });
                let changes: Vec<Value> = self.pupils.iter().map(change).collect();
                head.post(&school.path("/roster"), json!({ "changes": changes }))
                    .await
            };
            let Ok(answer) = answer else { return Ok(()) };
            if answer.status != 200 {
                bail!("refused: {answer:#?}");
            }
            self.answered += 1;
            match self.asked.take() {
                Some(Asked::Side(side)) => self.side = side,
                Some(Asked::Name(name)) => self.name = name,
                None => {}
            }
        }
        Ok(())
    }

    /// The log must show what was answered, or beyond that what was asked last, whole.
    fn compare(&mut self, truth: &Truth) -> anyhow::Result<()> {
        let places: BTreeSet<_> = self
            .pupils
            .iter()
            .map(|id| truth.students[id].class)
            .collect();
        ensure!(places.len() == 1, "half a roster change: {places:?}");
        let name = truth.classes[&self.classes[0]].name.as_ref();
        let name = name.context("a class has a name")?.to_string();
        let in_class = |side: usize| places.contains(&Some(self.classes[side]));
        match self.asked.take() {
            Some(Asked::Side(side)) if in_class(side) => self.side = side,
            Some(Asked::Name(asked)) if name == asked => self.name = asked,
            _ => {}
        }
        ensure!(in_class(self.side), "an answered roster change is gone");
        ensure!(
            self.name.is_empty() || name == self.name,
            "an answered rename is gone: {name}"
        );
        Ok(())
    }
}

/// Waits until PostgreSQL noticed that its clients are gone: what they sent last may still commit.
pub(super) async fn settled(engine: Engine, url: &str) -> anyhow::Result<()> {
    if engine == Engine::Sqlite {
        return Ok(());
    }
    let mut connection = PgConnection::connect(url).await?;
    let others = "SELECT COUNT(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid() \
                    AND backend_type = 'client backend'";
    for _ in 0..2_000 {
        let count: i64 = sqlx::query_scalar(others)
            .fetch_one(&mut connection)
            .await?;
        if count == 0 {
            return Ok(connection.close().await?);
        }
        sleep(Duration::from_millis(5)).await;
    }
    bail!("connections of a killed server are still there");
}
