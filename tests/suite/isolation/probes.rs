//! A request for every route, and whose the route is.

use acceptance::world::School;
use serde_json::{Value, json};

/// Whose a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anybody's, signed in or not.
    Public,
    /// About the session that asks, whoever it is.
    Session,
    /// An establishment's staff; administrators may look.
    Staff,
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
const CLASS_STUDENTS: &str = "/api/v1/classes/{id}/students";
const CLASSES: &str = "/api/v1/establishments/{uai}/classes";
const ELIGIBILITY: &str = "/api/v1/admin/establishments/{uai}/eligibility";
const ESTABLISHMENT: &str = "/api/v1/establishments/{uai}";
const ESTABLISHMENTS: &str = "/api/v1/establishments";
const ROSTER: &str = "/api/v1/establishments/{uai}/roster";
pub(super) const SESSION: &str = "/api/v1/session";
const STAFF: &str = "/api/v1/establishments/{uai}/staff";
const STUDENTS: &str = "/api/v1/establishments/{uai}/students";

/// What every route of the OpenAPI document is asked. A route that is not here fails the test:
/// whoever adds one says whose it is. The last one ends the session that asks.
pub(super) fn probes(school: &School) -> Vec<Probe> {
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
        probes.push(Probe {
            method,
            route,
            reach,
            path,
            body,
        });
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
    add("get", SESSION, Reach::Session, SESSION.to_owned(), None);
    add("delete", SESSION, Reach::Session, SESSION.to_owned(), None);
    probes
}
