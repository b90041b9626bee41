//! Signing up: how the form is read, and whose turn it is. The account is there once its address is proven: by
//! the link that is sent to it, or at once by an invitation.

use accounts::{
    password::Password,
    signing_up::{self, Newcomer},
    throttling::Attempt,
};
use chrono::NaiveDate;
use domain::{ids::ClassId, values::Role};
use projections::{classes, directory};

use crate::{
    AppState, ClientAddress,
    fields::{self, chosen},
    invitation,
    once::Repeatable,
    problem::{FieldErrors, Problem, Wrong},
    sign_up_form::{SignUpForm, students_only},
    turn::{check_staff_address, check_turn},
};

/// Signs up. Says the same whether the address is known or not.
///
/// # Errors
///
/// `validation`, with every field at fault; `rate_limited`; the rule that says whose turn it is, or which
/// addresses staff may have; as `invitation::follow` with an invitation.
pub async fn sign_up(
    state: &AppState,
    client: ClientAddress,
    request: Repeatable,
    form: &SignUpForm,
) -> Result<(), Problem> {
    // Forms are read, mistakes and all, for those who do not send too many.
    state.throttle.check(Attempt::SignUp, client, None)?;
    if chosen(&form.invitation).is_some() {
        return invitation::follow(state, request, form).await;
    }
    let newcomer = read(form, state.commands.clock().now().date_naive())?;
    let key = newcomer.email.key();
    state
        .throttle
        .check_address(Attempt::SignUp, client, &key)?;
    check(state, &newcomer).await?;
    Ok(signing_up::wait_for_proof(&state.commands, request.once, newcomer).await?)
}

/// Reads every field, to name all that is wrong at once.
fn read(form: &SignUpForm, today: NaiveDate) -> Result<Newcomer, Problem> {
    let mut errors = FieldErrors::default();
    let role = errors.take("role", role(&form.role));
    let email = errors.take("email", fields::email(&form.email));
    let first_name = errors.take("first_name", fields::person_name(&form.first_name));
    let last_name = errors.take("last_name", fields::person_name(&form.last_name));
    let establishment = errors.take("uai", fields::uai(&form.uai));
    let is_student = role.is_none_or(|role| role == Role::Student);
    let birth_date = errors.take("birth_date", birth(&form.birth_date, is_student, today));
    let class = errors.take("class_id", class(&form.class_id, is_student));
    errors.take("password", no_password_yet(&form.password));
    let newcomer = (|| {
        Some(Newcomer {
            role: role?,
            email: email?,
            first_name: first_name?,
            last_name: last_name?,
            establishment: establishment?,
            birth_date: birth_date?,
            class: class?,
        })
    })();
    errors.finish()?;
    newcomer.ok_or_else(Problem::not_found)
}

fn role(text: &str) -> Result<Role, Wrong> {
    if text.is_empty() {
        return Err(fields::required("Indiquez votre fonction."));
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

fn birth(text: &str, is_student: bool, today: NaiveDate) -> Result<Option<NaiveDate>, Wrong> {
    match chosen(text) {
        Some(text) if is_student => fields::birth_date(text, today).map(Some),
        None if is_student => Err(fields::required("Indiquez votre date de naissance.")),
        Some(_) => Err(students_only()),
        None => Ok(None),
    }
}

fn class(text: &str, is_student: bool) -> Result<Option<ClassId>, Wrong> {
    match chosen(text) {
        Some(text) if is_student => fields::id(text).map(Some),
        Some(_) => Err(students_only()),
        None => Ok(None),
    }
}

fn no_password_yet(password: &Password) -> Result<(), Wrong> {
    if password.expose().is_empty() {
        return Ok(());
    }
    let detail = "Le mot de passe se choisit à l'activation, par le lien du courriel : retirez-le.";
    Err(("unexpected", detail.into()))
}

/// Whose turn it is, which addresses staff may have, and whose class it is.
async fn check(state: &AppState, newcomer: &Newcomer) -> Result<(), Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let Some(entry) = directory::get(conn, &newcomer.establishment).await? else {
        return Err(fields::unknown_establishment());
    };
    check_turn(&entry, newcomer.role, state.sign_up.order)?;
    if newcomer.role != Role::Student {
        check_staff_address(&entry, &newcomer.email, state.sign_up.staff_email)?;
    }
    let Some(class) = newcomer.class else {
        return Ok(());
    };
    match classes::get(conn, class).await? {
        Some(class) if class.establishment == newcomer.establishment => Ok(()),
        _ => Err(fields::unknown_class()),
    }
}
