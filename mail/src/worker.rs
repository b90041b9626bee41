//! The worker: sends what waits in the outbox. Several may work on one database, each in a server.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use lettre::message::Mailbox;
use store::{Clock, Store, StoreError};
use tokio::time::{sleep, timeout};
use url::Url;
use uuid::Uuid;

use crate::{
    compose::{Composed, Composer},
    delivery::{Failure, Transport},
    letters::{self, KINDS, MakeError},
    outbox::{self, Waiting},
    who_is_who::WhoIsWho,
};

/// How long the outbox goes unread when it was empty.
const POLL: Duration = Duration::from_millis(500);
/// How many messages are read at once, and how many of them are sent side by side.
const BATCH: i64 = 20;
const SIDE_BY_SIDE: usize = 4;
/// How long a claimed message is nobody else's: longer than any conversation with a mail server.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long to wait after a first failure; twice as long after each further one, up to [`LONGEST_WAIT`].
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(1);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// How long the worker waits at most for a mail server that is down: what waits then goes out together.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// How old a message may be when it is tried in vain for the last time.
const GIVE_UP: TimeDelta = TimeDelta::days(4);
/// How long messages under way may take once the worker is told to stop.
const GRACE: Duration = Duration::from_secs(25);

// The counters, each by kind of message.
const SENT: &str = "monstage_mail_sent_total";
const FAILED_ATTEMPTS: &str = "monstage_mail_failed_attempts_total";
const GIVEN_UP: &str = "monstage_mail_given_up_total";

/// Sends the messages of the outbox.
pub struct Mailer {
    store: Store,
    clock: Arc<dyn Clock>,
    transport: Transport,
    composer: Composer,
    /// No message is begun any more: the worker is told to stop, or the mail server does not answer.
    halted: AtomicBool,
}

/// What a look at the outbox came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Everything that was due was seen to.
    Done,
    /// More may be due already.
    More,
    /// The mail server or the database does not answer.
    Unavailable,
}

/// How an attempt ended.
enum Outcome {
    Sent,
    /// There is nothing to say any more.
    Nothing,
    Failed(Failure),
    /// The database did not let it be made.
    Unmade(StoreError),
    /// The row, or what it names, cannot be read.
    Damaged,
}

/// What becomes of a message after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Gone,
    GivenUp,
    Again(DateTime<Utc>),
}

impl Mailer {
    /// A worker on this database, from this mailbox, with links to this address, to those whom `people` knows.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        transport: Transport,
        from: Mailbox,
        public_url: Url,
        people: Arc<dyn WhoIsWho>,
    ) -> Self {
        Self {
            store,
            clock,
            transport,
            composer: Composer {
                from,
                public_url,
                people,
            },
            halted: AtomicBool::new(false),
        }
    }

    /// Sends until `stop` is ready, then lets the messages under way finish and returns.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        count_from_zero();
        let mut stop = pin!(stop);
        let mut failures = 0;
        loop {
            self.halted.store(false, Ordering::Relaxed);
            let mut pass = pin!(self.pass());
            let done = tokio::select! {
                biased;
                () = &mut stop => {
                    self.halted.store(true, Ordering::Relaxed);
                    if timeout(GRACE, pass).await.is_err() {
                        tracing::warn!("messages under way are cut; they are sent again later");
                    }
                    return;
                }
                done = &mut pass => done,
            };
            let wait = if done == Pass::Unavailable {
                failures += 1;
                let wait = delay(failures, self.clock.new_uuid());
                wait.min(LONGEST_PAUSE).to_std().unwrap_or(POLL)
            } else {
                failures = 0;
                if done == Pass::More {
                    Duration::ZERO
                } else {
                    POLL
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// Tries what is due, once.
    pub async fn pass(&self) -> Pass {
        let due = match self.due().await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                return Pass::Unavailable;
            }
        };
        let full = i64::try_from(due.len()).is_ok_and(|length| length == BATCH);
        stream::iter(due)
            .for_each_concurrent(SIDE_BY_SIDE, |waiting| self.attempt(waiting))
            .await;
        match (self.halted.load(Ordering::Relaxed), full) {
            (true, _) => Pass::Unavailable,
            (false, true) => Pass::More,
            (false, false) => Pass::Done,
        }
    }

    async fn due(&self) -> Result<Vec<Waiting>, StoreError> {
        let mut reader = self.store.reader().await?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge, of what fits in a database"
        )]
        metrics::gauge!("monstage_mail_waiting")
            .set(outbox::count(&mut reader.conn()).await? as f64);
        outbox::due(&mut reader.conn(), self.clock.now(), BATCH).await
    }

    /// One attempt at one message, unless another worker is at it. Whatever goes wrong, it comes back
    /// when its lease ends.
    async fn attempt(&self, mut waiting: Waiting) {
        if self.halted.load(Ordering::Relaxed) {
            return;
        }
        match self.claim(&mut waiting).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.halt_on(&error),
        }
        let outcome = self.try_send(&waiting).await;
        if let Outcome::Failed(Failure::Unavailable(reason)) = &outcome
            && !self.halted.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(reason, "mail cannot be sent now");
        }
        if let Err(error) = self.settle(&waiting, &outcome).await {
            self.halt_on(&error);
        }
    }

    /// A database that fails is not asked again for each message.
    fn halt_on(&self, error: &StoreError) {
        if !self.halted.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the outbox cannot be written");
        }
    }

    async fn claim(&self, waiting: &mut Waiting) -> Result<bool, StoreError> {
        let clock = &*self.clock;
        let lease = LEASE.max(delay(waiting.attempts + 1, clock.new_uuid()));
        let until = clock.now() + lease;
        let mut tx = self.store.begin().await?;
        let claimed = outbox::claim(&mut tx.conn(), waiting, until).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn try_send(&self, waiting: &Waiting) -> Outcome {
        let composed = self.composer.compose(&self.store, waiting, &*self.clock);
        let Composed { mail, about } = match composed.await {
            Ok(Some(composed)) => composed,
            Ok(None) => return Outcome::Nothing,
            Err(error) => return error.into(),
        };
        match self.transport.send(&waiting.id, &about, mail).await {
            Ok(()) => Outcome::Sent,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Writes down how the attempt ended.
    async fn settle(&self, waiting: &Waiting, outcome: &Outcome) -> Result<(), StoreError> {
        let clock = &*self.clock;
        let now = clock.now();
        let fate = fate(waiting, outcome, now, clock.new_uuid());
        let mut tx = self.store.begin().await?;
        match fate {
            Fate::Gone => outbox::remove(&mut tx.conn(), waiting).await?,
            Fate::GivenUp => outbox::give_up(&mut tx.conn(), waiting, now).await?,
            Fate::Again(at) => outbox::postpone(&mut tx.conn(), waiting, at).await?,
        }
        tx.commit().await?;
        report(waiting, outcome, fate);
        Ok(())
    }
}

impl From<MakeError> for Outcome {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Store(error) if !matches!(error, StoreError::Damaged { .. }) => {
                Self::Unmade(error)
            }
            _ => Self::Damaged,
        }
    }
}

fn fate(waiting: &Waiting, outcome: &Outcome, now: DateTime<Utc>, fresh: Uuid) -> Fate {
    match outcome {
        Outcome::Sent | Outcome::Nothing => Fate::Gone,
        Outcome::Failed(Failure::Refused(_)) | Outcome::Damaged => Fate::GivenUp,
        _ if now - waiting.created_at >= GIVE_UP => Fate::GivenUp,
        _ => Fate::Again(now + delay(waiting.attempts, fresh)),
    }
}

/// What stands for the kind of a row that names no message.
const UNKNOWN: &str = "unknown";

/// What kind a message is, for logs and metrics; never what somebody wrote in its place.
fn kind(waiting: &Waiting) -> &'static str {
    letters::kind(&waiting.kind).map_or(UNKNOWN, |kind| kind.name)
}

/// A counter that appears with its first message has risen from nothing: no alert would see it.
fn count_from_zero() {
    for kind in KINDS.iter().map(|kind| kind.name).chain([UNKNOWN]) {
        for counter in [SENT, FAILED_ATTEMPTS, GIVEN_UP] {
            metrics::counter!(counter, "kind" => kind).increment(0);
        }
    }
}

/// Counts and logs an attempt: ids, kinds and codes, never an address, nor what a server says, which may
/// hold one.
fn report(waiting: &Waiting, outcome: &Outcome, fate: Fate) {
    let (id, kind) = (waiting.id.as_str(), kind(waiting));
    let code = match outcome {
        Outcome::Failed(Failure::Refused(code) | Failure::Later(code)) => Some(u16::from(*code)),
        _ => None,
    };
    match outcome {
        Outcome::Sent => metrics::counter!(SENT, "kind" => kind).increment(1),
        Outcome::Nothing => tracing::debug!(id, kind, "there is nothing to send any more"),
        Outcome::Unmade(error) => tracing::error!(id, kind, %error, "a message cannot be made now"),
        Outcome::Failed(_) | Outcome::Damaged => {
            metrics::counter!(FAILED_ATTEMPTS, "kind" => kind).increment(1);
        }
    }
    match fate {
        Fate::GivenUp => {
            metrics::counter!(GIVEN_UP, "kind" => kind).increment(1);
            let damaged = matches!(outcome, Outcome::Damaged);
            tracing::error!(id, kind, code, damaged, "a message is given up");
        }
        Fate::Again(_) if code.is_some() => {
            tracing::info!(id, kind, code, "a message is put off by the mail server");
        }
        Fate::Again(_) | Fate::Gone => {}
    }
}

/// How long to wait after this many failures. Up to a quarter less, so that what failed together does not
/// come back together.
fn delay(failures: i64, fresh: Uuid) -> TimeDelta {
    let doublings = (failures - 1).clamp(0, 12);
    let longest = LONGEST_WAIT.min(FIRST_WAIT * (1 << doublings));
    let spread = u64::try_from(longest.num_milliseconds() / 4)
        .unwrap_or(0)
        .max(1);
    let less = fresh.as_u128() % u128::from(spread);
    longest - TimeDelta::milliseconds(i64::try_from(less).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(low: u128) -> Uuid {
        Uuid::from_u128(low)
    }

    /// A mail server in trouble gets more air each time; but after a day's outage nobody should wait a
    /// day more. And what failed at once must come back spread out.
    #[test]
    fn delays_grow_to_an_hour_and_are_spread() {
        let longest: Vec<i64> = (1..=15)
            .map(|failures| delay(failures, fresh(0)).num_seconds())
            .collect();
        assert_eq!(
            longest,
            [
                1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600
            ]
        );
        for failures in [0, 1, 5, 20, i64::MAX] {
            let longest = delay(failures, fresh(0));
            let shorter = delay(failures, fresh(199));
            assert_eq!(longest - shorter, TimeDelta::milliseconds(199));
            for any in [u128::MAX, 1 << 80, 12_345_678] {
                let shorter = delay(failures, fresh(any));
                assert!(shorter <= longest && shorter > longest * 3 / 4, "{shorter}");
            }
        }
    }

    /// Four days is what mail servers give each other (RFC 5321, section 4.5.4.1: "at least 4-5 days").
    /// Sooner loses messages to a long weekend; never would hide that an address is wrong.
    #[test]
    fn what_fails_is_tried_for_four_days_and_what_is_refused_once() {
        let created_at: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let waiting = Waiting {
            id: String::new(),
            kind: String::new(),
            email: None,
            subject: None,
            establishment: None,
            created_at,
            attempts: 3,
        };
        let after = |outcome: &Outcome, age| fate(&waiting, outcome, created_at + age, fresh(0));
        let down = || Outcome::Failed(Failure::Unavailable(String::new()));
        let (minute, days) = (TimeDelta::minutes(1), TimeDelta::days(4));

        let again = created_at + minute + TimeDelta::seconds(4);
        assert_eq!(after(&down(), minute), Fate::Again(again));
        assert!(matches!(after(&down(), days - minute), Fate::Again(_)));
        assert_eq!(after(&down(), days), Fate::GivenUp);
        assert_eq!(after(&Outcome::Damaged, minute), Fate::GivenUp);
        assert_eq!(after(&Outcome::Sent, days), Fate::Gone);
    }
}
