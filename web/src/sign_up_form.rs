//! What somebody types to sign up, invited or not.

use accounts::password::Password;

use crate::problem::Wrong;

/// What somebody typed to sign up. What was left blank is as good as not there.
#[derive(Debug, Default)]
pub struct SignUpForm {
    /// The written form of a role.
    pub role: String,
    /// The address to sign in with.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The establishment.
    pub uai: String,
    /// Pupils only: their birth date.
    pub birth_date: String,
    /// Pupils only: their class, if they know it.
    pub class_id: String,
    /// Invited staff: the token of their link. What the invitation says may then be left blank.
    pub invitation: String,
    /// Invited staff: what they choose. Others choose theirs by the link that is sent to them.
    pub password: Password,
}

/// What is wrong with a field that is for pupils alone.
pub(crate) fn students_only() -> Wrong {
    (
        "unexpected",
        "Ce champ est réservé aux élèves : retirez-le.".into(),
    )
}
