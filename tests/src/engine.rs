//! Every test of behaviour runs on both engines.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::postgres::Cluster;

/// An engine that a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded: the default.
    Sqlite,
    /// Production.
    Postgres,
}

/// An empty database that lasts as long as this value.
pub struct TestDatabase {
    /// Its `DATABASE_URL`.
    pub url: String,
    /// A folder for whatever else the test writes.
    pub folder: TempDir,
    cluster: Option<Arc<Cluster>>,
}

impl TestDatabase {
    /// One that is somebody else's business.
    pub fn at(url: String) -> anyhow::Result<Self> {
        Ok(Self {
            url,
            folder: folder()?,
            cluster: None,
        })
    }

    /// A new database on `engine`.
    pub async fn new(engine: Engine) -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = folder()?;
        match engine {
            Engine::Sqlite => Ok(Self {
                url: format!("sqlite://{}", folder.path().join("test.db").display()),
                folder,
                cluster: None,
            }),
            Engine::Postgres => {
                let cluster = Cluster::shared()?;
                let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
                Ok(Self {
                    url: cluster.database(&name).await?,
                    folder,
                    cluster: Some(cluster),
                })
            }
        }
    }

    /// What its PostgreSQL server wrote to its own log so far.
    pub fn server_log(&self) -> anyhow::Result<String> {
        let cluster = self.cluster.as_ref().context("no server of its own")?;
        Ok(cluster.log()?)
    }
}

fn folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("monstage-test-").tempdir()
}

/// Runs a test to its end, on a runtime of its own.
pub fn run<F: Future<Output = anyhow::Result<()>>>(test: F) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(test)
}

/// Makes two tests, `name::sqlite` and `name::postgres`, of each `async fn name(Engine) -> Result<()>`,
/// with the attributes that stand before the name.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* $test:ident),+ $(,)?) => { $(
        mod $test {
            #[test]
            $(#[$attribute])*
            fn sqlite() -> anyhow::Result<()> {
                $crate::engine::run(super::$test($crate::engine::Engine::Sqlite))
            }

            #[test]
            $(#[$attribute])*
            fn postgres() -> anyhow::Result<()> {
                $crate::engine::run(super::$test($crate::engine::Engine::Postgres))
            }
        }
    )+ };
}

/// Makes one test, `name::postgres`, of each `async fn name(Engine) -> Result<()>` about what only
/// PostgreSQL has: several writers at once.
#[macro_export]
macro_rules! on_postgres {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            #[test]
            fn postgres() -> anyhow::Result<()> {
                $crate::engine::run(super::$test($crate::engine::Engine::Postgres))
            }
        }
    )+ };
}
