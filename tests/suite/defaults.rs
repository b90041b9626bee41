//! What a role or a database says by default changes nothing of what the program counts on.

use std::time::Duration;

use acceptance::{
    audit, command_line,
    engine::{Engine, TestDatabase},
    on_postgres,
    server::Server,
    world::{Size, World},
};
use anyhow::ensure;
use domain::values::Role;
use futures::future::try_join_all;
use serde_json::json;
use sqlx::PgPool;
use tokio::time::sleep;

use super::reset::{behind, open};

on_postgres!(
    a_reset_beside_staff_holds_whatever_a_database_says_by_default,
    a_database_whose_log_is_not_protected_is_refused,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 3,
    without_class: 1,
};

/// Years opened one after the other, while staff create classes.
const ROUNDS: i32 = 6;

/// All that was found to break something, or to cut it off in the middle.
const HOSTILE: [(&str, &str); 8] = [
    ("default_transaction_isolation", "repeatable read"),
    ("lock_timeout", "1ms"),
    ("statement_timeout", "20ms"),
    ("idle_in_transaction_session_timeout", "1ms"),
    ("idle_session_timeout", "10ms"),
    ("synchronous_commit", "off"),
    ("search_path", "elsewhere"),
    ("plan_cache_mode", "force_custom_plan"),
];

async fn set(url: &str, name: &str, value: &str) -> anyhow::Result<()> {
    let pool = PgPool::connect(url).await?;
    let sql = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {name} = %L', current_database(), '{value}'); \
         END $$"
    );
    sqlx::raw_sql(&sql).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

/// An administrator of the database gives the role careful defaults. With `repeatable read`, six classes that were
/// created during a reset stayed open in the year that it had closed.
async fn a_reset_beside_staff_holds_whatever_a_database_says_by_default(
    engine: Engine,
) -> anyhow::Result<()> {
    let database = TestDatabase::new(engine).await?;
    for (name, value) in HOSTILE {
        set(&database.url, name, value).await?;
    }
    let world = World::on(database).await?;
    let school = world.school(SIZE).await?;
    let server = Server::start_with(&world.database.url, &[("MONSTAGE_THROTTLE", "off")])?;
    let head = server.client().sign_in(school.email(Role::Head)).await?;
    let path = school.path("/classes");
    let next = world.next_school_year()?.year();
    for year in next..next + ROUNDS {
        let create = |turn: i32| {
            let (head, path) = (&head, &path);
            async move {
                for number in 0..8 {
                    let name = format!("{year} {turn} {number}");
                    let body = json!({ "name": name, "track": "troisieme_generale" });
                    head.post(path, body).await?.expect(201)?;
                }
                anyhow::Ok(())
            }
        };
        let created = try_join_all((0..6).map(create));
        let opened = async {
            sleep(Duration::from_millis(15)).await;
            let behind = behind(&world.commands, year).await?;
            open(&world.commands, year, &behind).await
        };
        let (created, opened) = tokio::join!(created, opened);
        created?;
        opened?;
        let left = "SELECT COUNT(*) FROM classes c JOIN directory d ON d.uai = c.establishment \
                    WHERE c.school_year <> d.school_year";
        let left = world.count(left).await?;
        ensure!(
            left == 0,
            "{left} classes stay open in the year before {year}"
        );
    }
    audit::everything(world.store()).await?;
    command_line::run(&world.database.url, &["audit", "verify"])?.ended(0)?;
    Ok(())
}

/// Replication tools have triggers switched off for their role. What keeps events from being changed is a
/// trigger.
async fn a_database_whose_log_is_not_protected_is_refused(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let url = &world.database.url;
    set(url, "session_replication_role", "replica").await?;
    let refused = command_line::run(url, &["migrate"])?.ended(1)?;
    ensure!(
        refused.err.contains("session_replication_role"),
        "{refused:#?}"
    );
    Ok(())
}
