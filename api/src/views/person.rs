use accounts::Account;
use chrono::{DateTime, Utc};
use domain::{
    ids::{ClassId, PersonId, StudentId},
    values::{Role, StaffRole, Uai},
};
use projections::{roster::StudentItem, staff::StaffItem};
use serde::Serialize;
use utoipa::ToSchema;

/// A student, for the staff of the establishment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Student)]
pub struct StudentView {
    /// Who.
    #[schema(value_type = Uuid)]
    pub id: StudentId,
    /// Given name; null once erased.
    #[schema(example = "Noé")]
    pub first_name: Option<String>,
    /// Family name; null once erased.
    #[schema(example = "Lacaze")]
    pub last_name: Option<String>,
    /// Birth date, when known.
    #[schema(format = Date, example = "2012-05-17")]
    pub birth_date: Option<String>,
    /// Their class; null when they have none.
    #[schema(value_type = Option<Uuid>)]
    pub class_id: Option<ClassId>,
    /// When they joined the establishment.
    pub registered_at: DateTime<Utc>,
}

impl From<StudentItem> for StudentView {
    fn from(student: StudentItem) -> Self {
        Self {
            id: student.id,
            first_name: student.first_name,
            last_name: student.last_name,
            birth_date: student.birth_date,
            class_id: student.class_id,
            registered_at: student.registered_at,
        }
    }
}

/// A member of an establishment's staff, for colleagues.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StaffMember)]
pub struct StaffView {
    /// Who.
    #[schema(value_type = Uuid)]
    pub id: PersonId,
    /// Given name; null once erased.
    #[schema(example = "Éléonore")]
    pub first_name: Option<String>,
    /// Family name; null once erased.
    #[schema(example = "Dupré")]
    pub last_name: Option<String>,
    /// `head`, `main_teacher`, `teacher` or `counsellor`.
    #[schema(value_type = String, example = "main_teacher")]
    pub role: StaffRole,
    /// Since when.
    pub joined_at: DateTime<Utc>,
}

impl From<StaffItem> for StaffView {
    fn from(member: StaffItem) -> Self {
        Self {
            id: member.id,
            first_name: member.first_name,
            last_name: member.last_name,
            role: member.role,
            joined_at: member.joined_at,
        }
    }
}

/// An account, for its holder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// Who.
    #[schema(value_type = Uuid)]
    pub id: PersonId,
    /// What they sign in with.
    #[schema(example = "e.dupre@ac-demo.test")]
    pub email: String,
    /// `head`, `main_teacher`, `teacher`, `counsellor`, `student` or `administrator`.
    #[schema(value_type = String, example = "head")]
    pub role: Role,
    /// Given name, when known.
    #[schema(example = "Éléonore")]
    pub first_name: Option<String>,
    /// Family name, when known.
    #[schema(example = "Dupré")]
    pub last_name: Option<String>,
    /// Where they work or study; null for administrators and for those who left or were released by
    /// a new school year: a student then joins again, with `PUT /me/establishment`.
    #[schema(value_type = Option<String>, example = "9990021U")]
    pub uai: Option<Uai>,
    /// The class of a student, or "Ma classe" of a member of staff; null when none.
    #[schema(value_type = Option<Uuid>)]
    pub class_id: Option<ClassId>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            role: account.role,
            first_name: account.first_name,
            last_name: account.last_name,
            uai: account.establishment,
            class_id: account.class,
        }
    }
}
