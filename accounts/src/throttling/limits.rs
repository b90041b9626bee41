//! What an attempt counts against, and how much of it is let through.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

use super::{
    Attempt,
    gcra::{Limit, Quota},
};

// What is let through: so many at once, and then so many an hour.
//
// | counted by                  | at once | then one every | because                               |
// |-----------------------------|---------|----------------|---------------------------------------|
// | kind and client             |     100 |            3 s | 30 pupils behind one address sign up, |
// |                             |         |                | activate and sign in, three tries     |
// |                             |         |                | each; a whole school in half an hour  |
// | sign-in: address and client |       5 |           10 s | more mistakes than a person makes in  |
// |                             |         |                | a row; 8,640 guesses a day are        |
// |                             |         |                | nothing against 12 characters         |
// | sign-in: address            |      20 |            5 s | guesses from many clients at once;    |
// |                             |         |                | once they stop, 5 s are the longest   |
// |                             |         |                | wait                                  |
// | sign-up: address and client |       5 |          5 min | each sends a message to that mailbox  |
// | sign-up: address            |      20 |          5 min | the same; whoever types somebody      |
// |                             |         |                | else's address leaves its owner some  |
// | resend, reset, invitation:  |       3 |          5 min | the same; whoever asks, the owner     |
// | address                     |         |                | gets a message with a link that works |
//
// Addresses count as they were typed, known or not: a refusal says nothing about them.
const CLIENT: Quota = quota(100, 3);
const SIGN_IN_PLACE: Quota = quota(5, 10);
const SIGN_IN_ADDRESS: Quota = quota(20, 5);
const SIGN_UP_PLACE: Quota = quota(5, 5 * 60);
const SIGN_UP_ADDRESS: Quota = quota(20, 5 * 60);
const MAIL_ADDRESS: Quota = quota(3, 5 * 60);

const fn quota(at_once: u32, seconds: u64) -> Quota {
    Quota {
        at_once,
        then_one_every: Duration::from_secs(seconds),
    }
}

/// How many places of owners (an address and a client) are remembered.
const PLACES: usize = 50_000;

/// How often what no longer matters is forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// What is counted, by a clock that never goes back.
pub(super) struct Limits<C> {
    client: Limit,
    sign_in_place: Limit,
    sign_in_address: Limit,
    sign_up_place: Limit,
    sign_up_address: Limit,
    pub(super) mail_address: Limit,
    /// Where owners are: an address and a client.
    places: Cache<u64, ()>,
    /// Makes keys that nobody outside can aim at.
    hasher: RandomState,
    clock: C,
    forgotten_at: Mutex<Instant>,
}

impl<C: Fn() -> Instant> Limits<C> {
    pub(super) fn new(clock: C) -> Self {
        Self {
            client: Limit::new(CLIENT),
            sign_in_place: Limit::new(SIGN_IN_PLACE),
            sign_in_address: Limit::new(SIGN_IN_ADDRESS),
            sign_up_place: Limit::new(SIGN_UP_PLACE),
            sign_up_address: Limit::new(SIGN_UP_ADDRESS),
            mail_address: Limit::new(MAIL_ADDRESS),
            places: Cache::new(PLACES),
            hasher: RandomState::new(),
            forgotten_at: Mutex::new(clock()),
            clock,
        }
    }

    pub(super) fn check(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: Option<&str>,
    ) -> Result<(), Duration> {
        let now = (self.clock)();
        self.forget_at_times(now);
        take(self.which(attempt, client, address), now)
    }

    pub(super) fn check_address(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: &str,
    ) -> Result<(), Duration> {
        take(self.of_address(attempt, client, address), (self.clock)())
    }

    pub(super) fn succeeded(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: Option<&str>,
    ) {
        let now = (self.clock)();
        for (limit, key) in self.which(attempt, client, address) {
            limit.give_back(key, now);
        }
        let proves = matches!(
            attempt,
            Attempt::SignIn | Attempt::Activation | Attempt::Password
        );
        if let Some(address) = address.filter(|_| proves) {
            self.places.insert(self.place(client, address), ());
        }
    }

    /// What an attempt counts against.
    fn which(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: Option<&str>,
    ) -> Vec<(&Limit, u64)> {
        let mut limits = vec![(&self.client, self.hasher.hash_one((attempt, client)))];
        if let Some(address) = address {
            limits.extend(self.of_address(attempt, client, address));
        }
        limits
    }

    /// What an attempt counts against for its address.
    ///
    /// Guesses from everywhere use up what an address has, and its owner would wait among those who
    /// guess. So where the owner was before, only that place counts.
    fn of_address(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: &str,
    ) -> Vec<(&Limit, u64)> {
        let by_address = self.hasher.hash_one((attempt, address));
        match attempt {
            Attempt::SignIn => {
                let place = self.place(client, address);
                let mut limits = vec![(&self.sign_in_place, place)];
                if self.places.get(&place).is_none() {
                    limits.push((&self.sign_in_address, by_address));
                }
                limits
            }
            Attempt::SignUp => vec![
                (&self.sign_up_place, self.place(client, address)),
                (&self.sign_up_address, by_address),
            ],
            Attempt::Resend | Attempt::Reset | Attempt::Invitation => {
                vec![(&self.mail_address, by_address)]
            }
            Attempt::Activation | Attempt::Password => Vec::new(),
        }
    }

    fn place(&self, client: impl Hash + Copy, address: &str) -> u64 {
        self.hasher.hash_one((client, address))
    }

    /// Keys that are as if they were never used go, once a minute, with whoever comes then.
    fn forget_at_times(&self, now: Instant) {
        {
            let forgotten_at = self.forgotten_at.lock();
            let mut forgotten_at = forgotten_at.unwrap_or_else(PoisonError::into_inner);
            if now.duration_since(*forgotten_at) < FORGET_EVERY {
                return;
            }
            *forgotten_at = now;
        }
        for limit in self.all() {
            limit.forget(now);
        }
    }

    pub(super) fn all(&self) -> [&Limit; 6] {
        [
            &self.client,
            &self.sign_in_place,
            &self.sign_in_address,
            &self.sign_up_place,
            &self.sign_up_address,
            &self.mail_address,
        ]
    }
}

/// The longest wait that a limit asks for. Every limit is asked, and what was taken is given back when
/// one refuses: after that wait nothing else stands in the way.
fn take(limits: Vec<(&Limit, u64)>, now: Instant) -> Result<(), Duration> {
    let mut taken = Vec::new();
    let mut wait = None;
    for (limit, key) in limits {
        match limit.take(key, now) {
            None => taken.push((limit, key)),
            refused => wait = wait.max(refused),
        }
    }
    let Some(wait) = wait else {
        return Ok(());
    };
    for (limit, key) in taken {
        limit.give_back(key, now);
    }
    Err(wait)
}
