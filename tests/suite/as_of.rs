//! What the class lists were at an instant.

mod days;
mod story;

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use acceptance::{
    audit, command_line,
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{Size, World},
};
use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use commands::{Commands, open_school_years::OpenSchoolYears};
use domain::{
    ids::ClassId,
    values::{Role, SchoolYear, Uai},
};
use projections::as_of::{self, ClassLists};
use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::Value;
use store::Clock;

use self::story::{Story, step};

on_both_engines!(
    a_head_looks_back_at_their_own_lists,
    the_command_line_shows_lists_and_refuses_nonsense,
    last_years_lists_remain_after_the_yearly_reset,
);

/// How many things happen, in stories of any length up to a fifth of it.
const STEPS: usize = 4_000;

/// A clock that goes when a test says so.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

impl SetClock {
    fn at(instant: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(instant.timestamp_micros())))
    }

    fn go_on(&self, by: TimeDelta) {
        let micros = by.num_microseconds().unwrap_or_default();
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

/// "What did 3e A look like on 12 March?" is asked years later, when nobody can tell a wrong answer
/// from a right one. Whatever happened, at any instant, before the first event and in the future too, the
/// lists are those that somebody would have written down then.
fn lists_at_any_instant_are_those_a_plain_model_kept(engine: Engine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let world = runtime.block_on(World::new(engine))?;
    let config = Config {
        cases: 1,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let told = Cell::new(0);
    while told.get() < STEPS {
        let mut runner = TestRunner::new(config.clone());
        let outcome = runner.run(&vec(step(), 1..=STEPS / 5), |steps| {
            told.set(told.get() + steps.len());
            let case = async {
                let size = Size::default();
                let schools = [world.school(size).await?, world.school(size).await?];
                let mut story = Story::begin(&world, &schools)?;
                for step in &steps {
                    story.go_on(step).await?;
                }
                story.compare().await
            };
            let outcome = runtime.block_on(case);
            outcome.map_err(|error| TestCaseError::fail(format!("{error:#}")))
        });
        outcome.map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    Ok(())
}

mod lists_at_any_instant_are_those_a_plain_model_kept {
    use super::*;

    #[test]
    fn sqlite() -> anyhow::Result<()> {
        super::lists_at_any_instant_are_those_a_plain_model_kept(Engine::Sqlite)
    }

    #[test]
    fn postgres() -> anyhow::Result<()> {
        super::lists_at_any_instant_are_those_a_plain_model_kept(Engine::Postgres)
    }
}

const SMALL: Size = Size {
    classes: 2,
    students_per_class: 3,
    without_class: 1,
};

/// A head answers a parent; a colleague, a pupil or another school's head must not look back at
/// pupils' names.
async fn a_head_looks_back_at_their_own_lists(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let before = scene.world.commands.clock().now();
    let (left, joined) = (scene.school.class(0), scene.school.class(1));
    let student = scene.school.classes[0].1[0];
    let moved = serde_json::json!([{ "student_id": student, "class_id": joined }]);
    scene.move_students(moved).await?;
    let path = |uai: &Uai, instant: &str| {
        format!("/api/v1/audit/establishments/{uai}/classes?as_of={instant}")
    };
    let own = |instant: &str| path(&scene.school.uai, instant);
    let then = before.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let members = |lists: &Value, class: ClassId| {
        let items = lists["items"].as_array().cloned().unwrap_or_default();
        let class = items.into_iter().find(|it| it["id"] == class.to_string());
        class.and_then(|class| class["students"].as_array().map(Vec::len))
    };
    let lists = scene.head.get(&own(&then)).await?.expect(200)?.body;
    ensure!(members(&lists, left) == Some(3), "{lists:#}");
    ensure!(lists["items"][0]["name"] == "3e A" && lists["items"][0]["track"].is_string());
    ensure!(lists["items"][0]["students"][0]["last_name"] == "Exemple");
    let alone = lists["students_without_class"].as_array();
    ensure!(alone.is_some_and(|alone| alone.len() == 1), "{lists:#}");
    let lists = scene.head.get(&own("2999-01-01")).await?.expect(200)?.body;
    ensure!(members(&lists, left) == Some(2) && members(&lists, joined) == Some(4));
    let lists = scene.head.get(&own("2001-01-01T00:00:00%2B03:00")).await?;
    ensure!(lists.expect(200)?.items()?.is_empty());

    for instant in ["", "hier", "2027-13-01", "2027-01-01T00:00:00"] {
        let refused = scene.head.get(&own(instant)).await?;
        let refused = refused.expect_problem(422, "validation")?;
        ensure!(
            refused.body["errors"][0]["field"] == "as_of",
            "{refused:#?}"
        );
    }
    let teacher = scene.staff(Role::Teacher).await?;
    let refused = teacher.get(&own(&then)).await?;
    refused.expect_problem(403, "forbidden")?;
    let other = scene.world.school(SMALL).await?;
    for uai in [other.uai.as_str(), "0132572A"] {
        let refused = scene.head.get(&path(&Uai::parse(uai)?, &then)).await?;
        refused.expect_problem(404, "not_found")?;
    }
    let administrator = scene.world.administrator().await?;
    let administrator = scene.server.client().sign_in(&administrator.email).await?;
    let lists = administrator.get(&own(&then)).await?.expect(200)?;
    ensure!(members(&lists.body, left) == Some(3));
    let unknown = path(&Uai::parse("0132572A")?, &then);
    let refused = administrator.get(&unknown).await?;
    refused.expect_problem(404, "not_found")?;
    Ok(())
}

/// The operator's administrator answers from a terminal, and reads it to somebody on the telephone.
async fn the_command_line_shows_lists_and_refuses_nonsense(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SMALL).await?;
    let (url, uai) = (&world.database.url, school.uai.as_str());
    let as_of = |instant, more: &[&'static str]| {
        let mut args = vec!["audit", "as-of", instant, "--uai", uai];
        args.extend(more);
        command_line::run(url, &args)
    };
    let shown = as_of("2999-01-01", &[])?.ended(0)?.out;
    for text in [
        "3e A · 3e · 3 élèves",
        "Exemple Élève 000",
        "Sans classe · 1 élève\n",
    ] {
        ensure!(shown.contains(text), "no {text:?} in {shown}");
    }
    let json = as_of("2999-01-01T12:00:00Z", &["--json"])?
        .ended(0)?
        .json()?;
    ensure!(json["establishment"] == uai && json["as_of"] == "2999-01-01T12:00:00Z");
    ensure!(
        json["items"]
            .as_array()
            .is_some_and(|items| items.len() == 2)
    );
    let empty = as_of("2001-01-01", &["--json"])?.ended(0)?.json()?;
    ensure!(empty["items"] == serde_json::json!([]), "{empty}");
    as_of("jadis", &[])?.ended(2)?;
    let unknown = ["audit", "as-of", "2999-01-01", "--uai", "0132572A"];
    command_line::run(url, &unknown)?.ended(2)?;
    command_line::run(url, &unknown[..3])?.ended(2)?;
    Ok(())
}

/// In October somebody asks about June. The classes of June were purged in between, and there are classes
/// of the same names again.
async fn last_years_lists_remain_after_the_yearly_reset(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SMALL).await?;
    let june = world.commands.clock().now();
    let reset = june + TimeDelta::days(60);
    let commands = Commands::new(world.store().clone(), SetClock::at(reset), Vec::new());
    let open = OpenSchoolYears {
        establishments: vec![school.uai.clone()],
        school_year: SchoolYear::starting(world.school_year()?.year() + 1)?,
    };
    commands.execute(&world.by(), &open).await?;
    let october = reset + TimeDelta::days(60);
    let at = async |instant| {
        let mut reader = world.store().reader().await?;
        as_of::class_lists(&mut reader.conn(), &school.uai, instant).await
    };
    let last_year = at(june).await?;
    let pupils = |lists: &ClassLists| {
        lists
            .classes
            .iter()
            .map(|it| it.students.len())
            .sum::<usize>()
    };
    ensure!(
        last_year.classes.len() == 2 && pupils(&last_year) == 6,
        "{last_year:#?}"
    );
    ensure!(last_year.students_without_class.len() == 1);
    ensure!(at(reset - TimeDelta::microseconds(1)).await? == last_year);
    for instant in [reset, october, october + TimeDelta::days(9_999)] {
        ensure!(at(instant).await? == ClassLists::default(), "at {instant}");
    }
    ensure!(at(june - TimeDelta::days(9_999)).await? == ClassLists::default());

    let url = &world.database.url;
    let asked = |instant: DateTime<Utc>| {
        let instant = instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        command_line::run(
            url,
            &["audit", "as-of", &instant, "--uai", school.uai.as_str()],
        )
    };
    ensure!(asked(june)?.ended(0)?.out.contains("3e A"));
    ensure!(!asked(october)?.ended(0)?.out.contains("3e A"));
    audit::everything(world.store()).await?;
    Ok(())
}
