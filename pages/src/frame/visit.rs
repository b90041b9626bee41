//! Somebody signed in who looks at a page, and the frame around what they see.

use std::{borrow::Cow, collections::HashMap};

use accounts::account;
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use domain::{ids::CorrelationId, values::Uai};
use projections::{directory, roster};
use store::{Conn, Reader as Connection};
use web::{
    AppState,
    caller::{Caller, Reading},
    permissions::Action,
    problem::{Code, Problem},
};

use super::{Account, Frame, Place, Reader, School, Told, rooms, tab};

/// The parameter that says which request led to a page.
pub(super) const DONE: &str = "fait";

/// A page is asked for by somebody who is signed in.
pub(crate) struct Visit {
    pub(crate) caller: Caller,
    connection: Connection,
    done: Option<CorrelationId>,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Reading { caller, reader } = Reading::from_request_parts(parts, state).await?;
        let query = Query::<HashMap<String, String>>::try_from_uri(&parts.uri);
        let done = query
            .ok()
            .and_then(|Query(query)| query.get(DONE)?.parse().ok());
        Ok(Self {
            caller,
            connection: reader,
            done,
        })
    }
}

/// A page that anybody may see, asked for by somebody who is signed in or not.
pub(crate) struct MaybeVisit(pub(crate) Option<Visit>);

impl FromRequestParts<AppState> for MaybeVisit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match Visit::from_request_parts(parts, state).await {
            Ok(visit) => Ok(Self(Some(visit))),
            Err(problem) if problem.code() == Code::Unauthenticated => Ok(Self(None)),
            Err(problem) => Err(problem),
        }
    }
}

impl Visit {
    /// The page is shown again to a caller whose form was refused.
    pub(crate) async fn again(state: &AppState, caller: Caller) -> Result<Self, Problem> {
        Ok(Self {
            caller,
            connection: state.reader().await?,
            done: None,
        })
    }

    pub(crate) fn conn(&mut self) -> Conn<'_> {
        self.connection.conn()
    }

    /// The establishment in which the caller may do this: their own.
    pub(crate) fn establishment(&self, action: Action) -> Result<Uai, Problem> {
        own_establishment(&self.caller, action)
    }

    /// What the request that led to the page did in that establishment, to whoever has none of their own:
    /// everybody else's frame says it.
    pub(crate) async fn told_of(&mut self, establishment: &Uai) -> Result<Option<Told>, Problem> {
        let Some(done) = self.done else {
            return Ok(None);
        };
        let conn = &mut self.connection.conn();
        Ok(Some(
            Told::of(conn, &self.caller, establishment, done).await?,
        ))
    }

    /// What stands around the page of this title, in this room.
    pub(crate) async fn frame(
        &mut self,
        title: impl Into<Cow<'static, str>>,
        here: Place,
    ) -> Result<Frame, Problem> {
        let (caller, conn) = (&self.caller, &mut self.connection.conn());
        let holder = account::get(conn, caller.account).await?;
        let holder = holder.ok_or_else(Problem::not_found)?;
        let (mut school, mut told) = (None, None);
        if let Some(uai) = &caller.establishment {
            let entry = directory::get(conn, uai).await?;
            let entry = entry.ok_or_else(Problem::not_found)?;
            school = Some(School {
                name: entry.name,
                year: entry.school_year,
                waiting: roster::without_class_count(conn, uai).await?,
            });
            if let Some(done) = self.done {
                told = Some(Told::of(conn, caller, uai, done).await?);
            }
        }
        let account = Account {
            name: name(holder.first_name.as_deref(), holder.last_name.as_deref()),
            role: caller.role.label(),
            tab: tab(caller.role, holder.class),
            menu: rooms(caller.role, here, school.as_ref()),
            school,
        };
        Ok(Frame {
            title: title.into(),
            reader: Reader::SignedIn(account),
            told,
        })
    }
}

/// As [`Visit::establishment`], for whoever sends a form.
pub(crate) fn own_establishment(caller: &Caller, action: Action) -> Result<Uai, Problem> {
    caller.authorize_anywhere(action)?;
    caller.establishment.clone().ok_or_else(|| {
        Problem::new(
            Code::Forbidden,
            "Votre compte n'est rattaché à aucun établissement : demandez une invitation au chef \
             d'établissement.",
        )
    })
}

/// Somebody's name as people write it.
pub(crate) fn name(first_name: Option<&str>, last_name: Option<&str>) -> String {
    match (first_name, last_name) {
        (Some(first), Some(last)) => format!("{first} {last}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "personne effacée".to_owned(),
    }
}
