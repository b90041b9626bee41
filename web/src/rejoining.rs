//! A pupil who is in no establishment joins one, after a rejection or for a new year: what must hold on every
//! way in.

use commands::rejoin_establishment::RejoinEstablishment;
use domain::{
    ids::ClassId,
    values::{Role, Uai},
};
use projections::directory;

use crate::{
    AppState,
    caller::Caller,
    fields,
    problem::{FieldErrors, Problem},
    turn::check_turn,
};

/// What is typed to join an establishment.
pub struct Typed<'a> {
    /// The number of the establishment.
    pub uai: &'a str,
    /// The class; blank for a pupil who does not know theirs.
    pub class: &'a str,
}

impl Typed<'_> {
    fn read(&self) -> Result<(Uai, Option<ClassId>), Problem> {
        let mut errors = FieldErrors::default();
        let uai = errors.take("uai", fields::uai(self.uai));
        let class = errors.take("class_id", fields::optional_id(Some(self.class)));
        errors.finish_with(uai.zip(class))
    }
}

/// Has a caller who may join an establishment do so.
///
/// # Errors
///
/// `validation`, with every field at fault; what [`check_turn`] says; `not_found` when the class is not one of
/// the establishment's; `conflict` when the pupil is in another establishment.
pub async fn rejoin(state: &AppState, caller: &Caller, typed: &Typed<'_>) -> Result<(), Problem> {
    let (establishment, class) = typed.read()?;
    check(state, &establishment).await?;
    let command = RejoinEstablishment {
        establishment,
        student: caller.account.into(),
        class,
    };
    Ok(state.commands.execute(&caller.by(), &command).await?)
}

/// The establishment is known, and it is the pupils' turn there.
async fn check(state: &AppState, uai: &Uai) -> Result<(), Problem> {
    let mut reader = state.reader().await?;
    let entry = directory::get(&mut reader.conn(), uai).await?;
    let entry = entry.ok_or_else(fields::unknown_establishment)?;
    check_turn(&entry, Role::Student, state.sign_up.order)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pupil who does not know their class leaves the field blank, and is told of every mistake at once.
    #[test]
    fn a_blank_class_is_none_and_every_mistake_is_named() {
        let read = |uai: &str, class: &str| Typed { uai, class }.read();
        let id = ClassId::new(uuid::Uuid::from_u128(1));
        for blank in ["", " ", "\u{a0}"] {
            assert_eq!(read("9990021U", blank).unwrap().1, None);
        }
        assert_eq!(read(" 9990021u ", &format!(" {id} ")).unwrap().1, Some(id));
        let wrong = |uai: &str, class: &str| {
            let problem = read(uai, class).unwrap_err();
            let fields = problem.errors().iter().map(|error| error.field.clone());
            fields.collect::<Vec<_>>()
        };
        assert_eq!(wrong("", "3e A"), ["uai", "class_id"]);
        assert_eq!(wrong("9990021U", "3e A"), ["class_id"]);
    }
}
