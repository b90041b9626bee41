//! The pages for school staff, rendered on the server: one folder per page, with its handlers, its template,
//! its form and its tests. A page knows no rule of its own; what stands around it is in `frame`, what it is
//! sent in `form`.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod about;
pub mod home;

mod add_class;
mod administration;
mod ask_link;
mod choose_password;
mod class;
mod classes;
mod form;
mod frame;
mod history;
mod invite;
mod invite_several;
mod mail_sent;
mod once;
mod own_class;
mod own_page;
mod past_classes;
mod remove_staff;
mod roster;
mod search;
mod sign_in;
mod sign_out;
mod sign_up;
mod staff;
#[cfg(test)]
mod testing;
mod without_class;

use axum::{Extension, Router, http::StatusCode, middleware};
use tower_http::{CompressionLevel, compression::CompressionLayer};
use web::{AppState, limits::limited};

use crate::{
    about::Notice,
    frame::{assets, headers, problem},
    home::Demo,
    sign_in::first,
};

/// Every page, and the page that stands for whatever goes wrong or does not exist. `demo` is offered on the
/// home page, `notice` is who answers for the service.
pub fn routes(demo: Demo, notice: Notice, state: &AppState) -> Router<AppState> {
    let once = middleware::from_fn_with_state(state.clone(), once::carry_out_once);
    let as_html = middleware::from_fn_with_state(state.clone(), problem::as_html);
    let pages = Router::new()
        .merge(home::routes())
        .merge(sign_in::routes())
        .merge(sign_out::routes())
        .merge(sign_up::routes())
        .merge(classes::routes())
        .merge(add_class::routes())
        .merge(class::routes())
        .merge(without_class::routes())
        .merge(staff::routes())
        .merge(invite::routes())
        .merge(invite_several::routes())
        .merge(remove_staff::routes())
        .merge(own_class::routes())
        .merge(own_page::routes())
        .merge(history::routes())
        .merge(past_classes::routes())
        .merge(about::routes())
        .merge(ask_link::routes())
        .merge(mail_sent::routes())
        .merge(choose_password::routes())
        .merge(administration::routes())
        .merge(assets::routes())
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(once)
        .layer(middleware::from_fn(first::sign_in_first))
        .layer(Extension(demo))
        .layer(Extension(notice));
    limited(pages)
        .layer(as_html)
        .layer(middleware::map_response(headers::add))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}
