//! Who may what: the one table, from the contract's "Who may what" and the manual's "La gestion des
//! classes : l'affaire de tous ?".

use domain::values::Role;

/// What somebody asks to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See an establishment's classes, students and staff.
    ReadEstablishment,
    /// Create, rename, change the track of and delete its classes.
    ManageClasses,
    /// Move its students between classes, and reject those who are not its own.
    MoveStudents,
    /// Give a class to a student who has none.
    AssignStudents,
    /// See whom its head invited.
    ReadInvitations,
    /// Invite staff, take invitations back, remove members.
    ManageStaff,
    /// Say which class is theirs ("Ma classe").
    ChooseOwnClass,
    /// Join an establishment again, after a rejection or for a new year.
    JoinEstablishment,
    /// See what happened there, and what its lists were.
    ReadHistory,
    /// See what each run of the yearly reset did.
    ReadResets,
    /// Admit it by derogation, or exclude it.
    DecideEligibility,
    /// Invite its head, or hand headship over to a member of its staff.
    AppointHead,
    /// See how the whole service does: its figures, and how far its log is sealed.
    ReadService,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::ReadEstablishment,
        Self::ManageClasses,
        Self::MoveStudents,
        Self::AssignStudents,
        Self::ReadInvitations,
        Self::ManageStaff,
        Self::ChooseOwnClass,
        Self::JoinEstablishment,
        Self::ReadHistory,
        Self::ReadResets,
        Self::DecideEligibility,
        Self::AppointHead,
        Self::ReadService,
    ];
}

/// Whether the role may do it, within its reach: see [`reaches`](crate::caller::reaches).
#[must_use]
pub const fn may(role: Role, action: Action) -> bool {
    match action {
        Action::ReadEstablishment => matches!(role, Role::Administrator) || role.staff().is_some(),
        Action::ManageClasses | Action::MoveStudents | Action::ChooseOwnClass => {
            role.staff().is_some()
        }
        Action::AssignStudents => matches!(role, Role::Head | Role::MainTeacher),
        Action::ReadInvitations | Action::ReadHistory => {
            matches!(role, Role::Head | Role::Administrator)
        }
        Action::ManageStaff => matches!(role, Role::Head),
        Action::JoinEstablishment => matches!(role, Role::Student),
        Action::ReadResets
        | Action::DecideEligibility
        | Action::AppointHead
        | Action::ReadService => matches!(role, Role::Administrator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract's "Who may what", written out: a teacher who could give a class to new pupils,
    /// or an administrator who could move them, would be a rule silently dropped.
    #[test]
    fn the_table_is_the_contract() {
        use Action::{
            AppointHead, AssignStudents, ChooseOwnClass, DecideEligibility, JoinEstablishment,
            ManageClasses, ManageStaff, MoveStudents, ReadEstablishment, ReadHistory,
            ReadInvitations, ReadResets, ReadService,
        };
        for role in Role::ALL.iter().copied() {
            let expected: &[Action] = match role {
                Role::Head => &[
                    ReadEstablishment,
                    ManageClasses,
                    MoveStudents,
                    AssignStudents,
                    ReadInvitations,
                    ReadHistory,
                    ManageStaff,
                    ChooseOwnClass,
                ],
                Role::MainTeacher => &[
                    ReadEstablishment,
                    ManageClasses,
                    MoveStudents,
                    AssignStudents,
                    ChooseOwnClass,
                ],
                Role::Teacher | Role::Counsellor => &[
                    ReadEstablishment,
                    ManageClasses,
                    MoveStudents,
                    ChooseOwnClass,
                ],
                Role::Administrator => &[
                    ReadEstablishment,
                    ReadInvitations,
                    ReadHistory,
                    ReadResets,
                    DecideEligibility,
                    AppointHead,
                    ReadService,
                ],
                Role::Student => &[JoinEstablishment],
                Role::System => &[],
            };
            for action in Action::ALL.iter().copied() {
                let expected = expected.contains(&action);
                assert_eq!(may(role, action), expected, "{role} {action:?}");
            }
        }
    }
}
