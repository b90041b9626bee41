//! The establishment that a pupil joins, and the search that finds it.

use domain::{
    ids::ClassId,
    values::{Role, Uai},
};
use projections::{
    classes,
    directory::{self, DirectoryEntry},
};
use store::Conn;
use web::{
    fields,
    problem::{Code, FieldErrors, Problem},
    turn::{SignUpOrder, check_turn},
};

use super::Asked;
use crate::{
    classes::MOST_CLASSES,
    form::{Faults, NotDone},
    search::Search,
};

/// How far somebody is who joins an establishment.
#[derive(Default)]
pub(super) struct Joining {
    pub(super) search: Search,
    /// The establishment, once they chose one.
    pub(super) chosen: Option<Chosen>,
}

/// An establishment that was chosen.
pub(super) struct Chosen {
    pub(super) place: DirectoryEntry,
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
            let search = Search {
                fault: faults.on("uai").to_owned(),
                ..Search::run(conn, &asked.q).await?
            };
            return Ok(Self {
                search,
                chosen: None,
            });
        }
        match Chosen::find(conn, &asked, order).await {
            Ok(chosen) => Ok(Self {
                chosen: Some(chosen),
                ..Self::default()
            }),
            Err(problem) if problem.code() == Code::Validation => {
                *faults = NotDone::Refused(problem).into();
                let search = Search {
                    fault: faults.on("uai").to_owned(),
                    ..Search::default()
                };
                Ok(Self {
                    search,
                    chosen: None,
                })
            }
            Err(problem) => Err(problem),
        }
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
            place: entry,
            closed: closed.map_or_else(String::new, |problem| problem.detail().to_owned()),
            classes: classes.into_iter().map(choice).collect(),
            class: asked.class_id.clone(),
        })
    }
}
