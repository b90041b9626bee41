//! `projections rebuild`: read models filled anew while the servers go on.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use acceptance::{
    audit,
    binary::monstage,
    chance::part,
    client::Client,
    command_line,
    engine::Engine,
    on_both_engines, on_postgres,
    scene::Scene,
    world::{Size, World},
};
use anyhow::{Context as _, bail, ensure};
use domain::values::Role;
use futures::future::try_join_all;
use serde_json::json;
use sqlx::{Connection as _, PgPool, SqliteConnection};
use store::{Checkpoint, Conn, Store, SystemClock, Tx, fetch_all};
use tokio::{task::spawn_blocking, time::sleep};

on_both_engines!(
    what_was_lost_comes_back_while_staff_go_on,
    killed_at_any_moment_it_leaves_everything_as_it_was,
    tables_and_indexes_keep_their_names_and_rules,
    only_read_models_that_there_are_can_be_asked_for,
    there_is_one_rebuild_at_a_time,
    the_next_may_follow_at_once,
    between_two_pages_it_holds_no_instant,
);
on_postgres!(
    a_connection_that_dies_while_it_reads_is_a_failure,
    somebody_who_holds_a_table_makes_it_wait_and_nobody_else,
    somebody_who_holds_up_the_log_makes_it_wait_and_nobody_else,
);

const SIZE: Size = Size {
    classes: 3,
    students_per_class: 20,
    without_class: 2,
};

fn rebuild(url: &str) -> anyhow::Result<Child> {
    Ok(Command::new(monstage()?)
        .args(["projections", "rebuild"])
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?)
}

/// A read model is found to be wrong on a school morning. It is put right at once, and nothing that staff
/// do meanwhile is lost, refused or shown late.
async fn what_was_lost_comes_back_while_staff_go_on(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u32 = 8;
    let scene = Scene::new(engine, SIZE).await?;
    let url = scene.world.database.url.clone();
    let lost = "DELETE FROM class_main_teachers";
    scene.world.execute(lost).await?;
    let rebuilding = spawn_blocking(move || {
        for _ in 0..ROUNDS {
            command_line::run(&url, &["projections", "rebuild", "--json"])?.ended(0)?;
        }
        anyhow::Ok(())
    });
    let moving = async {
        let mut moves = 0;
        while !rebuilding.is_finished() || moves < 50 {
            let student = scene.school.classes[0].1[moves % 20];
            let class = scene.school.class((moves / 20 + 1) % 3);
            let change = json!([{ "student_id": student, "class_id": class }]);
            scene.move_students(change).await?;
            let seen = scene.student_count(class).await?;
            ensure!(seen > 0, "move {moves} does not show");
            moves += 1;
        }
        Ok(())
    };
    let colleague = scene.staff(Role::MainTeacher).await?;
    let naming = [&scene.head, &colleague].map(|staff| async {
        let mut rounds = 0;
        while !rebuilding.is_finished() || rounds < 10 {
            classes_come_and_go(staff, &scene.school.path("/classes"), rounds).await?;
            rounds += 1;
        }
        anyhow::Ok(())
    });
    tokio::try_join!(moving, try_join_all(naming))?;
    rebuilding.await??;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// One of several who give and take the same two names at once: what one frees, another may have.
async fn classes_come_and_go(staff: &Client, classes: &str, round: u32) -> anyhow::Result<()> {
    let names = [
        format!("3e {}", round % 2),
        format!("3e {}", (round + 1) % 2),
    ];
    let class = json!({ "name": names[0], "track": "troisieme_generale" });
    let created = staff.post(classes, class).await?;
    if created.status == 409 {
        created.expect_problem(409, "class_name_taken")?;
        return Ok(());
    }
    let id = created.expect(201)?.body["id"].clone();
    let class = format!("/api/v1/classes/{}", id.as_str().context("an id")?);
    let renamed = staff.patch(&class, json!({ "name": names[1] })).await?;
    ensure!([200, 409].contains(&renamed.status), "{renamed:#?}");
    staff.delete(&class).await?.expect(204)?;
    Ok(())
}

/// The machine is switched off in the middle. The live tables are as they were, and the next rebuild does
/// not stumble over what the last one left.
async fn killed_at_any_moment_it_leaves_everything_as_it_was(engine: Engine) -> anyhow::Result<()> {
    const KILLS: u32 = 25;
    const MOST: u32 = 200;
    let world = World::new(engine).await?;
    for _ in 0..4 {
        world.school(SIZE).await?;
    }
    let url = &world.database.url;
    let (mut killed, mut left_tables) = (0, 0);
    let mut longest = Duration::from_millis(120);
    while killed < KILLS || left_tables == 0 {
        ensure!(killed < MOST, "none is killed while it fills its tables");
        let mut child = rebuild(url)?;
        sleep(longest.mul_f64(part())).await;
        // As long as a rebuild takes on this machine.
        let over = child.try_wait()?.is_some();
        longest = longest.mul_f64(if over { 0.9 } else { 1.1 });
        child.kill()?;
        child.wait()?;
        killed += 1;
        left_tables += u32::from(!leftovers(world.store()).await?.is_empty());
        audit::everything(world.store()).await?;
    }
    command_line::run(url, &["projections", "rebuild"])?.ended(0)?;
    audit::everything(world.store()).await?;
    let left = leftovers(world.store()).await?;
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

async fn leftovers(store: &Store) -> anyhow::Result<Vec<String>> {
    let tables = schema(store).await?;
    let own = |definition: &String| definition.contains("rebuilt_");
    Ok(tables.into_iter().filter(own).collect())
}

/// Everything there is, with the words of the database.
async fn schema(store: &Store) -> anyhow::Result<Vec<String>> {
    let mut reader = store.reader().await?;
    let mut conn = reader.conn();
    let sql = match conn {
        Conn::Postgres(_) => {
            "SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || \
                              pg_get_constraintdef(oid) FROM pg_constraint \
                       WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT 'column ' || concat_ws(' ', table_name, ordinal_position, column_name, \
                              data_type, collation_name, is_nullable, column_default) \
                       FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1"
        }
        // A renamed table stands there in quotes.
        Conn::Sqlite(_) => {
            "SELECT name || ' ' || tbl_name || ' ' || replace(COALESCE(sql, ''), '\"', '') \
             FROM sqlite_master ORDER BY 1"
        }
    };
    let rows = fetch_all!(&mut conn, (String,), sql)?;
    Ok(rows.into_iter().map(|(row,)| row).collect())
}

/// Rules over sets hold by unique indexes, and the next migration names tables and indexes.
async fn tables_and_indexes_keep_their_names_and_rules(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let store = scene.world.store();
    let before = schema(store).await?;
    for _ in 0..2 {
        command_line::run(&scene.world.database.url, &["projections", "rebuild"])?.ended(0)?;
        ensure!(
            schema(store).await? == before,
            "{:#?}",
            schema(store).await?
        );
    }
    let class = json!({ "name": "3e A", "track": "troisieme_generale" });
    let twice = scene
        .head
        .post(&scene.school.path("/classes"), class)
        .await?;
    twice.expect_problem(409, "class_name_taken")?;
    if engine == Engine::Sqlite {
        let mut reader = store.reader().await?;
        let check = fetch_all!(&mut reader.conn(), (String,), "PRAGMA integrity_check")?;
        ensure!(check == [("ok".to_owned(),)], "{check:?}");
    }
    Ok(())
}

async fn only_read_models_that_there_are_can_be_asked_for(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SIZE).await?;
    let url = &world.database.url;
    let wrong =
        command_line::run(url, &["projections", "rebuild", "roster", "eleves"])?.ended(2)?;
    ensure!(wrong.err.contains("« eleves »"), "{wrong:#?}");
    ensure!(
        wrong.err.contains("directory, classes, roster"),
        "{wrong:#?}"
    );
    let one = command_line::run(url, &["projections", "rebuild", "roster", "--json"])?.ended(0)?;
    ensure!(one.json()?["projections"] == json!(["roster"]), "{one:#?}");
    audit::everything(world.store()).await?;
    Ok(())
}

/// A replay that ends early must not look like the end of the log: it would put half a read model in the
/// place of a whole one.
async fn a_connection_that_dies_while_it_reads_is_a_failure(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SIZE).await?;
    let pool = PgPool::connect(&world.database.url).await?;
    let mut lock = pool.begin().await?;
    sqlx::query("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await?;
    let child = rebuild(&world.database.url)?;
    let waiting = "SELECT pg_terminate_backend(pid) FROM pg_locks \
                   WHERE NOT granted AND relation = 'events'::regclass";
    end_one(&pool, waiting).await?;
    lock.commit().await?;
    let output = spawn_blocking(|| child.wait_with_output()).await??;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1), "{said}");
    ensure!(said.contains("rien n'a changé"), "{said}");
    audit::everything(world.store()).await?;
    command_line::run(&world.database.url, &["projections", "rebuild"])?.ended(0)?;
    audit::everything(world.store()).await?;
    Ok(())
}

async fn end_one(pool: &PgPool, sql: &str) -> anyhow::Result<()> {
    for _ in 0..500 {
        if !sqlx::query(sql).fetch_all(pool).await?.is_empty() {
            return Ok(());
        }
        sleep(Duration::from_millis(10)).await;
    }
    bail!("nobody waits")
}

/// While somebody goes on for more than a second, none of their actions takes long, and the rebuild does not end.
async fn it_waits_and_nobody_else(
    rebuild: &mut Child,
    act: impl AsyncFn(usize) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut slowest = Duration::ZERO;
    for round in 0..150 {
        let started = Instant::now();
        act(round).await?;
        slowest = slowest.max(started.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    ensure!(rebuild.try_wait()?.is_none(), "it did not wait");
    // Far above what an action takes, far below what the rebuild waits for.
    ensure!(
        slowest < Duration::from_secs(2),
        "somebody waited {slowest:?}"
    );
    Ok(())
}

/// A report that runs for minutes holds a table. The swap waits for it; staff do not wait for the swap.
async fn somebody_who_holds_a_table_makes_it_wait_and_nobody_else(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let pool = PgPool::connect(&scene.world.database.url).await?;
    let mut report = pool.begin().await?;
    sqlx::query("SELECT COUNT(*) FROM roster")
        .execute(&mut *report)
        .await?;
    let mut child = rebuild(&scene.world.database.url)?;
    it_waits_and_nobody_else(&mut child, async |round| {
        let student = scene.school.classes[0].1[round % 20];
        let class = scene.school.class((round / 20 + 1) % 3);
        let change = json!([{ "student_id": student, "class_id": class }]);
        scene.move_students(change).await.map(drop)
    })
    .await?;
    report.rollback().await?;
    let output = spawn_blocking(|| child.wait_with_output()).await??;
    ensure!(output.status.success(), "{output:?}");
    audit::everything(scene.world.store())
        .await
        .context("after it")?;
    Ok(())
}

/// An import that runs for minutes holds up the end of the log, and with it what can be caught up with.
/// The rest grows meanwhile: replayed while nobody can write, it would keep staff waiting for as long.
async fn somebody_who_holds_up_the_log_makes_it_wait_and_nobody_else(
    engine: Engine,
) -> anyhow::Result<()> {
    const APPENDED: usize = 3_000;
    let world = World::new(engine).await?;
    let uai = world.school(SIZE).await?.uai;
    let pool = PgPool::connect(&world.database.url).await?;
    let mut import = pool.begin().await?;
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *import)
        .await?;
    world.crowd(&uai, APPENDED).await?;
    let mut child = rebuild(&world.database.url)?;
    it_waits_and_nobody_else(&mut child, async |_| world.crowd(&uai, 1).await).await?;
    import.rollback().await?;
    let output = spawn_blocking(|| child.wait_with_output()).await??;
    ensure!(output.status.success(), "{output:?}");
    audit::everything(world.store()).await?;
    Ok(())
}

/// The second would take what the first is filling for what a dead one left.
async fn there_is_one_rebuild_at_a_time(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SIZE).await?;
    let url = &world.database.url;
    let first = world.store().replica(vec!["roster"]).await?;
    let second = command_line::run(url, &["projections", "rebuild"])?.ended(1)?;
    ensure!(second.err.contains("en cours"), "{second:#?}");
    drop(first);
    for _ in 0..100 {
        // PostgreSQL takes a moment to see that a connection is gone.
        if command_line::run(url, &["projections", "rebuild"])?.code == 0 {
            audit::everything(world.store()).await?;
            return Ok(());
        }
        sleep(Duration::from_millis(20)).await;
    }
    bail!("nobody can rebuild any more")
}

/// Whoever runs one after the other must not be told to wait for one that has ended.
async fn the_next_may_follow_at_once(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SIZE).await?;
    let store = world.store();
    let all: Vec<_> = store.projections().iter().map(|known| &**known).collect();
    for _ in 0..20 {
        projections::rebuild::rebuild(store, &SystemClock, &all, |_| ()).await?;
    }
    audit::everything(store).await?;
    Ok(())
}

/// An instant that is held for as long as a replay takes keeps PostgreSQL from cleaning up, and makes
/// SQLite's write-ahead log grow until somebody's action has to clear all of it away.
async fn between_two_pages_it_holds_no_instant(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(SIZE).await?.uai;
    let store = world.store();
    let tables = vec!["classes", "roster"];
    let mut replica = store.replica(tables.clone()).await?;
    let events = store.read_after(Checkpoint::default(), 1_000).await?;
    let events: Vec<_> = events.into_iter().map(|event| event.record).collect();
    replica.change(store.changes(&tables, &events)).await?;
    world.crowd(&uai, 1).await?;
    let mut tx = store.begin().await?;
    let held: i64 = match &mut tx {
        Tx::Postgres(tx) => {
            let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                         AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'";
            sqlx::query_scalar(sql).fetch_one(&mut **tx).await?
        }
        Tx::Sqlite(_) => {
            tx.commit().await?;
            let mut other = SqliteConnection::connect(&world.database.url).await?;
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            sqlx::query_scalar(sql).fetch_one(&mut other).await?
        }
    };
    ensure!(held == 0, "it holds one");
    Ok(())
}
