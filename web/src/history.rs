//! Whose history somebody may ask for.

use domain::values::{Role, Uai};

use crate::{
    caller::Caller,
    fields,
    permissions::Action,
    problem::{Problem, Wrong},
};

/// The establishment whose history the caller asks for, which is their own unless they are an
/// administrator. What is wrong with it is none of the business of whoever may not ask.
pub fn asked_establishment(
    caller: &Caller,
    asked: Option<&str>,
) -> Result<Result<Option<Uai>, Wrong>, Problem> {
    match asked.and_then(fields::chosen).map(fields::uai).transpose() {
        Ok(Some(uai)) => {
            caller.authorize(Action::ReadHistory, &uai)?;
            Ok(Ok(Some(uai)))
        }
        Ok(None) if caller.role != Role::Administrator => {
            caller.authorize_anywhere(Action::ReadHistory)?;
            let own = caller.establishment.clone();
            Ok(Ok(Some(own.ok_or_else(Problem::not_found)?)))
        }
        asked => {
            caller.authorize_anywhere(Action::ReadHistory)?;
            Ok(asked)
        }
    }
}
