//! Seals are over digests, which are written as events are appended; not all events have one.

use acceptance::{engine::Engine, on_both_engines, tamper::Tampering, world::World};
use anyhow::{Context as _, ensure};
use store::seals::{Outside, Seal, SealReport};

use super::{FEW, SMALL, check, now, sealed, tampering::places};

on_both_engines!(
    seals_from_before_digests_hold,
    every_event_has_a_digest,
    events_without_digest_are_sealed_with_the_rest,
    what_was_changed_before_it_was_sealed_is_found,
);

/// The numbers of the seals that do not hold.
fn broken(report: &SealReport) -> Vec<i64> {
    report.broken.iter().map(|seal| seal.number).collect()
}

/// The seals of an older program hold, and so do the files in which they were kept.
async fn seals_from_before_digests_hold(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let kept = old_log(&world, engine).await?;
    world.school(SMALL).await?;
    world.store().seal_all(now(&world), FEW).await?;
    let report = check(world.store(), Some(kept.clone())).await?;
    ensure!(report.is_sound() && report.seals > 2, "{report:#?}");
    let latest = world.store().latest_seal().await?.context("no seal")?;
    ensure!(latest.format == 2, "{latest:#?}");

    Tampering::Date { position: 2 }.on(world.store()).await?;
    let report = check(world.store(), Some(kept)).await?;
    ensure!(
        broken(&report) == [1] && report.outside == Some(Outside::Differs),
        "{report:#?}"
    );
    Ok(())
}

/// Two events and the seal over them, as a program left them that knew no digests; gives the seal from a
/// file. Its hash comes from a program that does what docs/audit.md says of the first format.
async fn old_log(world: &World, engine: Engine) -> anyhow::Result<Seal> {
    let (column, transactions, transaction, hash) = match engine {
        Engine::Postgres => (
            ", transaction_id",
            [", 1", ", 2"],
            2,
            "cebdd54cad1cf4b5a50fc8fa60bcdabbb9fa757865bcd1a98bd5a02950cb27d3",
        ),
        Engine::Sqlite => (
            "",
            ["", ""],
            0,
            "a8faef44acedd59b273cfa9e6bd5f1246f8e7d4392c571cb86f81b5d37686eb4",
        ),
    };
    let event = |number: usize, name: &str, previous: &str| {
        format!(
            "('class', '01a05b8d-9300-7000-8000-000000002ee0', {number}, 'ClassRenamed', '1.0', \
              '{{\"name\":\"{name}\",\"previous\":\"{previous}\"}}', '{{\"actor\":{{\"role\":\"head\"}}}}', \
              '2026-09-01T08:00:00.123456+00:00', '9990021U'{})",
            transactions[number - 1]
        )
    };
    let events = format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, \
                             metadata, recorded_at, establishment{column}) VALUES {}, {}",
        event(1, "3e Été", "3e A"),
        event(2, "3e B", "3e Été")
    );
    let seal = format!(
        "INSERT INTO seals (number, transaction_id, position, events, hash, sealed_at) \
         VALUES (1, {transaction}, 2, 2, '{hash}', '2026-09-01T08:00:01+00:00')"
    );
    let mut tx = world.store().begin().await?;
    store::execute!(&mut tx.conn(), &events)?;
    store::execute!(&mut tx.conn(), &seal)?;
    tx.commit().await?;
    let file = format!(
        "{{\"format\": 1, \"number\": 1, \"position\": 2, \"transaction\": {transaction}, \
           \"events\": 2, \"hash\": \"{hash}\", \"sealed_at\": \"2026-09-01T08:00:01Z\"}}"
    );
    Ok(Seal::from_file(&file)?)
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

/// While servers are being replaced, one that knows no digests appends beside one that seals them. And
/// somebody may have written one that is none.
async fn events_without_digest_are_sealed_with_the_rest(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    let log = places(world.store()).await?;
    let column = |position, value| Tampering::Column {
        position,
        column: "digest",
        value,
    };
    for place in log.iter().step_by(3) {
        column(place.position, "NULL").on(world.store()).await?;
    }
    world.store().seal_all(now(&world), FEW).await?;
    sealed(&world).await?;

    world.school(SMALL).await?;
    let short = match engine {
        Engine::Postgres => "'\\x00'::bytea",
        Engine::Sqlite => "x'00'",
    };
    let position = log.last().context("no event")?.position + 3;
    column(position, short).on(world.store()).await?;
    world.store().seal_all(now(&world), FEW).await?;
    let report = check(world.store(), None).await?;
    ensure!(
        report.broken.is_empty()
            && report.unsealed_events == 0
            && report.altered.first == [position],
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
