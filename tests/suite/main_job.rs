//! The main job over HTTP: staff sign in, see their classes, change them, move pupils.

use acceptance::{audit, engine::Engine, on_both_engines, scene::Scene, world::Size};
use anyhow::ensure;
use domain::values::Role;
use reqwest::{
    Method,
    header::{HeaderValue, IF_MATCH},
};
use serde_json::json;

on_both_engines!(
    staff_do_their_whole_job,
    a_change_based_on_an_old_version_is_refused,
    names_are_unique_case_and_accents_aside,
    lists_come_in_pages,
    signing_out_ends_the_session,
);

/// This is what the service is for (manual, "Comment procéder à la création des classes ?", "Un
/// élève change de classe en cours d'année", "Comment spécifier la classe d'un élève"). Each step
/// must show at once in what staff read next.
async fn staff_do_their_whole_job(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(
        engine,
        Size {
            classes: 1,
            students_per_class: 3,
            without_class: 2,
        },
    )
    .await?;
    let (head, school) = (&scene.head, &scene.school);
    let me = head.get("/api/v1/session").await?.expect(200)?;
    ensure!(me.body["account"]["uai"] == school.uai.as_str(), "{me:#?}");
    ensure!(me.body["account"]["role"] == "head", "{me:#?}");

    // Creates a class.
    let class = json!({ "name": "  3e   Curie ", "track": "troisieme_segpa" });
    let created = head
        .post(&school.path("/classes"), class)
        .await?
        .expect(201)?;
    ensure!(created.body["name"] == "3e Curie", "{created:#?}");
    ensure!(created.body["student_count"] == 0 && created.body["version"] == 1);
    let id = created.text_at("/id")?;
    let path = format!("/api/v1/classes/{id}");
    let location = created.headers.get("location").map(HeaderValue::as_bytes);
    ensure!(
        location.is_some_and(|l| l.ends_with(path.as_bytes())),
        "{created:#?}"
    );
    ensure!(head.get(&path).await?.expect(200)?.body == created.body);

    // Renames it and changes its track, in one piece.
    let change = json!({ "name": "3e Marie Curie", "track": "troisieme_generale" });
    let changed = head.patch(&path, change).await?.expect(200)?;
    ensure!(changed.body["name"] == "3e Marie Curie", "{changed:#?}");
    ensure!(
        changed.body["track"] == "troisieme_generale",
        "{changed:#?}"
    );
    let list = scene.classes().await?;
    ensure!(list["items"].as_array().map(Vec::len) == Some(2), "{list}");
    ensure!(list["students_without_class"] == 2, "{list}");

    // Moves a pupil, gives another a first class, rejects a third, leaves a choice blank.
    let (from, pupils) = &school.classes[0];
    let outcome = scene
        .move_students(json!([
            { "student_id": pupils[0], "class_id": id, "from_class_id": from },
            { "student_id": school.without_class[0], "class_id": id },
            { "student_id": pupils[1], "not_in_establishment": true },
            { "student_id": pupils[2], "class_id": from },
            { "student_id": school.without_class[1] },
        ]))
        .await?;
    ensure!(
        outcome == json!({ "changed": 3, "unchanged": 2 }),
        "{outcome}"
    );
    ensure!(scene.student_count(&id).await? == 2);
    ensure!(scene.student_count(&from.to_string()).await? == 1);
    ensure!(scene.classes().await?["students_without_class"] == 1);
    let left = head
        .get(&school.path("/students?without_class=true"))
        .await?
        .expect(200)?;
    ensure!(left.items()?.len() == 1, "{left:#?}");
    ensure!(
        left.items()?[0]["id"] == json!(school.without_class[1]),
        "{left:#?}"
    );
    let members = head.get(&format!("{path}/students")).await?.expect(200)?;
    let first_names: Vec<_> = members
        .items()?
        .iter()
        .map(|item| &item["first_name"])
        .collect();
    ensure!(first_names == ["Élève 000", "Élève 000"], "{members:#?}");
    let everybody = head.get(&school.path("/students")).await?.expect(200)?;
    ensure!(
        everybody.items()?.len() == 4,
        "the rejected pupil is gone: {everybody:#?}"
    );

    // Deletes a class once it is empty, and not before.
    let refused = head
        .delete(&path)
        .await?
        .expect_problem(409, "class_not_empty")?;
    ensure!(
        refused.text_at("/detail")?.contains('2'),
        "says how many: {refused:#?}"
    );
    scene
        .move_students(json!([
            { "student_id": pupils[0], "class_id": from },
            { "student_id": school.without_class[0], "class_id": from },
        ]))
        .await?;
    head.delete(&path).await?.expect(204)?;
    head.get(&path).await?.expect_problem(404, "not_found")?;
    ensure!(scene.student_count(&from.to_string()).await? == 3);
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Two people prepare the same start of term. Whoever saves last must not undo, unseen, what the
/// other did meanwhile; and pupils who come and go must not make a rename stale.
async fn a_change_based_on_an_old_version_is_refused(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 2,
        students_per_class: 1,
        without_class: 0,
    };
    let scene = Scene::new(engine, size).await?;
    let (target, pupil) = (scene.school.class(0), scene.school.classes[1].1[0]);
    let path = format!("/api/v1/classes/{target}");
    let edit = |method: Method, version: &str| {
        let request = scene
            .head
            .request(method.clone(), &path)
            .header(IF_MATCH, version);
        let body = json!({ "name": format!("3e {version}").replace('"', "") });
        let request = if method == Method::PATCH {
            request.json(&body)
        } else {
            request
        };
        scene.head.send(request)
    };

    scene
        .move_students(json!([{ "student_id": pupil, "class_id": target }]))
        .await?;
    let first = edit(Method::PATCH, "\"1\"").await?.expect(200)?;
    ensure!(first.body["version"] == 2, "{first:#?}");
    let etag = first.headers.get("etag").map(HeaderValue::as_bytes);
    ensure!(
        etag == Some(b"\"2\""),
        "what If-Match wants is in ETag: {first:#?}"
    );
    edit(Method::PATCH, "\"1\"")
        .await?
        .expect_problem(412, "stale_version")?;
    edit(Method::DELETE, "\"1\"")
        .await?
        .expect_problem(412, "stale_version")?;
    let class = scene.head.get(&path).await?.expect(200)?;
    ensure!(
        class.body["name"] == "3e 1" && class.body["version"] == 2,
        "{class:#?}"
    );
    edit(Method::PATCH, "\"2\"").await?.expect(200)?;

    // Proxies that compress answers make their tags weak, and programs that keep several answers list them.
    for stale in ["W/\"2\"", "\"1\", W/\"2\"", "\"autre\""] {
        edit(Method::PATCH, stale)
            .await?
            .expect_problem(412, "stale_version")?;
    }
    edit(Method::PATCH, "W/\"3\"").await?.expect(200)?;
    edit(Method::PATCH, "\"3\", \"4\"").await?.expect(200)?;
    edit(Method::PATCH, "*").await?.expect(200)?;
    Ok(())
}

/// Two classes that staff cannot tell apart mean pupils in the wrong one. A name is free again once
/// its class is gone, and another school's names are its own business.
async fn names_are_unique_case_and_accents_aside(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(
        engine,
        Size {
            classes: 1,
            ..Size::default()
        },
    )
    .await?;
    let classes = scene.school.path("/classes");
    let class = |name: &str| json!({ "name": name, "track": "troisieme_generale" });
    for name in ["3e A", "3E a", " 3è  A "] {
        let answer = scene.head.post(&classes, class(name)).await?;
        answer.expect_problem(409, "class_name_taken")?;
    }
    let other = scene
        .head
        .post(&classes, class("3e B"))
        .await?
        .expect(201)?;
    let other = format!("/api/v1/classes/{}", other.text_at("/id")?);
    let taken = scene.head.patch(&other, json!({ "name": "3E A" })).await?;
    taken.expect_problem(409, "class_name_taken")?;
    let unchanged = scene.head.get(&other).await?.expect(200)?;
    ensure!(unchanged.body["name"] == "3e B" && unchanged.body["version"] == 1);

    let first = format!("/api/v1/classes/{}", scene.school.class(0));
    scene
        .head
        .patch(&first, json!({ "name": "3E Â" }))
        .await?
        .expect(200)?;
    scene.head.delete(&first).await?.expect(204)?;
    scene
        .head
        .patch(&other, json!({ "name": "3e A" }))
        .await?
        .expect(200)?;

    let neighbour = scene
        .world
        .school(Size {
            classes: 1,
            ..Size::default()
        })
        .await?;
    ensure!(neighbour.classes.len() == 1, "3e A exists there too");
    Ok(())
}

/// A school with hundreds of pupils must get all of them, each once, in the order of their names,
/// whatever the size of the pages.
async fn lists_come_in_pages(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 3,
        students_per_class: 5,
        without_class: 3,
    };
    let scene = Scene::new(engine, size).await?;
    let class = format!("/api/v1/classes/{}/students", scene.school.class(0));
    for (path, total) in [
        (scene.school.path("/students"), 18),
        (scene.school.path("/classes"), 3),
        (scene.school.path("/staff"), 4),
        (class, 5),
    ] {
        let whole = scene.head.get(&path).await?.expect(200)?;
        ensure!(whole.items()?.len() == total, "{path}: {whole:#?}");
        ensure!(whole.body["next"].is_null(), "{path}: {whole:#?}");
        let mut paged = Vec::new();
        let mut after = String::new();
        loop {
            let page = scene
                .head
                .get(&format!("{path}?limit=2{after}"))
                .await?
                .expect(200)?;
            ensure!(page.items()?.len() <= 2, "{path}: {page:#?}");
            paged.extend(page.items()?.clone());
            let Some(next) = page.body["next"].as_str() else {
                break;
            };
            after = format!("&after={next}");
        }
        ensure!(&paged == whole.items()?, "{path}: {paged:#?}");
    }
    Ok(())
}

/// A shared computer in a staff room: once signed out, the token must be worth nothing, whoever kept
/// a copy; and every sign-in makes a new one.
async fn signing_out_ends_the_session(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, Size::default()).await?;
    let email = scene.school.email(Role::Head);
    let other = scene.server.client().sign_in(email).await?;
    scene.head.delete("/api/v1/session").await?.expect(204)?;
    let gone = scene.head.get("/api/v1/session").await?;
    gone.expect_problem(401, "unauthenticated")?;
    let gone = scene.head.get(&scene.school.path("/classes")).await?;
    gone.expect_problem(401, "unauthenticated")?;
    other.get("/api/v1/session").await?.expect(200)?;

    let nobody = scene.server.client();
    for (email, password) in [
        (email, "pas celui-là non plus"),
        ("inconnu@ac-demo.test", "x"),
    ] {
        let body = json!({ "email": email, "password": password });
        let answer = nobody.post("/api/v1/session", body).await?;
        answer.expect_problem(401, "credentials_invalid")?;
    }
    Ok(())
}
