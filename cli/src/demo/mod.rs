//! The demo's data: two fictitious collèges at work, a third that nobody registered yet, and an
//! administrator. What happened in them since the rentrée goes through the commands that the API uses, by
//! whom it would be and at an hour when it would be.

mod act;
mod calendar;
mod error;
mod ids;
mod names;
mod plan;
mod schools;
mod seed;
mod story;
#[cfg(test)]
mod tests;
mod values;

use chrono::{DateTime, Utc};
use domain::values::{EmailAddress, LocalTime, Priority, Role, SchoolYear, SchoolYearError, Uai};
use serde::Serialize;
use store::Store;

use calendar::SchoolTime;
pub use error::DemoError;
use plan::{Plan, SchoolPlan};

/// The password of every account of the demo.
pub const PASSWORD: &str = "demonstration-2026";

/// What the demo offers to try.
#[derive(Debug, Serialize)]
pub struct Demo {
    /// The password of every account, unless its holder changed it.
    pub password: &'static str,
    pub administrator: EmailAddress,
    pub schools: Vec<DemoSchool>,
}

#[derive(Debug, Serialize)]
pub struct DemoSchool {
    pub uai: Uai,
    pub name: String,
    pub city: String,
    pub priority: Option<Priority>,
    /// Who can sign in; nobody where the school is still to be registered.
    pub accounts: Vec<DemoAccount>,
}

#[derive(Debug, Serialize)]
pub struct DemoAccount {
    pub role: Role,
    pub email: EmailAddress,
}

/// The school year that the demo is in: the one with the latest rentrée.
///
/// # Errors
///
/// The clock is wrong by centuries.
pub fn school_year(now: DateTime<Utc>) -> Result<SchoolYear, SchoolYearError> {
    calendar::latest(clock().at(now).date())
}

/// Sets the demo up as the weeks from the rentrée to `now` made it, or completes what an interrupted run left
/// undone. What is there stays as it is, whatever people made of it since.
pub async fn seed(store: &Store, now: DateTime<Utc>) -> Result<Demo, DemoError> {
    let plan = Plan::new()?;
    let time = SchoolTime::until(now, clock())?;
    seed::run(store, &plan, story::tell(&plan, &time)).await?;
    Ok(Demo {
        password: PASSWORD,
        administrator: plan.administrator_account.email,
        schools: plan.schools.into_iter().map(DemoSchool::from).collect(),
    })
}

/// The clock that the demo's schools live by.
fn clock() -> LocalTime {
    LocalTime::of(None, None)
}

impl From<SchoolPlan> for DemoSchool {
    fn from(plan: SchoolPlan) -> Self {
        let staff = plan.staff.into_iter().map(|member| DemoAccount {
            role: member.role.into(),
            email: member.email,
        });
        let pupils = plan.pupils.into_iter().filter_map(|pupil| {
            Some(DemoAccount {
                role: Role::Student,
                email: pupil.email?,
            })
        });
        Self {
            uai: plan.uai,
            name: plan.listing.name,
            city: plan.listing.city,
            priority: plan.listing.priority.flatten(),
            accounts: staff.chain(pupils).collect(),
        }
    }
}
