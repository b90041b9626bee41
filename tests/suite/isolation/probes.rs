//! A request for every route of the API and of the pages, and whose the route is.

mod pages;

use acceptance::{
    newcomer::{invitation, pupil},
    world::{PASSWORD, School},
};
use domain::{
    ids::{ClassId, InvitationId},
    values::Role,
};
use serde_json::{Value, json};

pub(super) use self::pages::pages;

/// Whose a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anybody's, signed in or not.
    Public,
    /// About the session that asks, whoever it is.
    Session,
    /// About the session that asks, of somebody with one of these roles.
    Own(&'static [Role]),
    /// An establishment's staff; administrators may look.
    Staff,
    /// An establishment's head; administrators may look.
    Head,
    /// Administrators'.
    Administrators,
}

/// The staff of an establishment.
const STAFF: &[Role] = &[
    Role::Head,
    Role::MainTeacher,
    Role::Teacher,
    Role::Counsellor,
];
const STUDENT: &[Role] = &[Role::Student];
const HEAD: &[Role] = &[Role::Head];

/// What a request holds.
pub(super) enum Body {
    None,
    Json(Value),
    Form(Vec<(String, String)>),
}

/// A request that would succeed, were it asked by the right person.
pub(super) struct Probe {
    pub(super) method: &'static str,
    /// The path as the router knows it.
    pub(super) route: &'static str,
    pub(super) reach: Reach,
    pub(super) path: String,
    pub(super) body: Body,
}

/// What the probes name.
pub(super) struct Things<'a> {
    pub(super) school: &'a School,
    /// An invitation that waits there.
    pub(super) invitation: InvitationId,
    /// One as its head.
    pub(super) handover: InvitationId,
    /// A class there without pupils.
    pub(super) empty: ClassId,
    /// The address of a file that pages refer to.
    pub(super) asset: String,
}

/// Served beside what the document describes.
pub(super) const UNDOCUMENTED: [&str; 3] = ["/metrics", "/api/openapi.json", "/api/docs/"];

const AS_OF: &str = "/api/v1/audit/establishments/{uai}/classes";
const CLASS: &str = "/api/v1/classes/{id}";
const CLASS_STUDENTS: &str = "/api/v1/classes/{id}/students";
const CLASSES: &str = "/api/v1/establishments/{uai}/classes";
const ELIGIBILITY: &str = "/api/v1/admin/establishments/{uai}/eligibility";
const ESTABLISHMENT: &str = "/api/v1/establishments/{uai}";
const ESTABLISHMENTS: &str = "/api/v1/establishments";
const EVENTS: &str = "/api/v1/audit/events";
const INVITATION: &str = "/api/v1/invitations/{id}";
const INVITATIONS: &str = "/api/v1/establishments/{uai}/invitations";
const MEMBER: &str = "/api/v1/establishments/{uai}/staff/{id}";
const MY_CLASS: &str = "/api/v1/session/class";
pub(super) const MY_ESTABLISHMENT: &str = "/api/v1/me/establishment";
const RESEND: &str = "/api/v1/invitations/{id}/resend";
const RESETS: &str = "/api/v1/audit/resets";
const ROSTER: &str = "/api/v1/establishments/{uai}/roster";
const SESSION: &str = "/api/v1/session";
const STAFF_LIST: &str = "/api/v1/establishments/{uai}/staff";
const STUDENTS: &str = "/api/v1/establishments/{uai}/students";

/// What nobody gets through here: it takes a password, or a token that came by mail, and is asked with none
/// that is good.
pub(super) const REFUSED: [&str; 7] = [
    "/api/v1/accounts/activation",
    "/api/v1/accounts/invitation",
    "/api/v1/accounts/password",
    SESSION,
    "/activation",
    "/connexion",
    "/mot-de-passe",
];

/// What every route of the OpenAPI document is asked. A route that is not here fails the test:
/// whoever adds one says whose it is. The last one ends the session that asks.
pub(super) fn api(things: &Things<'_>) -> Vec<Probe> {
    use Reach::{Administrators, Public, Session, Staff};
    let school = things.school;
    let class = |id: ClassId, rest: &str| format!("/api/v1/classes/{id}{rest}");
    let first = |rest: &str| class(school.class(0), rest);
    let nobody = json!({ "email": "personne@ac-demo.test", "password": "mauvais mot de passe" });
    let new_class = json!({ "name": "3e intruse", "track": "troisieme_generale" });
    let student = school.classes[1].1[0];
    let change = json!({ "changes": [{ "student_id": student, "class_id": school.class(2) }] });
    let decision = json!({ "eligible": true, "reason": "dérogation d'essai" });
    let eligibility = ELIGIBILITY.replace("{uai}", school.uai.as_str());
    let renamed = json!({ "name": "3e renommée" });

    let public = ["/healthz", "/readyz"].into_iter().chain(UNDOCUMENTED);
    let mut probes: Vec<Probe> = public.map(|path| get(path, Public, path)).collect();
    probes.extend([
        get(ESTABLISHMENTS, Public, format!("{ESTABLISHMENTS}?q=a")),
        get(ESTABLISHMENT, Public, school.path("")),
        json("post", SESSION, Public, SESSION, nobody),
    ]);
    let accounts = accounts(school).into_iter();
    probes.extend(accounts.map(|(route, body)| json("post", route, Public, route, body)));
    probes.extend([
        get(CLASSES, Staff, school.path("/classes")),
        json("post", CLASSES, Staff, school.path("/classes"), new_class),
        get(CLASS, Staff, first("")),
        json("patch", CLASS, Staff, first(""), renamed),
        bare("delete", CLASS, Staff, class(things.empty, "")),
        get(CLASS_STUDENTS, Staff, first("/students")),
        get(STUDENTS, Staff, school.path("/students")),
        get(STAFF_LIST, Staff, school.path("/staff")),
        json("post", ROSTER, Staff, school.path("/roster"), change),
        json("put", ELIGIBILITY, Administrators, eligibility, decision),
        get(RESETS, Administrators, RESETS),
    ]);
    probes.extend(team(things));
    probes.extend(["get", "delete"].map(|method| bare(method, SESSION, Session, SESSION)));
    probes
}

fn get(route: &'static str, reach: Reach, path: impl Into<String>) -> Probe {
    bare("get", route, reach, path)
}

fn bare(method: &'static str, route: &'static str, reach: Reach, path: impl Into<String>) -> Probe {
    Probe {
        method,
        route,
        reach,
        path: path.into(),
        body: Body::None,
    }
}

fn json(
    method: &'static str,
    route: &'static str,
    reach: Reach,
    path: impl Into<String>,
    body: Value,
) -> Probe {
    Probe {
        body: Body::Json(body),
        ..bare(method, route, reach, path)
    }
}

/// What is asked about who is on the staff, who may come, and whose class is whose.
fn team(things: &Things<'_>) -> [Probe; 9] {
    use Reach::{Head, Own};
    let school = things.school;
    let invitations = || school.path("/invitations");
    let lists = AS_OF.replace("{uai}", school.uai.as_str()) + "?as_of=2999-01-01";
    let events = format!("{EVENTS}?establishment={}", school.uai);
    let named = |route: &str| route.replace("{id}", &things.invitation.to_string());
    let form = invitation(Role::Teacher, "intrus@ac-demo.test");
    let member = school.path(&format!("/staff/{}", school.staff[3].id));
    let class = json!({ "class_id": school.class(1) });
    let place = json!({ "uai": school.uai, "class_id": school.class(1) });
    [
        get(AS_OF, Head, lists),
        get(EVENTS, Head, events),
        get(INVITATIONS, Head, invitations()),
        json("post", INVITATIONS, Head, invitations(), form),
        bare("post", RESEND, Head, named(RESEND)),
        bare("delete", INVITATION, Head, named(INVITATION)),
        bare("delete", MEMBER, Head, member),
        json("put", MY_CLASS, Own(STAFF), MY_CLASS, class),
        json(
            "put",
            MY_ESTABLISHMENT,
            Own(STUDENT),
            MY_ESTABLISHMENT,
            place,
        ),
    ]
}

/// What anybody is asked on the way to an account.
fn accounts(school: &School) -> [(&'static str, Value); 6] {
    let somebody = json!({ "email": "personne@famille.test" });
    let made_up = json!({ "token": "A".repeat(43) });
    let password = json!({ "token": "A".repeat(43), "password": PASSWORD });
    [
        (
            "/api/v1/accounts",
            pupil(&school.uai, "personne@famille.test", None),
        ),
        ("/api/v1/accounts/activation", password.clone()),
        ("/api/v1/accounts/activation/resend", somebody.clone()),
        ("/api/v1/accounts/password-reset", somebody),
        ("/api/v1/accounts/password", password),
        ("/api/v1/accounts/invitation", made_up),
    ]
}
