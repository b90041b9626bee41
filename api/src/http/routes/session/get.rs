use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    accounts,
    http::{caller::Reading, documentation::Unauthenticated, problem::Problem, views::AccountView},
};

/// The session under way.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct CurrentSession {
    /// Whose session it is.
    account: AccountView,
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/session",
    tag = "session",
    responses(
        (status = 200, description = "La personne connectée", body = CurrentSession),
        (status = 401, response = Unauthenticated),
    ),
)]
pub(in super::super) async fn get_session(
    Reading { caller, mut reader }: Reading,
) -> Result<Json<CurrentSession>, Problem> {
    let account = accounts::get(&mut reader.conn(), caller.account)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(CurrentSession {
        account: account.into(),
    }))
}
