use accounts::{
    TokenHash,
    joining::{self, Follower},
    password::{self, Password},
    signing_up::{self, Newcomer},
    throttling::Attempt,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::NaiveDate;
use commands::{CommandError, Refusal};
use domain::{
    ids::{ClassId, CorrelationId},
    values::{EmailAddress, PersonName, Role, Uai},
};
use projections::{classes, directory};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState, ClientAddress,
    boundary::RequestId,
    fields,
    problem::{FieldErrors, Problem, Wrong},
    turn::{check_staff_address, check_turn},
};

use super::{Accepted, accepted, invited::Invited, token_invalid};
use crate::{
    documentation::{Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
    problem::ProblemBody,
};

/// A sign-up. With an invitation, what it says may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SignUpRequest {
    /// `head`, `main_teacher`, `teacher`, `counsellor` or `student`.
    #[serde(default)]
    #[schema(required = true, example = "head")]
    role: String,
    /// The address to sign in with; the activation goes there.
    #[serde(default)]
    #[schema(required = true, example = "e.dupre@ac-demo.test")]
    email: String,
    /// From 12 to 128 characters, any; not a common one, nor made of one's name or address.
    #[serde(default)]
    #[schema(
        required = true, value_type = String, format = Password, min_length = 12, max_length = 128
    )]
    password: Password,
    /// Given name.
    #[serde(default)]
    #[schema(required = true, example = "Éléonore")]
    first_name: String,
    /// Family name.
    #[serde(default)]
    #[schema(required = true, example = "Dupré")]
    last_name: String,
    /// The establishment.
    #[serde(default)]
    #[schema(required = true, example = "9990021U")]
    uai: String,
    /// Students only: their birth date.
    #[schema(format = Date, example = "2012-05-17")]
    birth_date: Option<String>,
    /// Students only: their class, if they know it.
    #[schema(format = Uuid)]
    class_id: Option<String>,
    /// Invited staff: what follows `?invitation=` in the link.
    invitation: Option<String>,
}

/// Signs up. The account is there once its address is proven: by the link that is sent to it, or at
/// once by an invitation.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "accounts",
    security(()),
    request_body = SignUpRequest,
    responses(
        (status = 202, description = "Reçu, que l'adresse soit connue ou non", body = Accepted),
        (status = 400, response = Malformed),
        (
            status = 409,
            description = "`establishment_not_eligible`, `establishment_not_registered`, \
                           `head_already_registered` ou `students_not_admitted_yet` : ce n'est \
                           pas le tour de ce rôle ; `conflict` : l'adresse invitée a déjà un \
                           compte dans un établissement",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 410, response = TokenInvalid),
        (
            status = 422,
            description = "`validation` : `errors` nomme tous les champs à corriger ; \
                           `email_not_allowed` : l'adresse n'est pas de l'académie",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn sign_up(
    State(state): State<AppState>,
    request: RequestId,
    client: ClientAddress,
    body: JsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    // Forms are read, mistakes and all, for those who do not send too many.
    state.throttle.check(Attempt::SignUp, client, None)?;
    let asked: SignUpRequest = body.read()?;
    if let Some(token) = chosen(asked.invitation.as_deref()) {
        follow(&state, request.correlation(), &asked, token).await?;
    } else {
        let candidate = asked.read(&state)?;
        let key = candidate.email.key();
        state
            .throttle
            .check_address(Attempt::SignUp, client, &key)?;
        wait_for_proof(&state, candidate).await?;
    }
    Ok(accepted(
        "Votre inscription est enregistrée. Vous allez recevoir un courriel : suivez son lien pour \
         activer votre compte. S'il n'arrive pas, regardez dans les messages indésirables. Si vous \
         suiviez une invitation, votre compte est déjà actif : connectez-vous.",
    ))
}

/// A sign-up without fault.
struct Candidate {
    role: Role,
    email: EmailAddress,
    password: Password,
    first_name: PersonName,
    last_name: PersonName,
    establishment: Uai,
    birth_date: Option<NaiveDate>,
    class: Option<ClassId>,
}

impl SignUpRequest {
    /// Reads every field, to name all that is wrong at once.
    fn read(self, state: &AppState) -> Result<Candidate, Problem> {
        let today = state.commands.clock().now().date_naive();
        let mut errors = FieldErrors::default();
        let role = errors.take("role", role(&self.role));
        let email = errors.take("email", fields::email(&self.email));
        let first_name = errors.take("first_name", fields::person_name(&self.first_name));
        let last_name = errors.take("last_name", fields::person_name(&self.last_name));
        let establishment = errors.take("uai", fields::uai(&self.uai));
        let personal = personal(email.as_ref(), [&first_name, &last_name]);
        let good = fields::new_password(&self.password, &personal);
        errors.take("password", good);
        let is_student = role.is_none_or(|role| role == Role::Student);
        let birth_date = chosen(self.birth_date.as_deref());
        let birth_date = errors.take("birth_date", birth(birth_date, is_student, today));
        let class = chosen(self.class_id.as_deref());
        let class = errors.take("class_id", self::class(class, is_student));
        let candidate = (|| {
            Some(Candidate {
                role: role?,
                email: email?,
                password: self.password,
                first_name: first_name?,
                last_name: last_name?,
                establishment: establishment?,
                birth_date: birth_date?,
                class: class?,
            })
        })();
        errors.finish()?;
        candidate.ok_or_else(Problem::not_found)
    }
}

/// What others know about somebody, as far as it could be read: a name that is too long to be one costs
/// too much to be looked for.
fn personal<'a>(
    email: Option<&'a EmailAddress>,
    names: [&'a Option<PersonName>; 2],
) -> Vec<&'a str> {
    let names = names.into_iter().flatten().map(PersonName::as_str);
    email
        .map(EmailAddress::as_str)
        .into_iter()
        .chain(names)
        .collect()
}

/// What somebody chose; a choice left blank is none.
fn chosen(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn role(text: &str) -> Result<Role, Wrong> {
    if text.is_empty() {
        return Err(("required", "Indiquez votre fonction.".into()));
    }
    Role::parse(text)
        .ok()
        .filter(|role| role.staff().is_some() || *role == Role::Student)
        .ok_or_else(|| {
            let detail = "Cette fonction n'existe pas ; au choix : head, main_teacher, teacher, \
                          counsellor, student.";
            ("invalid", detail.into())
        })
}

fn birth(
    text: Option<&str>,
    is_student: bool,
    today: NaiveDate,
) -> Result<Option<NaiveDate>, Wrong> {
    match text {
        Some(text) if is_student => fields::birth_date(text, today).map(Some),
        None if is_student => Err(("required", "Indiquez votre date de naissance.".into())),
        Some(_) => Err(students_only()),
        None => Ok(None),
    }
}

fn class(text: Option<&str>, is_student: bool) -> Result<Option<ClassId>, Wrong> {
    match text {
        Some(text) if is_student => fields::id(text).map(Some),
        Some(_) => Err(students_only()),
        None => Ok(None),
    }
}

fn students_only() -> Wrong {
    (
        "unexpected",
        "Ce champ est réservé aux élèves : retirez-le.".into(),
    )
}

async fn wait_for_proof(state: &AppState, candidate: Candidate) -> Result<(), Problem> {
    check(state, &candidate).await?;
    let password = candidate.password.expose();
    let newcomer = Newcomer {
        password_hash: password::hash(password, state.commands.clock()).await?,
        role: candidate.role,
        email: candidate.email,
        first_name: candidate.first_name,
        last_name: candidate.last_name,
        establishment: candidate.establishment,
        birth_date: candidate.birth_date,
        class: candidate.class,
    };
    Ok(signing_up::wait_for_proof(&state.commands, newcomer).await?)
}

/// Whose turn it is, which addresses staff may have, and whose class it is.
async fn check(state: &AppState, candidate: &Candidate) -> Result<(), Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let Some(entry) = directory::get(conn, &candidate.establishment).await? else {
        return Err(fields::unknown_establishment());
    };
    check_turn(&entry, candidate.role, state.sign_up.order)?;
    if candidate.role != Role::Student {
        check_staff_address(&entry, &candidate.email, state.sign_up.staff_email)?;
    }
    let Some(class) = candidate.class else {
        return Ok(());
    };
    match classes::get(conn, class).await? {
        Some(class) if class.establishment == candidate.establishment => Ok(()),
        _ => Err(fields::unknown_class()),
    }
}

/// Lets invited staff in at once: the link came to the address.
async fn follow(
    state: &AppState,
    correlation: CorrelationId,
    asked: &SignUpRequest,
    token: &str,
) -> Result<(), Problem> {
    let token = TokenHash::of(token);
    let mut reader = state.reader().await?;
    let invited = Invited::find(&mut reader.conn(), &token, state.commands.clock().now()).await?;
    // Hashing takes longer than any query: nobody waits for this connection meanwhile.
    drop(reader);
    let invited = invited.ok_or_else(token_invalid)?;
    let (first_name, last_name) = asked.agree(&invited)?;
    invited.check_known()?;
    let follower = Follower {
        role: invited.invitation.role,
        token,
        first_name,
        last_name,
        password_hash: password::hash(asked.password.expose(), state.commands.clock()).await?,
        known: invited.credentials,
        invitee: &invited.invitee,
    };
    match joining::follow(&state.commands, correlation, &follower).await {
        Err(CommandError::Refused(Refusal::TokenInvalid | Refusal::EmailTaken)) => {
            // The link was used meanwhile; or the address got an account, or its account changed, and
            // it may be said how.
            let mut reader = state.reader().await?;
            let now = state.commands.clock().now();
            let invited = Invited::find(&mut reader.conn(), &follower.token, now).await?;
            invited.ok_or_else(token_invalid)?.check_known()?;
            Err(Refusal::Busy.into())
        }
        outcome => Ok(outcome.map(|_| ())?),
    }
}

impl SignUpRequest {
    /// The names, once what is asked agrees with what the invitation says.
    fn agree(&self, invited: &Invited) -> Result<(PersonName, PersonName), Problem> {
        let known = &invited.invitee;
        let mut errors = FieldErrors::default();
        let mut same = |field: &str, given: &str, said: &str| {
            let agrees = given.is_empty() || given.eq_ignore_ascii_case(said);
            errors.take(field, agrees.then_some(()).ok_or_else(not_invited));
        };
        same("email", self.email.trim(), known.email.as_str());
        same("role", &self.role, invited.invitation.role.as_str());
        same("uai", self.uai.trim(), known.establishment.as_str());
        let either = |given: &str, said: Option<&String>| match given.trim() {
            "" => said.cloned().unwrap_or_default(),
            given => given.to_owned(),
        };
        let first_name = either(&self.first_name, invited.invitation.first_name.as_ref());
        let last_name = either(&self.last_name, invited.invitation.last_name.as_ref());
        let first_name = errors.take("first_name", fields::person_name(&first_name));
        let last_name = errors.take("last_name", fields::person_name(&last_name));
        let personal = personal(Some(&known.email), [&first_name, &last_name]);
        let good = fields::new_password(&self.password, &personal);
        errors.take("password", good);
        for (field, given) in [
            ("birth_date", &self.birth_date),
            ("class_id", &self.class_id),
        ] {
            let blank = chosen(given.as_deref()).is_none();
            errors.take(field, blank.then_some(()).ok_or_else(students_only));
        }
        match (first_name, last_name) {
            (Some(first_name), Some(last_name)) => {
                errors.finish()?;
                Ok((first_name, last_name))
            }
            _ => Err(errors.into()),
        }
    }
}

fn not_invited() -> Wrong {
    (
        "not_invited",
        "L'invitation dit autre chose : laissez ce qu'elle propose, ou demandez-en une autre à \
         votre chef d'établissement."
            .into(),
    )
}
