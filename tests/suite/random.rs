//! Random sequences of actions by two schools, against a model that fits on a page.

mod action;
mod model;
mod staff;

use std::collections::BTreeMap;

use acceptance::{
    audit,
    engine::Engine,
    world::{Size, World},
};
use anyhow::ensure;
use projections::{
    classes::{self, ClassItem},
    invitations, roster, staff as staffs,
};
use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestRunner},
};
use store::Conn;

use self::{
    action::action,
    model::{Model, Shown},
};

/// Each with schools of its own, in one database.
const CASES: u32 = 32;

/// Staff try things in orders that nobody thought of. Whatever they try, a class never loses or gains
/// a pupil or a main teacher by itself, nobody reaches into another school, each answer is the one that
/// the rules give, and what people read is what the log says.
fn any_sequence_of_actions_keeps_every_promise(engine: Engine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let world = runtime.block_on(World::new(engine))?;
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let sequences = vec(action(), 1..60);
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
    let conn = &mut reader.conn();
    for school in 0..2 {
        compare_classes(conn, model, school).await?;
        compare_students(conn, model, school).await?;
        compare_staff(conn, model, school).await?;
    }
    Ok(())
}

async fn compare_classes(
    conn: &mut Conn<'_>,
    model: &Model<'_>,
    school: usize,
) -> anyhow::Result<()> {
    let listed = classes::list(conn, model.uai(school), None, 1_000).await?;
    let shown = |class: ClassItem| Shown {
        name: class.name,
        track: class.track,
        student_count: class.student_count,
        main_teachers: class.main_teachers.iter().map(|it| it.id).collect(),
    };
    let listed: BTreeMap<_, _> = listed
        .into_iter()
        .map(|class| (class.id, shown(class)))
        .collect();
    let expected = model.classes(school);
    ensure!(listed == expected, "{listed:#?}, not {expected:#?}");
    Ok(())
}

async fn compare_students(
    conn: &mut Conn<'_>,
    model: &Model<'_>,
    school: usize,
) -> anyhow::Result<()> {
    let uai = model.uai(school);
    let students = roster::in_establishment(conn, uai, false, None, 1_000).await?;
    let students: BTreeMap<_, _> = students
        .into_iter()
        .map(|student| (student.id, student.class_id))
        .collect();
    ensure!(students == model.students(school), "{students:#?}");
    for class in model.classes(school).into_keys() {
        let inside = roster::in_class(conn, uai, class, None, 1_000).await?;
        let inside = inside
            .iter()
            .filter(|student| students[&student.id] == Some(class));
        let expected = students.values().filter(|&&place| place == Some(class));
        ensure!(inside.count() == expected.count(), "the list of {class}");
    }
    let without = roster::without_class_count(conn, uai).await?;
    let expected = students.values().filter(|place| place.is_none()).count();
    ensure!(without == i64::try_from(expected)?);
    Ok(())
}

async fn compare_staff(
    conn: &mut Conn<'_>,
    model: &Model<'_>,
    school: usize,
) -> anyhow::Result<()> {
    let staff = staffs::list(conn, model.uai(school), None, 1_000).await?;
    let staff: BTreeMap<_, _> = staff.into_iter().map(|it| (it.id, it.role)).collect();
    let expected = model.staffs.of(school);
    ensure!(staff == expected, "{staff:#?}, not {expected:#?}");
    let pending = invitations::list(conn, model.uai(school), None, 1_000).await?;
    let pending: BTreeMap<_, _> = pending
        .into_iter()
        .map(|it| (it.id, (it.role, it.class_id)))
        .collect();
    let expected = model.staffs.invitations(school);
    ensure!(pending == expected, "{pending:#?}, not {expected:#?}");
    Ok(())
}
