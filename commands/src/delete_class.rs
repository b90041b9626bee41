//! An empty class is deleted (manual, "Comment supprimer une classe en trois étapes").

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    ids::ClassId,
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, edit_class::load_own_class};

/// Deletes a class, which must be empty.
pub struct DeleteClass {
    /// Whose class.
    pub establishment: Uai,
    /// Which class.
    pub class: ClassId,
    /// The version that the caller looked at, if they say.
    pub expected_version: Option<u64>,
}

#[async_trait]
impl UseCase for DeleteClass {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        load_own_class(work, &self.establishment, self.class)
            .await?
            .check_version(self.expected_version)?;
        Ok(work
            .handle::<Class>(&self.class, ClassCommand::Delete)
            .await?)
    }
}
