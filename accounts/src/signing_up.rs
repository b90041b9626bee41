//! Signing up: what somebody says of themself waits for a proof of their address. Whoever proves it chooses
//! the password then: nobody prepares an account at somebody else's address.

use chrono::NaiveDate;
use commands::{CommandError, Commands, Once};
use domain::{
    ids::{ClassId, PersonId},
    values::{EmailAddress, PersonName, Role, Uai},
};
use mail::{Message, Post};

use crate::{
    person::{NewPeople, Person},
    sign_up::SignUp,
};

/// Somebody who signs up.
pub struct Newcomer {
    pub role: Role,
    pub email: EmailAddress,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub establishment: Uai,
    /// Pupils only.
    pub birth_date: Option<NaiveDate>,
    /// Pupils only, if they know theirs.
    pub class: Option<ClassId>,
}

/// Writes the sign-up down, and asks for the message that proves its address. Not one step depends
/// on whether the address is known.
pub async fn wait_for_proof(
    commands: &Commands,
    once: Option<Once>,
    newcomer: Newcomer,
) -> Result<(), CommandError> {
    let clock = commands.clock();
    let id = PersonId::new(clock.new_uuid());
    let person = NewPeople(vec![Person {
        id,
        first_name: newcomer.first_name,
        last_name: newcomer.last_name,
        birth_date: newcomer.birth_date,
    }]);
    let sign_up = SignUp {
        id,
        email: newcomer.email,
        role: newcomer.role,
        establishment: newcomer.establishment,
        class: newcomer.class,
        created_at: clock.now(),
    };
    let post = Post::new(clock, Message::sign_up(id));
    commands.write(once, &[&person, &sign_up, &post]).await
}
