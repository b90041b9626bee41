//! The establishment that a pupil joins, and the search that finds it.

use domain::{
    ids::ClassId,
    values::{Role, Uai},
};
use projections::{
    classes,
    directory::{self, DirectoryEntry},
};
use store::{Conn, StoreError};
use web::{
    fields,
    problem::{Code, FieldErrors, Problem},
    turn::{SignUpOrder, check_turn},
};

use super::Asked;
use crate::{
    classes::MOST_CLASSES,
    form::{Faults, NotDone},
};

/// More than a search has worth looking through.
const MOST_FOUND: i64 = 20;

/// How far somebody is who joins an establishment.
#[derive(Default)]
pub(super) struct Joining {
    pub(super) query: String,
    pub(super) found: Vec<Found>,
    /// The establishment, once they chose one.
    pub(super) chosen: Option<Chosen>,
}

/// An establishment as the search shows it.
pub(super) struct Found {
    pub(super) uai: String,
    pub(super) name: String,
    pub(super) city: String,
}

/// An establishment that was chosen.
pub(super) struct Chosen {
    pub(super) place: Found,
    /// Why no pupil may join it; empty when they may.
    pub(super) closed: String,
    pub(super) classes: Vec<(ClassId, String)>,
    /// The id of the class that was chosen, if one was.
    pub(super) class: String,
}

impl Joining {
    /// What was asked so far. An establishment that cannot be chosen leads back to the search, with why beside
    /// the field.
    pub(super) async fn new(
        conn: &mut Conn<'_>,
        asked: Asked,
        faults: &mut Faults,
        order: SignUpOrder,
    ) -> Result<Self, Problem> {
        if asked.uai.trim().is_empty() {
            return Ok(Self::search(conn, asked.q).await?);
        }
        match Chosen::find(conn, &asked, order).await {
            Ok(chosen) => Ok(Self {
                chosen: Some(chosen),
                ..Self::default()
            }),
            Err(problem) if problem.code() == Code::Validation => {
                *faults = NotDone::Refused(problem).into();
                Ok(Self::default())
            }
            Err(problem) => Err(problem),
        }
    }

    /// Nothing is found for nothing.
    async fn search(conn: &mut Conn<'_>, query: String) -> Result<Self, StoreError> {
        let found = if query.trim().is_empty() {
            Vec::new()
        } else {
            directory::search(conn, &query, 0, MOST_FOUND).await?
        };
        Ok(Self {
            query,
            found: found.into_iter().map(Found::from).collect(),
            chosen: None,
        })
    }
}

impl Chosen {
    async fn find(conn: &mut Conn<'_>, asked: &Asked, order: SignUpOrder) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let uai: Option<Uai> = errors.take("uai", fields::uai(&asked.uai));
        let uai = errors.finish_with(uai)?;
        let entry = directory::get(conn, &uai).await?;
        let entry = entry.ok_or_else(fields::unknown_establishment)?;
        let closed = check_turn(&entry, Role::Student, order).err();
        let classes = match closed {
            None => classes::list(conn, &uai, None, MOST_CLASSES).await?,
            Some(_) => Vec::new(),
        };
        let choice = |class: classes::ClassItem| (class.id, class.name);
        Ok(Self {
            place: entry.into(),
            closed: closed.map_or_else(String::new, |problem| problem.detail().to_owned()),
            classes: classes.into_iter().map(choice).collect(),
            class: asked.class_id.clone(),
        })
    }
}

impl From<DirectoryEntry> for Found {
    fn from(entry: DirectoryEntry) -> Self {
        Self {
            uai: entry.uai.to_string(),
            name: entry.name,
            city: entry.city,
        }
    }
}
