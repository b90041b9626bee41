//! What is left of somebody, byte by byte, wherever the service writes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use acceptance::{engine::Engine, mail::Mailbox, replay, scene::Scene};
use anyhow::{Context as _, ensure};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use url::Url;

/// Others, in every table with personal data: of a single row no statistics are kept.
const NEIGHBOURS: [&str; 5] = [
    "INSERT INTO people (id, first_name, last_name, birth_date) \
     WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
     SELECT '01a05b8d-9300-7000-8000-0000000001' || i, 'Prénom ' || i, 'Nom ' || i, '2012-03-' || i FROM n",
    "INSERT INTO accounts (id, email, email_key, role, password_hash, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
     SELECT '01a05b8d-9300-7000-8000-0000000001' || i, 'Voisin.' || i || '@famille.test', \
            'voisin.' || i || '@famille.test', 'student', 'hash ' || i, '2999-01-01T00:00:00+00:00' FROM n",
    "INSERT INTO sign_ups (id, email, email_key, role, establishment, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
     SELECT '01a05b8d-9300-7000-8000-0000000002' || i, 'Voisin.' || i || '@famille.test', \
            'voisin.' || i || '@famille.test', 'student', '9990001A', \
            '2999-01-01T00:00:00+00:00' FROM n",
    "INSERT INTO invitees (invitation_id, establishment, email, email_key, expires_at) \
     WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
     SELECT '01a05b8d-9300-7000-8000-0000000003' || i, '9990001A', 'Voisin.' || i || '@famille.test', \
            'voisin.' || i || '@famille.test', '2999-01-01T00:00:00+00:00' FROM n",
    "INSERT INTO outbox (id, kind, email, created_at, next_attempt_at) \
     WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
     SELECT '01a05b8d-9300-7000-8000-0000000004' || i, 'password_reset', \
            'Voisin.' || i || '@famille.test', '2999-01-01T00:00:00+00:00', '2999-01-01T00:00:00+00:00' \
     FROM n",
];

/// Everywhere the service writes.
pub(super) struct Places<'a> {
    pub(super) engine: Engine,
    pub(super) scene: &'a Scene,
    pub(super) mail: &'a TempDir,
}

impl Places<'_> {
    /// Fails unless each mark stands both in the database's files and in the mail. The database has taken
    /// its statistics by then.
    pub(super) async fn all_hold(&self, marks: &[&str]) -> anyhow::Result<()> {
        for neighbours in NEIGHBOURS {
            self.scene.world.execute(neighbours).await?;
        }
        self.run(&["ANALYZE"]).await?;
        self.compact().await?;
        for mark in marks {
            ensure!(
                !found_in(&self.database()?, mark)?.is_empty(),
                "{mark} was never in the database"
            );
        }
        let mail = self.mail_text()?;
        let found = marks.iter().filter(|mark| mail.contains(**mark));
        ensure!(found.count() > 1, "the marks are in no mail: {mail}");
        Ok(())
    }

    /// Fails if a mark stands anywhere.
    pub(super) async fn none_holds(&self, marks: &[&str]) -> anyhow::Result<()> {
        if self.engine == Engine::Sqlite {
            self.no_file_holds(marks).context("before VACUUM")?;
        }
        self.compact().await?;
        self.no_file_holds(marks)?;
        let dump = replay::dump(self.scene.world.store()).await?;
        let (mail, log) = (self.mail_text()?, self.scene.server.log());
        for mark in marks {
            for (place, text) in [("database", &dump), ("mail", &mail), ("log", &log)] {
                ensure!(!text.contains(mark), "{mark} stands in the {place}: {text}");
            }
        }
        Ok(())
    }

    fn no_file_holds(&self, marks: &[&str]) -> anyhow::Result<()> {
        for folder in [self.database()?, self.mail.path().to_owned()] {
            for mark in marks {
                let found = found_in(&folder, mark)?;
                ensure!(found.is_empty(), "{mark} stands in {found:?}");
            }
        }
        Ok(())
    }

    /// The messages as they are read, and as they are stored.
    fn mail_text(&self) -> anyhow::Result<String> {
        let messages = Mailbox::of_folder(self.mail.path()).all()?.into_iter();
        let read = messages.map(|it| [it.to, it.subject, it.text, it.html].join("\n"));
        Ok(read.collect::<Vec<_>>().join("\n"))
    }

    /// The folder of the database's files.
    fn database(&self) -> anyhow::Result<PathBuf> {
        let database = &self.scene.world.database;
        if self.engine == Engine::Sqlite {
            return Ok(database.folder.path().to_owned());
        }
        let url = Url::parse(&database.url)?;
        let mut settings = url.query_pairs();
        let (_, cluster) = settings
            .find(|(name, _)| name == "host")
            .context("a folder")?;
        // Beside it stands the write-ahead log, which recycles itself as the database is written to.
        Ok(Path::new(&*cluster).join("data/base"))
    }

    /// Gives the space of what was removed back, and writes what is in memory to the files.
    async fn compact(&self) -> anyhow::Result<()> {
        match self.engine {
            Engine::Sqlite => {
                self.run(&["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"])
                    .await
            }
            Engine::Postgres => self.run(&["VACUUM FULL", "CHECKPOINT"]).await,
        }
    }

    async fn run(&self, statements: &[&str]) -> anyhow::Result<()> {
        let url = &self.scene.world.database.url;
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(url).await?;
                for statement in statements {
                    sqlx::query(statement).execute(&mut connection).await?;
                }
                Ok(connection.close().await?)
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(url).await?;
                // Every value, where tables are as small as these.
                let target = "SET default_statistics_target = 10000";
                sqlx::query(target).execute(&mut connection).await?;
                for statement in statements {
                    sqlx::query(statement).execute(&mut connection).await?;
                }
                Ok(connection.close().await?)
            }
        }
    }
}

/// The files under a folder that hold a text, whatever else they hold.
fn found_in(folder: &Path, mark: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // A file of the running database may go meanwhile.
            let Ok(content) = fs::read(&path) else {
                continue;
            };
            let text = mark.as_bytes();
            if content.windows(text.len()).any(|window| window == text) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
