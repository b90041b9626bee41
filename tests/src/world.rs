//! Schools to work on, made through the use cases and straight on the database: what a test needs
//! before it begins is not what it tests.

pub(crate) mod people;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use commands::{By, Commands, create_class::CreateClass, import_directory::ImportDirectory};
use domain::{
    establishment::ListingUpdate,
    ids::{ClassId, CorrelationId, PersonId, StudentId},
    values::{ClassName, EmailAddress, PostalCode, Priority, Role, SchoolYear, Track, Uai},
};
use store::{Conn, Store, SystemClock, Tx, Write};
use tokio::time::sleep;

use crate::engine::{Engine, TestDatabase};

/// The password of every account.
pub const PASSWORD: &str = "mot de passe des essais";

/// How long messages may take to be sent, on a machine busy with other tests.
const MAIL_LIMIT: Duration = Duration::from_secs(30);

/// How long connections may take to close, on a machine busy with other tests.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// A migrated database, with the write side on it.
pub struct World {
    /// The database.
    pub database: TestDatabase,
    /// The write side.
    pub commands: Commands,
    schools: AtomicU32,
}

/// How large a school is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    /// Its classes, named 3e A, 3e B…
    pub classes: usize,
    /// The pupils in each of them.
    pub students_per_class: usize,
    /// Pupils in none.
    pub without_class: usize,
}

/// A registered school.
#[derive(Clone, Debug)]
pub struct School {
    /// Which.
    pub uai: Uai,
    /// One account of each staff role, the head first.
    pub staff: Vec<Account>,
    /// Its classes, with the pupils in each.
    pub classes: Vec<(ClassId, Vec<StudentId>)>,
    /// Its pupils in no class.
    pub without_class: Vec<StudentId>,
    /// The account of one of its pupils.
    pub student: Account,
}

/// Somebody who can sign in, with [`PASSWORD`].
#[derive(Clone, Debug)]
pub struct Account {
    /// Who.
    pub id: PersonId,
    /// As what.
    pub role: Role,
    /// The address to sign in with.
    pub email: String,
}

impl School {
    /// The account of the staff member with this role.
    pub fn email(&self, role: Role) -> &str {
        let account = self.staff.iter().find(|account| account.role == role);
        account.map_or("nobody", |account| &account.email)
    }

    /// A class, by its place.
    pub fn class(&self, index: usize) -> ClassId {
        self.classes[index].0
    }

    /// The path of its resources in the API.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/establishments/{}{rest}", self.uai)
    }
}

impl World {
    /// An empty world on `engine`.
    pub async fn new(engine: Engine) -> anyhow::Result<Self> {
        Self::on(TestDatabase::new(engine).await?).await
    }

    /// One on an empty database.
    pub async fn on(database: TestDatabase) -> anyhow::Result<Self> {
        let store = Store::connect(&database.url, projections::all()).await?;
        store.migrate().await?;
        Ok(Self {
            database,
            commands: Commands::new(store, Arc::new(SystemClock), Vec::new()),
            schools: AtomicU32::new(0),
        })
    }

    /// The store under the write side.
    pub fn store(&self) -> &Store {
        self.commands.store()
    }

    /// Lets go of the database: no connection to it is left.
    pub async fn leave(self) -> TestDatabase {
        let Self {
            database, commands, ..
        } = self;
        commands.store().close().await;
        drop(commands);
        // Closing leaves open what comes back to the pool meanwhile. SQLite's last connection takes this
        // file with it.
        let log = database.folder.path().join("test.db-wal");
        let asked = Instant::now();
        while log.exists() && asked.elapsed() < CLOSE_LIMIT {
            sleep(Duration::from_millis(1)).await;
        }
        database
    }

    /// How many events the log holds. Not its last position: an append that lost a race leaves a gap.
    pub async fn event_count(&self) -> anyhow::Result<i64> {
        self.count("SELECT COUNT(*) FROM events").await
    }

    /// A count that `sql` asks for.
    pub async fn count(&self, sql: &'static str) -> anyhow::Result<i64> {
        let mut reader = self.store().reader().await?;
        let count = store::fetch_optional!(&mut reader.conn(), (i64,), sql)?;
        Ok(count.context("a count")?.0)
    }

    /// Waits until every message that was asked for is sent, given up or not needed after all: from
    /// then on, what did not come will not come.
    pub async fn mail_settled(&self) -> anyhow::Result<()> {
        let asked = Instant::now();
        let waiting = "SELECT COUNT(*) FROM outbox WHERE given_up_at IS NULL";
        while self.count(waiting).await? > 0 {
            ensure!(
                asked.elapsed() < MAIL_LIMIT,
                "messages are still waiting to be sent"
            );
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Does something to the database that no use case does: an expiry that has come, say.
    pub async fn execute(&self, sql: &'static str) -> anyhow::Result<()> {
        let mut transaction = self.store().begin().await?;
        store::execute!(&mut transaction.conn(), sql)?;
        transaction.commit().await?;
        Ok(())
    }

    /// The command line's own hand.
    pub fn by(&self) -> By {
        By::system(CorrelationId::new(self.commands.clock().new_uuid()))
    }

    /// Lists a school that nobody has registered yet.
    pub async fn listed_school(&self, priority: Option<Priority>) -> anyhow::Result<Uai> {
        self.list(priority, true).await
    }

    /// Lists a school in priority education whose official mailbox nobody knows.
    pub async fn listed_school_without_mailbox(&self) -> anyhow::Result<Uai> {
        self.list(Some(Priority::Rep), false).await
    }

    async fn list(&self, priority: Option<Priority>, mailbox: bool) -> anyhow::Result<Uai> {
        let number = self.schools.fetch_add(1, Ordering::Relaxed);
        let uai = fictitious_uai(number)?;
        let mailbox = mailbox.then(|| official_mailbox(&uai));
        let mailbox = mailbox.map(|mailbox| EmailAddress::parse(&mailbox));
        let update = ListingUpdate {
            name: format!("Collège Exemple {number}"),
            city: "Valclair".to_owned(),
            postal_code: Some(PostalCode::parse("99950")?),
            department: Some("Val-de-Démo".to_owned()),
            academy: Some("Démo".to_owned()),
            priority: Some(priority),
            mailbox: mailbox.transpose()?,
            closed: None,
        };
        let import = ImportDirectory {
            schools: vec![(uai.clone(), update)],
            closed: Vec::new(),
        };
        self.commands.execute(&self.by(), &import).await?;
        Ok(uai)
    }

    /// The year that every school is in: the one under way, as for whoever signs up.
    pub fn school_year(&self) -> anyhow::Result<SchoolYear> {
        Ok(SchoolYear::containing(
            self.commands.clock().now().date_naive(),
        )?)
    }

    /// The year after it, which a reset opens.
    pub fn next_school_year(&self) -> anyhow::Result<SchoolYear> {
        Ok(SchoolYear::starting(self.school_year()?.year() + 1)?)
    }

    /// Adds to the history of an establishment what nobody can read.
    pub async fn damage(&self, uai: &Uai) -> anyhow::Result<()> {
        let mut transaction = self.store().begin().await?;
        store::execute!(
            &mut transaction.conn(),
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                                 payload, metadata, recorded_at, establishment, digest) \
             SELECT aggregate_type, aggregate_id, MAX(sequence) + 1, 'StaffJoined', '1.0', \
                    '{}', '{}', '2026-01-01T00:00:00+00:00', aggregate_id, $2 \
             FROM events WHERE aggregate_type = 'establishment' AND aggregate_id = $1 \
             GROUP BY aggregate_type, aggregate_id",
            uai.as_str(),
            &[0_u8; 32][..],
        )?;
        Ok(transaction.commit().await?)
    }

    /// Leaves the schema as a program older than this one knew it, as far as anybody can see.
    pub async fn age_schema(&self) -> anyhow::Result<()> {
        let older = "DELETE FROM _sqlx_migrations \
                     WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
        self.execute(older).await
    }

    /// Keeps everybody else from writing, until it is dropped or committed.
    pub async fn hold(&self) -> anyhow::Result<Tx<'static>> {
        let mut transaction = self.store().begin().await?;
        let conn = &mut transaction.conn();
        // On SQLite it does so since it began.
        if matches!(conn, Conn::Postgres(_)) {
            store::execute!(conn, "LOCK TABLE events IN EXCLUSIVE MODE")?;
        }
        Ok(transaction)
    }

    /// Registers a new school of this size.
    pub async fn school(&self, size: Size) -> anyhow::Result<School> {
        self.school_in(size, self.school_year()?).await
    }

    /// Registers a new school of this size in another year.
    pub async fn school_in(&self, size: Size, school_year: SchoolYear) -> anyhow::Result<School> {
        let uai = self.listed_school(Some(Priority::Rep)).await?;
        let staff = self.register_staff(&uai, school_year).await?;
        let mut classes = Vec::new();
        for letter in ('A'..='Z').take(size.classes) {
            let class = self.class(&uai, &format!("3e {letter}")).await?;
            let students = self
                .students(&uai, Some(class), size.students_per_class)
                .await?;
            classes.push((class, students));
        }
        let mut without_class = self.students(&uai, None, size.without_class).await?;
        if classes.iter().all(|(_, students)| students.is_empty()) && without_class.is_empty() {
            without_class = self.students(&uai, None, 1).await?;
        }
        let known = classes.iter().flat_map(|(_, students)| students);
        let student = *known.chain(&without_class).next().context("no student")?;
        let student = self.account(student.into(), Role::Student, &uai).await?;
        Ok(School {
            uai,
            staff,
            classes,
            without_class,
            student,
        })
    }

    /// Creates a class.
    pub async fn class(&self, uai: &Uai, name: &str) -> anyhow::Result<ClassId> {
        let class = ClassId::new(self.commands.clock().new_uuid());
        let create = CreateClass {
            establishment: uai.clone(),
            class,
            name: ClassName::parse(name)?,
            track: Track::TroisiemeGenerale,
        };
        self.commands.execute(&self.by(), &create).await?;
        Ok(class)
    }

    /// Writes what no event says.
    pub(crate) async fn write(&self, writes: &[&dyn Write]) -> anyhow::Result<()> {
        Ok(self.store().write(writes).await?)
    }
}

/// The official mailbox of a school, where it has one.
pub fn official_mailbox(uai: &Uai) -> String {
    format!("ce.{uai}@ac-demo.test")
}

/// The UAI of a school that does not exist: no department has the number 999.
pub fn fictitious_uai(number: u32) -> anyhow::Result<Uai> {
    const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
    let digits = 9_990_000 + number;
    let letter = char::from(LETTERS[(digits % 23) as usize]);
    Ok(Uai::parse(&format!("{digits}{letter}"))?)
}
