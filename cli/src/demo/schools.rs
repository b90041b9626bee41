//! The fictitious schools, as constants. The department 999 and the academy "Démo" do not exist.

use domain::values::{Priority, StaffRole, Track};

pub(super) struct School {
    pub(super) uai: &'static str,
    pub(super) name: &'static str,
    pub(super) city: &'static str,
    pub(super) postal_code: &'static str,
    pub(super) priority: Priority,
    /// The head first; none where nobody registered the school.
    pub(super) staff: &'static [(StaffRole, &'static str, &'static str)],
    /// Each with its number of pupils.
    pub(super) classes: &'static [(&'static str, Track, usize)],
    pub(super) without_class: usize,
    /// Who is not there any more, or not yet.
    pub(super) others: Option<Others>,
}

/// People whom nobody finds in a list of today.
pub(super) struct Others {
    /// A teacher who left.
    pub(super) left: (&'static str, &'static str),
    /// Somebody whom the head invited.
    pub(super) invited: (&'static str, &'static str),
    /// What the third class was called at first.
    pub(super) third_class: &'static str,
}

/// The domain of every staff address and of the schools' mailboxes.
pub(super) const STAFF_DOMAIN: &str = "ac-demo.test";

pub(super) const PUPIL_DOMAIN: &str = "eleves-demo.test";

/// The first and last name and the address of the demo's administrator.
pub(super) const ADMINISTRATOR: (&str, &str, &str) =
    ("Dominique", "Valmont", "administration@monstage-demo.test");

pub(super) const SCHOOLS: [School; 3] = [
    School {
        uai: "9990021U",
        name: "Collège des Grands Tilleuls",
        city: "Rivemont",
        postal_code: "99910",
        priority: Priority::Rep,
        staff: &[
            (StaffRole::Head, "Claire", "Marchand"),
            (StaffRole::MainTeacher, "Karim", "Belhadj"),
            (StaffRole::MainTeacher, "Sophie", "Leroy"),
            (StaffRole::Teacher, "Mariam", "Sangaré"),
            (StaffRole::Counsellor, "Olivier", "Nguyen-Petit"),
        ],
        classes: &[
            ("3e A", Track::TroisiemeGenerale, 28),
            ("3e B", Track::TroisiemeGenerale, 27),
            ("3e prépa-métiers", Track::TroisiemePrepaMetiers, 24),
            ("3e SEGPA", Track::TroisiemeSegpa, 16),
        ],
        without_class: 5,
        others: Some(Others {
            left: ("Julien", "Castel"),
            invited: ("Nadia", "Ferhat"),
            third_class: "3e C",
        }),
    },
    School {
        uai: "9990022V",
        name: "Collège des Trois Rivières",
        city: "Valclair-sur-Orbe",
        postal_code: "99920",
        priority: Priority::RepPlus,
        staff: &[
            (StaffRole::Head, "Rachid", "Fournier"),
            (StaffRole::MainTeacher, "Hélène", "Castaing"),
            (StaffRole::MainTeacher, "Idrissa", "Ndour"),
            (StaffRole::Teacher, "Paul", "Ferreira"),
            (StaffRole::Counsellor, "Leïla", "Brunet"),
        ],
        classes: &[
            ("3e 1", Track::TroisiemeGenerale, 26),
            ("3e 2", Track::TroisiemeGenerale, 29),
            ("3e prépa-métiers", Track::TroisiemePrepaMetiers, 23),
            ("3e SEGPA", Track::TroisiemeSegpa, 15),
        ],
        without_class: 5,
        others: Some(Others {
            left: ("Estelle", "Pruvost"),
            invited: ("Bastien", "Kerleau"),
            third_class: "3e 3",
        }),
    },
    School {
        uai: "9990023W",
        name: "Collège du Vieux Moulin",
        city: "Pont-aux-Saules",
        postal_code: "99930",
        priority: Priority::Rep,
        staff: &[],
        classes: &[],
        without_class: 0,
        others: None,
    },
];
