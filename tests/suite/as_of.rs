//! What the class lists were at an instant.

use std::{
    collections::BTreeMap,
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
use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use commands::{
    Clock, Commands,
    change_roster::{ChangeRoster, Destination, RosterChange},
    create_class::CreateClass,
    delete_class::DeleteClass,
    edit_class::EditClass,
    register_student::RegisterStudent,
    rejoin_establishment::RejoinEstablishment,
};
use domain::{
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, StudentId},
    student::StudentEvent,
    values::{ClassName, Role, SchoolYear, Track, Uai},
};
use projections::as_of::{self, ClassLists};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::Value;
use store::{Append, Store};

on_both_engines!(
    lists_at_any_instant_are_those_a_plain_model_kept,
    a_head_looks_back_at_their_own_lists,
    the_command_line_shows_lists_and_refuses_nonsense,
    last_years_lists_remain_after_the_yearly_reset,
);

/// How many things happen, over some weeks.
const ACTIONS: usize = 2_000;

/// A clock that goes when a test says so.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

impl SetClock {
    fn go_on(&self, by: TimeDelta) {
        let micros = by.num_microseconds().unwrap_or_default();
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Two schools as plain maps.
#[derive(Clone, Default)]
struct Model {
    classes: BTreeMap<ClassId, (usize, String, Track)>,
    students: BTreeMap<StudentId, (Option<usize>, Option<ClassId>)>,
}

/// A school's lists, comparable: class, name, track and pupils; pupils without a class.
type Lists = (
    BTreeMap<ClassId, (String, Track, Vec<StudentId>)>,
    Vec<StudentId>,
);

impl Model {
    fn lists(&self, school: usize) -> Lists {
        let members = |class| {
            let inside = self
                .students
                .iter()
                .filter(move |(_, place)| **place == (Some(school), class));
            inside.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        let own = self.classes.iter().filter(|(_, class)| class.0 == school);
        let classes =
            own.map(|(id, (_, name, track))| (*id, (name.clone(), *track, members(Some(*id)))));
        (classes.collect(), members(None))
    }
}

fn comparable(lists: ClassLists) -> Lists {
    let ids = |pupils: Vec<as_of::Pupil>| {
        let mut ids: Vec<StudentId> = pupils.into_iter().map(|pupil| pupil.id).collect();
        ids.sort();
        ids
    };
    let classes = lists.classes.into_iter().map(|class| {
        let name = class.name.to_string();
        (class.id, (name, class.track, ids(class.students)))
    });
    (classes.collect(), ids(lists.students_without_class))
}

/// The years of two schools, made up as they go.
struct Story<'w> {
    world: &'w World,
    commands: Commands,
    clock: Arc<SetClock>,
    uais: [Uai; 2],
    random: StdRng,
    names: u32,
    model: Model,
}

impl Story<'_> {
    /// Something that people do, and what the model makes of it.
    async fn act(&mut self) -> anyhow::Result<()> {
        let school = self.random.random_range(0..2);
        match self.random.random_range(0..100) {
            0..10 => self.create_class(school).await,
            10..18 => self.edit_class().await,
            18..24 => self.delete_class().await,
            24..45 => self.register(school).await,
            45..55 => self.rejoin(school).await,
            _ => self.change_roster(school).await,
        }
    }

    fn name(&mut self) -> anyhow::Result<ClassName> {
        self.names += 1;
        Ok(ClassName::parse(&format!("3e {}", self.names))?)
    }

    fn class_of(&mut self, school: usize) -> Option<ClassId> {
        let own = self.model.classes.iter().filter(|(_, it)| it.0 == school);
        let own: Vec<ClassId> = own.map(|(id, _)| *id).collect();
        own.choose(&mut self.random).copied()
    }

    async fn create_class(&mut self, school: usize) -> anyhow::Result<()> {
        let (class, name) = (ClassId::new(self.clock.new_uuid()), self.name()?);
        let track = *Track::ALL.choose(&mut self.random).context("a track")?;
        let create = CreateClass {
            establishment: self.uais[school].clone(),
            class,
            name: name.clone(),
            track,
        };
        self.commands.execute(&self.world.by(), &create).await?;
        let known = (school, name.to_string(), track);
        self.model.classes.insert(class, known);
        Ok(())
    }

    async fn edit_class(&mut self) -> anyhow::Result<()> {
        let all: Vec<ClassId> = self.model.classes.keys().copied().collect();
        let Some(class) = all.choose(&mut self.random).copied() else {
            return Ok(());
        };
        let (name, track) = (self.name()?, Track::ALL.choose(&mut self.random).copied());
        let known = self.model.classes.get_mut(&class).context("the class")?;
        let edit = EditClass {
            establishment: self.uais[known.0].clone(),
            class,
            name: Some(name.clone()),
            track,
            expected_version: None,
        };
        self.commands.execute(&self.world.by(), &edit).await?;
        known.1 = name.to_string();
        known.2 = track.context("a track")?;
        Ok(())
    }

    async fn delete_class(&mut self) -> anyhow::Result<()> {
        let taken = |class| self.model.students.values().any(|it| it.1 == Some(class));
        let empty = self.model.classes.keys().copied().find(|id| !taken(*id));
        let Some(class) = empty else {
            return Ok(());
        };
        let (school, ..) = self.model.classes.remove(&class).context("the class")?;
        let delete = DeleteClass {
            establishment: self.uais[school].clone(),
            class,
            expected_version: None,
        };
        self.commands.execute(&self.world.by(), &delete).await?;
        Ok(())
    }

    async fn register(&mut self, school: usize) -> anyhow::Result<()> {
        let student = StudentId::new(self.clock.new_uuid());
        let class = self.class_of(school);
        let register = RegisterStudent {
            establishment: self.uais[school].clone(),
            student,
            class,
        };
        self.commands.execute(&self.world.by(), &register).await?;
        self.model.students.insert(student, (Some(school), class));
        Ok(())
    }

    async fn rejoin(&mut self, school: usize) -> anyhow::Result<()> {
        let out = self.model.students.iter().find(|(_, it)| it.0.is_none());
        let Some(student) = out.map(|(id, _)| *id) else {
            return Ok(());
        };
        let rejoin = RejoinEstablishment {
            establishment: self.uais[school].clone(),
            student,
            class: None,
        };
        self.commands.execute(&self.world.by(), &rejoin).await?;
        self.model.students.insert(student, (Some(school), None));
        Ok(())
    }

    /// Up to five pupils move, get a first class or leave, in one piece.
    async fn change_roster(&mut self, school: usize) -> anyhow::Result<()> {
        let inside = |it: &(&StudentId, &(Option<usize>, _))| it.1.0 == Some(school);
        let inside: Vec<StudentId> = self
            .model
            .students
            .iter()
            .filter(inside)
            .map(|it| *it.0)
            .collect();
        let some: Vec<StudentId> = inside
            .choose_multiple(&mut self.random, 5)
            .copied()
            .collect();
        let mut changes = Vec::new();
        for student in some {
            let to = match self.class_of(school) {
                Some(class) if self.random.random_bool(0.85) => Destination::Class(class),
                _ => Destination::Out,
            };
            let place = match to {
                Destination::Class(class) => (Some(school), Some(class)),
                _ => (None, None),
            };
            self.model.students.insert(student, place);
            changes.push(RosterChange {
                student,
                to,
                expected: None,
            });
        }
        let change = ChangeRoster {
            establishment: self.uais[school].clone(),
            may_assign: true,
            changes,
        };
        self.commands.execute(&self.world.by(), &change).await?;
        Ok(())
    }
}

/// "What did 3e A look like on 12 March?" is asked years later, when nobody can tell a wrong answer
/// from a right one. At any instant, before the first event and in the future too, the lists are those
/// that somebody would have written down then.
async fn lists_at_any_instant_are_those_a_plain_model_kept(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let schools = [
        world.school(Size::default()).await?,
        world.school(Size::default()).await?,
    ];
    let seed: u64 = rand::random();
    let clock = Arc::new(SetClock(AtomicI64::new(
        (world.commands.clock().now() + TimeDelta::days(1)).timestamp_micros(),
    )));
    let mut story = Story {
        world: &world,
        commands: Commands::new(world.store().clone(), Arc::clone(&clock) as Arc<dyn Clock>),
        clock: Arc::clone(&clock),
        uais: schools.each_ref().map(|school| school.uai.clone()),
        random: StdRng::seed_from_u64(seed),
        names: 0,
        model: Model::default(),
    };
    for (number, school) in schools.iter().enumerate() {
        for student in &school.without_class {
            story.model.students.insert(*student, (Some(number), None));
        }
    }
    let mut kept = vec![(DateTime::UNIX_EPOCH, Model::default())];
    kept.push((clock.now(), story.model.clone()));
    for _ in 0..ACTIONS {
        clock.go_on(TimeDelta::seconds(story.random.random_range(1..3_600)));
        story.act().await.with_context(|| format!("seed {seed}"))?;
        kept.push((clock.now(), story.model.clone()));
    }
    kept.push((clock.now() + TimeDelta::weeks(500), story.model.clone()));
    for _ in 0..60 {
        let index = story.random.random_range(0..kept.len());
        let (at, model) = &kept[index];
        let until = kept.get(index + 1).map_or(*at, |next| next.0);
        // At the instant itself, and just before the next thing happened. Before the story begins, the
        // schools were being made.
        let last = until - TimeDelta::microseconds(i64::from(index > 0));
        for instant in [*at, if index == 0 { *at } else { last.max(*at) }] {
            for (school, uai) in story.uais.iter().enumerate() {
                let lists = as_of::class_lists(world.store(), uai, instant).await?;
                ensure!(
                    comparable(lists) == model.lists(school),
                    "seed {seed}, action {index}, {instant}, school {school}"
                );
            }
        }
    }
    Ok(())
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
    purge(world.store(), &school.uai, reset).await?;
    let october = reset + TimeDelta::days(60);
    let at = async |instant| as_of::class_lists(world.store(), &school.uai, instant).await;
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

/// The events of a reset: every class purged, every pupil released, the next year opened.
async fn purge(store: &Store, uai: &Uai, at: DateTime<Utc>) -> anyhow::Result<()> {
    let school_year = SchoolYear::starting(2027)?;
    let log = store.read_establishment(uai).await?;
    let mut last = BTreeMap::new();
    for event in &log {
        last.insert(event.record.stream.clone(), event.record.clone());
    }
    let next = last.into_values().map(|mut record| {
        record.event = match record.event {
            Event::Establishment(_) => EstablishmentEvent::SchoolYearOpened { school_year }.into(),
            Event::Class(_) => ClassEvent::ClassPurged { school_year }.into(),
            Event::Student(_) => StudentEvent::StudentReleased {
                establishment: uai.clone(),
                from: None,
                school_year,
            }
            .into(),
        };
        record.sequence += 1;
        record.recorded_at = at;
        record
    });
    let mut append = Append {
        events: next.collect(),
        guards: Vec::new(),
    };
    store.writer().await?.append(&mut append, &[]).await?;
    Ok(())
}
