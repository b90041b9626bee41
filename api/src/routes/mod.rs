//! Every route, one per file: how it is documented, and the handler.

mod accounts;
mod admin;
mod audit;
mod classes;
mod establishments;
mod invitations;
mod me;
mod service;
mod session;

use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppState, documentation::Document};

/// The routes with their documentation.
pub(super) fn router() -> OpenApiRouter<AppState> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(establishments::search::search_establishments))
        .routes(routes!(establishments::get::get_establishment))
        .routes(routes!(
            establishments::list_classes::list_classes,
            establishments::create_class::create_class
        ))
        .routes(routes!(establishments::list_students::list_students))
        .routes(routes!(establishments::change_roster::change_roster))
        .routes(routes!(establishments::list_staff::list_staff))
        .routes(routes!(establishments::remove_staff::remove_staff))
        .routes(routes!(
            establishments::list_invitations::list_invitations,
            establishments::invite_staff::invite_staff
        ))
        .routes(routes!(invitations::revoke::revoke_invitation))
        .routes(routes!(invitations::resend::resend_invitation))
        .routes(routes!(
            classes::get::get_class,
            classes::edit::edit_class,
            classes::delete::delete_class
        ))
        .routes(routes!(classes::list_students::list_class_students))
        .routes(routes!(accounts::create::sign_up))
        .routes(routes!(accounts::invitation::read_invitation))
        .routes(routes!(accounts::activate::activate_account))
        .routes(routes!(accounts::resend_activation::resend_activation))
        .routes(routes!(
            accounts::request_password_reset::request_password_reset
        ))
        .routes(routes!(accounts::set_password::set_password))
        .routes(routes!(me::join_establishment::join_establishment))
        .routes(routes!(session::set_class::set_own_class))
        .routes(routes!(
            session::create::create_session,
            session::get::get_session,
            session::delete::delete_session
        ))
        .routes(routes!(audit::class_lists::past_class_lists))
        .routes(routes!(audit::events::list_events))
        .routes(routes!(audit::resets::list_resets))
        .routes(routes!(admin::decide_eligibility::decide_eligibility));
    OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", v1)
        .routes(routes!(service::healthz::healthz))
        .routes(routes!(service::readyz::readyz))
}
