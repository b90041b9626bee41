use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{Attempt, Throttle, limits::Limits};

const OWNER: &str = "e.dupre@ac-demo.test";

/// A clock that a test moves on.
#[derive(Clone)]
struct FakeClock(Arc<Mutex<Instant>>);

impl FakeClock {
    fn advance(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

fn limits() -> (FakeClock, Limits<impl Fn() -> Instant>) {
    let clock = FakeClock(Arc::new(Mutex::new(Instant::now())));
    let hand = clock.clone();
    (clock, Limits::new(move || *hand.0.lock().unwrap()))
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
    assert!(limits.all().iter().all(|limit| limit.arrivals().is_empty()));
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
        (Attempt::SignUp, 20),
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

/// Somebody signs up with another person's address until they are refused: its owner, who comes from
/// elsewhere, is not refused for it.
#[test]
fn a_stranger_does_not_use_up_what_the_owner_has() {
    let (_, limits) = limits();
    let check = |number| limits.check(Attempt::SignUp, client(number), Some(OWNER));
    let strangers = (0..1_000).filter(|_| check(1).is_ok()).count();
    let owners = (0..1_000).filter(|_| check(2).is_ok()).count();
    assert_eq!([strangers, owners], [5, 5]);
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
    assert_eq!(limits.mail_address.arrivals().len(), 98);
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
    assert!(
        limits
            .all()
            .iter()
            .all(|limit| limit.arrivals().len() >= 50_000)
    );
    // The slowest quota needs this long to be as if it was never used.
    clock.advance(seconds(601));
    assert_eq!(limits.check(Attempt::Activation, client(1), None), Ok(()));
    let left: Vec<_> = limits
        .all()
        .iter()
        .map(|limit| limit.arrivals().len())
        .collect();
    assert_eq!(left, [1, 0, 0, 0, 0, 0]);
    assert!(
        limits
            .all()
            .iter()
            .all(|limit| limit.arrivals().capacity() < 100)
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
