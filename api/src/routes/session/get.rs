use accounts::account;
use axum::Json;
use domain::ids::PersonId;
use serde::Serialize;
use utoipa::ToSchema;
use web::{AppState, caller::Reading, problem::Problem};

use crate::{documentation::Unauthenticated, views::AccountView};

/// The session under way.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct CurrentSession {
    /// Whose session it is.
    account: AccountView,
}

impl CurrentSession {
    /// As it stands after a change.
    pub(in super::super) async fn of(state: &AppState, id: PersonId) -> Result<Self, Problem> {
        let mut reader = state.reader().await?;
        let account = account::get(&mut reader.conn(), id)
            .await?
            .ok_or_else(Problem::not_found)?;
        Ok(Self {
            account: account.into(),
        })
    }
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/session",
    tag = "session",
    responses(
        (status = 200, description = "Whoever is signed in", body = CurrentSession),
        (status = 401, response = Unauthenticated),
    ),
)]
pub(in super::super) async fn get_session(
    Reading { caller, mut reader }: Reading,
) -> Result<Json<CurrentSession>, Problem> {
    let account = account::get(&mut reader.conn(), caller.account)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(CurrentSession {
        account: account.into(),
    }))
}
