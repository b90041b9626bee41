//! Admission by derogation, or exclusion, by an administrator.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    values::Uai,
};

use crate::{Undecided, UseCase, Wanted, Work};

/// Decides whether a school may take part, whatever its mark in the directory.
pub struct DecideEligibility {
    pub establishment: Uai,
    /// Admitted or excluded.
    pub eligible: bool,
    /// Why; kept for ever in the log, so without personal data.
    pub reason: String,
}

impl UseCase for DecideEligibility {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::establishment(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let command = EstablishmentCommand::DecideEligibility {
            eligible: self.eligible,
            reason: self.reason.clone(),
        };
        Ok(work.handle::<Establishment>(&self.establishment, command)?)
    }
}

#[cfg(test)]
mod tests {
    use domain::establishment::EstablishmentEvent;

    use super::*;
    use crate::{
        Refusal,
        given::{Given, Said, school, uai},
    };

    fn decide(eligible: bool, reason: &str) -> DecideEligibility {
        DecideEligibility {
            establishment: uai(),
            eligible,
            reason: reason.to_owned(),
        }
    }

    fn decided(eligible: bool, reason: &str) -> Said {
        school(EstablishmentEvent::EligibilityDecided {
            eligible,
            reason: reason.to_owned(),
        })
    }

    /// A decision goes before the directory's mark, and the same one twice is one.
    #[test]
    fn a_school_is_admitted_or_excluded() {
        let excluded = decided(false, "Fermeture");
        let exclude = decide(false, "Fermeture");
        Given::listed().when(&exclude).then([excluded.clone()]);
        Given::listed().and([excluded]).when(&exclude).nothing();
    }

    /// The decision stays in the log for ever: it says why, in short, and of a school that is known.
    #[test]
    fn a_decision_has_a_reason() {
        let missing = Given::listed().when(&decide(true, " "));
        missing.refused(Refusal::ReasonMissing);
        let long = Given::listed().when(&decide(true, &"a".repeat(501)));
        long.refused(Refusal::ReasonTooLong);
        let unlisted = Given::default().when(&decide(true, "Convention"));
        unlisted.refused(Refusal::EstablishmentNotFound);
    }
}
