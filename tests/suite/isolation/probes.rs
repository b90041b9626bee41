//! A request for every route, and whose the route is.

use acceptance::{
    newcomer::{invitation, pupil},
    world::{PASSWORD, School},
};
use domain::values::Role;
use serde_json::{Value, json};

/// Whose a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anybody's, signed in or not.
    Public,
    /// About the session that asks, whoever it is.
    Session,
    /// About the session that asks, of a member of this establishment's staff.
    OwnStaff,
    /// About the session that asks, of a pupil.
    OwnStudent,
    /// An establishment's staff; administrators may look.
    Staff,
    /// An establishment's head.
    Head,
    /// Administrators'.
    Administrators,
}

/// A request that would succeed, were it asked by the right person.
pub(super) struct Probe {
    pub(super) method: &'static str,
    /// The path as the OpenAPI document gives it.
    pub(super) route: &'static str,
    pub(super) reach: Reach,
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// Served beside what the document describes.
pub(super) const UNDOCUMENTED: [&str; 3] = ["/metrics", "/api/openapi.json", "/api/docs"];

pub(super) const CLASS: &str = "/api/v1/classes/{id}";
const AS_OF: &str = "/api/v1/audit/establishments/{uai}/classes";
const EVENTS: &str = "/api/v1/audit/events";
const CLASS_STUDENTS: &str = "/api/v1/classes/{id}/students";
const CLASSES: &str = "/api/v1/establishments/{uai}/classes";
const ELIGIBILITY: &str = "/api/v1/admin/establishments/{uai}/eligibility";
const ESTABLISHMENT: &str = "/api/v1/establishments/{uai}";
const ESTABLISHMENTS: &str = "/api/v1/establishments";
const INVITATION: &str = "/api/v1/invitations/{id}";
const INVITATIONS: &str = "/api/v1/establishments/{uai}/invitations";
const MEMBER: &str = "/api/v1/establishments/{uai}/staff/{id}";
const MY_CLASS: &str = "/api/v1/session/class";
pub(super) const MY_ESTABLISHMENT: &str = "/api/v1/me/establishment";
const RESEND: &str = "/api/v1/invitations/{id}/resend";
const RESETS: &str = "/api/v1/audit/resets";
const ROSTER: &str = "/api/v1/establishments/{uai}/roster";
pub(super) const SESSION: &str = "/api/v1/session";
const STAFF: &str = "/api/v1/establishments/{uai}/staff";
const STUDENTS: &str = "/api/v1/establishments/{uai}/students";

/// What takes a token that came by mail, and is asked with none that was given out.
pub(super) const TOKEN_ROUTES: [&str; 3] = [
    "/api/v1/accounts/activation",
    "/api/v1/accounts/invitation",
    "/api/v1/accounts/password",
];

/// What every route of the OpenAPI document is asked. A route that is not here fails the test:
/// whoever adds one says whose it is. The last one ends the session that asks.
pub(super) fn probes(school: &School, invitation_id: &str) -> Vec<Probe> {
    let class = |rest: &str| format!("/api/v1/classes/{}{rest}", school.class(0));
    let nobody = json!({ "email": "personne@ac-demo.test", "password": "mauvais mot de passe" });
    let new_class = json!({ "name": "3e intruse", "track": "troisieme_generale" });
    let student = school.classes[1].1[0];
    let change = json!({ "changes": [{ "student_id": student, "class_id": school.class(2) }] });
    let decision = json!({ "eligible": true, "reason": "dérogation d'essai" });
    let found = format!("{ESTABLISHMENTS}?q=a");
    let eligibility = ELIGIBILITY.replace("{uai}", school.uai.as_str());

    let mut probes = Vec::new();
    let mut add = |method, route, reach, path: String, body: Option<Value>| {
        probes.push(probe(method, route, reach, path, body));
    };
    for path in ["/healthz", "/readyz"].into_iter().chain(UNDOCUMENTED) {
        add("get", path, Reach::Public, path.to_owned(), None);
    }
    add("get", ESTABLISHMENTS, Reach::Public, found, None);
    add("get", ESTABLISHMENT, Reach::Public, school.path(""), None);
    add(
        "post",
        SESSION,
        Reach::Public,
        SESSION.to_owned(),
        Some(nobody),
    );
    for (route, body) in accounts(school) {
        add("post", route, Reach::Public, route.to_owned(), Some(body));
    }
    add("get", CLASSES, Reach::Staff, school.path("/classes"), None);
    add(
        "post",
        CLASSES,
        Reach::Staff,
        school.path("/classes"),
        Some(new_class),
    );
    add("get", CLASS, Reach::Staff, class(""), None);
    add(
        "patch",
        CLASS,
        Reach::Staff,
        class(""),
        Some(json!({ "name": "3e renommée" })),
    );
    add("delete", CLASS, Reach::Staff, class(""), None);
    add(
        "get",
        CLASS_STUDENTS,
        Reach::Staff,
        class("/students"),
        None,
    );
    add(
        "get",
        STUDENTS,
        Reach::Staff,
        school.path("/students"),
        None,
    );
    add("get", STAFF, Reach::Staff, school.path("/staff"), None);
    add(
        "post",
        ROSTER,
        Reach::Staff,
        school.path("/roster"),
        Some(change),
    );
    add(
        "put",
        ELIGIBILITY,
        Reach::Administrators,
        eligibility,
        Some(decision),
    );
    let resets = RESETS.to_owned();
    add("get", RESETS, Reach::Administrators, resets, None);
    probes.extend(team(school, invitation_id));
    for method in ["get", "delete"] {
        probes.push(probe(
            method,
            SESSION,
            Reach::Session,
            SESSION.to_owned(),
            None,
        ));
    }
    probes
}

const fn probe(
    method: &'static str,
    route: &'static str,
    reach: Reach,
    path: String,
    body: Option<Value>,
) -> Probe {
    Probe {
        method,
        route,
        reach,
        path,
        body,
    }
}

/// What is asked about who is on the staff, who may come, and whose class is whose.
fn team(school: &School, invitation_id: &str) -> [Probe; 9] {
    let invitations = || school.path("/invitations");
    let lists = AS_OF.replace("{uai}", school.uai.as_str()) + "?as_of=2999-01-01";
    let events = format!("{EVENTS}?establishment={}", school.uai);
    let sent = INVITATION.replace("{id}", invitation_id);
    let again = RESEND.replace("{id}", invitation_id);
    let form = invitation(Role::Teacher, "intrus@ac-demo.test");
    let member = school.path(&format!("/staff/{}", school.staff[3].id));
    let class = json!({ "class_id": school.class(1) });
    let place = json!({ "uai": school.uai, "class_id": school.class(1) });
    let (my_class, mine) = (MY_CLASS.to_owned(), MY_ESTABLISHMENT.to_owned());
    [
        probe("get", AS_OF, Reach::Head, lists, None),
        probe("get", EVENTS, Reach::Head, events, None),
        probe("get", INVITATIONS, Reach::Head, invitations(), None),
        probe("post", INVITATIONS, Reach::Head, invitations(), Some(form)),
        probe("post", RESEND, Reach::Head, again, None),
        probe("delete", INVITATION, Reach::Head, sent, None),
        probe("delete", MEMBER, Reach::Head, member, None),
        probe("put", MY_CLASS, Reach::OwnStaff, my_class, Some(class)),
        probe(
            "put",
            MY_ESTABLISHMENT,
            Reach::OwnStudent,
            mine,
            Some(place),
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
