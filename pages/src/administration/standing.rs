//! Where an establishment stands, in French.

use domain::values::Uai;
use projections::directory::DirectoryEntry;
use web::turn::{OpenTo, SignUpOrder, open_to};

/// An establishment and where it stands.
pub(super) struct Standing {
    pub(super) uai: Uai,
    pub(super) name: String,
    pub(super) city: String,
    /// "REP", "REP+" or none.
    pub(super) network: &'static str,
    /// Whether it may take part, and whether a decision says so.
    pub(super) eligible: &'static str,
    /// Whether its head registered it, and for which year.
    pub(super) registered: String,
    /// Who may sign up there now.
    pub(super) open_to: String,
    /// Its official address for mail, if the directory knows one.
    pub(super) mailbox: Option<String>,
}

impl Standing {
    /// As the directory shows it, where people sign up in this order.
    pub(super) fn new(entry: DirectoryEntry, order: SignUpOrder) -> Self {
        let open: Vec<&str> = open_to(&entry, order).into_iter().map(who).collect();
        Self {
            network: entry
                .priority
                .map_or("hors éducation prioritaire", |mark| mark.as_str()),
            eligible: eligibility(&entry),
            registered: match entry.school_year {
                Some(year) if entry.registered => format!("inscrit, année {year}"),
                _ => "pas encore inscrit".to_owned(),
            },
            open_to: if open.is_empty() {
                "personne".to_owned()
            } else {
                open.join(" et ")
            },
            uai: entry.uai,
            name: entry.name,
            city: entry.city,
            mailbox: entry.mailbox,
        }
    }

    /// One for the tests of templates.
    #[cfg(test)]
    pub(super) fn sample(name: &str) -> Self {
        Self::new(crate::testing::listed(name), SignUpOrder::Strict)
    }
}

/// What the mark alone would say is said without a decision.
const fn eligibility(entry: &DirectoryEntry) -> &'static str {
    if entry.closed {
        return "fermé selon l'annuaire";
    }
    match (entry.eligible, entry.priority.is_some()) {
        (true, true) => "éligible",
        (true, false) => "admis par dérogation",
        (false, true) => "exclu",
        (false, false) => "non éligible",
    }
}

const fn who(open: OpenTo) -> &'static str {
    match open {
        OpenTo::Head => "chef d'établissement",
        OpenTo::Staff => "personnels",
        OpenTo::Students => "élèves",
    }
}

#[cfg(test)]
mod tests {
    use domain::values::{Priority, SchoolYear};

    use super::*;
    use crate::testing::listed;

    fn told(entry: &DirectoryEntry) -> [String; 4] {
        let it = Standing::new(entry.clone(), SignUpOrder::Strict);
        let (network, eligible) = (it.network.to_owned(), it.eligible.to_owned());
        [network, eligible, it.registered, it.open_to]
    }

    /// An administrator decides by what this says: a derogation must not read as a mark, nor a closed
    /// door as an open one.
    #[test]
    fn each_state_has_its_words() {
        let mut school = listed("Collège");
        let outside = "hors éducation prioritaire";
        let waits = "pas encore inscrit";
        assert_eq!(told(&school), [outside, "non éligible", waits, "personne"]);
        school.eligible = true;
        let head = "chef d'établissement";
        assert_eq!(
            told(&school),
            [outside, "admis par dérogation", waits, head]
        );
        school.priority = Some(Priority::RepPlus);
        school.registered = true;
        school.school_year = SchoolYear::starting(2026).ok();
        let registered = "inscrit, année 2026-2027";
        assert_eq!(
            told(&school),
            ["REP+", "éligible", registered, "personnels"]
        );
        school.staffed = true;
        school.has_classes = true;
        assert_eq!(told(&school)[3], "personnels et élèves");
        school.eligible = false;
        assert_eq!(told(&school), ["REP+", "exclu", registered, "personne"]);
        school.closed = true;
        assert_eq!(told(&school)[1], "fermé selon l'annuaire");
    }
}
