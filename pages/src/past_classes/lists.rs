//! The lists of then beside those of today.

use std::collections::{HashMap, HashSet};

use domain::ids::{ClassId, StudentId};
use projections::as_of::{ClassList, ClassLists, Pupil};

/// The lists of a moment, and what has changed since.
pub(super) struct Lists {
    pub(super) classes: Vec<List>,
    /// How many of the pupils are elsewhere today.
    pub(super) moved: usize,
    /// How many pupils are there today who were not then.
    pub(super) newcomers: usize,
    /// The classes of today that were not there then.
    pub(super) new_classes: Vec<String>,
}

/// A class as it was, or those in none.
pub(super) struct List {
    pub(super) name: String,
    /// Empty for those who had no class.
    pub(super) track: &'static str,
    /// What has become of the class; empty when it is as it was.
    pub(super) since: String,
    pub(super) pupils: Vec<Line>,
}

/// A pupil as they were.
pub(super) struct Line {
    pub(super) name: String,
    /// Where they are today; empty when they are where they were.
    pub(super) since: String,
}

/// Where everybody is today.
struct Today<'a> {
    classes: HashMap<ClassId, &'a str>,
    places: HashMap<StudentId, Option<ClassId>>,
}

impl<'a> Today<'a> {
    fn new(today: &'a ClassLists) -> Self {
        let classes = today.classes.iter();
        Self {
            classes: classes
                .map(|class| (class.id, class.name.as_str()))
                .collect(),
            places: places(today).collect(),
        }
    }

    /// What has become of a pupil who was in this class.
    fn pupil(&self, pupil: StudentId, then: Option<ClassId>) -> String {
        match self.places.get(&pupil) {
            None => "n'est plus dans l'établissement".to_owned(),
            Some(place) if *place == then => String::new(),
            Some(None) => "aujourd'hui sans classe".to_owned(),
            Some(Some(class)) => {
                let name = self.classes.get(class).copied();
                format!("aujourd'hui en {}", name.unwrap_or("une autre classe"))
            }
        }
    }

    /// What has become of a class.
    fn class(&self, then: &ClassList) -> String {
        match self.classes.get(&then.id) {
            None => "supprimée depuis".to_owned(),
            Some(name) if *name == then.name.as_str() => String::new(),
            Some(name) => format!("aujourd'hui {name}"),
        }
    }
}

/// Everybody, and where they are.
fn places(lists: &ClassLists) -> impl Iterator<Item = (StudentId, Option<ClassId>)> + '_ {
    let in_classes = lists.classes.iter().flat_map(|class| {
        let pupils = class.students.iter();
        pupils.map(move |pupil| (pupil.id, Some(class.id)))
    });
    let without = lists.students_without_class.iter();
    in_classes.chain(without.map(|pupil| (pupil.id, None)))
}

impl Lists {
    pub(super) fn new(then: &ClassLists, today: &ClassLists) -> Self {
        let now = Today::new(today);
        let mut classes: Vec<List> = then.classes.iter().map(|class| list(class, &now)).collect();
        if !then.students_without_class.is_empty() {
            classes.push(List {
                name: "Sans classe".to_owned(),
                track: "",
                since: String::new(),
                pupils: lines(&then.students_without_class, None, &now),
            });
        }
        let known: HashSet<StudentId> = places(then).map(|(pupil, _)| pupil).collect();
        let was_there = |id| then.classes.iter().any(|class| class.id == id);
        let new_classes = today.classes.iter().filter(|class| !was_there(class.id));
        Self {
            moved: classes
                .iter()
                .flat_map(|list| &list.pupils)
                .filter(|line| !line.since.is_empty())
                .count(),
            newcomers: places(today)
                .filter(|(pupil, _)| !known.contains(pupil))
                .count(),
            new_classes: new_classes.map(|class| class.name.to_string()).collect(),
            classes,
        }
    }

    /// What has changed since, in sentences.
    pub(super) fn changes(&self) -> Vec<String> {
        let mut said = Vec::new();
        said.extend(match self.moved {
            0 => None,
            1 => Some(
                "1 élève n'est plus au même endroit : c'est marqué à côté de son nom.".to_owned(),
            ),
            n => Some(format!(
                "{n} élèves ne sont plus au même endroit : c'est marqué à côté de leur nom."
            )),
        });
        said.extend(match self.newcomers {
            0 => None,
            1 => Some("1 élève est arrivé depuis.".to_owned()),
            n => Some(format!("{n} élèves sont arrivés depuis.")),
        });
        said.extend(match self.new_classes.as_slice() {
            [] => None,
            [only] => Some(format!("La classe {only} a été créée depuis.")),
            names => Some(format!("Classes créées depuis : {}.", names.join(", "))),
        });
        if said.is_empty() && !self.classes.is_empty() {
            said.push("Rien n'a changé depuis.".to_owned());
        }
        said
    }

    /// One class of pupils of these names, for the tests of templates; nothing without names.
    #[cfg(test)]
    pub(super) fn sample(names: &[&str]) -> Self {
        let line = |name: &&str| Line {
            name: (*name).to_owned(),
            since: (*name).to_owned(),
        };
        let class = |first: &&str| List {
            name: (*first).to_owned(),
            track: "3e",
            since: (*first).to_owned(),
            pupils: names.iter().map(line).collect(),
        };
        Self {
            classes: names.first().map(class).into_iter().collect(),
            moved: names.len(),
            newcomers: 0,
            new_classes: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

fn list(class: &ClassList, today: &Today<'_>) -> List {
    List {
        name: class.name.to_string(),
        track: class.track.label(),
        since: today.class(class),
        pupils: lines(&class.students, Some(class.id), today),
    }
}

fn lines(pupils: &[Pupil], class: Option<ClassId>, today: &Today<'_>) -> Vec<Line> {
    let line = |pupil: &Pupil| Line {
        name: match (&pupil.last_name, &pupil.first_name) {
            (Some(last_name), Some(first_name)) => format!("{last_name} {first_name}"),
            _ => "élève effacé".to_owned(),
        },
        since: today.pupil(pupil.id, class),
    };
    pupils.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use domain::values::{ClassName, Track};
    use uuid::Uuid;

    use super::*;

    fn pupil(number: u128) -> Pupil {
        Pupil {
            id: StudentId::new(Uuid::from_u128(number)),
            first_name: Some(format!("Prénom{number}")),
            last_name: Some("Nom".to_owned()),
        }
    }

    fn class(number: u128, name: &str, pupils: &[u128]) -> ClassList {
        ClassList {
            id: ClassId::new(Uuid::from_u128(number)),
            name: ClassName::parse(name).unwrap(),
            track: Track::TroisiemeGenerale,
            students: pupils.iter().copied().map(pupil).collect(),
        }
    }

    /// A head compares a day in March with today: each difference is marked where it is, and nothing else is.
    #[test]
    fn what_has_changed_since_is_marked() {
        let then = ClassLists {
            classes: vec![class(1, "3e A", &[1, 2, 3, 4]), class(2, "3e B", &[])],
            students_without_class: vec![pupil(5)],
        };
        let today = ClassLists {
            classes: vec![class(1, "3e Lovelace", &[1, 5, 6]), class(3, "3e C", &[2])],
            students_without_class: vec![pupil(3)],
        };
        let lists = Lists::new(&then, &today);
        let said = |list: &List| {
            let lines = list.pupils.iter().map(|line| line.since.clone());
            (list.since.clone(), lines.collect::<Vec<_>>())
        };
        let marks = [
            "",
            "aujourd'hui en 3e C",
            "aujourd'hui sans classe",
            "n'est plus dans l'établissement",
        ];
        assert_eq!(
            said(&lists.classes[0]),
            (
                "aujourd'hui 3e Lovelace".to_owned(),
                marks.map(str::to_owned).to_vec()
            )
        );
        assert_eq!(
            said(&lists.classes[1]),
            ("supprimée depuis".to_owned(), vec![])
        );
        assert_eq!(said(&lists.classes[2]).1, ["aujourd'hui en 3e Lovelace"]);
        assert_eq!(
            lists.changes(),
            [
                "4 élèves ne sont plus au même endroit : c'est marqué à côté de leur nom.",
                "1 élève est arrivé depuis.",
                "La classe 3e C a été créée depuis.",
            ]
        );
        assert_eq!(
            Lists::new(&then, &then).changes(),
            ["Rien n'a changé depuis."]
        );
    }
}
