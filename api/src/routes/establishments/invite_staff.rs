use accounts::{
    account,
    inviting::{self, Guest},
    throttling::Attempt,
};
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    ids::ClassId,
    values::{EmailAddress, PersonName, StaffRole, Uai},
};
use projections::directory;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState, ClientAddress,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{Code, FieldErrors, Problem, Wrong},
    turn::check_staff_address,
};

use crate::{
    documentation::{Forbidden, Malformed, NotFound, RateLimited, Unauthenticated},
    input::{JsonBody, PathId},
    problem::ProblemBody,
    routes::invitations::resend::shown,
    views::InvitationView,
};

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewInvitation {
    /// Where the invitation goes.
    #[serde(default)]
    #[schema(required = true, example = "l.moreau@ac-demo.test")]
    email: String,
    /// Given name.
    #[serde(default)]
    #[schema(required = true, example = "Lise")]
    first_name: String,
    /// Family name.
    #[serde(default)]
    #[schema(required = true, example = "Moreau")]
    last_name: String,
    /// `main_teacher`, `teacher` or `counsellor`.
    #[serde(default)]
    #[schema(required = true, example = "main_teacher")]
    role: String,
    /// The class meant for a main teacher.
    #[schema(format = Uuid)]
    class_id: Option<String>,
}

/// Invites somebody to join the staff: the link that is sent to them is good for 14 days.
#[utoipa::path(
    post,
    path = "/establishments/{uai}/invitations",
    tag = "staff",
    params(("uai" = String, Path, example = "9990021U")),
    request_body = NewInvitation,
    responses(
        (status = 201, description = "L'invitation est envoyée", body = InvitationView),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`conflict` : cette adresse a déjà une invitation, ou fait déjà partie \
                           de l'équipe ; `establishment_not_eligible` : le collège n'accueille \
                           plus personne",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
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
pub(in super::super) async fn invite_staff(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    PathId(uai): PathId<Uai>,
    body: JsonBody,
) -> Result<(StatusCode, Json<InvitationView>), Problem> {
    caller.authorize(Action::ManageStaff, &uai)?;
    let wanted = body.read::<NewInvitation>()?.read()?;
    check(&state, &uai, &wanted.email).await?;
    let key = wanted.email.key();
    state
        .throttle
        .check(Attempt::Invitation, client, Some(&key))?;
    let guest = Guest {
        establishment: uai,
        email: wanted.email,
        name: Some((wanted.first_name, wanted.last_name)),
        role: wanted.role,
        class: wanted.class,
    };
    let sent = inviting::invite(&state.commands, &caller.by(), guest).await?;
    Ok((
        StatusCode::CREATED,
        Json(shown(&state, sent.invitation).await?),
    ))
}

/// An invitation without fault.
struct Wanted {
    email: EmailAddress,
    first_name: PersonName,
    last_name: PersonName,
    role: StaffRole,
    class: Option<ClassId>,
}

impl NewInvitation {
    fn read(self) -> Result<Wanted, Problem> {
        let mut errors = FieldErrors::default();
        let email = errors.take("email", fields::email(&self.email));
        let first_name = errors.take("first_name", fields::person_name(&self.first_name));
        let last_name = errors.take("last_name", fields::person_name(&self.last_name));
        let role = errors.take("role", role(&self.role));
        let class = self.class_id.as_deref().map(fields::id::<ClassId>);
        let class = errors.take("class_id", class.transpose());
        let class = class.filter(|class| {
            let fits = class.is_none() || role.is_none_or(|role| role == StaffRole::MainTeacher);
            let wrong = (
                "unexpected",
                "Seul un professeur principal est invité pour une classe.".into(),
            );
            let fits = fits.then_some(()).ok_or(wrong);
            errors.take("class_id", fits).is_some()
        });
        match (email, first_name, last_name, role, class) {
            (Some(email), Some(first_name), Some(last_name), Some(role), Some(class)) => {
                Ok(Wanted {
                    email,
                    first_name,
                    last_name,
                    role,
                    class,
                })
            }
            _ => Err(errors.into()),
        }
    }
}

fn role(text: &str) -> Result<StaffRole, Wrong> {
    if text.is_empty() {
        return Err(("required", "Indiquez la fonction.".into()));
    }
    StaffRole::parse(text)
        .ok()
        .filter(|role| *role != StaffRole::Head)
        .ok_or_else(|| {
            let detail = "On n'invite pas à cette fonction ; au choix : main_teacher, teacher, \
                          counsellor. Un nouveau chef d'établissement s'adresse au support.";
            ("invalid", detail.into())
        })
}

/// The address obeys the establishment's rule, if there is something to compare it with (otherwise
/// whoever invites vouches for it), and is not a colleague's.
async fn check(state: &AppState, uai: &Uai, email: &EmailAddress) -> Result<(), Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let entry = directory::get(conn, uai)
        .await?
        .ok_or_else(Problem::not_found)?;
    if entry.mailbox.is_some() {
        check_staff_address(&entry, email, state.sign_up.staff_email)?;
    }
    let known = account::find(conn, email).await?;
    if known.is_some_and(|known| known.establishment.as_ref() == Some(uai)) {
        return Err(Problem::new(
            Code::Conflict,
            "Cette personne fait déjà partie de votre établissement.",
        ));
    }
    Ok(())
}
