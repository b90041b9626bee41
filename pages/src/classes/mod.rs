//! The classes of an establishment (manual, "Comment procéder à la création des classes ?").

use askama::Template;
use axum::{Router, routing::get};
use domain::ids::ClassId;
use projections::classes::{self, ClassItem, MainTeacher};
use web::{
    AppState,
    permissions::{Action, may},
    problem::Problem,
};

use crate::frame::{Frame, Page, Place, Visit};

/// More than any collège has.
pub(crate) const MOST_CLASSES: i64 = 1_000;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/etablissement/classes", get(show))
}

#[derive(Template)]
#[template(path = "classes/page.html")]
struct ClassesPage {
    frame: Frame,
    may_manage: bool,
    classes: Vec<Row>,
}

/// A class in the list.
struct Row {
    id: ClassId,
    name: String,
    track: &'static str,
    students: i64,
    /// Their names, with commas.
    main_teachers: String,
}

impl From<ClassItem> for Row {
    fn from(class: ClassItem) -> Self {
        let main_teachers = teachers(&class);
        Self {
            id: class.id,
            name: class.name,
            track: class.track.label(),
            students: class.student_count,
            main_teachers,
        }
    }
}

/// Their names, with commas.
pub(crate) fn teachers(class: &ClassItem) -> String {
    let names: Vec<String> = class.main_teachers.iter().map(short_name).collect();
    names.join(", ")
}

/// "K. Belhadj".
fn short_name(teacher: &MainTeacher) -> String {
    let initial = teacher
        .first_name
        .as_deref()
        .and_then(|name| name.chars().next());
    match (initial, &teacher.last_name) {
        (Some(initial), Some(name)) => format!("{initial}. {name}"),
        (None, Some(name)) => name.clone(),
        (_, None) => "personne effacée".to_owned(),
    }
}

async fn show(mut visit: Visit) -> Result<Page<ClassesPage>, Problem> {
    let establishment = visit.establishment(Action::ReadEstablishment)?;
    let frame = visit.frame("Classes", Place::Classes).await?;
    let may_manage = may(visit.caller.role, Action::ManageClasses);
    let classes = classes::list(&mut visit.conn(), &establishment, None, MOST_CLASSES).await?;
    Ok(Page(ClassesPage {
        frame,
        may_manage,
        classes: classes.into_iter().map(Row::from).collect(),
    }))
}

impl ClassesPage {
    /// Of the establishment, with or without a class.
    fn students(&self) -> i64 {
        let waiting = self.frame.school().map_or(0, |school| school.waiting);
        let in_classes: i64 = self.classes.iter().map(|class| class.students).sum();
        in_classes + waiting
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn page(classes: impl IntoIterator<Item = Row>, may_manage: bool) -> String {
        checked(&ClassesPage {
            frame: framed("Classes", Place::Classes),
            may_manage,
            classes: classes.into_iter().collect(),
        })
    }

    fn row(name: &str, students: i64) -> Row {
        Row {
            id: ClassId::new(Uuid::from_u128(1)),
            name: name.to_owned(),
            track: "3e",
            students,
            main_teachers: name.to_owned(),
        }
    }

    /// The list is the page that staff see most; the bin stands only where it can do what it says.
    #[test]
    fn the_list_shows_each_class_and_the_bin_on_empty_ones() {
        for count in [1, 30, 200] {
            let html = page((0..count).map(|number| row("3e A", number)), true);
            assert_eq!(html.matches(r#"class="bin""#).count(), 1, "{count}");
            assert_eq!(
                html.matches("<tr>").count(),
                usize::try_from(count).unwrap() + 1
            );
        }
        let html = page([row("3e A", 0)], false);
        assert!(!html.contains(r#"class="bin""#) && !html.contains("Ajouter une classe"));
        let html = page(NASTY.map(|name| row(name, 0)), true);
        assert!(html.contains("محمد"));
    }

    /// A head who comes for the first time must see what to do, not an empty table.
    #[test]
    fn an_establishment_without_classes_is_told_what_to_do() {
        let html = page([], true);
        assert!(html.contains("Ajouter une classe"));
        assert!(!html.contains("<table"));
    }
}
