//! Who calls: found from the session's token before a handler runs.

use accounts::{
    TokenHash,
    session::{self, Session},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use chrono::{DateTime, Utc};
use commands::{By, Once};
use domain::{
    actor::Actor,
    ids::{ClassId, CorrelationId, PersonId},
    values::{Role, Uai},
};
use projections::classes;
use store::{Conn, Reader, Store};

use crate::{
    AppState,
    once::Repeatable,
    origin::refuse_others,
    permissions::{Action, may},
    problem::{Code, Problem},
};

/// The cookie that holds the session's token.
pub const COOKIE: &str = "monstage_session";

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub account: PersonId,
    /// As what.
    pub role: Role,
    /// Where they work or study; none for administrators, and for those who left.
    pub establishment: Option<Uai>,
    /// What the events of their request are found by.
    pub correlation: CorrelationId,
    /// Their request, where it is to be carried out once however often it comes.
    pub once: Option<Once>,
    /// Their session.
    pub session: TokenHash,
}

/// A signed-in person who only reads, with the connection that their session was read on: taking
/// another one would cost as much as the query itself.
///
/// Commands take connections of their own: a handler that holds this one while it executes one could
/// leave none for anybody.
pub struct Reading {
    /// Who.
    pub caller: Caller,
    /// The connection.
    pub reader: Reader,
}

impl FromRequestParts<AppState> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = presented(parts, state)?;
        let now = state.commands.clock().now();
        let mut reader = state.reader().await?;
        let Some(session) = session::find(&mut reader.conn(), &token, now).await? else {
            return Err(unauthenticated());
        };
        if session.stale {
            touch_later(state.commands.store().clone(), token.clone(), now);
        }
        let caller = Caller::new(session, token, parts);
        Ok(Self { caller, reader })
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let reading = Reading::from_request_parts(parts, state).await?;
        Ok(reading.caller)
    }
}

/// Whoever reads does not wait for a writer: on `SQLite` there is one at a time.
fn touch_later(store: Store, token: TokenHash, now: DateTime<Utc>) {
    tokio::spawn(async move {
        if let Err(error) = session::touch(&store, &token, now).await {
            tracing::warn!(%error, "the last use of a session was not written");
        }
    });
}

fn unauthenticated() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "Votre session est terminée ou n'existe pas : connectez-vous.",
    )
}

/// The token that came with the request, if the way it came may be trusted.
fn presented(parts: &Parts, state: &AppState) -> Result<TokenHash, Problem> {
    if let Some(authorization) = parts.headers.get(header::AUTHORIZATION) {
        return authorization
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| TokenHash::of(token.trim()))
            .ok_or_else(unauthenticated);
    }
    let token = cookie(&parts.headers).ok_or_else(unauthenticated)?;
    if !parts.method.is_safe() {
        refuse_others(&parts.headers, state.public_url.as_deref())?;
    }
    Ok(TokenHash::of(token))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

impl Caller {
    fn new(session: Session, token: TokenHash, parts: &Parts) -> Self {
        let request = Repeatable::of(parts, Some(session.account));
        Self {
            account: session.account,
            role: session.role,
            establishment: session.establishment,
            correlation: request.correlation,
            once: request.once,
            session: token,
        }
    }

    /// As whom, and as part of what, their commands are recorded.
    #[must_use]
    pub fn by(&self) -> By {
        By {
            actor: Actor {
                id: self.account,
                role: self.role,
            },
            correlation: self.correlation,
            once: self.once,
        }
    }

    /// The establishment in which the caller may do this to that class.
    ///
    /// For staff it is their own, without a look at the class: whatever follows asks for a class of
    /// that establishment.
    ///
    /// # Errors
    ///
    /// `not_found` when there is no such class within reach, `forbidden` when the action is out of
    /// it.
    pub async fn authorize_class(
        &self,
        action: Action,
        class: ClassId,
        conn: &mut Conn<'_>,
    ) -> Result<Uai, Problem> {
        if let Some(own) = self.own_establishment(action) {
            return Ok(own);
        }
        let class = classes::get(conn, class)
            .await?
            .filter(|class| reaches(self, &class.establishment))
            .ok_or_else(Problem::not_found)?;
        self.authorize(action, &class.establishment)?;
        Ok(class.establishment)
    }

    /// As [`Caller::authorize_class`], before a command: takes a connection only when it must, and
    /// gives it back.
    pub async fn authorize_class_change(
        &self,
        action: Action,
        class: ClassId,
        state: &AppState,
    ) -> Result<Uai, Problem> {
        if let Some(own) = self.own_establishment(action) {
            return Ok(own);
        }
        let mut reader = state.reader().await?;
        self.authorize_class(action, class, &mut reader.conn())
            .await
    }

    /// What a request about a class is refused with: `problem`, unless the class is out of the
    /// caller's reach, which must not show in whatever else is wrong.
    pub async fn refuse(&self, problem: Problem, class: ClassId, conn: &mut Conn<'_>) -> Problem {
        match classes::get(conn, class).await {
            Ok(Some(class)) if reaches(self, &class.establishment) => problem,
            Ok(_) => Problem::not_found(),
            Err(error) => error.into(),
        }
    }

    fn own_establishment(&self, action: Action) -> Option<Uai> {
        self.establishment
            .clone()
            .filter(|_| may(self.role, action))
    }
}

/// Whether an establishment exists for this caller: administrators see every one, everybody else
/// their own. What is out of reach is not found, whatever the action.
#[must_use]
pub fn reaches(caller: &Caller, establishment: &Uai) -> bool {
    caller.role == Role::Administrator || caller.establishment.as_ref() == Some(establishment)
}

impl Caller {
    /// Goes on only when the caller may do this to that establishment.
    ///
    /// # Errors
    ///
    /// `not_found` when it is out of the caller's reach, `forbidden` when the action is.
    pub fn authorize(&self, action: Action, establishment: &Uai) -> Result<(), Problem> {
        if !reaches(self, establishment) {
            return Err(Problem::not_found());
        }
        if !may(self.role, action) {
            return Err(self.forbidden());
        }
        Ok(())
    }

    /// Goes on only when the caller may do this, wherever they are.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub fn authorize_anywhere(&self, action: Action) -> Result<(), Problem> {
        if may(self.role, action) {
            Ok(())
        } else {
            Err(self.forbidden())
        }
    }

    /// The action is not for this role.
    #[must_use]
    pub fn forbidden(&self) -> Problem {
        Problem::new(
            Code::Forbidden,
            format!(
                "Votre rôle ({}) ne permet pas cette action : adressez-vous à une personne qui en \
                 a le droit.",
                self.role.label()
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Browsers send every cookie of the host in one line, in any order; another application's
    /// cookie whose name ends like ours is not ours.
    #[test]
    fn the_session_is_found_among_other_cookies() {
        let find = |value| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(value))]);
            cookie(&headers).map(str::to_owned)
        };
        assert_eq!(
            find("a=b; monstage_session=t0k-en; c=d"),
            Some("t0k-en".to_owned())
        );
        assert_eq!(find("x_monstage_session=t0k-en"), None);
        assert_eq!(find("monstage_session"), None);
    }
}
