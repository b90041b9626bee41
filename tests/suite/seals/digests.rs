//! Seals are over digests, which are written as events are appended.

use acceptance::{engine::Engine, on_both_engines, tamper::Tampering, world::World};
use anyhow::{Context as _, ensure};
use store::seals::SealReport;

use super::{FEW, SMALL, check, no_digest, now, tampering::places};

on_both_engines!(
    every_event_has_a_digest,
    what_is_no_digest_is_no_reason_to_stop,
    what_was_changed_before_it_was_sealed_is_found,
);

/// The numbers of the seals that do not hold.
fn broken(report: &SealReport) -> Vec<i64> {
    report.broken.iter().map(|seal| seal.number).collect()
}

/// Without one, sealing would go on all the same, and slowly.
async fn every_event_has_a_digest(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(SMALL).await?.uai;
    world.class(&uai, "3e Z").await?;
    world.students(&uai, None, 2).await?;
    let mut reader = world.store().reader().await?;
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN octet_length(digest) = 32 THEN 1 END) FROM events";
    let counted = store::fetch_optional!(&mut reader.conn(), (i64, i64), sql)?;
    let (events, digests) = counted.context("no count")?;
    ensure!(
        events > 10 && events == digests,
        "{digests} of {events} have one"
    );
    Ok(())
}

/// Somebody may have written digests that are none: all is sealed with the rest, and they are named.
async fn what_is_no_digest_is_no_reason_to_stop(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    let log = places(world.store()).await?;
    let positions: Vec<i64> = log.iter().step_by(3).map(|place| place.position).collect();
    for &position in &positions {
        let tampering = Tampering::Column {
            position,
            column: "digest",
            value: no_digest(engine),
        };
        tampering.on(world.store()).await?;
    }
    world.store().seal_all(now(&world), FEW).await?;
    let report = check(world.store(), None).await?;
    ensure!(
        report.broken.is_empty()
            && report.unsealed_events == 0
            && report.altered.first == positions,
        "{report:#?}"
    );

    let position = log[12].position;
    Tampering::Date { position }.on(world.store()).await?;
    let report = check(world.store(), None).await?;
    ensure!(broken(&report) == [3], "{report:#?}");
    Ok(())
}

/// Somebody is quicker than the sealer.
async fn what_was_changed_before_it_was_sealed_is_found(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    let position = places(world.store()).await?[12].position;
    let (from, to) = ("{", "{ ");
    let tampering = Tampering::Payload { position, from, to };
    tampering.on(world.store()).await?;
    let report = check(world.store(), None).await?;
    ensure!(report.altered.first == [position], "{report:#?}");
    world.store().seal_all(now(&world), FEW).await?;
    let report = check(world.store(), None).await?;
    ensure!(
        broken(&report) == [3] && report.altered.first == [position],
        "{report:#?}"
    );
    Ok(())
}
