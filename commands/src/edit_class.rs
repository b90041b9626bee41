//! A class gets another name or another track (manual, "La gestion des classes").

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    ids::ClassId,
    values::{ClassName, Track, Uai},
};

use crate::{CommandError, Refusal, UnitOfWork, UseCase, Wanted};

/// Renames a class, changes its track, or both in one piece.
pub struct EditClass {
    /// Whose class.
    pub establishment: Uai,
    /// Which class.
    pub class: ClassId,
    /// Its new name, if it changes.
    pub name: Option<ClassName>,
    /// Its new track, if it changes.
    pub track: Option<Track>,
    /// The version that the caller looked at, if they say.
    pub expected_version: Option<u64>,
}

#[async_trait]
impl UseCase for EditClass {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        load_own_class(work, &self.establishment, self.class)
            .await?
            .check_version(self.expected_version)?;
        if let Some(name) = self.name.clone() {
            work.handle::<Class>(&self.class, ClassCommand::Rename { name })
                .await?;
        }
        if let Some(track) = self.track {
            work.handle::<Class>(&self.class, ClassCommand::ChangeTrack { track })
                .await?;
        }
        Ok(())
    }
}

/// Loads a class that must exist, be in use and belong to the establishment.
pub(crate) async fn load_own_class<'w>(
    work: &'w mut UnitOfWork,
    establishment: &Uai,
    class: ClassId,
) -> Result<&'w Class, CommandError> {
    work.load(Wanted::classes([class])).await?;
    Ok(own_class(work, establishment, class).ok_or(Refusal::ClassNotFound)?)
}

/// A class that was loaded, if it is in use and belongs to the establishment.
pub(crate) fn own_class<'w>(
    work: &'w UnitOfWork,
    establishment: &Uai,
    class: ClassId,
) -> Option<&'w Class> {
    work.get::<Class>(&class)
        .filter(|class| class.is_open() && class.belongs_to(establishment))
}
