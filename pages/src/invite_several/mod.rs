//! Inviting several people at once, from a list that is pasted: each line is answered.

mod form;

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::values::StaffRole;
use web::{
    AppState, ClientAddress,
    caller::Caller,
    invitations,
    permissions::Action,
    problem::{FieldError, Problem},
};

use self::form::Line;
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Told, Visit, done, own_establishment},
    invite::{roles, usual},
    staff,
};

const PATH: &str = "/etablissement/personnels/inviter/plusieurs";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show).post(invite))
}

#[derive(Template)]
#[template(path = "invite_several/page.html")]
struct InviteSeveralPage {
    frame: Frame,
    faults: Faults,
    people: String,
    role: String,
    roles: Vec<StaffRole>,
}

/// What became of each line.
#[derive(Default)]
struct Answers {
    sent: Vec<String>,
    refused: Vec<(String, Problem)>,
}

async fn show(visit: Visit) -> Result<Page<InviteSeveralPage>, Problem> {
    let usual = usual();
    page(visit, Faults::default(), "", usual.text("role")).await
}

async fn invite(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    form: Form,
) -> Result<Response, Problem> {
    let (answers, people) = match act(&state, &caller, client, &form).await {
        Ok(answers) if answers.refused.is_empty() => {
            return Ok(done(staff::PATH, &caller).into_response());
        }
        Ok(answers) => {
            let left = answers.left();
            (Ok(answers), left)
        }
        Err(not_done) => (Err(not_done), form.text("people").to_owned()),
    };
    let (told, not_done) = match answers {
        Ok(answers) => answers.told(),
        Err(not_done) => (None, not_done),
    };
    let faults = Faults::from(not_done);
    let status = faults.status();
    let visit = Visit::again(&state, caller).await?;
    let mut page = page(visit, faults, &people, form.text("role")).await?;
    page.0.frame.told = told;
    Ok((status, page).into_response())
}

async fn page(
    mut visit: Visit,
    faults: Faults,
    people: &str,
    role: &str,
) -> Result<Page<InviteSeveralPage>, Problem> {
    visit.establishment(Action::ManageStaff)?;
    Ok(Page(InviteSeveralPage {
        frame: visit
            .frame("Inviter plusieurs personnes", Place::Staff)
            .await?,
        faults,
        people: people.to_owned(),
        role: role.to_owned(),
        roles: roles(),
    }))
}

/// One after the other: each has a message of its own, and one that cannot go keeps no other back.
async fn act(
    state: &AppState,
    caller: &Caller,
    client: ClientAddress,
    form: &Form,
) -> Result<Answers, NotDone> {
    let establishment = own_establishment(caller, Action::ManageStaff)?;
    form.wanted()?;
    let mut answers = Answers::default();
    for (Line { text, guest }, number) in form::read(form, &establishment)?.into_iter().zip(1..) {
        let sent = match guest {
            Ok(guest) => invitations::invite(state, &caller.by().part(number), client, guest).await,
            Err(problem) => Err(problem),
        };
        match sent {
            Ok(_) => answers.sent.push(text),
            Err(problem) if problem.status().is_server_error() => return Err(problem.into()),
            Err(problem) => answers.refused.push((text, problem)),
        }
    }
    Ok(answers)
}

impl Answers {
    /// What is still to be sent, once corrected.
    fn left(&self) -> String {
        let lines: Vec<&str> = self.refused.iter().map(|(text, _)| &**text).collect();
        lines.join("\n")
    }

    /// What was sent, and what was not.
    fn told(self) -> (Option<Told>, NotDone) {
        let counts = match self.sent.len() {
            1 => "1 invitation est partie.".to_owned(),
            n => format!("{n} invitations sont parties."),
        };
        let told = (!self.sent.is_empty()).then_some(Told {
            counts,
            sentences: self.sent,
        });
        let detail = match self.refused.len() {
            1 => "1 invitation n'est pas partie : corrigez ou retirez sa ligne, puis envoyez de \
                  nouveau."
                .to_owned(),
            n => format!(
                "{n} invitations ne sont pas parties : corrigez ou retirez leurs lignes, puis \
                 envoyez de nouveau."
            ),
        };
        let code = self.refused.first().map(|(_, problem)| problem.code());
        let errors = self.refused.iter().map(|(text, problem)| FieldError {
            field: "people".to_owned(),
            code: problem.code().as_str().into(),
            detail: format!("« {text} » : {}", problem.detail()).into(),
        });
        let code = code.unwrap_or(web::problem::Code::Validation);
        let problem = Problem::new(code, detail).with_errors(errors.collect());
        (told, NotDone::Refused(problem))
    }
}

#[cfg(test)]
mod tests {
    use commands::Refusal;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// A head pastes twenty lines, and two of them are wrong: both are named with their reason, and stay in
    /// the field to be corrected; the others are told to be on their way.
    #[test]
    fn each_line_is_answered() {
        for name in NASTY {
            let refused = |text: &str, refusal: Refusal| (text.to_owned(), refusal.into());
            let answers = Answers {
                sent: vec![name.to_owned()],
                refused: vec![
                    refused(name, Refusal::AlreadyInvited),
                    refused("autre@ac-demo.test", Refusal::EstablishmentNotEligible),
                ],
            };
            let people = answers.left();
            let (told, not_done) = answers.told();
            let faults = Faults::from(not_done);
            assert_eq!(faults.status(), 409);
            let mut frame = framed("Inviter plusieurs personnes", Place::Staff);
            frame.told = told;
            let html = checked(&InviteSeveralPage {
                frame,
                faults,
                people,
                role: "teacher".to_owned(),
                roles: roles(),
            });
            assert!(html.contains("1 invitation est partie."));
            assert!(html.contains("2 invitations ne sont pas parties"));
            let why = "autre@ac-demo.test » : Le dispositif est réservé";
            // In the summary and beside the field.
            assert_eq!(html.matches(why).count(), 2, "{html}");
            assert!(html.contains("\nautre@ac-demo.test</textarea>"), "{html}");
            assert!(html.contains(r#"value="teacher" checked"#));
        }
    }
}
