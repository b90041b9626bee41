//! What stands behind a running server is another one from one moment to the next: a standby that had not
//! everything, or a dump on a new machine.

use std::time::Duration;

use acceptance::{
    audit,
    client::{Answer, Client},
    command_line,
    engine::{Engine, TestDatabase},
    on_both_engines, on_postgres,
    postgres::{Cluster, Durability},
    server::Server,
    tamper::Tampering,
    world::{School, Size, World},
};
use anyhow::{Context as _, bail, ensure};
use commands::edit_class::EditClass;
use domain::values::{Role, Track};
use serde_json::json;
use sqlx::PgPool;
use tokio::time::sleep;

on_both_engines!(a_log_that_lost_its_end_goes_on_without_a_hole);
on_postgres!(
    what_a_server_remembers_of_a_lost_end_is_not_believed,
    a_dump_restored_under_a_running_server_is_not_written_to,
);

const SIZE: Size = Size {
    classes: 1,
    students_per_class: 1,
    without_class: 0,
};

const DATABASE: &str = "monstage";

/// How often a server that was cut off is asked again: it recovers within seconds.
const TRIES: u32 = 100;

async fn rename(head: &Client, school: &School, name: &str) -> anyhow::Result<Answer> {
    let path = format!("/api/v1/classes/{}", school.class(0));
    head.patch(&path, json!({ "name": name })).await
}

/// An asynchronous standby takes over which had not received the last action; the server remembers the class
/// as that action left it. What comes next must follow what is there: a number that is left out is left out for
/// ever, and the class cannot be read any more.
async fn a_log_that_lost_its_end_goes_on_without_a_hole(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let server = Server::start(&world.database.url)?;
    let head = server.client().sign_in(school.email(Role::Head)).await?;
    rename(&head, &school, "3e Un").await?.expect(200)?;
    let kept = world.store().head().await?;
    rename(&head, &school, "3e Deux").await?.expect(200)?;
    let position = world.store().head().await?;
    ensure!(position > kept);
    Tampering::Remove { position }.on(world.store()).await?;
    command_line::run(&world.database.url, &["projections", "rebuild"])?.ended(0)?;
    rename(&head, &school, "3e Trois").await?.expect(200)?;
    rename(&head, &school, "3e Quatre").await?.expect(200)?;
    audit::everything(world.store()).await?;
    Ok(())
}

/// A database on a cluster of its own, and a server.
struct Alone {
    cluster: Cluster,
    world: World,
    school: School,
    server: Server,
    head: Client,
}

impl Alone {
    async fn new() -> anyhow::Result<Self> {
        let cluster = Cluster::start(Durability::Durable)?;
        let database = TestDatabase::at(cluster.database(DATABASE).await?)?;
        let world = World::on(database).await?;
        let school = world.school(SIZE).await?;
        let server = Server::start(&world.database.url)?;
        let head = server.client().sign_in(school.email(Role::Head)).await?;
        Ok(Self {
            cluster,
            world,
            school,
            server,
            head,
        })
    }

    /// Asks again until the server is connected again.
    async fn recovered(&self) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            let ready = self.server.client().get("/readyz").await?;
            if ready.status == 200 {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
        bail!("the server does not recover:\n{}", self.server.log())
    }
}

/// The log goes on differently after the failover, up to the number that the server remembers: what it decided
/// on its memory would tell of a change from what never was.
async fn what_a_server_remembers_of_a_lost_end_is_not_believed(_: Engine) -> anyhow::Result<()> {
    let mut alone = Alone::new().await?;
    let class = format!("/api/v1/classes/{}", alone.school.class(0));
    let standby = alone.cluster.standby()?;
    alone.recovered().await?;
    let lost = json!({ "track": "troisieme_segpa" });
    alone.head.patch(&class, lost).await?.expect(200)?;
    alone.cluster.fail_over_to(&standby)?;
    // Another server is the first to act on what there is.
    let other = World::on(TestDatabase::at(alone.world.database.url.clone())?).await?;
    let renamed = EditClass {
        establishment: alone.school.uai.clone(),
        class: alone.school.class(0),
        name: Some("3e Curie".parse()?),
        track: None,
        expected_versions: None,
    };
    other.commands.execute(&other.by(), &renamed).await?;
    alone.recovered().await?;
    let events = other.event_count().await?;
    let usual = json!({ "track": Track::TroisiemeGenerale.as_str() });
    let answer = alone.head.patch(&class, usual).await?.expect(200)?;
    ensure!(answer.body["name"] == "3e Curie", "{answer:#?}");
    ensure!(
        other.event_count().await? == events,
        "a change is told that never was"
    );
    rename(&alone.head, &alone.school, "3e Noether")
        .await?
        .expect(200)?;
    audit::everything(other.store()).await?;
    Ok(())
}

/// A new machine counts its transactions from the beginning: what is appended there would come before all that
/// the dump holds. The server says that it cannot, until the count is moved on, and goes on by itself then.
async fn a_dump_restored_under_a_running_server_is_not_written_to(_: Engine) -> anyhow::Result<()> {
    let mut alone = Alone::new().await?;
    let pool = PgPool::connect(&alone.world.database.url).await?;
    let spend = "DO $$ BEGIN FOR i IN 1..3000 LOOP \
                 PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";
    sqlx::raw_sql(spend).execute(&pool).await?;
    rename(&alone.head, &alone.school, "3e Un")
        .await?
        .expect(200)?;
    pool.close().await;
    alone.cluster.replace(DATABASE).await?;
    let pool = PgPool::connect(&alone.world.database.url).await?;
    let count = "SELECT COUNT(*) FROM events";
    let events: i64 = sqlx::query_scalar(count).fetch_one(&pool).await?;

    // The first answers may still be of connections that are gone.
    for _ in 0..20 {
        let refused = rename(&alone.head, &alone.school, "3e Deux").await?;
        refused.expect_problem(503, "unavailable")?;
    }
    let ready = alone.server.client().get("/readyz").await?;
    ready.expect_problem(503, "unavailable")?;
    ensure!(alone.server.log().contains("another cluster"));
    let after: i64 = sqlx::query_scalar(count).fetch_one(&pool).await?;
    ensure!(after == events, "written to");

    let move_on = "DO $$ DECLARE last bigint := (SELECT MAX(transaction_id) FROM events); \
                   BEGIN WHILE pg_current_xact_id()::text::bigint <= last LOOP COMMIT; END LOOP; END $$";
    sqlx::raw_sql(move_on).execute(&pool).await?;
    alone.recovered().await?;
    rename(&alone.head, &alone.school, "3e Trois")
        .await?
        .expect(200)?;
    let other = World::on(TestDatabase::at(alone.world.database.url.clone())?).await?;
    audit::everything(other.store()).await.context("after it")?;
    Ok(())
}
