pub(super) mod resend;
pub(super) mod revoke;
