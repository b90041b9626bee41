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
        description = "API de l'équipe pédagogique : classes, élèves et établissements.\n\n\
            Les listes viennent par pages : `limit` (50 par défaut, 200 au plus), puis `after` avec \
            la valeur de `next`. Toute erreur est un problème RFC 9457 \
            (`application/problem+json`) ; `code` s'adresse aux programmes, `detail` aux personnes. \
            Ce qui relève d'un autre établissement est introuvable (404). Partout : 405 avec \
            `Allow`, 413 au-delà de 1 Mio (`too_large`), 415 si le corps n'est pas du JSON \
            (`malformed`), 500 (`internal`) et 503 (`unavailable`) avec le numéro de la demande, \
            celui de l'en-tête `x-request-id`. Exemples fictifs.",
    ),
    tags(
        (name = "establishments", description = "Annuaire et établissements"),
        (name = "classes", description = "Classes"),
        (name = "students", description = "Élèves"),
        (name = "accounts", description = "Inscription et mot de passe"),
        (name = "staff", description = "Équipe pédagogique et invitations"),
        (name = "audit", description = "Historique"),
        (name = "session", description = "Connexion"),
        (name = "administration", description = "Administrateurs du service"),
        (name = "service", description = "État du service"),
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
            .description(Some("Le jeton que rend `POST /api/v1/session`."))
            .build();
        let cookie = ApiKeyValue::with_description(
            COOKIE,
            "Posé par `POST /api/v1/session`. Une demande qui modifie quelque chose doit alors venir \
             d'une page du service (`Sec-Fetch-Site` ou `Origin`).",
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
    Malformed: "`malformed` : la demande est illisible";
    Unauthenticated: "`unauthenticated` : pas de session, ou elle est terminée";
    Forbidden: "`forbidden` : le rôle ne le permet pas";
    NotFound: "`not_found` : n'existe pas, ou relève d'un autre établissement";
    Invalid: "`validation` : `errors` nomme tous les champs à corriger";
    TokenInvalid: "`token_invalid` : le lien a servi, a été remplacé ou a expiré";
    StaleVersion: "`stale_version` : modifié depuis la version que donne `If-Match`";
}

/// Slowed down; nobody is ever locked out.
#[derive(ToResponse)]
#[response(
    description = "`rate_limited` : trop de tentatives depuis cette connexion ou pour cette adresse",
    content_type = "application/problem+json",
    headers(("retry-after" = u64, description = "Dans combien de secondes réessayer"))
)]
#[expect(dead_code, reason = "only its documentation is used")]
pub(super) struct RateLimited(ProblemBody);
