//! Loading or refreshing the school directory.

use domain::{
    establishment::{Establishment, EstablishmentCommand, ListingUpdate},
    values::Uai,
};
use serde::{Deserialize, Serialize};

use crate::{Undecided, UseCase, Wanted, Work};

/// Lists the schools of one directory file: all of them, or none.
pub struct ImportDirectory {
    /// What the file says of each school, each named once.
    pub schools: Vec<(Uai, ListingUpdate)>,
    /// Those that it says are closed, and nothing else of.
    pub closed: Vec<Uai>,
}

/// What an import changed, in schools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOutcome {
    /// New in the directory.
    pub listed: u64,
    /// Known, and changed by the file.
    pub updated: u64,
    /// Known, and as the file says.
    pub unchanged: u64,
    /// Known and open so far, and closed by the file.
    pub closed: Vec<Uai>,
}

impl UseCase for ImportDirectory {
    type Output = ImportOutcome;

    fn wanted(&self) -> Wanted {
        Wanted {
            establishments: self
                .schools
                .iter()
                .map(|(uai, _)| uai)
                .chain(&self.closed)
                .cloned()
                .collect(),
            ..Wanted::default()
        }
    }

    fn decide(&self, work: &mut Work) -> Result<ImportOutcome, Undecided> {
        let mut outcome = ImportOutcome::default();
        for (uai, update) in &self.schools {
            let before = work
                .get::<Establishment>(uai)
                .and_then(|school| school.listing.clone());
            work.handle::<Establishment>(uai, EstablishmentCommand::List(update.clone()))?;
            let after = work
                .get::<Establishment>(uai)
                .and_then(|school| school.listing.as_ref());
            match before {
                None => outcome.listed += 1,
                Some(before) if after == Some(&before) => outcome.unchanged += 1,
                Some(_) => outcome.updated += 1,
            }
        }
        for uai in &self.closed {
            let known = work.get::<Establishment>(uai);
            if known.is_some_and(|school| school.listing.is_some() && !school.closed()) {
                work.handle::<Establishment>(uai, EstablishmentCommand::Close)?;
                outcome.closed.push(uai.clone());
            }
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use domain::{establishment::EstablishmentEvent, values::Priority};
    use store::StreamId;

    use super::*;
    use crate::given::{Given, listed, other_uai, school, uai, update};

    /// What a file says is told with what changed, and the same file twice changes nothing.
    #[test]
    fn a_file_lists_updates_or_changes_nothing() {
        let rep = Some(Priority::Rep);
        let other = StreamId::of::<Establishment>(&other_uai());
        let import = ImportDirectory {
            schools: vec![(uai(), update(None)), (other_uai(), update(rep))],
            closed: Vec::new(),
        };
        let listing = match listed(None) {
            EstablishmentEvent::EstablishmentListed { listing } => listing,
            event => panic!("{event:?}"),
        };
        let relisted = EstablishmentEvent::EstablishmentRelisted { listing };
        let mut given = Given::listed();
        let both = given.clone().when(&import);
        both.then([school(relisted), (other, listed(rep).into())])
            .told(ImportOutcome {
                listed: 1,
                updated: 1,
                ..ImportOutcome::default()
            });
        given.act(&import).unwrap();
        let again = ImportOutcome {
            unchanged: 2,
            ..ImportOutcome::default()
        };
        given.when(&import).nothing().told(again);
    }

    /// A closed school is told once. One that nobody knew is not told at all.
    #[test]
    fn a_file_closes_what_is_known_and_open() {
        let import = ImportDirectory {
            schools: Vec::new(),
            closed: vec![uai(), other_uai()],
        };
        let mut given = Given::listed();
        let outcome = given.act(&import).unwrap();
        assert_eq!(outcome.closed, [uai()]);
        let nothing = given.when(&import).nothing();
        nothing.told(ImportOutcome::default());
    }
}
