//! Input as it comes: whatever a client sends, it is told what is wrong, and the server goes on.

use acceptance::{
    audit,
    client::Client,
    engine::Engine,
    newcomer::{invitation, pupil, staff},
    on_both_engines,
    scene::Scene,
    world::{PASSWORD, Size},
};
use anyhow::{Context as _, ensure};
use domain::values::{Role, StaffRole};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH},
};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

on_both_engines!(
    a_wrong_field_is_named_with_words,
    a_body_that_is_no_json_is_refused,
    addresses_and_parameters_that_mean_nothing_are_refused,
    nothing_makes_the_server_fail,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 2,
    without_class: 0,
};

/// Thousands of requests would be slowed down.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// A page that staff use shows `detail` beside the field; a program that others write is developed
/// against `code`. Each mistake must have both, and change nothing.
async fn a_wrong_field_is_named_with_words(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let student = scene.school.classes[0].1[0];
    let (class, long) = (scene.school.class(1), "x".repeat(41));
    let before = scene.world.event_count().await?;

    let track = "troisieme_generale";
    let create = [
        (json!({}), "name"),
        (json!({ "track": track }), "name"),
        (json!({ "name": " \u{a0} ", "track": track }), "name"),
        (json!({ "name": long, "track": track }), "name"),
        (json!({ "name": "a\u{0}b", "track": track }), "name"),
        (json!({ "name": "a\u{202e}b\u{7}", "track": track }), "name"),
        (json!({ "name": 3, "track": track }), "name"),
        (json!({ "name": "3e C" }), "track"),
        (json!({ "name": "3e C", "track": "terminale" }), "track"),
        (json!({ "name": "3e C", "track": track, "nom": 1 }), "nom"),
    ];
    let edit = [
        (json!({ "name": "" }), "name"),
        (json!({ "track": "" }), "track"),
    ];
    let line = |line: Value| (json!({ "changes": [line] }), "changes[0]");
    let roster = [
        (json!({}), "changes"),
        (json!({ "changes": {} }), "changes"),
        line(json!({})),
        line(json!({ "student_id": "x" })),
        line(json!({ "student_id": student, "class_id": "3e A" })),
        line(json!({ "student_id": student, "class_id": class, "not_in_establishment": true })),
    ];
    let classes = scene.school.path("/classes");
    are_refused(&scene.head, &Method::POST, &classes, &create).await?;
    let path = format!("/api/v1/classes/{class}");
    are_refused(&scene.head, &Method::PATCH, &path, &edit).await?;
    are_refused(
        &scene.head,
        &Method::POST,
        &scene.school.path("/roster"),
        &roster,
    )
    .await?;
    ensure!(scene.world.event_count().await? == before);
    Ok(())
}

async fn are_refused(
    client: &Client,
    method: &Method,
    path: &str,
    bodies: &[(Value, &str)],
) -> anyhow::Result<()> {
    for (body, field) in bodies {
        let request = client.request(method.clone(), path).json(body);
        let refused = client
            .send(request)
            .await?
            .expect_problem(422, "validation");
        let refused = refused.with_context(|| format!("for {body}"))?;
        names_the_field(&refused.body, field)
            .with_context(|| format!("for {body}: {refused:#?}"))?;
    }
    Ok(())
}

fn names_the_field(problem: &Value, field: &str) -> anyhow::Result<()> {
    let errors = problem["errors"].as_array().context("no errors")?;
    let named = errors.iter().any(|error| {
        let is_there = |member: &str| error[member].as_str().is_some_and(|text| !text.is_empty());
        let at = error["field"].as_str().unwrap_or_default();
        at.starts_with(field) && is_there("code") && is_there("detail")
    });
    ensure!(named, "{field} is not named");
    Ok(())
}

/// Half a request, another format, a megabyte too much: it must be told apart from a wrong field, and
/// not keep the server busy.
async fn a_body_that_is_no_json_is_refused(engine: Engine) -> anyhow::Result<()> {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let scene = Scene::new(engine, SIZE).await?;
    let before = scene.world.event_count().await?;
    let latin1 = b"{\"name\":\"\xe9t\xe9\",\"track\":\"troisieme_generale\"}";
    let too_much = vec![b' '; 2 << 20];
    for (body, media, status) in [
        (&b""[..], JSON, 400),
        (b"{", JSON, 400),
        (b"null", JSON, 400),
        (b"[1]", JSON, 400),
        (b"{} {}", JSON, 400),
        (b"nom=3e", JSON, 400),
        (b"{\"name\":\"\\ud800\"}", JSON, 400),
        (latin1, JSON, 400),
        (b"name=3e", FORM, 415),
        (&too_much, JSON, 413),
    ] {
        let request = scene
            .head
            .request(Method::POST, &scene.school.path("/classes"));
        let request = request.header(CONTENT_TYPE, media).body(body.to_vec());
        let answer = scene.head.send(request).await?;
        let code = if status == 413 {
            "too_large"
        } else {
            "malformed"
        };
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        answer
            .expect_problem(status, code)
            .with_context(|| format!("for {start:?}"))?;
    }
    ensure!(scene.world.event_count().await? == before);
    Ok(())
}

/// Links are typed, cut in mails and guessed. What they name must be found or not found, and never
/// be understood as something else.
async fn addresses_and_parameters_that_mean_nothing_are_refused(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let students = scene.school.path("/students");
    for (path, status) in [
        ("/nowhere".to_owned(), 404),
        ("/api/v1/nowhere".to_owned(), 404),
        ("/api/v1/classes/3e%20A".to_owned(), 404),
        ("/api/v1/classes/%00".to_owned(), 404),
        ("/api/v1/classes/%ff".to_owned(), 404),
        ("/api/v1/establishments/9999999Z".to_owned(), 404),
        ("/api/v1/establishments/%00".to_owned(), 404),
        ("/api/v1/establishments/xyz/classes".to_owned(), 404),
        ("/api/v1/establishments?q=a&limit=0".to_owned(), 422),
        ("/api/v1/establishments?q=a&after=x".to_owned(), 422),
        (format!("{students}?limit=0"), 422),
        (format!("{students}?limit=201"), 422),
        (format!("{students}?limit=-1"), 422),
        (format!("{students}?limit=beaucoup"), 422),
        (format!("{students}?after=n%27importe"), 422),
        (format!("{students}?after=%00"), 422),
        (format!("{students}?without_class=peut-%C3%AAtre"), 422),
    ] {
        let answer = scene.head.get(&path).await?;
        let code = if status == 404 {
            "not_found"
        } else {
            "validation"
        };
        answer
            .expect_problem(status, code)
            .with_context(|| path.clone())?;
    }
    let class = format!("/api/v1/classes/{}", scene.school.class(0));
    let put = scene.head.put(&class, json!({})).await?;
    put.expect_problem(405, "method_not_allowed")?;
    for version in ["3", "\"x\"", "W/\"1\"", ""] {
        let request = scene
            .head
            .request(Method::DELETE, &class)
            .header(IF_MATCH, version);
        let answer = scene.head.send(request).await?;
        answer
            .expect_problem(400, "malformed")
            .with_context(|| version.to_owned())?;
    }
    for token in ["Bearer", "Bearer x", "Basic YTpi", "bearer \u{e9}", ""] {
        let request = scene.server.client().request(Method::GET, &class);
        let answer = scene
            .head
            .send(request.header(AUTHORIZATION, token))
            .await?;
        answer
            .expect_problem(401, "unauthenticated")
            .with_context(|| token.to_owned())?;
    }
    Ok(())
}

/// Texts that databases and parsers stumble over.
const TEXTS: [&str; 22] = [
    "\u{0}",
    "a\u{0}b",
    "'",
    "\"; DROP TABLE events; --",
    "%",
    "_",
    "\\",
    "%_\\%",
    "$1",
    "{rows}",
    "\u{feff}",
    "\u{202e}",
    "🏫",
    "e\u{301}",
    "ﬁ",
    "İ",
    "-1",
    "1e999",
    "NaN",
    " ",
    "[]",
    "{}",
];

/// Everywhere a text or another value may go: a status of 500 means that one got through to where it
/// was not expected; and after all of it the server still works.
async fn nothing_makes_the_server_fail(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::with(engine, SIZE, &UNTHROTTLED).await?;
    let long = "9".repeat(10_000);
    let mut texts = TEXTS.to_vec();
    texts.push(&long);
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    values.extend([
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "a": {} }),
    ]);

    let clients = Clients::new(&scene).await?;
    let mut requests = Vec::new();
    for form in clients.forms(&scene).await? {
        requests.extend(form.with_each_field(&values)?);
    }
    for text in &texts {
        requests.extend(clients.with_parameters(&scene, text));
        requests.extend(clients.with_addresses(&scene, text));
        let token = text.replace(|c: char| c.is_control(), "");
        let request = clients.nobody.request(Method::GET, "/api/v1/session");
        requests.push(request.header(AUTHORIZATION, format!("Bearer {token}")));
    }
    let sent = stream::iter(requests).map(|request| does_not_fail(&clients.nobody, request));
    sent.buffer_unordered(4).try_collect::<()>().await?;

    let classes = scene.head.get(&scene.school.path("/classes")).await?;
    classes.expect(200)?;
    let said = scene.server.log();
    ensure!(!said.contains("panicked"), "{said}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}

async fn does_not_fail(client: &Client, request: RequestBuilder) -> anyhow::Result<()> {
    let sent = request.try_clone().context("a request with a body")?;
    let answer = client.send(request).await?;
    ensure!(
        answer.status < 500,
        "the server fails: {answer:#?} to {sent:#?}"
    );
    Ok(())
}

/// Everybody who may send something.
struct Clients {
    nobody: Client,
    head: Client,
    student: Client,
    administrator: Client,
}

/// A request that is right as it stands, but for tokens that nobody was given.
struct Form<'c> {
    client: &'c Client,
    method: Method,
    path: String,
    body: Value,
}

impl Form<'_> {
    /// The same with each of these values in one field, for each field: an address around it too,
    /// where there should be one.
    fn with_each_field(&self, values: &[Value]) -> anyhow::Result<Vec<RequestBuilder>> {
        let mut requests = Vec::new();
        for field in self.body.as_object().context("an object")?.keys() {
            let texts = values.iter().filter_map(Value::as_str);
            let addresses = texts.map(|text| json!(format!("a{text}@ac-demo.test")));
            let addresses: Vec<_> = addresses.filter(|_| field == "email").collect();
            for value in values.iter().chain(&addresses) {
                let mut body = self.body.clone();
                body[field] = value.clone();
                let request = self.client.request(self.method.clone(), &self.path);
                requests.push(request.json(&body));
            }
        }
        Ok(requests)
    }
}

impl Clients {
    async fn new(scene: &Scene) -> anyhow::Result<Self> {
        let nobody = scene.server.client();
        let administrator = scene.world.administrator().await?;
        let administrator = scene.world.session(&administrator).await?;
        let student = scene.world.session(&scene.school.student).await?;
        Ok(Self {
            administrator: nobody.with_token(&administrator),
            student: nobody.with_token(&student),
            head: scene.head.clone(),
            nobody,
        })
    }

    /// Every request with a body.
    async fn forms(&self, scene: &Scene) -> anyhow::Result<Vec<Form<'_>>> {
        let (world, school) = (&scene.world, &scene.school);
        let (uai, class, student) = (&school.uai, school.class(0), school.classes[0].1[0]);
        let invited = world.invited(StaffRole::Teacher, None, uai, "i@ac-demo.test");
        let invited = json!({ "token": invited.await? });
        let mut follow = staff(Role::Teacher, uai, "i@ac-demo.test");
        follow["invitation"] = invited["token"].clone();
        // Too short, so that it is never followed.
        follow["password"] = json!("court");
        let sign_up = pupil(uai, "eleve@famille.test", Some(&class.to_string()));
        let token = json!({ "token": "x" });
        let reset = json!({ "token": "x", "password": PASSWORD });
        let address = json!({ "email": "a@b.test" });
        let sign_in = json!({ "email": "a@b.test", "password": PASSWORD });
        let create = json!({ "name": "3e Z", "track": "troisieme_generale" });
        let edit = json!({ "name": "3e Y", "track": "troisieme_generale" });
        let change = json!({ "student_id": student, "class_id": class, "from_class_id": class });
        let roster = json!({ "changes": [change] });
        let mut invite = invitation(Role::MainTeacher, "autre@ac-demo.test");
        invite["class_id"] = json!(class);
        let choice = json!({ "class_id": class });
        let join = json!({ "uai": uai, "class_id": class });
        let listed = world.listed_school(None).await?;
        let decision = json!({ "eligible": true, "reason": "Convention" });

        let v1 = |path: &str| format!("/api/v1/{path}");
        let (classes, roster_page) = (school.path("/classes"), school.path("/roster"));
        let eligibility = v1(&format!("admin/establishments/{listed}/eligibility"));
        let (nobody, head) = (&self.nobody, &self.head);
        let forms = [
            (nobody, Method::POST, v1("session"), sign_in),
            (nobody, Method::POST, v1("accounts"), sign_up),
            (nobody, Method::POST, v1("accounts"), follow),
            (nobody, Method::POST, v1("accounts/invitation"), invited),
            (nobody, Method::POST, v1("accounts/activation"), token),
            (
                nobody,
                Method::POST,
                v1("accounts/activation/resend"),
                address.clone(),
            ),
            (nobody, Method::POST, v1("accounts/password-reset"), address),
            (nobody, Method::POST, v1("accounts/password"), reset),
            (head, Method::POST, classes, create),
            (head, Method::PATCH, v1(&format!("classes/{class}")), edit),
            (head, Method::POST, roster_page, roster),
            (head, Method::POST, school.path("/invitations"), invite),
            (head, Method::PUT, v1("session/class"), choice),
            (&self.student, Method::PUT, v1("me/establishment"), join),
            (&self.administrator, Method::PUT, eligibility, decision),
        ];
        let form = |(client, method, path, body)| Form {
            client,
            method,
            path,
            body,
        };
        Ok(forms.into_iter().map(form).collect())
    }

    /// Every list, with this text as each parameter.
    fn with_parameters(&self, scene: &Scene, text: &str) -> Vec<RequestBuilder> {
        let school = &scene.school;
        let lists = [
            "/api/v1/establishments?q=a".to_owned(),
            school.path("/classes"),
            school.path("/students"),
            school.path("/staff"),
            school.path("/invitations"),
            format!("/api/v1/classes/{}/students", school.class(0)),
        ];
        let mut requests = Vec::new();
        for list in lists {
            for parameter in ["q", "after", "limit", "without_class"] {
                let request = self.head.request(Method::GET, &list);
                requests.push(request.query(&[(parameter, text)]));
            }
        }
        let audit = format!("/api/v1/audit/establishments/{}/classes", school.uai);
        let request = self.administrator.request(Method::GET, &audit);
        requests.push(request.query(&[("as_of", text)]));
        requests
    }

    /// Every address that names something, with this text as the name.
    fn with_addresses(&self, scene: &Scene, text: &str) -> Vec<RequestBuilder> {
        let name: String = byte_serialize(text.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let establishment = format!("/api/v1/establishments/{name}");
        let addresses = [
            (Method::GET, establishment.clone()),
            (Method::GET, format!("{establishment}/classes")),
            (Method::GET, format!("{establishment}/staff")),
            (Method::GET, format!("{establishment}/invitations")),
            (Method::DELETE, format!("{establishment}/staff/{name}")),
            (Method::DELETE, scene.school.path(&format!("/staff/{name}"))),
            (Method::GET, format!("/api/v1/classes/{name}")),
            (Method::DELETE, format!("/api/v1/classes/{name}")),
            (Method::DELETE, format!("/api/v1/invitations/{name}")),
            (Method::POST, format!("/api/v1/invitations/{name}/resend")),
        ];
        let request = |(method, path): (Method, String)| self.head.request(method, &path);
        addresses.into_iter().map(request).collect()
    }
}
