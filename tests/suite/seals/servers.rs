//! Servers seal whatever comes between: each other, their end, a database that is away.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use acceptance::{
    binary::monstage,
    engine::Engine,
    on_both_engines,
    server::Server,
    world::{World, fictitious_uai},
};
use anyhow::ensure;
use commands::import_directory::ImportDirectory;
use domain::establishment::ListingUpdate;
use futures::future::try_join_all;
use store::Store;
use tokio::time::sleep;

use super::{FEW, SMALL, check, now, sealed};

on_both_engines!(
    several_servers_make_one_chain,
    a_server_killed_while_it_seals_goes_on,
    a_failure_is_told_once_and_got_over,
);

/// Each server has a sealer. However they meet, there is one chain, without holes, and nothing is sealed
/// twice or left out.
async fn several_servers_make_one_chain(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let sealer = || async {
        let store = Store::connect(&world.database.url, Vec::new()).await?;
        for _ in 0..20 {
            store.seal_all(now(&world), 7).await?;
        }
        anyhow::Ok(())
    };
    let writer = || async {
        for _ in 0..3 {
            world.school(SMALL).await?;
        }
        anyhow::Ok(())
    };
    let (sealers, writers) = tokio::join!(
        try_join_all((0..4).map(|_| sealer())),
        try_join_all((0..2).map(|_| writer())),
    );
    sealers?;
    writers?;
    world.store().seal_all(now(&world), 7).await?;
    sealed(&world).await?;
    Ok(())
}

/// A seal that is half there, or one that was made of what was then not committed, would look like
/// tampering for ever.
async fn a_server_killed_while_it_seals_goes_on(engine: Engine) -> anyhow::Result<()> {
    const WANTED: u32 = 6;
    const MOST: u32 = 40;
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    world.store().seal_all(now(&world), FEW).await?;
    let mut delay = Duration::from_millis(200);
    let (mut killed, mut cut_short) = (0, 0);
    while cut_short < WANTED {
        ensure!(killed < MOST, "no server is ever killed in the middle");
        killed += 1;
        list_schools(&world, killed).await?;
        let mut server = Command::new(monstage()?)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", &world.database.url)
            .env("MONSTAGE_MAIL_URL", mail_url(&world))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        sleep(delay).await;
        server.kill()?;
        server.wait()?;
        let report = check(world.store(), None).await?;
        ensure!(report.is_sound(), "{report:#?}");
        // Around the moment at which it has just sealed all, however fast the machine is.
        let in_time = report.unsealed_events == 0;
        delay = delay.mul_f64(if in_time { 0.7 } else { 1.2 });
        cut_short += u32::from(!in_time);
    }
    ensure!(cut_short < killed, "no server ever begins to seal");
    let _server = Server::start(&world.database.url)?;
    sealed(&world).await?;
    Ok(())
}

fn mail_url(world: &World) -> String {
    format!("file://{}/mail", world.database.folder.path().display())
}

/// A database that is away for a night must not fill the log with one line, and nobody should have to
/// restart a server for it.
async fn a_failure_is_told_once_and_got_over(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let server = Server::start(&world.database.url)?;
    world.execute("ALTER TABLE seals RENAME TO away").await?;
    world.school(SMALL).await?;
    server.log_with("sealing the log failed")?;
    // Two more attempts.
    sleep(Duration::from_millis(2_500)).await;
    world.execute("ALTER TABLE away RENAME TO seals").await?;
    sealed(&world).await?;
    ensure!(server.log().matches("sealing the log failed").count() == 1);
    Ok(())
}

/// Some seals' worth of events: schools that are listed, and then have another name each time.
async fn list_schools(world: &World, time: u32) -> anyhow::Result<()> {
    let schools = (0..3_000).map(|number| {
        let update = ListingUpdate {
            name: format!("Collège Exemple {time} {number}"),
            city: "Valclair".to_owned(),
            postal_code: None,
            department: None,
            academy: None,
            mailbox: None,
            closed: None,
            priority: None,
        };
        Ok((fictitious_uai(number)?, update))
    });
    let schools = schools.collect::<anyhow::Result<_>>()?;
    let import = ImportDirectory {
        schools,
        closed: Vec::new(),
    };
    world.commands.execute(&world.by(), &import).await?;
    Ok(())
}
