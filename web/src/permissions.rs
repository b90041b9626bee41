//! Who may what: the one table, from the contract's "Who may what" and the manual's "La gestion des
//! classes : l'affaire de tous ?".

use domain::values::{Role, Uai};

use crate::{
    caller::Caller,
    problem::{Code, Problem},
};

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
    ];
}

/// Whether the role may do it, within its reach: see [`reaches`].
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
        Action::ReadResets | Action::DecideEligibility => matches!(role, Role::Administrator),
    }
}

/// Whether an establishment exists for this caller: administrators see every one, everybody else
/// their own. What is out of reach is not found, whatever the action.
#[must_use]
pub fn reaches(caller: &Caller, establishment: &Uai) -> bool {
    caller.role == Role::Administrator || caller.establishment.as_ref() == Some(establishment)
}

impl Caller {
    /// Goes on only when the caller may do this to that establishment.
    ///
    /// # Errors
    ///
    /// `not_found` when it is out of the caller's reach, `forbidden` when the action is.
    pub fn authorize(&self, action: Action, establishment: &Uai) -> Result<(), Problem> {
        if !reaches(self, establishment) {
            return Err(Problem::not_found());
        }
        if !may(self.role, action) {
            return Err(self.forbidden());
        }
        Ok(())
    }

    /// Goes on only when the caller may do this, wherever they are.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub fn authorize_anywhere(&self, action: Action) -> Result<(), Problem> {
        if may(self.role, action) {
            Ok(())
        } else {
            Err(self.forbidden())
        }
    }

    /// The action is not for this role.
    #[must_use]
    pub fn forbidden(&self) -> Problem {
        Problem::new(
            Code::Forbidden,
            format!(
                "Votre rôle ({}) ne permet pas cette action : adressez-vous à une personne qui en \
                 a le droit.",
                self.role.label()
            ),
        )
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
            AssignStudents, ChooseOwnClass, DecideEligibility, JoinEstablishment, ManageClasses,
            ManageStaff, MoveStudents, ReadEstablishment, ReadHistory, ReadInvitations, ReadResets,
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
