pub(super) mod healthz;
pub(super) mod readyz;
