//! Slowing down who asks too much of what anybody may ask: never locking anybody out.
//!
//! Each server counts for itself, in memory: with n servers behind a load balancer the limits are up to
//! n times as wide, and a restart forgets. Both only ever let more through, for a while; what it keeps
//! out, guessing and flooding, it still makes hopeless.

mod gcra;
mod limits;
#[cfg(test)]
mod tests;

use std::{
    hash::Hash,
    sync::Arc,
    time::{Duration, Instant},
};

use self::limits::Limits;

/// What somebody tries without being signed in, or has sent to somebody else's mailbox. Each kind is
/// counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// Signing in.
    SignIn,
    /// Signing up.
    SignUp,
    /// Having the activation link sent again.
    Resend,
    /// Having a link sent to choose another password.
    Reset,
    /// Having an invitation sent, for the first time or again.
    Invitation,
    /// Activating an account.
    Activation,
    /// Choosing another password.
    Password,
}

/// Too much was asked lately: the same may be asked again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

/// Counts attempts, and tells who must wait. Cheap to clone: clones count together.
#[derive(Clone)]
pub struct Throttle(Option<Arc<Limits<MachineClock>>>);

type MachineClock = fn() -> Instant;

impl Throttle {
    /// One that has counted nothing yet.
    #[must_use]
    pub fn on() -> Self {
        Self(Some(Arc::new(Limits::new(Instant::now))))
    }

    /// One that lets everything through.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Counts an attempt, by its client and by the address it is about ([`EmailAddress::key`]).
    ///
    /// # Errors
    ///
    /// [`Wait`]; the attempt then counted for nothing.
    ///
    /// [`EmailAddress::key`]: domain::values::EmailAddress::key
    pub fn check(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: Option<&str>,
    ) -> Result<(), Wait> {
        let Some(limits) = &self.0 else {
            return Ok(());
        };
        limits.check(attempt, client, address).map_err(Wait)
    }

    /// Counts an attempt by its address alone: by its client it was [counted](Throttle::check) before the
    /// address was read.
    ///
    /// # Errors
    ///
    /// As [`Throttle::check`].
    pub fn check_address(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: &str,
    ) -> Result<(), Wait> {
        let Some(limits) = &self.0 else {
            return Ok(());
        };
        limits.check_address(attempt, client, address).map_err(Wait)
    }

    /// Takes back what an attempt was counted for, since it was right: who signs in often is not who
    /// guesses. Whoever proved to own an address, by its password or a message sent there, signs in to
    /// it from this client whatever others try elsewhere.
    pub fn succeeded(&self, attempt: Attempt, client: impl Hash + Copy, address: Option<&str>) {
        if let Some(limits) = &self.0 {
            limits.succeeded(attempt, client, address);
        }
    }
}
