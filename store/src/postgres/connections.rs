//! Connections that are what the program counts on, whatever a role, a database or a server says by default; and
//! what is behind them, which a failover or a restore changes under a running server.

use std::{
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::is_ahead_of_cluster;
use crate::StoreError;

/// Enough to keep a small database server busy; several application servers share it.
const MAX_CONNECTIONS: u32 = 16;

/// How long an idle connection is believed to be alive.
const TRUSTED_IDLE: Duration = Duration::from_millis(100);

/// What each connection says when it begins, which goes before what a role or a database says by default.
/// Conflicts are found by keys, each statement looking at what was committed before it; nothing that takes its
/// time is cut off in the middle; and a schema that a role finds first is not another, empty installation.
const SETTINGS: [(&str, &str); 6] = [
    ("default_transaction_isolation", "read\\ committed"),
    ("lock_timeout", "0"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("search_path", "public"),
    // Every statement finds its rows by keys, whatever their number: planning it anew for each set of values
    // would cost more than running it.
    ("plan_cache_mode", "force_generic_plan"),
];

/// The same of settings that not every version has, and of one that may be stronger than needed: an action that
/// was answered must survive a power cut.
const LATER_SETTINGS: &str = "\
    SELECT set_config(wanted.name, wanted.value, false) \
    FROM (VALUES ('idle_session_timeout', '0'), ('transaction_timeout', '0'), \
                 ('synchronous_commit', \
                  COALESCE(NULLIF(current_setting('synchronous_commit'), 'off'), 'on'))) \
         AS wanted(name, value) \
         JOIN pg_settings USING (name)";

/// Which cluster this is and on which timeline, and whether triggers fire on this connection.
const IDENTITY: &str = "\
    SELECT (SELECT system_identifier FROM pg_control_system())::text \
           || CASE WHEN pg_is_in_recovery() THEN '' \
                   ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END, \
           current_setting('session_replication_role') = 'origin'";

/// What stands behind the connections of a store.
#[derive(Clone, Default)]
pub(crate) struct Cluster(Arc<Behind>);

#[derive(Default)]
struct Behind {
    /// Its identifier and timeline; none before the first connection.
    identity: Mutex<Option<String>>,
    changes: AtomicU64,
    /// Whether what stands there may be a log from elsewhere, until it was looked at.
    suspect: AtomicBool,
}

impl Cluster {
    /// How often it was another one than before: what was remembered of the log may not be in it.
    pub(crate) fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }

    /// Refuses while the log comes from a cluster that counted its transactions further.
    pub(crate) async fn check(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.0.suspect.load(Ordering::Acquire) {
            if is_ahead_of_cluster(connection).await? {
                return Err(StoreError::OtherCluster);
            }
            self.0.suspect.store(false, Ordering::Release);
        }
        Ok(())
    }

    fn met(&self, identity: &str) {
        let known = self.0.identity.lock();
        let known = known
            .unwrap_or_else(PoisonError::into_inner)
            .replace(identity.to_owned());
        if known.is_some_and(|known| known != identity) {
            tracing::warn!("the database is another cluster, or was promoted");
            self.0.suspect.store(true, Ordering::Release);
            self.0.changes.fetch_add(1, Ordering::AcqRel);
        }
    }

    async fn greet(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(LATER_SETTINGS)
            .execute(&mut *connection)
            .await?;
        let (identity, triggers_fire): (String, bool) =
            sqlx::query_as(IDENTITY).fetch_one(connection).await?;
        if !triggers_fire {
            return Err(sqlx::Error::Configuration(NO_TRIGGERS.into()));
        }
        self.met(&identity);
        Ok(())
    }
}

const NO_TRIGGERS: &str = "session_replication_role is not origin: the log would not be protected";

/// A connection of its own, outside the pool.
pub(crate) async fn link(pool: &PgPool) -> Result<PgConnection, StoreError> {
    let mut connection = pool.connect_options().connect().await?;
    sqlx::query(LATER_SETTINGS).execute(&mut connection).await?;
    Ok(connection)
}

pub(crate) async fn connect(url: &str) -> Result<(PgPool, Cluster), StoreError> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("monstage")
        .options(SETTINGS)
        .disable_statement_logging();
    let cluster = Cluster::default();
    // The pool would hide why it cannot connect behind a time-out.
    let mut first = options.connect().await?;
    cluster.greet(&mut first).await?;
    first.close().await?;
    let greeting = cluster.clone();
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        // A ping before each use would cost a round trip for every request; one that was idle may
        // have died with its server meanwhile.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            let cluster = greeting.clone();
            Box::pin(async move { cluster.greet(connection).await })
        })
        .connect_with(options)
        .await?;
    Ok((pool, cluster))
}
