//! `monstage projections`: the read models.

pub(super) mod rebuild;
pub(super) mod status;
