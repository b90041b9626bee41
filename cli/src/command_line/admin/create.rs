//! `monstage admin create`: an administrator of the service.

use std::{
    env::{self, VarError},
    io::{IsTerminal, stdin},
};

use accounts::{
    account::NewAccount,
    password::{self, PasswordError, PasswordRule},
    person::{NewPeople, Person},
};
use commands::Refusal;
use domain::{
    ids::PersonId,
    values::{EmailAddress, PersonName, Role},
};
use serde::Serialize;
use store::{Store, StoreError, SystemClock};

use super::super::{
    database,
    error::{Exit, Failure, Result},
    output::CommonOptions,
};

const PASSWORD: &str = "MONSTAGE_ADMIN_PASSWORD";

#[derive(clap::Args)]
#[command(
    after_help = "Environment: MONSTAGE_ADMIN_PASSWORD, the password of the new account \
                        (12 to 128 characters)."
)]
pub(in super::super) struct Options {
    /// Address that the administrator signs in with
    #[arg(long)]
    email: EmailAddress,
    /// First name, shown in the audit trail
    #[arg(long, value_name = "NAME", default_value = "Administration")]
    first_name: String,
    /// Last name; by default what the address has before its @
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct NewAdministrator {
    id: PersonId,
    email: EmailAddress,
    first_name: PersonName,
    last_name: PersonName,
}

#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error("un compte existe déjà pour {0} : choisissez une autre adresse")]
    EmailTaken(EmailAddress),
    #[error("--first-name et --last-name : de 1 à 100 caractères visibles")]
    Name,
    #[error(
        "aucun mot de passe : définissez MONSTAGE_ADMIN_PASSWORD, ou lancez la commande dans un \
         terminal pour le saisir"
    )]
    NoPassword,
    #[error("les deux saisies du mot de passe diffèrent : recommencez")]
    PasswordsDiffer,
    #[error("mot de passe refusé. {}", .0.advice())]
    PasswordRule(PasswordRule),
    #[error("le mot de passe n'a pas pu être chiffré ({0}) : relancez la commande")]
    Password(PasswordError),
}

impl Failure for CreateError {
    fn exit(&self) -> Exit {
        match self {
            Self::Password(_) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

pub(in super::super) async fn run(options: Options) -> Result {
    let email = options.email;
    let first_name = name(&options.first_name)?;
    let last_name = match &options.last_name {
        Some(given) => name(given)?,
        None => name(email.as_str().split('@').next().unwrap_or_default())?,
    };
    let password = password()?;
    let personal = [email.as_str(), first_name.as_str(), last_name.as_str()];
    password::check_rules(&password, &personal).map_err(CreateError::PasswordRule)?;
    let password_hash = password::hash(&password, &SystemClock)
        .await
        .map_err(CreateError::Password)?;

    let store = database::open_migrated(&options.common.database).await?;
    let report = create(&store, password_hash, email, first_name, last_name).await?;
    store.close().await;
    options.common.format.print(&report, |report| {
        format!("Compte administrateur créé : {}\n", report.email)
    })
}

fn name(text: &str) -> Result<PersonName, CreateError> {
    PersonName::parse(text).map_err(|_| CreateError::Name)
}

fn password() -> Result<String> {
    match env::var(PASSWORD) {
        Ok(password) => return Ok(password),
        Err(VarError::NotUnicode(_)) => return Err(CreateError::NoPassword.into()),
        Err(VarError::NotPresent) => {}
    }
    if !stdin().is_terminal() {
        return Err(CreateError::NoPassword.into());
    }
    let password = rpassword::prompt_password("Mot de passe : ")?;
    if rpassword::prompt_password("Le même, encore une fois : ")? != password {
        return Err(CreateError::PasswordsDiffer.into());
    }
    Ok(password)
}

/// No event: an administrator belongs to no establishment.
async fn create(
    store: &Store,
    password_hash: String,
    email: EmailAddress,
    first_name: PersonName,
    last_name: PersonName,
) -> Result<NewAdministrator> {
    let commands = database::commands(store);
    let (id, now) = (
        PersonId::new(commands.clock().new_uuid()),
        commands.clock().now(),
    );
    let person = Person {
        id,
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        birth_date: None,
    };
    let account = NewAccount {
        id,
        email: email.clone(),
        role: Role::Administrator,
        password_hash,
        created_at: now,
    };
    match store.write(&[&NewPeople(vec![person]), &account]).await {
        Ok(()) => Ok(NewAdministrator {
            id,
            email,
            first_name,
            last_name,
        }),
        Err(StoreError::Refused(Refusal::EmailTaken)) => Err(CreateError::EmailTaken(email).into()),
        Err(error) => Err(error.into()),
    }
}
