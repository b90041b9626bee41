use super::choice::choice;

choice! {
    /// What a member of an establishment's staff is there.
    StaffRole, "staff role" {
        /// The head of the establishment; there is one.
        Head = "head",
        /// The teacher in charge of a class.
        MainTeacher = "main_teacher",
        /// Any other teacher.
        Teacher = "teacher",
        /// The careers counsellor.
        Counsellor = "counsellor",
    }
}

choice! {
    /// What the holder of an account is, and so what they may do.
    Role, "role" {
        /// The head of an establishment.
        Head = "head",
        /// The teacher in charge of a class.
        MainTeacher = "main_teacher",
        /// Any other teacher.
        Teacher = "teacher",
        /// The careers counsellor.
        Counsellor = "counsellor",
        /// A pupil.
        Student = "student",
        /// Somebody who runs the service, in no establishment.
        Administrator = "administrator",
        /// The service itself, acting from the command line.
        System = "system",
    }
}

impl Role {
    /// The name people read, in French.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Head => "chef d'établissement",
            Self::MainTeacher => "professeur principal",
            Self::Teacher => "enseignant",
            Self::Counsellor => "conseiller d'orientation",
            Self::Student => "élève",
            Self::Administrator => "administrateur",
            Self::System => "système",
        }
    }

    /// The role among an establishment's staff, if it is one.
    #[must_use]
    pub const fn staff(self) -> Option<StaffRole> {
        match self {
            Self::Head => Some(StaffRole::Head),
            Self::MainTeacher => Some(StaffRole::MainTeacher),
            Self::Teacher => Some(StaffRole::Teacher),
            Self::Counsellor => Some(StaffRole::Counsellor),
            Self::Student | Self::Administrator | Self::System => None,
        }
    }
}

impl StaffRole {
    /// The name people read, in French.
    #[must_use]
    pub fn label(self) -> &'static str {
        Role::from(self).label()
    }
}

impl From<StaffRole> for Role {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Head => Self::Head,
            StaffRole::MainTeacher => Self::MainTeacher,
            StaffRole::Teacher => Self::Teacher,
            StaffRole::Counsellor => Self::Counsellor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A member of staff has an account too, whose role is the same word. A pupil or an
    /// administrator must never pass for staff.
    #[test]
    fn only_staff_roles_are_staff_roles() {
        for staff in StaffRole::ALL.iter().copied() {
            assert_eq!(Role::from(staff).as_str(), staff.as_str());
            assert_eq!(Role::from(staff).staff(), Some(staff));
        }
        for other in [Role::Student, Role::Administrator, Role::System] {
            assert_eq!(other.staff(), None);
        }
    }

    /// A letter of invitation says as what somebody is invited, in the words that the account's holder
    /// reads everywhere else.
    #[test]
    fn a_member_of_staff_is_called_the_same_everywhere() {
        let labels = StaffRole::ALL.iter().map(|role| role.label());
        assert!(labels.eq([
            "chef d'établissement",
            "professeur principal",
            "enseignant",
            "conseiller d'orientation",
        ]));
    }
}
