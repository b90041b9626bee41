use axum::{Json, extract::State};
use projections::directory;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{
    AppState,
    problem::{FieldErrors, Problem},
};

use crate::{
    Page, documentation::Invalid, input::Params, page::PageParams, views::EstablishmentView,
};

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Search {
    /// Words of the name, the city, the postal code or the UAI; accents, case and hyphens do not
    /// matter. Every establishment when absent.
    #[param(example = "ampère arles")]
    #[serde(default)]
    q: String,
}

/// Searches the directory, best match first.
#[utoipa::path(
    get,
    path = "/establishments",
    tag = "establishments",
    security(()),
    params(Search, PageParams),
    responses(
        (status = 200, description = "The establishments that match", body = Page<EstablishmentView>),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn search_establishments(
    State(state): State<AppState>,
    Params(search): Params<Search>,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<EstablishmentView>>, Problem> {
    let mut errors = FieldErrors::default();
    let Some(page) = params.read::<u32>(&mut errors) else {
        return Err(errors.into());
    };
    let offset = page.after.unwrap_or_default();
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let mut found = directory::search(conn, &search.q, i64::from(offset), page.rows()).await?;
    // The order is that of the match, which no key of the last item tells: the cursor counts.
    let next = page.cut(&mut found, |_| i64::from(offset) + page.rows() - 1);
    Ok(Json(Page {
        items: found
            .into_iter()
            .map(|entry| EstablishmentView::new(entry, state.sign_up.order))
            .collect(),
        next,
    }))
}
