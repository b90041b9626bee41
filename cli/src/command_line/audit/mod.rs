//! `monstage audit`: what happened, and what things looked like.

pub(super) mod as_of;
pub(super) mod log;
pub(super) mod seals;
pub(super) mod verify;
