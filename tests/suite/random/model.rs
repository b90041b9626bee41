//! What the rules say must come of each action, in the simplest terms: classes and pupils.

mod roster;

use std::collections::{BTreeMap, BTreeSet};

use acceptance::world::{School, World};
use anyhow::ensure;
use commands::{
    CommandError, UseCase, create_class::CreateClass, delete_class::DeleteClass,
    edit_class::EditClass, erase_student::EraseStudent, register_student::RegisterStudent,
    rejoin_establishment::RejoinEstablishment,
};
use domain::{
    fold::fold,
    ids::{ClassId, PersonId, StudentId},
    values::{ClassName, Track, Uai},
};

use super::{
    action::{Action, NAMES, What, meant},
    staff::Staffs,
};

/// Two schools as they must be, beside the real ones.
pub(super) struct Model<'w> {
    pub(super) world: &'w World,
    uais: [Uai; 2],
    classes: Vec<Class>,
    students: Vec<Student>,
    pub(super) staffs: Staffs,
}

/// What a list of classes shows of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) track: Track,
    pub(super) student_count: i64,
    pub(super) main_teachers: BTreeSet<PersonId>,
}

#[derive(Clone)]
struct Class {
    id: ClassId,
    school: usize,
    name: String,
    track: Track,
    version: u64,
    deleted: bool,
}

#[derive(Clone)]
struct Student {
    id: StudentId,
    school: Option<usize>,
    class: Option<ClassId>,
    erased: bool,
}

impl<'w> Model<'w> {
    /// The two schools as they were just made.
    pub(super) fn new(world: &'w World, schools: [School; 2]) -> Self {
        let mut model = Self {
            world,
            uais: schools.each_ref().map(|school| school.uai.clone()),
            classes: Vec::new(),
            students: Vec::new(),
            staffs: Staffs::new(world, &schools),
        };
        for (number, school) in schools.into_iter().enumerate() {
            for ((id, students), letter) in school.classes.into_iter().zip('A'..) {
                let name = format!("3e {letter}");
                model.add_class(id, number, name, Track::TroisiemeGenerale);
                model.add_students(number, students, Some(id));
            }
            model.add_students(number, school.without_class, None);
        }
        model
    }

    fn add_class(&mut self, id: ClassId, school: usize, name: String, track: Track) {
        self.classes.push(Class {
            id,
            school,
            name,
            track,
            version: 1,
            deleted: false,
        });
    }

    fn add_students(&mut self, school: usize, ids: Vec<StudentId>, class: Option<ClassId>) {
        self.students.extend(ids.into_iter().map(|id| Student {
            id,
            school: Some(school),
            class,
            erased: false,
        }));
    }

    /// Which school it is.
    pub(super) fn uai(&self, school: usize) -> &Uai {
        &self.uais[school]
    }

    /// What a school's list of classes must show.
    pub(super) fn classes(&self, school: usize) -> BTreeMap<ClassId, Shown> {
        let open = self
            .classes
            .iter()
            .filter(|class| class.school == school && !class.deleted);
        open.map(|class| {
            let shown = Shown {
                name: class.name.clone(),
                track: class.track,
                student_count: i64::try_from(self.size(class.id)).unwrap_or(i64::MAX),
                main_teachers: self.staffs.main_teachers(class.id),
            };
            (class.id, shown)
        })
        .collect()
    }

    /// Who must be in a school, and in which class.
    pub(super) fn students(&self, school: usize) -> BTreeMap<StudentId, Option<ClassId>> {
        let inside = self
            .students
            .iter()
            .filter(|student| student.school == Some(school));
        inside.map(|student| (student.id, student.class)).collect()
    }

    fn size(&self, class: ClassId) -> usize {
        let inside = self
            .students
            .iter()
            .filter(|student| student.class == Some(class));
        inside.count()
    }

    /// Whether a name is free in a school, for a class that may have it already.
    fn is_free(&self, school: usize, name: &str, own: Option<ClassId>) -> bool {
        !self.classes.iter().any(|class| {
            let other = class.school == school && !class.deleted && Some(class.id) != own;
            other && fold(&class.name) == fold(name)
        })
    }

    fn class(&self, school: usize, number: usize) -> usize {
        meant(number, self.classes.len(), |class| {
            self.reaches(school, class)
        })
    }

    /// The class that a number stands for, and whether it is one of the school's.
    pub(super) fn place(&self, school: usize, number: Option<usize>) -> (Option<ClassId>, bool) {
        let class = number.map(|number| self.class(school, number));
        let possible = class.is_none_or(|class| self.reaches(school, class));
        (class.map(|class| self.classes[class].id), possible)
    }

    /// Whether a class is still there.
    pub(super) fn is_open(&self, id: ClassId) -> bool {
        let mut open = self.classes.iter().filter(|class| !class.deleted);
        open.any(|class| class.id == id)
    }

    fn reaches(&self, school: usize, class: usize) -> bool {
        let class = &self.classes[class];
        class.school == school && !class.deleted
    }

    /// Does it, on the model and for real: both must agree on whether it can be done.
    pub(super) async fn act(&mut self, action: &Action) -> anyhow::Result<()> {
        let school = action.school;
        match &action.what {
            What::Create { name, track } => self.create(school, NAMES[*name], *track).await,
            What::Edit {
                class,
                name,
                track,
                stale,
            } => {
                let name = name.map(|name| NAMES[name]);
                let class = self.class(school, *class);
                self.edit(school, class, name, *track, *stale).await
            }
            What::Delete { class } => self.delete(school, self.class(school, *class)).await,
            What::Register { class } => self.register(school, *class).await,
            What::Roster {
                may_assign,
                changes,
            } => self.roster(school, *may_assign, changes).await,
            What::Rejoin { student, class } => self.rejoin(school, *student, *class).await,
            What::Erase { student } => self.erase(school, *student).await,
            What::Staff(action) => self.act_on_staff(school, action).await,
        }
    }

    /// Whether it was done; `expected` says whether it should be.
    pub(super) async fn attempt<U: UseCase>(
        &self,
        use_case: &U,
        expected: bool,
    ) -> anyhow::Result<bool> {
        match self
            .world
            .commands
            .execute(&self.world.by(), use_case)
            .await
        {
            Ok(_) => ensure!(expected, "done, and should have been refused"),
            Err(CommandError::Refused(refusal)) => {
                ensure!(!expected, "refused, and should have been done: {refusal}");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(expected)
    }

    async fn create(&mut self, school: usize, name: &str, track: Track) -> anyhow::Result<()> {
        let class = ClassId::new(self.world.commands.clock().new_uuid());
        let create = CreateClass {
            establishment: self.uais[school].clone(),
            class,
            name: ClassName::parse(name)?,
            track,
        };
        if self
            .attempt(&create, self.is_free(school, name, None))
            .await?
        {
            self.add_class(class, school, name.to_owned(), track);
        }
        Ok(())
    }

    async fn edit(
        &mut self,
        school: usize,
        number: usize,
        name: Option<&str>,
        track: Option<Track>,
        stale: bool,
    ) -> anyhow::Result<()> {
        let class = self.classes[number].clone();
        let edit = EditClass {
            establishment: self.uais[school].clone(),
            class: class.id,
            name: name.map(ClassName::parse).transpose()?,
            track,
            expected_versions: stale.then(|| vec![class.version - 1]),
        };
        let free = name.is_none_or(|name| self.is_free(school, name, Some(class.id)));
        let possible = self.reaches(school, number) && !stale && free;
        if self.attempt(&edit, possible).await? {
            let class = &mut self.classes[number];
            if let Some(name) = name.filter(|name| *name != class.name) {
                name.clone_into(&mut class.name);
                class.version += 1;
            }
            if let Some(track) = track.filter(|track| *track != class.track) {
                class.track = track;
                class.version += 1;
            }
        }
        Ok(())
    }

    async fn delete(&mut self, school: usize, number: usize) -> anyhow::Result<()> {
        let class = self.classes[number].id;
        let delete = DeleteClass {
            establishment: self.uais[school].clone(),
            class,
            expected_versions: None,
        };
        let possible = self.reaches(school, number) && self.size(class) == 0;
        if self.attempt(&delete, possible).await? {
            self.classes[number].deleted = true;
            self.staffs.nobody_teaches(class);
        }
        Ok(())
    }

    async fn register(&mut self, school: usize, class: Option<usize>) -> anyhow::Result<()> {
        let student = StudentId::new(self.world.commands.clock().new_uuid());
        let (class, possible) = self.place(school, class);
        let register = RegisterStudent {
            establishment: self.uais[school].clone(),
            student,
            class,
        };
        if self.attempt(&register, possible).await? {
            self.add_students(school, vec![student], class);
        }
        Ok(())
    }

    async fn rejoin(
        &mut self,
        school: usize,
        number: usize,
        class: Option<usize>,
    ) -> anyhow::Result<()> {
        let number = meant(number, self.students.len(), |student| {
            self.students[student].school.is_none()
        });
        let (class, possible) = self.place(school, class);
        let rejoin = RejoinEstablishment {
            establishment: self.uais[school].clone(),
            student: self.students[number].id,
            class,
        };
        let student = &self.students[number];
        let free = !student.erased && student.school.is_none_or(|at| at == school);
        if self.attempt(&rejoin, possible && free).await? {
            let student = &mut self.students[number];
            student.school = Some(school);
            // Whoever has a class is moved by staff alone.
            student.class = student.class.or(class);
        }
        Ok(())
    }

    /// Administrators erase, wherever the pupil is.
    async fn erase(&mut self, school: usize, number: usize) -> anyhow::Result<()> {
        let number = meant(number, self.students.len(), |student| {
            self.students[student].school == Some(school)
        });
        let erase = EraseStudent {
            student: self.students[number].id,
            invitations: Vec::new(),
        };
        self.attempt(&erase, true).await?;
        let student = &mut self.students[number];
        student.erased = true;
        student.school = None;
        student.class = None;
        Ok(())
    }
}
