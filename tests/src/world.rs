//! Schools to work on, made through the use cases and straight on the database: what a test needs
//! before it begins is not what it tests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use accounts::{
    account::NewAccount,
    password,
    person::{NewPeople, Person},
    session,
};
use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use commands::{
    By, Commands, add_staff::AddStaff, create_class::CreateClass,
    import_directory::ImportDirectory, register_establishment::RegisterEstablishment,
    register_student::RegisterStudent,
};
use domain::{
    actor::{Actor, Metadata},
    establishment::ListingUpdate,
    ids::{ClassId, CommandId, CorrelationId, PersonId, StudentId},
    student::{Student, StudentEvent},
    values::{
        ClassName, EmailAddress, PersonName, PostalCode, Priority, Role, SchoolYear, StaffRole,
        Track, Uai,
    },
};
use store::{Append, Conn, EventRecord, Store, StreamId, SystemClock, Tx, Write};
use tokio::{sync::OnceCell, time::sleep};

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
        };
        let import = ImportDirectory {
            schools: vec![(uai.clone(), update)],
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

    async fn register_staff(
        &self,
        uai: &Uai,
        school_year: SchoolYear,
    ) -> anyhow::Result<Vec<Account>> {
        let mut staff = Vec::new();
        for role in [
            StaffRole::Head,
            StaffRole::MainTeacher,
            StaffRole::Teacher,
            StaffRole::Counsellor,
        ] {
            let id = match role {
                StaffRole::Head => self.register_head(uai, school_year).await?,
                _ => self.add_staff(uai, role).await?,
            };
            staff.push(self.account(id, role.into(), uai).await?);
        }
        Ok(staff)
    }

    async fn register_head(&self, uai: &Uai, school_year: SchoolYear) -> anyhow::Result<PersonId> {
        let id = PersonId::new(self.commands.clock().new_uuid());
        let person = NewPeople(vec![person(id, StaffRole::Head.as_str(), None)?]);
        let register = RegisterEstablishment {
            establishment: uai.clone(),
            head: id,
            school_year,
        };
        let writes: [&dyn Write; 1] = [&person];
        self.commands
            .execute_with(&self.by(), &register, &writes)
            .await?;
        Ok(id)
    }

    async fn add_staff(&self, uai: &Uai, role: StaffRole) -> anyhow::Result<PersonId> {
        let id = PersonId::new(self.commands.clock().new_uuid());
        let person = NewPeople(vec![person(id, role.as_str(), None)?]);
        let join = AddStaff {
            establishment: uai.clone(),
            staff: id,
            role,
        };
        let writes: [&dyn Write; 1] = [&person];
        self.commands
            .execute_with(&self.by(), &join, &writes)
            .await?;
        Ok(id)
    }

    /// One more member of a school's staff, told from the others by `number`.
    pub async fn colleague(
        &self,
        uai: &Uai,
        role: StaffRole,
        number: u64,
    ) -> anyhow::Result<Account> {
        let id = self.add_staff(uai, role).await?;
        let place = format!("{uai}.{number}");
        self.account(id, role.into(), &place).await
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

    /// Registers pupils, named after their number.
    pub async fn students(
        &self,
        uai: &Uai,
        class: Option<ClassId>,
        count: usize,
    ) -> anyhow::Result<Vec<StudentId>> {
        let mut students = Vec::with_capacity(count);
        for number in 0..count {
            let student = StudentId::new(self.commands.clock().new_uuid());
            let born = NaiveDate::from_ymd_opt(2012, 3, 14);
            let name = format!("Élève {number:03}");
            let person = NewPeople(vec![person(student.into(), &name, born)?]);
            let register = RegisterStudent {
                establishment: uai.clone(),
                student,
                class,
            };
            let writes: [&dyn Write; 1] = [&person];
            self.commands
                .execute_with(&self.by(), &register, &writes)
                .await?;
            students.push(student);
        }
        Ok(students)
    }

    /// Registers many at once, whose names do not matter.
    pub async fn crowd(&self, uai: &Uai, count: usize) -> anyhow::Result<()> {
        let clock = self.commands.clock();
        let (now, school_year) = (clock.now(), self.school_year()?);
        let metadata = Metadata {
            command: CommandId::new(clock.new_uuid()),
            correlation: self.by().correlation,
            actor: Actor::system(),
        };
        let register = |_| EventRecord {
            stream: StreamId::of::<Student>(&StudentId::new(clock.new_uuid())),
            sequence: 1,
            event: StudentEvent::StudentRegistered {
                establishment: uai.clone(),
                school_year,
            }
            .into(),
            metadata,
            recorded_at: now,
            establishment: uai.clone(),
        };
        let mut append = Append {
            events: (0..count).map(register).collect(),
            ..Append::default()
        };
        let writer = self.store().writer().await?;
        Ok(writer.append(&mut append, &[]).await?)
    }

    /// An administrator's account.
    pub async fn administrator(&self) -> anyhow::Result<Account> {
        let id = PersonId::new(self.commands.clock().new_uuid());
        let person = NewPeople(vec![person(id, "Camille", None)?]);
        self.write(&[&person]).await?;
        self.account(id, Role::Administrator, &"service").await
    }

    /// The token of a session of theirs, without the hash that signing in costs.
    pub async fn session(&self, account: &Account) -> anyhow::Result<String> {
        let clock = self.commands.clock();
        let mut transaction = self.store().begin().await?;
        let (token, _) = session::open(&mut transaction.conn(), account.id, clock).await?;
        transaction.commit().await?;
        Ok(token.expose().to_owned())
    }

    /// Writes what no event says.
    pub(crate) async fn write(&self, writes: &[&dyn Write]) -> anyhow::Result<()> {
        Ok(self.store().write(writes).await?)
    }

    /// Gives an account to somebody, as activated as it gets.
    async fn account(
        &self,
        id: PersonId,
        role: Role,
        place: &dyn std::fmt::Display,
    ) -> anyhow::Result<Account> {
        let email = format!("{}.{place}@ac-demo.test", role.as_str());
        let now = self.commands.clock().now();
        let account = NewAccount {
            id,
            email: EmailAddress::parse(&email)?,
            role,
            password_hash: password_hash().await?,
            created_at: now,
        };
        self.write(&[&account]).await?;
        Ok(Account { id, role, email })
    }
}

pub(crate) fn person(
    id: PersonId,
    first_name: &str,
    birth_date: Option<NaiveDate>,
) -> anyhow::Result<Person> {
    Ok(Person {
        id,
        first_name: PersonName::parse(first_name)?,
        last_name: PersonName::parse("Exemple")?,
        birth_date,
    })
}

/// Of [`PASSWORD`]. Hashed once per process: slow by design.
pub(crate) async fn password_hash() -> anyhow::Result<String> {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let hash = HASH
        .get_or_try_init(|| password::hash(PASSWORD, &SystemClock))
        .await?;
    Ok(hash.clone())
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
