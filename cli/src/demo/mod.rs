//! The demo's data: two fictitious collèges at work, a third that nobody registered yet, and an
//! administrator. Everything goes through the commands that the API uses.

mod error;
mod history;
mod ids;
mod names;
mod plan;
mod schools;
mod seed;
mod step;
#[cfg(test)]
mod tests;
mod values;

use commands::Commands;
use domain::values::{EmailAddress, Priority, Role, Uai};
use serde::Serialize;

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

/// Sets the demo up, or completes what an interrupted run left undone. What is there stays as it
/// is, whatever people made of it since.
pub async fn seed(commands: &Commands) -> Result<Demo, DemoError> {
    let plan = Plan::new()?;
    seed::run(commands, &plan).await?;
    Ok(Demo {
        password: PASSWORD,
        administrator: plan.administrator.email,
        schools: plan.schools.into_iter().map(DemoSchool::from).collect(),
    })
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
