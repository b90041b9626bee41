use axum::{Json, extract::State};
use commands::change_roster::{Destination, RosterChange};
use domain::{ids::ClassId, values::Uai};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{FieldErrors, Problem},
    roster,
};

use crate::{
    documentation::{Invalid, Malformed, Unauthenticated},
    input::{self, JsonBody, PathId},
    problem::ProblemBody,
};

/// The most changes of one request.
const MOST_CHANGES: usize = 500;

/// "Enregistrer les modifications".
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RosterChanges {
    /// What changes, each student once; nothing, when a page is saved as it was.
    #[schema(required = true, max_items = 500, nullable = false)]
    changes: Option<Vec<StudentChange>>,
}

/// Where one student goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct StudentChange {
    /// Who.
    #[serde(default)]
    #[schema(required = true, format = Uuid)]
    student_id: String,
    /// Their new class. Absent, null or blank, nothing changes, whatever became of the student: a choice
    /// left blank removes nobody and is never refused.
    #[schema(format = Uuid)]
    class_id: Option<String>,
    /// The class in which the caller saw them, null or blank for none: refused with
    /// `student_moved_meanwhile` when they are no longer there. Not checked when absent.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, format = Uuid)]
    #[expect(
        clippy::option_option,
        reason = "null means without a class, absent means not said"
    )]
    from_class_id: Option<Option<String>>,
    /// True when they are not of this establishment: they leave it.
    #[serde(default)]
    not_in_establishment: bool,
}

/// What a roster change did.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct RosterResult {
    /// How many students were moved, given a first class or taken out.
    #[schema(example = 29)]
    changed: u64,
    /// How many were already as asked, or left blank.
    #[schema(example = 1)]
    unchanged: u64,
}

/// Moves students between classes, gives them a first one, or takes them out: all, or nothing.
#[utoipa::path(
    post,
    path = "/establishments/{uai}/roster",
    tag = "students",
    params(("uai" = String, Path, example = "9990021U")),
    request_body = RosterChanges,
    responses(
        (status = 200, description = "Everything is saved", body = RosterResult),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (
            status = 403,
            description = "`forbidden`: not within the caller's role, or not for the students that \
                           `errors` names; nothing is saved",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (
            status = 404,
            description = "`not_found`: the establishment, or students or classes that `errors` \
                           names; nothing is saved",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "`student_moved_meanwhile`: `errors` names the students; `conflict`; \
                           nothing is saved",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn change_roster(
    State(state): State<AppState>,
    caller: Caller,
    PathId(uai): PathId<Uai>,
    body: JsonBody,
) -> Result<Json<RosterResult>, Problem> {
    caller.authorize(Action::MoveStudents, &uai)?;
    let asked: RosterChanges = body.read()?;
    let changes = changes(asked.changes.as_deref())?;
    let outcome = roster::change(&state, &caller, uai, changes).await;
    let outcome = outcome.map_err(|unsaved| unsaved.problem)?;
    Ok(Json(RosterResult {
        changed: outcome.changed,
        unchanged: outcome.unchanged,
    }))
}

fn changes(asked: Option<&[StudentChange]>) -> Result<Vec<RosterChange>, Problem> {
    let mut errors = FieldErrors::default();
    let Some(asked) = asked.filter(|asked| asked.len() <= MOST_CHANGES) else {
        let detail = format!("Une demande compte au plus {MOST_CHANGES} changements.");
        errors.take::<()>("changes", Err(("out_of_range", detail.into())));
        return Err(errors.into());
    };
    let changes = asked
        .iter()
        .enumerate()
        .filter_map(|(index, asked)| change(index, asked, &mut errors))
        .collect();
    errors.finish()?;
    Ok(changes)
}

/// One change; what is wrong with it goes to `errors`.
fn change(index: usize, asked: &StudentChange, errors: &mut FieldErrors) -> Option<RosterChange> {
    let field = |name| format!("changes[{index}].{name}");
    let class = |id: &Option<String>| fields::optional_id::<ClassId>(id.as_deref());
    let student = errors.take(field("student_id"), fields::id(&asked.student_id));
    let to = errors.take(field("class_id"), class(&asked.class_id));
    let seen = asked.from_class_id.as_ref().map(class).transpose();
    let expected = errors.take(field("from_class_id"), seen);
    let to = match (to?, asked.not_in_establishment) {
        (Some(_), true) => {
            let detail = "Choisissez une classe, ou « ne fait pas partie de mon établissement », \
                          mais pas les deux.";
            errors.take::<()>(field("class_id"), Err(("contradictory", detail.into())));
            return None;
        }
        (None, true) => Destination::Out,
        (None, false) => Destination::Blank,
        (Some(class), false) => Destination::Class(class),
    };
    Some(RosterChange {
        student: student?,
        to,
        expected: expected?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn read(changes_json: Value) -> Result<Vec<RosterChange>, Value> {
        let asked: Vec<StudentChange> = serde_json::from_value(changes_json).unwrap();
        changes(Some(&asked))
            .map_err(|problem| serde_json::to_value(ProblemBody::of(&problem, None)).unwrap())
    }

    /// "Leaving a choice blank never rejects or removes anybody", and "was without a class" is not
    /// "did not say": the one would move a pupil by mistake, the other would undo a colleague's
    /// work.
    #[test]
    fn what_is_not_said_is_not_done() {
        let (student, class) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let changes = read(json!([
            {"student_id": student},
            {"student_id": student, "class_id": null, "from_class_id": class},
            {"student_id": student, "class_id": "", "from_class_id": ""},
            {"student_id": student, "class_id": class},
            {"student_id": student, "class_id": class, "from_class_id": null},
            {"student_id": student, "not_in_establishment": true},
        ]))
        .unwrap();
        let class = ClassId::new(class);
        let read: Vec<_> = changes.iter().map(|c| (c.to, c.expected)).collect();
        assert_eq!(
            read,
            [
                (Destination::Blank, None),
                (Destination::Blank, Some(Some(class))),
                (Destination::Blank, Some(None)),
                (Destination::Class(class), None),
                (Destination::Class(class), Some(None)),
                (Destination::Out, None),
            ]
        );
    }

    /// Thirty lines are corrected in one go, or the page is sent thirty times.
    #[test]
    fn every_line_at_fault_is_named_at_once() {
        let id = Uuid::from_u128(1);
        let refused = read(json!([
            {"class_id": id},
            {"student_id": id, "class_id": id, "not_in_establishment": true},
            {"student_id": id, "class_id": "x", "from_class_id": "y"},
        ]))
        .unwrap_err();
        let fields: Vec<&str> = refused["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(
            fields,
            [
                "changes[0].student_id",
                "changes[1].class_id",
                "changes[2].class_id",
                "changes[2].from_class_id",
            ]
        );
        let many = vec![json!({"student_id": id}); 501];
        assert_eq!(
            read(json!(many)).unwrap_err()["errors"][0]["field"],
            "changes"
        );
    }
}
