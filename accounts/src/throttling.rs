//! Slowing down who asks too much of what anybody may ask: never locking anybody out.
//!
//! Each server counts for itself, in memory: with n servers behind a load balancer the limits are up to
//! n times as wide, and a restart forgets. Both only ever let more through, for a while; what it keeps
//! out, guessing and flooding, it still makes hopeless.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use quick_cache::sync::Cache;

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
// | sign-up: address            |       5 |          5 min | each sends a message to that mailbox  |
// | resend, reset, invitation:  |       3 |          5 min | the same; whoever asks, the owner     |
// | address                     |         |                | gets a message with a link that works |
//
// Addresses count as they were typed, known or not: a refusal says nothing about them.
const CLIENT: Quota = quota(100, 1_200);
const SIGN_IN_PLACE: Quota = quota(5, 360);
const SIGN_IN_ADDRESS: Quota = quota(20, 720);
const SIGN_UP_ADDRESS: Quota = quota(5, 12);
const MAIL_ADDRESS: Quota = quota(3, 12);

const fn quota(at_once: u32, an_hour: u32) -> Quota {
    Quota::per_hour(number(an_hour)).allow_burst(number(at_once))
}

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// How many places of owners (an address and a client) are remembered.
const PLACES: usize = 50_000;

/// How often what no longer matters is forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(1);

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
pub struct Throttle(Option<Arc<Limits<DefaultClock>>>);

impl Throttle {
    /// One that has counted nothing yet.
    #[must_use]
    pub fn on() -> Self {
        Self(Some(Arc::new(Limits::new(DefaultClock::default()))))
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
        take(limits.of_address(attempt, client, address)).map_err(Wait)
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

/// What each key has left: the instant at which it is as if it were never used, as the rate limiter
/// keeps it. A key stands for an address or a client without being one.
#[derive(Clone, Default)]
struct Cells(Arc<Mutex<HashMap<u64, Nanos>>>);

impl Cells {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Cells {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut cells = self.lock();
        let (outcome, full_again) = decide(cells.get(key).copied())?;
        cells.insert(*key, full_again);
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<u64> for Cells {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().retain(|_, full_again| *full_again > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.lock().shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

/// A quota for each key.
struct Limit<C: Clock> {
    limiter: RateLimiter<u64, Cells, C, NoOpMiddleware<C::Instant>>,
    cells: Cells,
    /// What one attempt costs.
    cost: Nanos,
    /// When the limiter's time begins.
    start: C::Instant,
}

impl<C: Clock + Clone> Limit<C> {
    fn new(quota: Quota, clock: &C) -> Self {
        let cells = Cells::default();
        Self {
            start: clock.now(),
            limiter: RateLimiter::new(quota, cells.clone(), clock.clone()),
            cells,
            cost: quota.replenish_interval().into(),
        }
    }

    /// How long to wait, if there is nothing left.
    fn take(&self, key: u64) -> Option<Duration> {
        let refused = self.limiter.check_key(&key).err()?;
        Some(refused.wait_time_from(self.limiter.clock().now()))
    }

    /// A key that is then as if it was never used is forgotten at once.
    fn give_back(&self, key: u64) {
        let now = self.limiter.clock().now().duration_since(self.start);
        let mut cells = self.cells.lock();
        if let Some(full_again) = cells.get_mut(&key) {
            *full_again = full_again.saturating_sub(self.cost);
            if *full_again <= now {
                cells.remove(&key);
            }
        }
    }

    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

struct Limits<C: Clock> {
    client: Limit<C>,
    sign_in_place: Limit<C>,
    sign_in_address: Limit<C>,
    sign_up_address: Limit<C>,
    mail_address: Limit<C>,
    /// Where owners are: an address and a client.
    places: Cache<u64, ()>,
    /// Makes keys that nobody outside can aim at.
    hasher: RandomState,
    clock: C,
    forgotten_at: Mutex<C::Instant>,
}

impl<C: Clock + Clone> Limits<C> {
    fn new(clock: C) -> Self {
        Self {
            client: Limit::new(CLIENT, &clock),
            sign_in_place: Limit::new(SIGN_IN_PLACE, &clock),
            sign_in_address: Limit::new(SIGN_IN_ADDRESS, &clock),
            sign_up_address: Limit::new(SIGN_UP_ADDRESS, &clock),
            mail_address: Limit::new(MAIL_ADDRESS, &clock),
            places: Cache::new(PLACES),
            hasher: RandomState::new(),
            forgotten_at: Mutex::new(clock.now()),
            clock,
        }
    }

    fn check(
        &self,
        attempt: Attempt,
        client: impl Hash + Copy,
        address: Option<&str>,
    ) -> Result<(), Duration> {
        self.forget_at_times();
        take(self.which(attempt, client, address))
    }

    fn succeeded(&self, attempt: Attempt, client: impl Hash + Copy, address: Option<&str>) {
        for (limit, key) in self.which(attempt, client, address) {
            limit.give_back(key);
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
    ) -> Vec<(&Limit<C>, u64)> {
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
    ) -> Vec<(&Limit<C>, u64)> {
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
            Attempt::SignUp => vec![(&self.sign_up_address, by_address)],
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
    fn forget_at_times(&self) {
        let now = self.clock.now();
        {
            let forgotten_at = self.forgotten_at.lock();
            let mut forgotten_at = forgotten_at.unwrap_or_else(PoisonError::into_inner);
            if now.duration_since(*forgotten_at) < FORGET_EVERY.into() {
                return;
            }
            *forgotten_at = now;
        }
        for limit in self.all() {
            limit.forget();
        }
    }

    fn all(&self) -> [&Limit<C>; 5] {
        [
            &self.client,
            &self.sign_in_place,
            &self.sign_in_address,
            &self.sign_up_address,
            &self.mail_address,
        ]
    }
}

/// The longest wait that a limit asks for. Every limit is asked, and what was taken is given back when
/// one refuses: after that wait nothing else stands in the way.
fn take<C: Clock + Clone>(limits: Vec<(&Limit<C>, u64)>) -> Result<(), Duration> {
    let mut taken = Vec::new();
    let mut wait = None;
    for (limit, key) in limits {
        match limit.take(key) {
            None => taken.push((limit, key)),
            refused => wait = wait.max(refused),
        }
    }
    let Some(wait) = wait else {
        return Ok(());
    };
    for (limit, key) in taken {
        limit.give_back(key);
    }
    Err(wait)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const OWNER: &str = "e.dupre@ac-demo.test";

    fn limits() -> (FakeRelativeClock, Limits<FakeRelativeClock>) {
        let clock = FakeRelativeClock::default();
        (clock.clone(), Limits::new(clock))
    }

    fn client(number: u32) -> u32 {
        number
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A class does everything at once, in the same room, behind one address, and half of it
    /// mistypes. Being told to wait there costs the lesson.
    #[test]
    fn a_class_that_signs_up_together_is_not_slowed_down() {
        let (clock, limits) = limits();
        let school = client(1);
        for pupil in 0..30 {
            let address = format!("pupil.{pupil}@demo.test");
            let check = |attempt, address| {
                assert_eq!(limits.check(attempt, school, address), Ok(()), "{pupil}");
            };
            for _ in 0..2 {
                check(Attempt::SignUp, Some(&address));
                check(Attempt::Activation, None);
            }
            check(Attempt::Resend, Some(&address));
            for _ in 0..3 {
                check(Attempt::SignIn, Some(&address));
            }
            limits.succeeded(Attempt::SignIn, school, Some(&address));
        }
        // The last ones, as the lesson goes on.
        clock.advance(seconds(300));
        for _ in 0..100 {
            assert_eq!(limits.check(Attempt::Activation, school, None), Ok(()));
        }
    }

    /// The other side of it: one client with a list of addresses must not get through it.
    #[test]
    fn one_client_that_tries_many_addresses_slows_down() {
        let (clock, limits) = limits();
        let attempt = |number: u32| {
            let address = format!("staff.{number}@ac-demo.test");
            limits.check(Attempt::SignIn, client(1), Some(&address))
        };
        let through = (0..1_000).filter(|number| attempt(*number).is_ok()).count();
        assert_eq!(through, 100);
        assert_eq!(attempt(1_000), Err(seconds(3)));
        // Others, and other kinds of attempts, are not concerned.
        let other = limits.check(Attempt::SignIn, client(2), Some("staff.1@ac-demo.test"));
        assert_eq!(other, Ok(()));
        assert_eq!(limits.check(Attempt::Activation, client(1), None), Ok(()));
        clock.advance(seconds(3));
        assert_eq!(attempt(1_001), Ok(()));
        assert!(attempt(1_002).is_err());
    }

    /// 10,000 wrong passwords from as many clients: few of them are tried, the owner gets in all the
    /// while at the usual place, and from anywhere as soon as it stops.
    #[test]
    fn a_storm_slows_down_and_never_locks_the_owner_out() {
        let (clock, limits) = limits();
        let (usual, elsewhere) = (client(1), client(2));
        let check = |client| limits.check(Attempt::SignIn, client, Some(OWNER));
        assert_eq!(check(usual), Ok(()));
        limits.succeeded(Attempt::SignIn, usual, Some(OWNER));

        let mut tried = 0;
        for number in 0..10_000 {
            tried += u32::from(check(client(100 + number)).is_ok());
            clock.advance(Duration::from_millis(10));
            if number % 1_000 == 0 {
                assert_eq!(check(usual), Ok(()), "after {number}");
                limits.succeeded(Attempt::SignIn, usual, Some(OWNER));
            }
        }
        // 20 at once, then one every 5 s for 99.99 s.
        assert_eq!(tried, 39);
        // However long it went on, whoever comes after it waits no longer.
        assert_eq!(check(client(100)), Ok(()));
        assert_eq!(check(elsewhere), Err(seconds(5)));
        clock.advance(seconds(5));
        assert_eq!(check(elsewhere), Ok(()));
    }

    /// Somebody who proves to read the mailbox of an address under attack must not then wait among
    /// those who attack it.
    #[test]
    fn whoever_chose_another_password_signs_in_during_a_storm() {
        let (_, limits) = limits();
        let check = |client| limits.check(Attempt::SignIn, client, Some(OWNER));
        for number in 100..200 {
            let _ = check(client(number));
        }
        assert!(check(client(1)).is_err());
        limits.succeeded(Attempt::Password, client(1), Some(OWNER));
        assert_eq!(check(client(1)), Ok(()));
        assert!(check(client(2)).is_err());
        // A right guess of nobody's: asking for a message proves nothing.
        limits.succeeded(Attempt::Reset, client(2), Some(OWNER));
        assert!(check(client(2)).is_err());
    }

    /// Signing in on several machines of a computer room, or by a program, is no guessing: what
    /// succeeds costs nothing, and gives nothing to whoever guesses beside it.
    #[test]
    fn a_success_costs_nothing() {
        let (_, limits) = limits();
        let check = || limits.check(Attempt::SignIn, client(1), Some(OWNER));
        for _ in 0..1_000 {
            assert_eq!(check(), Ok(()));
            limits.succeeded(Attempt::SignIn, client(1), Some(OWNER));
        }
        // Nor does it leave anything behind.
        assert!(limits.all().iter().all(|limit| limit.cells.is_empty()));
        let wrong = (0..10).filter(|_| check().is_ok()).count();
        assert_eq!(wrong, 5);
        limits.succeeded(Attempt::SignIn, client(1), Some(OWNER));
        assert_eq!(check(), Ok(()));
        assert!(check().is_err());
    }

    /// Somebody types another person's address again and again to fill their mailbox.
    #[test]
    fn no_mailbox_is_flooded() {
        let (clock, limits) = limits();
        for (attempt, at_once) in [
            (Attempt::Reset, 3),
            (Attempt::Resend, 3),
            (Attempt::SignUp, 5),
        ] {
            let check = |number| limits.check(attempt, client(number), Some(OWNER));
            let sent = (0..1_000).filter(|number| check(*number).is_ok()).count();
            assert_eq!(sent, at_once, "{attempt:?}");
            assert_eq!(check(1), Err(seconds(300)));
        }
        clock.advance(seconds(300));
        assert_eq!(limits.check(Attempt::Reset, client(1), Some(OWNER)), Ok(()));
        assert!(
            limits
                .check(Attempt::Reset, client(1), Some(OWNER))
                .is_err()
        );
    }

    /// A refusal that used up what other limits still gave would make the wait longer than was told.
    #[test]
    fn what_is_refused_counts_for_nothing() {
        let (clock, limits) = limits();
        let reset = |address: &str| limits.check(Attempt::Reset, client(1), Some(address));
        for _ in 0..1_000 {
            let _ = reset(OWNER);
        }
        // Three of the client's hundred went through.
        let others = (0..1_000)
            .filter(|number| reset(&format!("{number}@demo.test")).is_ok())
            .count();
        assert_eq!(others, 97);
        assert_eq!(limits.mail_address.cells.len(), 98);
        // Both limits refuse: the longer wait is told, and enough.
        let wait = reset(OWNER).err().unwrap_or_default();
        assert_eq!(wait, seconds(300));
        clock.advance(wait);
        assert_eq!(reset(OWNER), Ok(()));
    }

    /// Addresses and clients are for anybody to make up. What they leave behind must go, or a server
    /// that runs for months ends without memory.
    #[test]
    fn what_no_longer_matters_is_forgotten() {
        let (clock, limits) = limits();
        for number in 0..50_000 {
            for attempt in [Attempt::SignIn, Attempt::SignUp, Attempt::Reset] {
                let address = format!("{number}@demo.test");
                assert_eq!(
                    limits.check(attempt, client(number), Some(&address)),
                    Ok(())
                );
            }
        }
        assert!(limits.all().iter().all(|limit| limit.cells.len() >= 50_000));
        // The slowest quota needs this long to be as if it was never used.
        clock.advance(seconds(601));
        assert_eq!(limits.check(Attempt::Activation, client(1), None), Ok(()));
        let left: Vec<_> = limits.all().iter().map(|limit| limit.cells.len()).collect();
        assert_eq!(left, [1, 0, 0, 0, 0]);
        assert!(
            limits
                .all()
                .iter()
                .all(|limit| limit.cells.lock().capacity() < 100)
        );
        // What still matters stays.
        for _ in 0..3 {
            assert_eq!(limits.check(Attempt::Reset, client(1), Some(OWNER)), Ok(()));
        }
        clock.advance(seconds(120));
        assert!(
            limits
                .check(Attempt::Reset, client(1), Some(OWNER))
                .is_err()
        );
    }

    /// A load test from one machine is not slowed down when it was said so, and a server is otherwise.
    #[test]
    fn only_off_lets_everything_through() {
        let through = |throttle: &Throttle| {
            (0..1_000)
                .filter(|_| {
                    throttle
                        .check(Attempt::SignIn, client(1), Some(OWNER))
                        .is_ok()
                })
                .count()
        };
        assert_eq!(through(&Throttle::off()), 1_000);
        assert_eq!(through(&Throttle::on()), 5);
    }
}
