//! Pupils with the class that each is in, to be changed at once: "Enregistrer les modifications". The page of
//! a class and that of the pupils without one both hold it.

mod choices;
mod removal;
mod saving;

use askama::Template;
use domain::ids::{ClassId, StudentId};
use projections::{classes::ClassItem, roster::StudentItem};

pub(crate) use self::saving::{Moved, Unsaved, save};
use crate::{
    form::{Faults, Form},
    frame::name,
};

/// More than any collège has in 3e.
pub(crate) const MOST_STUDENTS: i64 = 5_000;

/// What stands in a list for "Cet élève ne fait pas partie de mon établissement".
const OUT: &str = "retrait";

/// The pupils, and what can be chosen for each.
#[derive(Template)]
#[template(path = "roster/table.html")]
pub(crate) struct Table {
    /// Where the form is sent.
    pub(crate) action: String,
    pub(crate) caption: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) classes: Vec<(ClassId, String)>,
    /// Whether pupils without a class may be given one.
    pub(crate) may_assign: bool,
    /// Whether anything may be chosen.
    pub(crate) may_change: bool,
}

/// A pupil in the list.
pub(crate) struct Row {
    id: StudentId,
    /// "Amrani Maëlle", as lists have it.
    name: String,
    /// "12/03/2012", when it is known.
    born: String,
    /// The class that they were seen in; empty for none.
    seen: String,
    /// What is chosen: a class, [`OUT`], or nothing.
    chosen: String,
    /// Why nothing was saved, when it is because of them.
    fault: String,
}

impl From<StudentItem> for Row {
    fn from(student: StudentItem) -> Self {
        let seen = student.class_id.map(|class| class.to_string());
        let seen = seen.unwrap_or_default();
        Self {
            id: student.id,
            name: name(student.last_name.as_deref(), student.first_name.as_deref()),
            born: student.birth_date.as_deref().map(day).unwrap_or_default(),
            chosen: seen.clone(),
            seen,
            fault: String::new(),
        }
    }
}

impl Table {
    /// The list as it was typed: whoever is in `form` has what was chosen there, but those whom others moved
    /// meanwhile, who show where they are. `everybody` is the establishment's.
    pub(crate) fn typed(
        &mut self,
        form: &Form,
        faults: &Faults,
        moved: &Moved,
        everybody: Vec<StudentItem>,
    ) {
        let at_fault = |id| !faults.on(&format!("classe.{id}")).is_empty();
        for student in everybody {
            let is_shown = self.rows.iter().any(|row| row.id == student.id);
            if !is_shown && at_fault(student.id) {
                self.rows.push(student.into());
            }
        }
        for row in &mut self.rows {
            let (chosen, seen) = (format!("classe.{}", row.id), format!("vue.{}", row.id));
            faults.on(&chosen).clone_into(&mut row.fault);
            if !moved.contains_key(&row.id) && form.has(&chosen) {
                form.text(&chosen).clone_into(&mut row.chosen);
                form.text(&seen).clone_into(&mut row.seen);
            }
        }
        self.rows.sort_by_key(|row| row.fault.is_empty());
    }

    #[expect(
        clippy::unused_self,
        reason = "templates reach functions through values"
    )]
    fn out(&self) -> &'static str {
        OUT
    }
}

impl Table {
    /// "modifié : 3e A → 3e B"; nothing, where nothing changes.
    fn note(&self, row: &Row) -> String {
        let name = |id: &str| {
            let class = self
                .classes
                .iter()
                .find(|(class, _)| class.to_string() == id);
            class.map_or("sans classe", |(_, name)| name)
        };
        match row.chosen.as_str() {
            chosen if chosen == row.seen => String::new(),
            OUT => "à retirer".to_owned(),
            chosen => format!("modifié : {} → {}", name(&row.seen), name(chosen)),
        }
    }
}

impl Row {
    fn is_chosen(&self, class: &ClassId) -> bool {
        self.chosen == class.to_string()
    }

    fn is_seen(&self, class: &ClassId) -> bool {
        self.seen == class.to_string()
    }
}

/// The classes of an establishment, to choose from.
pub(crate) fn to_choose(classes: &[ClassItem]) -> Vec<(ClassId, String)> {
    let names = classes.iter().map(|class| (class.id, class.name.clone()));
    names.collect()
}

/// A day as people write it, from ISO 8601.
pub(crate) fn day(iso: &str) -> String {
    let mut parts: Vec<&str> = iso.split('-').collect();
    parts.reverse();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use web::problem::FieldError;

    use super::*;
    use crate::testing::NASTY;

    const A: ClassId = ClassId::new(Uuid::from_u128(0xa));
    const B: ClassId = ClassId::new(Uuid::from_u128(0xb));

    fn row(number: u128, name: &str, seen: Option<ClassId>) -> Row {
        let seen = seen.map(|class| class.to_string()).unwrap_or_default();
        Row {
            id: StudentId::new(Uuid::from_u128(number)),
            name: name.to_owned(),
            born: day("2012-03-12"),
            chosen: seen.clone(),
            seen,
            fault: String::new(),
        }
    }

    fn table(rows: Vec<Row>, may_assign: bool) -> Table {
        Table {
            action: "/classes/1".to_owned(),
            caption: "Les élèves".to_owned(),
            rows,
            classes: vec![(A, "3e A".to_owned()), (B, "3e B".to_owned())],
            may_assign,
            may_change: true,
        }
    }

    /// A list that nobody can hear whose it is, or whose blank row chooses something, removes the wrong
    /// pupil.
    #[test]
    fn each_list_is_named_and_shows_where_the_pupil_is() {
        let rows = NASTY
            .iter()
            .zip(1..)
            .map(|(name, number)| row(number, name, Some(A)));
        let html = table(rows.collect(), true).render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(
            html.contains("aria-label=\"Classe de O&#39;Neil &#38; D’Arc\""),
            "{html}"
        );
        assert_eq!(
            html.matches(" selected>3e A (actuelle)").count(),
            NASTY.len()
        );
        assert!(!html.contains("Choisissez une classe"));
        assert!(html.contains("12/03/2012"));

        let blank = table(vec![row(1, "Amrani Maëlle", None)], true)
            .render()
            .unwrap();
        assert!(blank.contains("<option value=\"\">Choisissez une classe</option>"));
        assert!(blank.contains(">3e A</option>") && !blank.contains(" selected"));
        let not_mine = table(vec![row(1, "Amrani Maëlle", None)], false)
            .render()
            .unwrap();
        assert!(!not_mine.contains(">3e A</option>") && not_mine.contains("ne fait pas partie"));
    }

    /// A conflict about one pupil must cost nobody the other twenty-nine choices.
    #[test]
    fn what_was_chosen_is_still_chosen_after_a_conflict() {
        let mut table = table(vec![row(2, "Barbier Raphaël", Some(A))], true);
        let (one, two) = (
            StudentId::new(Uuid::from_u128(1)),
            StudentId::new(Uuid::from_u128(2)),
        );
        let body = format!("classe.{one}={B}&vue.{one}={A}&classe.{two}={B}&vue.{two}={A}");
        let mut faults = Faults::default();
        faults.fields.push(FieldError {
            field: format!("classe.{one}"),
            code: "student_moved_meanwhile".into(),
            detail: "Maëlle Amrani est maintenant sans classe.".into(),
        });
        let maelle = StudentItem {
            id: one,
            first_name: Some("Maëlle".to_owned()),
            last_name: Some("Amrani".to_owned()),
            birth_date: None,
            class_id: None,
            registered_at: chrono::DateTime::UNIX_EPOCH,
        };
        table.typed(
            &Form::read(&body),
            &faults,
            &Moved::from([(one, None)]),
            vec![maelle],
        );
        let rows: Vec<_> = table
            .rows
            .iter()
            .map(|row| (&*row.name, &*row.seen, &*row.chosen))
            .collect();
        let (a, b) = (A.to_string(), B.to_string());
        assert_eq!(
            rows,
            [("Amrani Maëlle", "", ""), ("Barbier Raphaël", &*a, &*b)]
        );
        assert!(
            table
                .render()
                .unwrap()
                .contains("Maëlle Amrani est maintenant sans classe.")
        );
    }
}
