//! The log of one establishment.

use acceptance::{
    engine::Engine,
    on_both_engines, replay,
    world::{Size, World},
};
use anyhow::ensure;
use store::EventRecord;

on_both_engines!(an_establishment_is_read_alone_and_whole);

/// "What did 3e A look like on 12 March?" is answered from the events of one establishment. One of
/// another school among them would show its pupils; one missing, or out of order, would tell a wrong
/// history.
async fn an_establishment_is_read_alone_and_whole(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let size = Size {
        classes: 2,
        students_per_class: 3,
        without_class: 1,
    };
    let (one, other) = tokio::try_join!(world.school(size), world.school(size))?;

    let everything = replay::read_log(world.store(), 1_000).await?;
    for school in [&one, &other] {
        let expected: Vec<&EventRecord> = everything
            .iter()
            .filter(|event| event.establishment == school.uai)
            .collect();
        ensure!(expected.len() > 20, "hardly anything happened");
        let read = world.store().read_establishment(&school.uai).await?;
        let read: Vec<&EventRecord> = read.iter().map(|event| &event.record).collect();
        ensure!(read == expected, "{read:#?}\nis not\n{expected:#?}");
    }
    let listed = world.listed_school(None).await?;
    let read = world.store().read_establishment(&listed).await?;
    ensure!(read.len() == 1, "a new school was only listed");
    Ok(())
}
