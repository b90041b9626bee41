//! `Idempotency-Key`: a request that comes again is answered again, and not carried out again
//! (draft-ietf-httpapi-idempotency-key-header).

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use utoipa::openapi::{
    OpenApi, PathItem, RefOr, Required, Type,
    path::{Operation, ParameterBuilder, ParameterIn},
    schema::ObjectBuilder,
};
use web::{
    AppState,
    limits::BODY_LIMIT,
    once::{carried_out, is_nameable, key_of, name},
    problem::Problem,
};

/// The layer that has a request carried out once which says so.
pub(crate) async fn carry_out_once(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let answer = carry_out(&state, request, next).await;
    answer.unwrap_or_else(Problem::into_response)
}

async fn carry_out(state: &AppState, request: Request, next: Next) -> Result<Response, Problem> {
    if !is_nameable(request.method()) {
        return Ok(next.run(request).await);
    }
    let Some(key) = key_of(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await;
    let body = body.map_err(|_| Problem::of_bare(StatusCode::PAYLOAD_TOO_LARGE))?;
    name(&mut parts, &key, &body);
    let _turn = state.under_way.enter(&parts)?;
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // What was removed is not found any more by whoever removes it again.
    let repeated = asked.method == Method::DELETE && response.status().is_client_error();
    if repeated && carried_out(state, &asked).await.is_some() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(response)
}

/// What opens or ends a session: each has a token of its own, which is kept nowhere and so not given again.
const SESSION: &str = "/api/v1/session";

/// Adds the header to every route that honours it.
pub(crate) fn document(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let changing = changing(item).into_iter().flatten();
        for operation in changing.filter(|_| path != SESSION) {
            let header = ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(
                    "A key that the client makes up for this request, a UUID for instance. Sent again under \
                     it within 24 hours, the request is not carried out again, and answered as before. 422 \
                     `idempotency_key_reused` for another request under it, 409 `idempotency_key_in_use` \
                     while the first is under way.",
                ))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .build();
            operation
                .parameters
                .get_or_insert_default()
                .push(RefOr::T(header));
        }
    }
}

fn changing(item: &mut PathItem) -> [Option<&mut Operation>; 4] {
    [
        item.post.as_mut(),
        item.put.as_mut(),
        item.patch.as_mut(),
        item.delete.as_mut(),
    ]
}
