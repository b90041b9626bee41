//! What the OpenAPI document says besides its routes, and the answers that routes have in common.

use utoipa::{
    Modify, OpenApi, ToResponse,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use web::caller::COOKIE;

use crate::problem::ProblemBody;

/// What the document says besides its routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mon stage de troisième",
        description = "The API for school staff: classes, students and establishments.\n\n\
                       Lists come in pages: `limit` (50 by default, 200 at most), then `after` \
                       with the value of `next`. Every error is a problem of RFC 9457 \
                       (`application/problem+json`): `code` is for programs, `title` and `detail` \
                       are for people, in French. Whatever belongs to another establishment is not \
                       found (404). \
                       Everywhere: 405 with `Allow`, 413 beyond 1 MiB (`too_large`), 415 when the \
                       body is not JSON (`malformed`), 500 (`internal`) and 503 (`unavailable`) \
                       with the number of the request, that of the header `x-request-id`. Examples \
                       are fictitious.",
    ),
    tags(
        (name = "establishments", description = "The directory and its establishments"),
        (name = "classes", description = "Classes"),
        (name = "students", description = "Students"),
        (name = "accounts", description = "Signing up, and passwords"),
        (name = "staff", description = "The staff of an establishment, and invitations"),
        (name = "audit", description = "History"),
        (name = "session", description = "Signing in"),
        (name = "administration", description = "Administrators of the service"),
        (name = "service", description = "State of the service"),
    ),
    components(responses(
        Malformed, Unauthenticated, Forbidden, NotFound, Invalid, StaleVersion, RateLimited,
        TokenInvalid
    )),
    modifiers(&Security),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that `POST /api/v1/session` gives."))
            .build();
        let cookie = ApiKeyValue::with_description(
            COOKIE,
            "Set by `POST /api/v1/session`. A request that changes something must then come from a \
             page of the service (`Sec-Fetch-Site` or `Origin`).",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

macro_rules! problem_responses {
    ($($name:ident: $description:literal;)+) => {
        $(
            #[doc = $description]
            #[derive(ToResponse)]
            #[response(description = $description, content_type = "application/problem+json")]
            #[expect(dead_code, reason = "only its documentation is used")]
            pub(super) struct $name(ProblemBody);
        )+
    };
}

problem_responses! {
    Malformed: "`malformed`: the request cannot be read";
    Unauthenticated: "`unauthenticated`: no session, or one that ended";
    Forbidden: "`forbidden`: not within the caller's role";
    NotFound: "`not_found`: does not exist, or belongs to another establishment";
    Invalid: "`validation`: `errors` names every field at fault";
    TokenInvalid: "`token_invalid`: the link was used, replaced or taken back, has expired, or \
                   ended with the school year";
    StaleVersion: "`stale_version`: changed since the version that `If-Match` gives";
}

/// Slowed down; nobody is ever locked out.
#[derive(ToResponse)]
#[response(
    description = "`rate_limited`: too many attempts from this place or for this address",
    content_type = "application/problem+json",
    headers(("retry-after" = u64, description = "In how many seconds to try again"))
)]
#[expect(dead_code, reason = "only its documentation is used")]
pub(super) struct RateLimited(ProblemBody);
