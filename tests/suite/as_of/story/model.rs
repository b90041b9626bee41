//! What the lists are after each step, in the simplest terms.

use std::collections::{BTreeMap, BTreeSet};

use acceptance::world::School;
use domain::{
    ids::{ClassId, StudentId},
    values::{SchoolYear, Track},
};
use projections::as_of::{self, ClassLists};

use super::meant;

/// Two schools as plain maps.
#[derive(Clone, Default)]
pub(super) struct Model {
    pub(super) years: [i32; 2],
    pub(super) classes: BTreeMap<ClassId, (usize, String, Track)>,
    pub(super) students: BTreeMap<StudentId, (Option<usize>, Option<ClassId>)>,
    pub(super) erased: BTreeSet<StudentId>,
}

/// A school's lists, comparable: class, name, track and pupils; pupils without a class.
type Lists = (
    BTreeMap<ClassId, (String, Track, Vec<StudentId>)>,
    Vec<StudentId>,
);

impl Model {
    pub(super) fn of(schools: &[School; 2], year: SchoolYear) -> Self {
        let mut model = Self {
            years: [year.year(); 2],
            ..Self::default()
        };
        for (number, school) in schools.iter().enumerate() {
            for student in &school.without_class {
                model.students.insert(*student, (Some(number), None));
            }
        }
        model
    }

    pub(super) fn lists(&self, school: usize) -> Lists {
        let members = |class| {
            let inside = self
                .students
                .iter()
                .filter(move |(_, place)| **place == (Some(school), class));
            inside.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        let own = self.classes.iter().filter(|(_, class)| class.0 == school);
        let list = |(id, (_, name, track)): (&ClassId, &(usize, String, Track))| {
            (*id, (name.clone(), *track, members(Some(*id))))
        };
        (own.map(list).collect(), members(None))
    }

    pub(super) fn class_of(&self, school: usize, number: usize) -> Option<ClassId> {
        let own = self.classes.iter().filter(|(_, class)| class.0 == school);
        meant(own.map(|(id, _)| *id), number)
    }

    pub(super) fn pupil_of(&self, school: Option<usize>, number: usize) -> Option<StudentId> {
        let there = |(id, place): &(&StudentId, &(Option<usize>, _))| {
            place.0 == school && !self.erased.contains(id)
        };
        let there = self.students.iter().filter(there);
        meant(there.map(|(id, _)| *id), number)
    }

    /// A new year in a school: nobody and nothing is left of the one before.
    pub(super) fn begin_year(&mut self, school: usize, year: i32) {
        self.years[school] = year;
        self.classes.retain(|_, class| class.0 != school);
        for place in self.students.values_mut() {
            if place.0 == Some(school) {
                *place = (None, None);
            }
        }
    }
}

pub(super) fn comparable(lists: ClassLists) -> Lists {
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
