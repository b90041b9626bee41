//! A server whose disk is full, and then is not.

use std::fs;

use acceptance::{
    audit,
    binary::monstage,
    client::{Answer, Client},
    disk::Disk,
    engine::{self, Engine},
    server::Server,
    world::{School, Size, World},
};
use anyhow::ensure;
use serde_json::json;
use store::Store;

/// Room for the database and for what is written before it is full.
const DISK: u32 = 16;

/// How many writes a full disk takes at most, into pages that were there before.
const MOST: u32 = 1_000;

/// How often staff try again.
const TRIES: u32 = 5;

/// Somebody lets a log file grow on a Friday. Who works at the school hears that nothing was done, can read on,
/// and on Monday, once there is room again, nobody need restart anything.
#[test]
fn a_full_disk_refuses_writes_until_there_is_room() -> anyhow::Result<()> {
    engine::run(async {
        let disk = Disk::new(DISK)?;
        let world = World::new(Engine::Sqlite).await?;
        let school = world.school(Size::default()).await?;
        let token = world.session(&school.staff[0]).await?;
        let base = world.leave().await;
        let file = disk.from_outside().join("test.db");
        fs::copy(base.folder.path().join("test.db"), &file)?;
        let server = serve_on(&disk)?;
        let head = server.client().with_token(&token);

        let mut created = 0;
        for _ in 0..TRIES {
            create(&head, &school, created).await?.expect(201)?;
            created += 1;
        }
        disk.fill()?;
        loop {
            let answer = create(&head, &school, created).await?;
            if answer.status != 201 {
                answer.expect_problem(503, "unavailable")?;
                break;
            }
            created += 1;
            ensure!(created < MOST, "the disk is not full");
        }
        for _ in 0..TRIES {
            let refused = create(&head, &school, created).await?;
            refused.expect_problem(503, "unavailable")?;
            let list = head.get(&school.path("/classes")).await?.expect(200)?;
            ensure!(list.items()?.len() == usize::try_from(created)?.min(50));
        }
        disk.empty()?;
        for _ in 0..TRIES {
            create(&head, &school, created).await?.expect(201)?;
            created += 1;
        }
        drop(server);

        for end in ["", "-wal"] {
            let to = base.folder.path().join(format!("seen.db{end}"));
            fs::copy(format!("{}{end}", file.display()), to)?;
        }
        let url = base.url.replace("test.db", "seen.db");
        let store = Store::connect(&url, projections::all()).await?;
        let truth = audit::everything(&store).await?;
        store.close().await;
        ensure!(truth.classes.len() == usize::try_from(created)?);
        Ok(())
    })
}

fn serve_on(disk: &Disk) -> anyhow::Result<Server> {
    let mut command = disk.command(monstage()?);
    let url = format!("sqlite://{}/test.db", disk.path().display());
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("DATABASE_URL", url)
        .env("MONSTAGE_THROTTLE", "off");
    Server::spawn(command)
}

async fn create(head: &Client, school: &School, number: u32) -> anyhow::Result<Answer> {
    let class = json!({ "name": format!("3e {number}"), "track": "troisieme_generale" });
    head.post(&school.path("/classes"), class).await
}
