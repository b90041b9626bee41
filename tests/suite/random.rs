//! Random sequences of actions by two schools, against a model that fits on a page.

mod action;
mod model;

use std::collections::BTreeMap;

use acceptance::{
    audit,
    engine::Engine,
    world::{Size, World},
};
use anyhow::ensure;
use projections::{classes, roster};
use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestRunner},
};

use self::{action::action, model::Model};

/// Each with schools of its own, in one database.
const CASES: u32 = 32;

/// Staff try things in orders that nobody thought of. Whatever they try, a class never loses or gains
/// a pupil by itself, nobody reaches into another school, each answer is the one that the rules give,
/// and what people read is what the log says.
fn any_sequence_of_actions_keeps_every_promise(engine: Engine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let world = runtime.block_on(World::new(engine))?;
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let sequences = vec(action(), 1..40);
    let outcome = runner.run(&sequences, |actions| {
        let case = async {
            let schools = [school(&world).await?, school(&world).await?];
            let mut model = Model::new(&world, schools);
            for action in &actions {
                model.act(action).await?;
            }
            compare(&world, &model).await?;
            audit::everything(world.store()).await?;
            anyhow::Ok(())
        };
        let outcome = runtime.block_on(case);
        outcome.map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    outcome.map_err(|error| anyhow::anyhow!("{error}"))
}

mod any_sequence_of_actions_keeps_every_promise {
    use super::*;

    #[test]
    fn sqlite() -> anyhow::Result<()> {
        super::any_sequence_of_actions_keeps_every_promise(Engine::Sqlite)
    }

    #[test]
    fn postgres() -> anyhow::Result<()> {
        super::any_sequence_of_actions_keeps_every_promise(Engine::Postgres)
    }
}

async fn school(world: &World) -> anyhow::Result<acceptance::world::School> {
    let size = Size {
        classes: 2,
        students_per_class: 2,
        without_class: 1,
    };
    world.school(size).await
}

/// What each school's staff read is what the model says, and nothing of the other school.
async fn compare(world: &World, model: &Model<'_>) -> anyhow::Result<()> {
    let mut reader = world.store().reader().await?;
    for school in 0..2 {
        let uai = model.uai(school);
        let listed = classes::list(&mut reader.conn(), uai, None, 1_000).await?;
        let listed: BTreeMap<_, _> = listed
            .into_iter()
            .map(|class| (class.id, (class.name, class.track, class.student_count)))
            .collect();
        ensure!(
            listed == model.classes(school),
            "{listed:#?}, not {:#?}",
            model.classes(school)
        );

        let students =
            roster::in_establishment(&mut reader.conn(), uai, false, None, 1_000).await?;
        let students: BTreeMap<_, _> = students
            .into_iter()
            .map(|student| (student.id, student.class_id))
            .collect();
        ensure!(students == model.students(school), "{students:#?}");
        for &class in listed.keys() {
            let inside = roster::in_class(&mut reader.conn(), uai, class, None, 1_000).await?;
            let inside = inside
                .iter()
                .filter(|student| students[&student.id] == Some(class));
            let expected = students.values().filter(|&&place| place == Some(class));
            ensure!(inside.count() == expected.count(), "the list of {class}");
        }
        let without = roster::without_class_count(&mut reader.conn(), uai).await?;
        let expected = students.values().filter(|place| place.is_none()).count();
        ensure!(without == i64::try_from(expected)?);
    }
    Ok(())
}
