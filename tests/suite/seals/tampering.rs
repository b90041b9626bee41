//! What somebody changes by hand is found where it is.

use acceptance::{engine::Engine, on_both_engines, tamper::Tampering, world::World};
use anyhow::{Context as _, bail, ensure};
use store::{Checkpoint, Store, seals::Fault};

use super::{FEW, SMALL, check, now};

on_both_engines!(tampering_is_found_where_it_is, a_position_alone_is_found);

/// Whoever looks into it must be told where: each way to tamper is found in the very seal that covers
/// it, and no other events come under suspicion.
async fn tampering_is_found_where_it_is(engine: Engine) -> anyhow::Result<()> {
    // Only PostgreSQL writes down the transaction.
    let kinds = match engine {
        Engine::Sqlite => 13,
        Engine::Postgres => 14,
    };
    for kind in 0..kinds {
        let world = World::new(engine).await?;
        let store = world.store();
        world.school(SMALL).await?;
        store.seal_all(now(&world), FEW).await?;
        let log = places(store).await?;
        // The middle one of the third seal.
        let (at, in_seal) = (12, 3);
        let position = log[at].position;
        let (from, to) = ("{", "{ ");
        let last = log.len() - 1;
        let (tampering, expected, fault) = match kind {
            0 => (
                Tampering::Payload { position, from, to },
                in_seal,
                Fault::Hash,
            ),
            1 => (Tampering::Actor { position }, in_seal, Fault::Hash),
            2 => (Tampering::Date { position }, in_seal, Fault::Hash),
            3 => (Tampering::Remove { position }, in_seal, removed(5)),
            4 => {
                let position = log[last].position;
                let place = seal_of(last);
                (Tampering::Remove { position }, place, Fault::EndMissing)
            }
            5 => {
                let place = seal_of(last_of_transaction(engine, &log, at) + 1);
                (Tampering::Insert { position }, place, Fault::Hash)
            }
            6 => {
                let (one, other) = (position, log[at - 1].position);
                (Tampering::Swap { one, other }, in_seal, Fault::Hash)
            }
            7 => (
                Tampering::Seal { number: in_seal },
                in_seal,
                Fault::Rewritten,
            ),
            8..=10 => {
                let (column, value) = COLUMNS[kind - 8];
                let tampering = Tampering::Column {
                    position,
                    column,
                    value,
                };
                (tampering, in_seal, Fault::Hash)
            }
            11 => {
                let (number, expected) = (in_seal, in_seal);
                (
                    Tampering::RemoveSeal { number },
                    in_seal + 1,
                    Fault::Number { expected },
                )
            }
            12 => (Tampering::NoDate { position }, in_seal, Fault::Hash),
            13 => {
                // The order stays what it is.
                let tampering = Tampering::Column {
                    position: log[0].position,
                    column: "transaction_id",
                    value: "transaction_id - 1",
                };
                (tampering, 1, Fault::Hash)
            }
            _ => bail!("no such kind"),
        };
        tampering.on(store).await?;
        let report = check(store, None).await?;
        let found = report.broken.first();
        let found = found.with_context(|| format!("{tampering:?} is not found"))?;
        ensure!(
            found.number == expected && found.faults.contains(&fault),
            "{tampering:?}: {report:#?}"
        );
        // On SQLite, an event can only be inserted by moving all those after it.
        let moved = matches!(tampering, Tampering::Insert { .. }) && engine == Engine::Sqlite;
        ensure!(
            report.broken.len() == 1 || moved,
            "{tampering:?}: {report:#?}"
        );
    }
    Ok(())
}

/// The position alone, where the order stays what it is, is another matter: see
/// [`a_position_alone_is_found`].
const COLUMNS: [(&str, &str); 3] = [
    ("establishment", "'9990999G'"),
    ("aggregate_id", "'01a05b8d-9300-7000-8000-00000000abcd'"),
    ("event_version", "'9.9'"),
];

/// An event that keeps its place among the others and gets another number: the audit would name it by a
/// number that it never had.
async fn a_position_alone_is_found(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let store = world.store();
    world.school(SMALL).await?;
    store.seal_all(now(&world), FEW).await?;
    let log = places(store).await?;
    // There is room for another number after the last event, on PostgreSQL in each transaction.
    let at = match engine {
        Engine::Sqlite => log.len() - 1,
        Engine::Postgres => last_of_transaction(engine, &log, 12),
    };
    let tampering = Tampering::Column {
        position: log[at].position,
        column: "position",
        value: "position + 1000",
    };
    tampering.on(store).await?;
    let report = check(store, None).await?;
    let [found] = &report.broken[..] else {
        bail!("not one seal: {report:#?}");
    };
    ensure!(
        found.number == seal_of(at) && found.faults.contains(&Fault::Hash),
        "{report:#?}"
    );
    Ok(())
}

const fn removed(from: i64) -> Fault {
    Fault::Events {
        sealed: from,
        found: from - 1,
    }
}

/// The seal that covers the event with this place in the log, from 0.
fn seal_of(place: usize) -> i64 {
    i64::try_from(place).unwrap_or_default() / i64::from(FEW) + 1
}

/// An event can be inserted after the one at `at` on SQLite, after all of its transaction on PostgreSQL.
fn last_of_transaction(engine: Engine, log: &[Checkpoint], at: usize) -> usize {
    match engine {
        Engine::Sqlite => at,
        Engine::Postgres => log
            .iter()
            .rposition(|place| place.transaction == log[at].transaction)
            .unwrap_or(at),
    }
}

/// Where the events stand, in the order of the log.
pub(super) async fn places(store: &Store) -> anyhow::Result<Vec<Checkpoint>> {
    let page = store.read_page(Checkpoint::default(), u32::MAX).await?;
    let places = page.events().map(|event| Ok(event?.checkpoint));
    places.collect()
}
