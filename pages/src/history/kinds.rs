//! What happens, as the filter of the history names it.

/// Each type of event that can be asked for, in the order of a school's year. What a move does to a class is
/// not among them: the pupil's own event says both.
pub(super) const KINDS: [(&str, &str); 25] = [
    ("StudentRegistered", "Un élève s'inscrit"),
    ("StudentRejoined", "Un élève revient"),
    ("StudentAssigned", "Un élève reçoit une classe"),
    ("StudentMoved", "Un élève change de classe"),
    ("StudentRejected", "Un élève est retiré de l'établissement"),
    ("StudentReleased", "Un élève sort à la nouvelle année"),
    ("StudentErased", "Un élève est effacé"),
    ("ClassCreated", "Une classe est créée"),
    ("ClassRenamed", "Une classe est renommée"),
    ("ClassTrackChanged", "Une classe change de filière"),
    ("ClassDeleted", "Une classe est supprimée"),
    ("ClassPurged", "Une classe est retirée à la nouvelle année"),
    ("MainTeacherAssigned", "Un professeur principal est désigné"),
    (
        "MainTeacherUnassigned",
        "Un professeur principal ne l'est plus",
    ),
    ("StaffInvited", "Un collègue est invité"),
    ("InvitationRevoked", "Une invitation est annulée"),
    ("StaffJoined", "Un collègue arrive"),
    ("StaffLeft", "Un collègue part"),
    ("StaffErased", "Un ancien collègue est effacé"),
    ("HeadReplaced", "La direction change"),
    ("EstablishmentRegistered", "L'établissement s'inscrit"),
    ("SchoolYearOpened", "Une année scolaire s'ouvre"),
    (
        "EligibilityDecided",
        "Une dérogation ou une exclusion est décidée",
    ),
    (
        "EstablishmentListed",
        "L'établissement entre dans l'annuaire",
    ),
    ("EstablishmentRelisted", "L'annuaire change"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::event::Event;

    use super::*;

    /// A kind of event that is added and not listed here could never be looked for.
    #[test]
    fn every_kind_can_be_asked_for() {
        let parts = ["StudentAdmitted", "StudentWithdrawn"];
        let listed: BTreeSet<&str> = KINDS.iter().map(|(kind, _)| *kind).chain(parts).collect();
        assert_eq!(listed, Event::types().collect());
        assert_eq!(listed.len(), KINDS.len() + parts.len());
    }
}
