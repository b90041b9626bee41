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
    CommandError, Commands, Refusal, SystemClock, create_class::CreateClass,
    delete_class::DeleteClass, edit_class::EditClass,
};
use domain::{
    class::ClassEvent,
    event::Event,
    ids::ClassId,
    values::{ClassName, Track, Uai},
};
use futures::future::try_join_all;
use store::{Checkpoint, Store};
use tokio::{task::yield_now, time::sleep};

on_both_engines!(a_log_that_takes_a_name_before_it_is_freed_can_be_read);
on_postgres!(a_name_that_is_freed_and_taken_at_once_is_told_in_that_order);

/// As often as it takes for a creation to be under way whenever its name is freed.
const ROUNDS: usize = 60;

async fn server(world: &World) -> anyhow::Result<Commands> {
    let store = Store::connect(&world.database.url, projections::all()).await?;
    Ok(Commands::new(store, Arc::new(SystemClock)))
}

async fn rename(
    commands: &Commands,
    world: &World,
    uai: &Uai,
    class: ClassId,
    name: &str,
) -> anyhow::Result<()> {
    let edit = EditClass {
        establishment: uai.clone(),
        class,
        name: Some(ClassName::parse(name)?),
        track: None,
        expected_version: None,
    };
    Ok(commands.execute(&world.by(), &edit).await?)
}

/// Creates a class as soon as its name is free.
async fn create_when_free(
    commands: &Commands,
    world: &World,
    uai: &Uai,
    name: &str,
) -> anyhow::Result<()> {
    let create = CreateClass {
        establishment: uai.clone(),
        class: ClassId::new(commands.clock().new_uuid()),
        name: ClassName::parse(name)?,
        track: Track::TroisiemeGenerale,
    };
    loop {
        match commands.execute(&world.by(), &create).await {
            Err(CommandError::Refused(Refusal::ClassNameTaken)) => yield_now().await,
            outcome => return Ok(outcome?),
        }
    }
}

/// On PostgreSQL the log is told in the order in which transactions began to write. A creation that begins
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
                    return rename(&one, &world, &uai, holder, &format!("Autre {round}")).await;
                }
                let delete = DeleteClass {
                    establishment: uai.clone(),
                    class: holder,
                    expected_version: None,
                };
                Ok(one.execute(&world.by(), &delete).await?)
            };
            tokio::try_join!(free, create_when_free(&other, &world, &uai, &name))?;
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
    rename(&world.commands, &world, &uai, class, "3e B").await?;
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
