//! Where one can go from a page: the caller's own room, and on the left those of their establishment, or of
//! whoever administers the service.

use domain::{ids::ClassId, values::Role};
use web::permissions::{Action, may};

use super::School;

/// Which room of the menu a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Classes,
    WithoutClass,
    Staff,
    History,
    Establishments,
    Figures,
    Resets,
    Seals,
    /// None of them.
    Elsewhere,
}

/// A room: its name, its address, and what one must be allowed to do there.
type Room = (Place, &'static str, &'static str, Action);

const HISTORY: Room = (
    Place::History,
    "Historique",
    "/historique",
    Action::ReadHistory,
);

/// The rooms of an establishment, in their order.
const ROOMS: [Room; 4] = [
    (
        Place::Classes,
        "Classes",
        "/etablissement/classes",
        Action::ReadEstablishment,
    ),
    (
        Place::WithoutClass,
        "Sans classe",
        "/etablissement/sans-classe",
        Action::ReadEstablishment,
    ),
    (
        Place::Staff,
        "Personnels",
        "/etablissement/personnels",
        Action::ReadEstablishment,
    ),
    HISTORY,
];

/// The rooms of administrators, who have no establishment.
const OFFICE: [Room; 5] = [
    (
        Place::Establishments,
        "Établissements",
        "/administration",
        Action::ReadService,
    ),
    (
        Place::Figures,
        "Chiffres",
        "/administration/chiffres",
        Action::ReadService,
    ),
    (
        Place::Resets,
        "Années scolaires",
        "/administration/annees",
        Action::ReadResets,
    ),
    (
        Place::Seals,
        "Sceaux",
        "/administration/sceaux",
        Action::ReadService,
    ),
    HISTORY,
];

/// A room, as the menu shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// How many pupils wait there.
    pub(crate) waiting: i64,
    pub(crate) is_here: bool,
}

/// The rooms that the role may enter: of this school, or of the service; none for whoever left their school.
pub(crate) fn rooms(role: Role, here: Place, school: Option<&School>) -> Vec<Entry> {
    let rooms: &[Room] = match (role, school) {
        (Role::Administrator, _) => &OFFICE,
        (_, Some(_)) => &ROOMS,
        (_, None) => &[],
    };
    let waiting = school.map_or(0, |school| school.waiting);
    let open = rooms.iter().filter(|room| may(role, room.3));
    let entry = |&(place, name, path, _): &Room| Entry {
        name,
        path,
        waiting: if place == Place::WithoutClass {
            waiting
        } else {
            0
        },
        is_here: place == here,
    };
    open.map(entry).collect()
}

/// The caller's own room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tab {
    pub(crate) name: &'static str,
    pub(crate) path: String,
}

/// "Mon établissement" or "Ma classe", by profile (manual, "Comment procéder à la création des classes ?").
pub(crate) fn tab(role: Role, own_class: Option<ClassId>) -> Tab {
    let (name, path) = match (role, own_class) {
        (Role::MainTeacher, Some(class)) => ("Ma classe", format!("/classes/{class}")),
        (Role::Student, _) => ("Ma page", "/ma-page".to_owned()),
        (Role::Administrator | Role::System, _) => ("Administration", "/administration".to_owned()),
        _ => ("Mon établissement", "/etablissement/classes".to_owned()),
    };
    Tab { name, path }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// The manual sends each profile to its tab; one that leads elsewhere strands whoever follows it.
    #[test]
    fn each_profile_has_its_tab() {
        let class = ClassId::new(Uuid::from_u128(1));
        let name = |role, class| tab(role, class).name;
        assert_eq!(name(Role::Head, None), "Mon établissement");
        assert_eq!(name(Role::Head, Some(class)), "Mon établissement");
        assert_eq!(name(Role::MainTeacher, None), "Mon établissement");
        assert_eq!(name(Role::MainTeacher, Some(class)), "Ma classe");
        assert_eq!(
            tab(Role::MainTeacher, Some(class)).path,
            format!("/classes/{class}")
        );
    }

    /// A link to a page that refuses whoever follows it is worse than none.
    #[test]
    fn the_menu_shows_what_the_role_may_see() {
        let school = School {
            name: "Collège des Tilleuls".to_owned(),
            year: None,
            waiting: 5,
        };
        let names = |role| {
            let rooms = rooms(role, Place::Classes, Some(&school));
            rooms.iter().map(|entry| entry.name).collect::<Vec<_>>()
        };
        assert_eq!(
            names(Role::Head),
            ["Classes", "Sans classe", "Personnels", "Historique"]
        );
        assert_eq!(
            names(Role::Teacher),
            ["Classes", "Sans classe", "Personnels"]
        );
        assert_eq!(names(Role::Student), [] as [&str; 0]);
        let head = rooms(Role::Head, Place::WithoutClass, Some(&school));
        let waiting: Vec<i64> = head.iter().map(|entry| entry.waiting).collect();
        assert_eq!(waiting, [0, 5, 0, 0]);
        assert!(head.iter().filter(|entry| entry.is_here).count() == 1 && head[1].is_here);
    }

    /// Administrators have no establishment, and work on every one; whoever left theirs has nowhere to go.
    #[test]
    fn administrators_have_rooms_of_their_own() {
        let rooms = |role| rooms(role, Place::Resets, None);
        let office = rooms(Role::Administrator);
        let names: Vec<_> = office.iter().map(|entry| entry.name).collect();
        let all = [
            "Établissements",
            "Chiffres",
            "Années scolaires",
            "Sceaux",
            "Historique",
        ];
        assert_eq!(names, all);
        assert!(office.iter().filter(|entry| entry.is_here).count() == 1 && office[2].is_here);
        assert_eq!(rooms(Role::Head), []);
        let own = tab(Role::Administrator, None);
        assert_eq!(own.path, office[0].path);
    }
}
