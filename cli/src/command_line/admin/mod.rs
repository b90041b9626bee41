//! `monstage admin`: what only the team that runs the service may do.

pub(super) mod create;
pub(super) mod invite_head;
pub(super) mod replace_head;
