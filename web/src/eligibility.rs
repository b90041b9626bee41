//! The decision whether an establishment takes part, whatever its mark in the directory: what must hold on
//! every way in.

use commands::decide_eligibility::DecideEligibility;
use domain::values::Uai;
use projections::directory::{self, DirectoryEntry};

use crate::{
    AppState,
    caller::Caller,
    fields,
    problem::{FieldErrors, Problem, Wrong},
};

/// What is typed to decide.
pub struct Typed<'a> {
    /// Admitted or excluded, if said.
    pub eligible: Option<bool>,
    /// Why.
    pub reason: &'a str,
}

impl Typed<'_> {
    /// What to decide about this establishment.
    ///
    /// # Errors
    ///
    /// `validation`, with every field at fault.
    pub fn read(&self, establishment: Uai) -> Result<DecideEligibility, Problem> {
        let mut errors = FieldErrors::default();
        let missing = || fields::required("Dites si l'établissement est admis ou exclu.");
        let eligible = errors.take("eligible", self.eligible.ok_or_else(missing));
        let reason = errors.take("reason", reason(self.reason));
        let command = eligible
            .zip(reason)
            .map(|(eligible, reason)| DecideEligibility {
                establishment,
                eligible,
                reason,
            });
        errors.finish_with(command)
    }
}

/// A required text: why.
fn reason(text: &str) -> Result<String, Wrong> {
    if text.trim().is_empty() {
        return Err(fields::required("Indiquez le motif."));
    }
    Ok(text.to_owned())
}

/// Decides, on behalf of a caller who may; the establishment as it is then.
///
/// # Errors
///
/// `not_found` when the directory does not list it; what is wrong with the reason stands on the field
/// `reason`.
pub async fn decide(
    state: &AppState,
    caller: &Caller,
    decision: &DecideEligibility,
) -> Result<DirectoryEntry, Problem> {
    state.commands.execute(&caller.by(), decision).await?;
    let mut reader = state.reader().await?;
    let entry = directory::get(&mut reader.conn(), &decision.establishment).await?;
    entry.ok_or_else(Problem::not_found)
}
