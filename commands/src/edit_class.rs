//! A class gets another name or another track (manual, "La gestion des classes").

use domain::{
    class::{Class, ClassCommand},
    ids::ClassId,
    values::{ClassName, Track, Uai},
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Renames a class, changes its track, or both in one piece.
pub struct EditClass {
    pub establishment: Uai,
    pub class: ClassId,
    /// Its new name, if it changes.
    pub name: Option<ClassName>,
    /// Its new track, if it changes.
    pub track: Option<Track>,
    /// The versions of which the caller looked at one, if they say.
    pub expected_versions: Option<Vec<u64>>,
}

impl UseCase for EditClass {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::classes([self.class])
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        work.own_class(&self.establishment, self.class)
            .ok_or(Refusal::ClassNotFound)?
            .check_version(self.expected_versions.as_deref())?;
        if let Some(name) = self.name.clone() {
            work.handle::<Class>(&self.class, ClassCommand::Rename { name })?;
        }
        if let Some(track) = self.track {
            work.handle::<Class>(&self.class, ClassCommand::ChangeTrack { track })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::class::ClassEvent;

    use super::*;
    use crate::given::{Given, Said, class, in_class, name, uai};

    fn edit(id: u128, expected_versions: Option<Vec<u64>>) -> EditClass {
        EditClass {
            establishment: uai(),
            class: class(id),
            name: Some(name(9)),
            track: Some(Track::TroisiemePrepaMetiers),
            expected_versions,
        }
    }

    fn edited() -> [Said; 2] {
        let renamed = ClassEvent::ClassRenamed {
            name: name(9),
            previous: name(1),
        };
        let changed = ClassEvent::ClassTrackChanged {
            track: Track::TroisiemePrepaMetiers,
            previous: Track::TroisiemeGenerale,
        };
        [in_class(1, renamed), in_class(1, changed)]
    }

    /// Both in one piece; what was not asked stays, and so does what is so already.
    #[test]
    fn a_class_gets_another_name_and_track() {
        let given = Given::school().class(1);
        given.clone().when(&edit(1, Some(vec![1]))).then(edited());
        let nothing_asked = EditClass {
            name: None,
            track: None,
            ..edit(1, None)
        };
        given.clone().when(&nothing_asked).nothing();
        given.and(edited()).when(&edit(1, None)).nothing();
    }

    /// Two colleagues rename a class: the later one looked at a name that is gone.
    #[test]
    fn a_change_of_what_changed_meanwhile_is_refused() {
        let given = Given::school().class(1).and(edited());
        let refusal = Refusal::StaleVersion { current: 3 };
        given.when(&edit(1, Some(vec![1]))).refused(refusal);
    }

    /// The classes of another establishment must not show, not even by another refusal.
    #[test]
    fn a_class_of_others_is_none() {
        let given = Given::school().class_elsewhere(1);
        for id in [1, 2] {
            let then = given.clone().when(&edit(id, None));
            then.refused(Refusal::ClassNotFound);
        }
    }
}
