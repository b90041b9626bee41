//! The years of two schools, and a plain model that writes down after each step what the lists are.

mod model;

use std::{collections::BTreeMap, sync::Arc};

use acceptance::world::{School, World};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use commands::{
    Commands,
    change_roster::{ChangeRoster, Destination, RosterChange},
    create_class::CreateClass,
    delete_class::DeleteClass,
    edit_class::EditClass,
    erase_student::EraseStudent,
    open_school_years::OpenSchoolYears,
    register_student::RegisterStudent,
    rejoin_establishment::RejoinEstablishment,
};
use domain::{
    ids::{ClassId, StudentId},
    values::{ClassName, SchoolYear, Track, Uai},
};
use projections::as_of;
use proptest::{collection::vec, option, prelude::*, sample::select};
use store::Clock;

use super::SetClock;
use model::{Model, comparable};

/// Instants that are looked at in one story, spread over it.
const LOOKS: usize = 12;

/// Something that happens in one of the schools, some time after what came before. Classes and pupils are
/// meant by number, among those that it can happen to; to nobody, nothing happens.
#[derive(Clone, Debug)]
pub(super) struct Step {
    school: usize,
    seconds: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Create(Track),
    Edit {
        class: usize,
        track: Option<Track>,
    },
    Delete,
    Register {
        class: Option<usize>,
    },
    Rejoin,
    /// Up to five pupils move, get a first class or leave, in one piece.
    Roster(Vec<(usize, Option<usize>)>),
    Erase {
        student: usize,
    },
    /// A new school year, in both schools or in one.
    Reset {
        both: bool,
    },
}

/// Any step.
pub(super) fn step() -> impl Strategy<Value = Step> {
    (0..2_usize, 1..3_600_i64, what()).prop_map(|(school, seconds, what)| Step {
        school,
        seconds,
        what,
    })
}

fn what() -> impl Strategy<Value = What> {
    let number = || 0..64_usize;
    let track = || select(Track::ALL.to_vec());
    prop_oneof![
        8 => track().prop_map(What::Create),
        8 => (number(), option::of(track())).prop_map(|(class, track)| What::Edit { class, track }),
        4 => Just(What::Delete),
        20 => option::weighted(0.8, number()).prop_map(|class| What::Register { class }),
        10 => Just(What::Rejoin),
        40 => vec((number(), option::weighted(0.85, number())), 1..=5).prop_map(What::Roster),
        4 => number().prop_map(|student| What::Erase { student }),
        2 => any::<bool>().prop_map(|both| What::Reset { both }),
    ]
}

fn meant<T>(mut among: impl Iterator<Item = T> + Clone, number: usize) -> Option<T> {
    let count = among.clone().count();
    among.nth(number.checked_rem(count)?)
}

/// What happened in two schools so far.
pub(super) struct Story<'w> {
    world: &'w World,
    commands: Commands,
    clock: Arc<SetClock>,
    uais: [Uai; 2],
    names: u32,
    model: Model,
    /// Since when the lists were what they were.
    kept: Vec<(DateTime<Utc>, Model)>,
}

impl<'w> Story<'w> {
    /// Begins a day after the schools were made.
    pub(super) fn begin(world: &'w World, schools: &[School; 2]) -> anyhow::Result<Self> {
        let clock = SetClock::at(world.commands.clock().now() + TimeDelta::days(1));
        let model = Model::of(schools, world.school_year()?);
        Ok(Self {
            world,
            commands: Commands::new(
                world.store().clone(),
                Arc::clone(&clock) as Arc<dyn Clock>,
                Vec::new(),
            ),
            uais: schools.each_ref().map(|school| school.uai.clone()),
            names: 0,
            kept: vec![
                (DateTime::UNIX_EPOCH, Model::default()),
                (clock.now(), model.clone()),
            ],
            model,
            clock,
        })
    }

    /// What happens, and what the model makes of it.
    pub(super) async fn go_on(&mut self, step: &Step) -> anyhow::Result<()> {
        self.clock.go_on(TimeDelta::seconds(step.seconds));
        let school = step.school;
        match &step.what {
            What::Create(track) => self.create_class(school, *track).await,
            What::Edit { class, track } => self.edit_class(school, *class, *track).await,
            What::Delete => self.delete_class(school).await,
            What::Register { class } => self.register(school, *class).await,
            What::Rejoin => self.rejoin(school).await,
            What::Roster(changes) => self.change_roster(school, changes).await,
            What::Erase { student } => self.erase(school, *student).await,
            What::Reset { both } => self.reset(school, *both).await,
        }?;
        self.kept.push((self.clock.now(), self.model.clone()));
        Ok(())
    }

    /// Whether the lists are at any instant what the model was: at the very moment of a step, just before the
    /// next one, long before the first and long after the last.
    pub(super) async fn compare(&mut self) -> anyhow::Result<()> {
        let later = self.clock.now() + TimeDelta::weeks(500);
        self.kept.push((later, self.model.clone()));
        let apart = self.kept.len().div_ceil(LOOKS);
        let mut reader = self.world.store().reader().await?;
        let mut conn = reader.conn();
        for index in (0..self.kept.len()).step_by(apart) {
            let (at, model) = &self.kept[index];
            let until = self.kept.get(index + 1).map_or(*at, |next| next.0);
            // Before the story begins, the schools were being made.
            let last = until - TimeDelta::microseconds(1);
            let last = if index == 0 { *at } else { last.max(*at) };
            for instant in [*at, last] {
                for (school, uai) in self.uais.iter().enumerate() {
                    let lists = as_of::class_lists(&mut conn, uai, instant).await?;
                    ensure!(
                        comparable(lists) == model.lists(school),
                        "after {index} steps, at {instant}, school {school}"
                    );
                }
            }
        }
        Ok(())
    }

    fn name(&mut self) -> anyhow::Result<ClassName> {
        self.names += 1;
        Ok(ClassName::parse(&format!("3e {}", self.names))?)
    }

    async fn create_class(&mut self, school: usize, track: Track) -> anyhow::Result<()> {
        let (class, name) = (ClassId::new(self.clock.new_uuid()), self.name()?);
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

    async fn edit_class(
        &mut self,
        school: usize,
        number: usize,
        track: Option<Track>,
    ) -> anyhow::Result<()> {
        let Some(class) = self.model.class_of(school, number) else {
            return Ok(());
        };
        let name = self.name()?;
        let edit = EditClass {
            establishment: self.uais[school].clone(),
            class,
            name: Some(name.clone()),
            track,
            expected_versions: None,
        };
        self.commands.execute(&self.world.by(), &edit).await?;
        let known = self.model.classes.get_mut(&class).context("the class")?;
        known.1 = name.to_string();
        known.2 = track.unwrap_or(known.2);
        Ok(())
    }

    /// An empty one.
    async fn delete_class(&mut self, school: usize) -> anyhow::Result<()> {
        let taken = |class| self.model.students.values().any(|it| it.1 == Some(class));
        let own = self.model.classes.iter().filter(|it| it.1.0 == school);
        let Some(class) = own.map(|(id, _)| *id).find(|id| !taken(*id)) else {
            return Ok(());
        };
        let delete = DeleteClass {
            establishment: self.uais[school].clone(),
            class,
            expected_versions: None,
        };
        self.commands.execute(&self.world.by(), &delete).await?;
        self.model.classes.remove(&class);
        Ok(())
    }

    async fn register(&mut self, school: usize, class: Option<usize>) -> anyhow::Result<()> {
        let student = StudentId::new(self.clock.new_uuid());
        let class = class.and_then(|number| self.model.class_of(school, number));
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
        let Some(student) = self.model.pupil_of(None, 0) else {
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

    async fn change_roster(
        &mut self,
        school: usize,
        asked: &[(usize, Option<usize>)],
    ) -> anyhow::Result<()> {
        let pupils = asked.iter().filter_map(|(student, class)| {
            let class = class.and_then(|number| self.model.class_of(school, number));
            Some((self.model.pupil_of(Some(school), *student)?, class))
        });
        // A pupil is named once.
        let pupils: BTreeMap<StudentId, Option<ClassId>> = pupils.collect();
        let changes = pupils.iter().map(|(student, class)| RosterChange {
            student: *student,
            to: class.map_or(Destination::Out, Destination::Class),
            expected: None,
        });
        let change = ChangeRoster {
            establishment: self.uais[school].clone(),
            may_assign: true,
            changes: changes.collect(),
        };
        self.commands.execute(&self.world.by(), &change).await?;
        for (student, class) in pupils {
            let place = (class.map(|_| school), class);
            self.model.students.insert(student, place);
        }
        Ok(())
    }

    /// Somebody of the school, or who left one.
    async fn erase(&mut self, school: usize, number: usize) -> anyhow::Result<()> {
        let school = number.is_multiple_of(2).then_some(school);
        let Some(student) = self.model.pupil_of(school, number / 2) else {
            return Ok(());
        };
        let erase = EraseStudent {
            student,
            invitations: Vec::new(),
        };
        self.commands.execute(&self.world.by(), &erase).await?;
        self.model.students.insert(student, (None, None));
        self.model.erased.insert(student);
        Ok(())
    }

    async fn reset(&mut self, school: usize, both: bool) -> anyhow::Result<()> {
        let year = self.model.years[school] + 1;
        let schools = if both { vec![0, 1] } else { vec![school] };
        let open = OpenSchoolYears {
            establishments: schools.iter().map(|it| self.uais[*it].clone()).collect(),
            school_year: SchoolYear::starting(year)?,
        };
        let opened = self.commands.execute(&self.world.by(), &open).await?;
        let earlier = schools
            .into_iter()
            .filter(|it| self.model.years[*it] < year);
        let earlier: Vec<usize> = earlier.collect();
        ensure!(opened.len() == earlier.len(), "{opened:#?}");
        for school in earlier {
            self.model.begin_year(school, year);
        }
        Ok(())
    }
}
