//! Who does the staff actions, and on what.

use async_trait::async_trait;
use domain::{
    ids::{ClassId, StudentId},
    values::{ClassName, Uai},
};

/// Somebody who can do the staff actions.
#[async_trait]
pub(crate) trait Contender: Send + Sync {
    /// Renames the class with this place.
    async fn rename(&self, school: &School, class: usize, to: &ClassName) -> anyhow::Result<()>;

    /// Moves pupils, given by their place, each to the class with that place.
    async fn change_roster(&self, school: &School, moves: &[(usize, usize)]) -> anyhow::Result<()>;
}

/// A school, and what whoever writes by hand must keep count of.
#[derive(Clone)]
pub(crate) struct School {
    pub(crate) uai: Uai,
    pub(crate) classes: Vec<TownClass>,
    pub(crate) students: Vec<TownStudent>,
}

#[derive(Clone)]
pub(crate) struct TownClass {
    pub(crate) id: ClassId,
    pub(crate) name: ClassName,
    pub(crate) sequence: i64,
}

#[derive(Clone)]
pub(crate) struct TownStudent {
    pub(crate) id: StudentId,
    pub(crate) class: usize,
    pub(crate) sequence: i64,
}
