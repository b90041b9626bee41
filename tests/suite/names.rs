//! Names of classes change hands: the log tells it in that order, and can be read even where it does not.

use std::{collections::HashMap, sync::Arc, time::Duration};

use acceptance::{
    audit, command_line,
    engine::Engine,
    on_both_engines, on_postgres,
    replay::read_log,
    tamper::Tampering,
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use commands::{
    CommandError, Commands, Refusal, UseCase, create_class::CreateClass, delete_class::DeleteClass,
    edit_class::EditClass,
};
use domain::{
    class::ClassEvent,
    event::Event,
    ids::ClassId,
    values::{ClassName, Track, Uai},
};
use futures::{FutureExt as _, future::try_join_all};
use sqlx::PgPool;
use store::{Checkpoint, Store, SystemClock};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

on_both_engines!(a_log_that_takes_a_name_before_it_is_freed_can_be_read);
on_postgres!(
    a_name_that_is_freed_and_taken_at_once_is_told_in_that_order,
    who_waits_for_a_name_has_no_number_yet,
);

/// As often as it takes for somebody to be asking for a name when it is freed.
const ROUNDS: usize = 60;

/// Far more than an action takes to get to where it waits.
const LIMIT: Duration = Duration::from_secs(20);

async fn server(world: &World) -> anyhow::Result<Commands> {
    let store = Store::connect(&world.database.url, projections::all()).await?;
    Ok(Commands::new(store, Arc::new(SystemClock), Vec::new()))
}

fn rename(uai: &Uai, class: ClassId, name: &str) -> anyhow::Result<EditClass> {
    Ok(EditClass {
        establishment: uai.clone(),
        class,
        name: Some(ClassName::parse(name)?),
        track: None,
        expected_versions: None,
    })
}

fn create(commands: &Commands, uai: &Uai, name: &str) -> anyhow::Result<CreateClass> {
    Ok(CreateClass {
        establishment: uai.clone(),
        class: ClassId::new(commands.clock().new_uuid()),
        name: ClassName::parse(name)?,
        track: Track::TroisiemeGenerale,
    })
}

fn delete(uai: &Uai, class: ClassId) -> DeleteClass {
    DeleteClass {
        establishment: uai.clone(),
        class,
        expected_versions: None,
    }
}

/// Gives a class its name as soon as that is free.
async fn take_when_free(
    commands: &Commands,
    world: &World,
    taking: &impl UseCase,
) -> anyhow::Result<()> {
    loop {
        match commands.execute(&world.by(), taking).await {
            Err(CommandError::Refused(Refusal::ClassNameTaken)) => yield_now().await,
            outcome => return Ok(outcome.map(drop)?),
        }
    }
}

/// On PostgreSQL the log is told in the order in which transactions began to write. An action that begins
/// while its name is taken, and succeeds because the class that had it is renamed or deleted meanwhile, must
/// not be told before that: whoever replayed the log would see two classes of one name. Several schools at
/// once, each on servers of its own, so that the machine is as busy as on the first day of a school year.
async fn a_name_that_is_freed_and_taken_at_once_is_told_in_that_order(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let race = |_| async {
        let uai = world.school(Size::default()).await?.uai;
        let (one, other) = (server(&world).await?, server(&world).await?);
        for round in 0..ROUNDS {
            let name = format!("3e {round}");
            let holder = world.class(&uai, &name).await?;
            let free = async {
                sleep(Duration::from_micros(round as u64 * 397 % 5_000)).await;
                if round % 2 == 0 {
                    let away = rename(&uai, holder, &format!("Ancienne {round}"))?;
                    one.execute(&world.by(), &away).await?;
                } else {
                    one.execute(&world.by(), &delete(&uai, holder)).await?;
                }
                Ok(())
            };
            if round % 4 < 2 {
                let create = create(&other, &uai, &name)?;
                tokio::try_join!(free, take_when_free(&other, &world, &create))?;
            } else {
                let class = world.class(&uai, &format!("Autre {round}")).await?;
                let rename = rename(&uai, class, &name)?;
                tokio::try_join!(free, take_when_free(&other, &world, &rename))?;
            }
        }
        anyhow::Ok(())
    };
    try_join_all((0..3).map(race)).await?;
    names_are_free_when_they_are_taken(&world).await?;
    command_line::run(&world.database.url, &["projections", "rebuild"])?.ended(0)?;
    command_line::run(&world.database.url, &["audit", "verify"])?.ended(0)?;
    audit::everything(world.store()).await?;
    Ok(())
}

/// That order, whatever the chances of a race: somebody who gets a number and then waits would be told before
/// whom they waited for.
async fn who_waits_for_a_name_has_no_number_yet(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(Size::default()).await?.uai;
    let [renamed, deleted] = [
        world.class(&uai, "3e A").await?,
        world.class(&uai, "3e B").await?,
    ];
    let pool = PgPool::connect(&world.database.url).await?;
    let (commands, by) = (&world.commands, world.by());
    let (rename, delete) = (rename(&uai, renamed, "3e D")?, delete(&uai, deleted));
    let create = create(commands, &uai, "3e C")?;
    waits_without_a_number(&pool, &uai, commands.execute(&by, &rename)).await?;
    waits_without_a_number(&pool, &uai, commands.execute(&by, &delete)).await?;
    waits_without_a_number(&pool, &uai, commands.execute(&by, &create)).await?;
    audit::everything(world.store()).await?;
    Ok(())
}

async fn waits_without_a_number<T>(
    pool: &PgPool,
    uai: &Uai,
    action: impl Future<Output = Result<T, CommandError>>,
) -> anyhow::Result<()> {
    let mut holder = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('class names of ' || $1, 0))")
        .bind(uai.as_str())
        .execute(&mut *holder)
        .await?;
    let look = async {
        loop {
            let waiting: Option<(Option<String>,)> = sqlx::query_as(
                "SELECT backend_xid::text FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event = 'advisory'",
            )
            .fetch_optional(pool)
            .await?;
            if let Some((number,)) = waiting {
                ensure!(number.is_none(), "it waits with the number {number:?}");
                holder.rollback().await?;
                return Ok(());
            }
            yield_now().await;
        }
    };
    let done = async { action.await.map_err(anyhow::Error::from) };
    tokio::try_join!(
        done,
        timeout(LIMIT, look).map(|seen| seen.context("it never waits")?)
    )?;
    Ok(())
}

async fn names_are_free_when_they_are_taken(world: &World) -> anyhow::Result<()> {
    let mut holders: HashMap<(Uai, String), String> = HashMap::new();
    for record in read_log(world.store(), 500).await? {
        let Event::Class(event) = &record.event else {
            continue;
        };
        let id = record.stream.aggregate_id;
        let taken = match event {
            ClassEvent::ClassCreated { name, .. } | ClassEvent::ClassRenamed { name, .. } => {
                Some(name)
            }
            ClassEvent::ClassDeleted {} => None,
            _ => continue,
        };
        holders.retain(|_, holder| *holder != id);
        if let Some(name) = taken {
            let name = (record.establishment, name.key());
            let holder = holders.insert(name.clone(), id);
            ensure!(
                holder.is_none(),
                "{name:?} is taken before {holder:?} frees it"
            );
        }
    }
    Ok(())
}

/// Somebody who verifies, or rebuilds, wants an answer from any log whose end is in order.
async fn a_log_that_takes_a_name_before_it_is_freed_can_be_read(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(Size::default()).await?.uai;
    let class = world.class(&uai, "3e A").await?;
    let rename = rename(&uai, class, "3e B")?;
    world.commands.execute(&world.by(), &rename).await?;
    world.class(&uai, "3e A").await?;
    let page = world
        .store()
        .read_page(Checkpoint::default(), 1_000)
        .await?;
    let positions: Vec<i64> = page
        .events()
        .map(|event| Ok(event?.checkpoint.position))
        .collect::<anyhow::Result<_>>()?;
    let [.., one, other] = positions[..] else {
        anyhow::bail!("a short log: {positions:?}");
    };
    Tampering::Swap { one, other }.on(world.store()).await?;
    let swapped = names_are_free_when_they_are_taken(&world).await;
    swapped.err().context("the order is as it was")?;

    command_line::run(&world.database.url, &["audit", "verify"])?.ended(0)?;
    command_line::run(&world.database.url, &["projections", "rebuild"])?.ended(0)?;
    command_line::run(&world.database.url, &["audit", "verify"])?.ended(0)?;
    Ok(())
}
