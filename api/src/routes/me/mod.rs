pub(super) mod join_establishment;
