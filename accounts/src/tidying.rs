//! What is kept only for a time goes when that time is over.

use std::{future::Future, pin::pin, time::Duration};

use chrono::{DateTime, Months, TimeDelta, Utc};
use commands::{Commands, once};
use mail::remove_given_up;
use store::{Store, StoreError};
use tokio::time::{MissedTickBehavior, interval};

use crate::{invitee, session, sign_in, sign_up, token};

/// How often it is looked for.
const EVERY: Duration = Duration::from_hours(1);
/// How long a message that could not be sent is kept, for whoever looks for it.
const GIVEN_UP: TimeDelta = TimeDelta::days(30);
/// How long a request that comes again is known to have been carried out.
const REQUESTS: TimeDelta = TimeDelta::hours(24);
/// How long it is known who signed in.
const SIGN_INS: Months = Months::new(12);

/// Tidies up at once and then every hour, until `stop` is ready. Several servers may do it at once.
pub async fn run(commands: Commands, stop: impl Future<Output = ()>) {
    let mut hours = interval(EVERY);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = hours.tick() => {}
        }
        // What went wrong once most likely goes wrong for the rest too; the next hour tries again.
        if let Err(error) = tidy(commands.store(), commands.clock().now()).await {
            tracing::error!(%error, "tidying up failed");
        }
    }
}

/// Removes everything whose time is over at `now`, each kind in a transaction of its own: none waits
/// for another, and nobody for long.
///
/// # Errors
///
/// The database's; what was not removed yet stays.
pub async fn tidy(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    session::remove_expired(&mut tx.conn(), now).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    token::remove_expired(&mut tx.conn(), now).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    sign_up::remove_unproven(&mut tx.conn(), now - sign_up::WAITS).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    invitee::remove_ended(&mut tx.conn()).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    remove_given_up(&mut tx.conn(), now - GIVEN_UP).await?;
    tx.commit().await?;

    once::remove_before(store, now - REQUESTS).await?;

    let mut tx = store.begin().await?;
    sign_in::remove_before(&mut tx.conn(), now - SIGN_INS).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::{SystemClock, execute, fetch_all};
    use tokio::sync::oneshot;

    use super::*;

    /// When the tests tidy up.
    const NOW: &str = "2026-11-23T12:00:00Z";

    fn now() -> DateTime<Utc> {
        NOW.parse().unwrap()
    }

    /// A migrated database, after these statements; `$1` is so long ago.
    async fn database(written: &[(TimeDelta, &str)]) -> Store {
        let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
        store.migrate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for (ago, statement) in written {
            execute!(&mut tx.conn(), *statement, now() - *ago).unwrap();
        }
        tx.commit().await.unwrap();
        store
    }

    /// The ids that are left.
    async fn left(store: &Store, query: &str) -> Vec<String> {
        let mut tx = store.begin().await.unwrap();
        let rows = fetch_all!(&mut tx.conn(), (String,), query).unwrap();
        rows.into_iter().map(|(id,)| id).collect()
    }

    const PERSON: &str = "INSERT INTO people (id, first_name, last_name) \
                          SELECT 'ID', 'Ada', 'Lovelace' WHERE $1 <> ''";

    fn person(id: &str) -> String {
        PERSON.replace("ID", id)
    }

    /// Whoever finds a browser that was left open must not find a session in the table either.
    #[tokio::test]
    async fn sessions_go_when_idle_or_old() {
        let account = "INSERT INTO accounts (id, email, email_key, role, password_hash, created_at) \
                       VALUES ('a', 'a@demo.test', 'a@demo.test', 'head', '-', $1)";
        let used_now = format!(
            "INSERT INTO sessions (token_hash, account_id, created_at, last_used_at) \
             SELECT 'old', 'a', $1, '{}'",
            "2026-11-23T11:59:00+00:00"
        );
        let session = |id| {
            format!(
                "INSERT INTO sessions (token_hash, account_id, created_at, last_used_at) \
                 VALUES ('{id}', 'a', $1, $1)"
            )
        };
        let store = database(&[
            (TimeDelta::days(100), account),
            (TimeDelta::minutes(29), &session("used")),
            (TimeDelta::minutes(30), &session("idle")),
            (TimeDelta::hours(12), &used_now),
        ])
        .await;
        tidy(&store, now()).await.unwrap();
        assert_eq!(
            left(&store, "SELECT token_hash FROM sessions").await,
            ["used"]
        );
        assert_eq!(left(&store, "SELECT id FROM accounts").await, ["a"]);
    }

    /// A link that no longer works has no reason to be known.
    #[tokio::test]
    async fn tokens_go_when_they_expire() {
        let token = |id| {
            format!(
                "INSERT INTO tokens (token_hash, purpose, subject, message_id, expires_at) \
                 VALUES ('{id}', 'activation', 's', 'm', $1)"
            )
        };
        let store = database(&[
            (TimeDelta::seconds(-1), &token("good")),
            (TimeDelta::zero(), &token("expired")),
        ])
        .await;
        tidy(&store, now()).await.unwrap();
        assert_eq!(
            left(&store, "SELECT token_hash FROM tokens").await,
            ["good"]
        );
    }

    /// Anybody can sign somebody else up. Names and addresses that nobody confirmed go after a month;
    /// those of people with an account, and those whom a link still waits for, never with them.
    #[tokio::test]
    async fn sign_ups_go_after_a_month_with_the_names() {
        let sign_up = |id| {
            format!(
                "INSERT INTO sign_ups (id, email, email_key, role, establishment, created_at) \
                 VALUES ('{id}', 'a@demo.test', 'a@demo.test', 'head', '9990021U', $1)"
            )
        };
        let asked_again = "INSERT INTO tokens (token_hash, purpose, subject, message_id, expires_at) \
                           VALUES ('t', 'activation', 'asked again', 'm', $1)";
        let account = "INSERT INTO accounts (id, email, email_key, role, password_hash, created_at) \
                       VALUES ('account', 'b@demo.test', 'b@demo.test', 'head', '-', $1)";
        let (month, less) = (TimeDelta::days(30), TimeDelta::days(29));
        let store = database(&[
            (less, &sign_up("recent")),
            (less, &person("recent")),
            (month, &sign_up("old")),
            (month, &person("old")),
            (month, &sign_up("asked again")),
            (month, &person("asked again")),
            (TimeDelta::days(-6), asked_again),
            (month, &sign_up("account")),
            (month, &person("account")),
            (month, account),
            (month, &person("never signed up")),
        ])
        .await;
        tidy(&store, now()).await.unwrap();
        assert_eq!(
            left(&store, "SELECT id FROM sign_ups ORDER BY id").await,
            ["asked again", "recent"]
        );
        assert_eq!(
            left(&store, "SELECT id FROM people ORDER BY id").await,
            ["account", "asked again", "never signed up", "recent"]
        );
    }

    /// The head named somebody who then did not come, or who came and has an account of their own:
    /// the invitation's copy of the name has no use any more.
    #[tokio::test]
    async fn invitees_go_with_their_invitation() {
        let invitee = |id| {
            format!(
                "INSERT INTO invitees (invitation_id, establishment, email, email_key, expires_at) \
                 VALUES ('{id}', '9990021U', '{id}@demo.test', '{id}@demo.test', $1)"
            )
        };
        let pending = "INSERT INTO invitations (id, establishment, role, invited_at) \
                       VALUES ('pending', '9990021U', 'teacher', $1)";
        let link = "INSERT INTO tokens (token_hash, purpose, subject, message_id, expires_at) \
                    SELECT 't', 'invitation', 'ended', 'm', '2026-11-30T12:00:00+00:00' WHERE $1 <> ''";
        let ago = TimeDelta::days(20);
        let store = database(&[
            (ago, link),
            (ago, &invitee("pending")),
            (ago, &person("pending")),
            (ago, pending),
            (ago, &invitee("ended")),
            (ago, &person("ended")),
            (ago, &person("never invited")),
        ])
        .await;
        tidy(&store, now()).await.unwrap();
        assert_eq!(
            left(&store, "SELECT invitation_id FROM invitees").await,
            ["pending"]
        );
        assert_eq!(
            left(&store, "SELECT id FROM people ORDER BY id").await,
            ["never invited", "pending"]
        );
        // Which of its link remains says no more than that a new year ended it.
        assert_eq!(left(&store, "SELECT subject FROM tokens").await, ["ended"]);
    }

    /// A message that never went out may hold the address that somebody typed. It stays long enough to
    /// be looked into, and no longer; one that still waits is never lost.
    #[tokio::test]
    async fn messages_given_up_go_after_a_month() {
        let message = |id, given_up| {
            format!(
                "INSERT INTO outbox (id, kind, email, created_at, next_attempt_at, given_up_at) \
                 VALUES ('{id}', 'password_reset', 'a@demo.test', $1, $1, {given_up})"
            )
        };
        let store = database(&[
            (TimeDelta::days(29), &message("looked into", "$1")),
            (TimeDelta::days(31), &message("over", "$1")),
            (TimeDelta::days(40), &message("waits", "NULL")),
        ])
        .await;
        tidy(&store, now()).await.unwrap();
        assert_eq!(
            left(&store, "SELECT id FROM outbox ORDER BY id").await,
            ["looked into", "waits"]
        );
    }

    /// Who signed in when is personal data: a year is what was promised, in both directions.
    #[tokio::test]
    async fn sign_ins_go_after_twelve_months() {
        let sign_in = |id| {
            format!(
                "INSERT INTO sign_ins (id, outcome, correlation_id, recorded_at) \
                 VALUES ('{id}', 'unknown_address', 'c', $1)"
            )
        };
        let store = database(&[
            (TimeDelta::days(365), &sign_in("a year")),
            (TimeDelta::days(366), &sign_in("more")),
        ])
        .await;
        tidy(&store, now()).await.unwrap();
        assert_eq!(left(&store, "SELECT id FROM sign_ins").await, ["a year"]);
    }

    /// A server tidies up by itself, and stops when it is told to.
    #[tokio::test]
    async fn a_server_tidies_up_until_it_stops() {
        let token = "INSERT INTO tokens (token_hash, purpose, subject, message_id, expires_at) \
                     VALUES ('expired', 'activation', 's', 'm', $1)";
        // By the machine's clock, which is past NOW or far from a century before it.
        let store = database(&[(TimeDelta::days(36_500), token)]).await;
        let (stop, stopped) = oneshot::channel::<()>();
        let commands = Commands::new(store.clone(), Arc::new(SystemClock), Vec::new());
        let running = tokio::spawn(run(commands, async {
            let _ = stopped.await;
        }));
        while !left(&store, "SELECT token_hash FROM tokens")
            .await
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(stop);
        running.await.unwrap();
    }
}
