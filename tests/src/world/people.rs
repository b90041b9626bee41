//! Who is in a school: staff and pupils, with their accounts.

use accounts::{
    account::NewAccount,
    password,
    person::{NewPeople, Person},
    session::NewSession,
};
use chrono::NaiveDate;
use commands::{
    add_staff::AddStaff, register_establishment::RegisterEstablishment,
    register_student::RegisterStudent,
};
use domain::{
    actor::{Actor, Metadata},
    ids::{ClassId, CommandId, PersonId, StudentId},
    student::{Student, StudentEvent},
    values::{EmailAddress, PersonName, Role, SchoolYear, StaffRole, Uai},
};
use store::{Append, EventRecord, StreamId, SystemClock, Write};
use tokio::sync::OnceCell;

use super::{Account, PASSWORD, World};

/// Of everybody whose name does not matter.
const FAMILY_NAME: &str = "Exemple";

impl World {
    pub(super) async fn register_staff(
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

    /// Registers pupils, named after their number.
    pub async fn students(
        &self,
        uai: &Uai,
        class: Option<ClassId>,
        count: usize,
    ) -> anyhow::Result<Vec<StudentId>> {
        let mut students = Vec::with_capacity(count);
        for number in 0..count {
            let name = format!("Élève {number:03}");
            students.push(self.student(uai, class, &name, FAMILY_NAME).await?);
        }
        Ok(students)
    }

    /// Registers a pupil of this name.
    pub async fn student(
        &self,
        uai: &Uai,
        class: Option<ClassId>,
        first_name: &str,
        last_name: &str,
    ) -> anyhow::Result<StudentId> {
        let student = StudentId::new(self.commands.clock().new_uuid());
        let person = NewPeople(vec![Person {
            last_name: PersonName::parse(last_name)?,
            ..person(
                student.into(),
                first_name,
                NaiveDate::from_ymd_opt(2012, 3, 14),
            )?
        }]);
        let register = RegisterStudent {
            establishment: uai.clone(),
            student,
            class,
        };
        let writes: [&dyn Write; 1] = [&person];
        self.commands
            .execute_with(&self.by(), &register, &writes)
            .await?;
        Ok(student)
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
        let session = NewSession::new(account.id, clock);
        self.write(&[&session]).await?;
        Ok(session.token.expose().to_owned())
    }

    /// Gives an account to somebody, as activated as it gets.
    pub(super) async fn account(
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
        last_name: PersonName::parse(FAMILY_NAME)?,
        birth_date,
    })
}

/// Of [`PASSWORD`]. Hashed once per process: slow by design.
async fn password_hash() -> anyhow::Result<String> {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let hash = HASH
        .get_or_try_init(|| password::hash(PASSWORD, &SystemClock))
        .await?;
    Ok(hash.clone())
}
