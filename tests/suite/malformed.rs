//! Input as it comes: whatever a client sends, it is told what is wrong, and the server goes on.

mod forms;

use acceptance::{
    audit, client::Client, engine::Engine, on_both_engines, scene::Scene, world::Size,
};
use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH},
};
use serde_json::{Value, json};

use forms::Clients;

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
        ("/api/nowhere".to_owned(), 404),
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
    for version in ["3", "W/1", "\"1\" \"2\"", ""] {
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
