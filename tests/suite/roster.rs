//! "Enregistrer les modifications" is one action: all of it happens, or nothing.

use acceptance::{
    audit, client::Answer, engine::Engine, newcomer, on_both_engines, scene::Scene, world::Size,
};
use anyhow::{Context as _, ensure};
use domain::{ids::ClassId, values::Role};
use serde_json::{Value, json};
use uuid::Uuid;

on_both_engines!(
    one_impossible_change_of_thirty_undoes_all,
    every_kind_of_impossible_change_is_refused,
    a_pupil_named_twice_is_refused,
    what_is_already_so_is_counted_and_appends_nothing,
    a_blank_row_changes_and_refuses_nothing,
    what_was_left_blank_is_left_out_everywhere,
    pupils_at_fault_are_named_by_their_names,
    only_heads_and_main_teachers_give_a_first_class,
);

const SIZE: Size = Size {
    classes: 3,
    students_per_class: 10,
    without_class: 2,
};

/// The roster as staff read it, and how long the log is: both stay as they are when nothing happens.
async fn snapshot(scene: &Scene) -> anyhow::Result<(Value, i64)> {
    let path = scene.school.path("/students?limit=200");
    let students = scene.head.get(&path).await?.expect(200)?;
    Ok((students.body, scene.world.event_count().await?))
}

/// The code that the answer gives for the change at this place.
fn code_of(answer: &Answer, index: usize) -> Option<&str> {
    let errors = answer.body["errors"].as_array()?;
    let start = format!("changes[{index}]");
    let error = errors.iter().find(|error| {
        error["field"]
            .as_str()
            .is_some_and(|field| field.starts_with(&start))
    })?;
    error["code"].as_str()
}

/// Staff prepare thirty changes on one page and press one button. Had half of them happened when one
/// cannot, nobody could tell which; so none does, and the answer names the one to correct.
async fn one_impossible_change_of_thirty_undoes_all(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let everybody: Vec<_> = scene
        .school
        .classes
        .iter()
        .flat_map(|(_, pupils)| pupils)
        .collect();
    let target = scene.school.class(2);
    let mut changes: Vec<Value> = everybody
        .iter()
        .map(|student| json!({ "student_id": student, "class_id": target }))
        .collect();
    let stranger = Uuid::from_u128(0x0190_a5b2_7c00_7000_8000_0000_0000_0001);
    changes[17]["student_id"] = json!(stranger);
    let before = snapshot(&scene).await?;

    let refused = scene
        .roster(json!(changes))
        .await?
        .expect_problem(404, "not_found")?;
    ensure!(code_of(&refused, 17) == Some("not_found"), "{refused:#?}");
    let errors = refused.body["errors"].as_array().map(Vec::len);
    ensure!(errors == Some(1), "only the 18th is at fault: {refused:#?}");
    ensure!(snapshot(&scene).await? == before);

    changes[17]["student_id"] = json!(everybody[17]);
    let outcome = scene.move_students(json!(changes)).await?;
    ensure!(
        outcome == json!({ "changed": 20, "unchanged": 10 }),
        "{outcome}"
    );
    ensure!(scene.student_count(target).await? == 30);
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Whatever is wrong with one change, the one beside it must not happen, and the answer must say
/// which it is and why. A class or pupil of another school looks like none at all.
async fn every_kind_of_impossible_change_is_refused(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let other = scene.world.school(SIZE).await?;
    let school = &scene.school;
    let (target, pupils) = (school.class(0), &school.classes[1].1);
    let deleted = scene.world.class(&school.uai, "3e éphémère").await?;
    scene
        .head
        .delete(&format!("/api/v1/classes/{deleted}"))
        .await?
        .expect(204)?;
    let rejected = pupils[9];
    scene
        .move_students(json!([{ "student_id": rejected, "not_in_establishment": true }]))
        .await?;
    let unknown = ClassId::new(Uuid::from_u128(7));
    let before = snapshot(&scene).await?;

    let student = pupils[1];
    for (change, status, code) in [
        (
            json!({ "student_id": student, "class_id": other.class(0) }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": student, "class_id": unknown }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": student, "class_id": deleted }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": other.classes[0].1[0], "class_id": target }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": other.without_class[0], "class_id": target }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": rejected, "class_id": target }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": other.classes[0].1[0], "not_in_establishment": true }),
            404,
            "not_found",
        ),
        (
            json!({ "student_id": student, "class_id": target, "from_class_id": school.class(2) }),
            409,
            "student_moved_meanwhile",
        ),
    ] {
        let possible = json!({ "student_id": pupils[0], "class_id": target });
        let refused = scene.roster(json!([possible, change])).await?;
        let refused = refused
            .expect_problem(status, code)
            .with_context(|| format!("for {change}"))?;
        ensure!(code_of(&refused, 1) == Some(code), "{change}: {refused:#?}");
        ensure!(code_of(&refused, 0).is_none(), "{change}: {refused:#?}");
        ensure!(
            snapshot(&scene).await? == before,
            "{change} changed something"
        );
    }
    Ok(())
}

/// Which of two wishes for one pupil should win? Nobody knows, so neither does.
async fn a_pupil_named_twice_is_refused(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let student = scene.school.classes[0].1[0];
    let before = snapshot(&scene).await?;
    for second in [
        json!({ "student_id": student, "class_id": scene.school.class(2) }),
        json!({ "student_id": student, "class_id": scene.school.class(1) }),
        json!({ "student_id": student, "not_in_establishment": true }),
    ] {
        let first = json!({ "student_id": student, "class_id": scene.school.class(1) });
        let refused = scene.roster(json!([first, second])).await?;
        let refused = refused.expect_problem(422, "validation")?;
        ensure!(code_of(&refused, 1).is_some(), "{refused:#?}");
        ensure!(snapshot(&scene).await? == before);
    }
    Ok(())
}

/// The page sends every pupil it shows. Those who stay where they are must not fill the history with
/// moves that never were, and a choice left blank never rejects or removes anybody.
async fn what_is_already_so_is_counted_and_appends_nothing(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let (class, pupils) = &scene.school.classes[0];
    let before = snapshot(&scene).await?;
    let mut changes: Vec<Value> = pupils
        .iter()
        .map(|student| json!({ "student_id": student, "class_id": class }))
        .collect();
    // Even where the caller believed the pupil elsewhere: the wish is fulfilled.
    changes[3]["from_class_id"] = json!(scene.school.class(1));
    changes.push(json!({ "student_id": scene.school.without_class[0] }));
    changes.push(json!({ "student_id": scene.school.classes[1].1[0], "class_id": null }));
    let outcome = scene.move_students(json!(changes)).await?;
    ensure!(
        outcome == json!({ "changed": 0, "unchanged": 12 }),
        "{outcome}"
    );
    let outcome = scene.move_students(json!([])).await?;
    ensure!(
        outcome == json!({ "changed": 0, "unchanged": 0 }),
        "{outcome}"
    );
    ensure!(snapshot(&scene).await? == before);
    Ok(())
}

/// A form sends an empty text for a choice that nobody made, and rows of pupils whom a colleague took out
/// meanwhile. None of that spoils what was chosen for the others.
async fn a_blank_row_changes_and_refuses_nothing(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let (class, pupils) = &scene.school.classes[0];
    let (gone, moved) = (pupils[0], pupils[1]);
    scene
        .move_students(json!([{ "student_id": gone, "not_in_establishment": true }]))
        .await?;
    let stranger = Uuid::from_u128(0x0190_a5b2_7c00_7000_8000_0000_0000_0001);
    let outcome = scene
        .move_students(json!([
            { "student_id": gone, "class_id": "", "from_class_id": class },
            { "student_id": stranger, "class_id": " " },
            { "student_id": moved, "class_id": scene.school.class(1), "from_class_id": class },
            { "student_id": pupils[2], "class_id": "", "from_class_id": "" },
            { "student_id": pupils[2], "class_id": null },
        ]))
        .await?;
    ensure!(
        outcome == json!({ "changed": 1, "unchanged": 4 }),
        "{outcome}"
    );
    ensure!(scene.student_count(class).await? == 8);
    ensure!(scene.student_count(scene.school.class(1)).await? == 11);
    // Blank is a class too: that of a pupil who has none.
    let waiting = scene.school.without_class[0];
    let outcome = scene
        .move_students(json!([{ "student_id": waiting, "class_id": class, "from_class_id": "" }]))
        .await?;
    ensure!(outcome["changed"] == 1, "{outcome}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// An optional field says as little when it is empty as when it is not there. Only "Ma classe" is asked again:
/// whoever chose nothing does not lose the one that they have.
async fn what_was_left_blank_is_left_out_everywhere(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let school = &scene.school;
    let mut pupil = newcomer::pupil(&school.uai, "p@famille.test", Some(""));
    scene.server.client().sign_up(&pupil).await?.expect(202)?;
    pupil["class_id"] = json!("3e A");
    let refused = scene.server.client().sign_up(&pupil).await?;
    refused.expect_problem(422, "validation")?;

    let mut colleague = newcomer::invitation(Role::Teacher, "a.martin@ac-demo.test");
    colleague["class_id"] = json!("");
    let invitations = school.path("/invitations");
    scene
        .head
        .post(&invitations, colleague)
        .await?
        .expect(201)?;

    let events = "/api/v1/audit/events?establishment=&class=&student=&actor=&type=&since=&until=";
    ensure!(
        !scene
            .head
            .get(events)
            .await?
            .expect(200)?
            .items()?
            .is_empty()
    );

    let own = "/api/v1/session/class";
    let class = school.class(0);
    scene
        .head
        .put(own, json!({ "class_id": class }))
        .await?
        .expect(200)?;
    let refused = scene.head.put(own, json!({ "class_id": "" })).await?;
    refused.expect_problem(422, "validation")?;
    ensure!(scene.head.account().await?["class_id"] == json!(class));
    scene
        .head
        .put(own, json!({ "class_id": null }))
        .await?
        .expect(200)?;
    ensure!(scene.head.account().await?["class_id"].is_null());
    Ok(())
}

/// Staff know pupils by their names. Of one who is not theirs nothing is said but the place in the request.
async fn pupils_at_fault_are_named_by_their_names(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let school = &scene.school;
    let (a, pupils) = &school.classes[0];
    let moved = scene
        .world
        .student(&school.uai, Some(*a), "Maëlle", "Łoś")
        .await?;
    scene
        .move_students(json!([{ "student_id": moved, "class_id": school.class(1) }]))
        .await?;
    let elsewhere = scene.world.school(Size::default()).await?;
    let stranger = scene
        .world
        .student(&elsewhere.uai, None, "Nils", "Østby")
        .await?;
    let refused = scene
        .roster(json!([
            { "student_id": moved, "class_id": school.class(2), "from_class_id": a },
            { "student_id": stranger, "class_id": a },
            { "student_id": pupils[0], "class_id": Uuid::from_u128(7) },
        ]))
        .await?;
    let refused = refused.expect_problem(409, "student_moved_meanwhile")?;
    let detail = |index: usize| refused.text_at(&format!("/errors/{index}/detail"));
    ensure!(
        detail(0)?.starts_with("Maëlle Łoś est maintenant en 3e B (head Exemple, à l'instant)."),
        "{refused:#?}"
    );
    ensure!(
        detail(1)?.starts_with("Un élève de cette liste"),
        "{refused:#?}"
    );
    ensure!(
        detail(2)?.starts_with("Élève 000 Exemple : "),
        "{refused:#?}"
    );
    for secret in [&stranger.to_string(), "Nils", "Østby"] {
        ensure!(!refused.text.contains(secret), "{secret}: {refused:#?}");
    }
    Ok(())
}

/// The manual lets every member of staff move pupils and correct mistakes, and leaves the first
/// class, which opens the search for an internship, to the head and the main teachers.
async fn only_heads_and_main_teachers_give_a_first_class(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let school = &scene.school;
    let roster = school.path("/roster");
    let assign = |index: usize| {
        let student = school.without_class[index];
        json!({ "changes": [{ "student_id": student, "class_id": school.class(0) }] })
    };
    for role in [Role::Teacher, Role::Counsellor] {
        let colleague = scene.staff(role).await?;
        let refused = colleague.post(&roster, assign(0)).await?;
        refused.expect_problem(403, "forbidden")?;
        let student = school.classes[1].1[usize::from(role == Role::Teacher)];
        let change = json!({ "student_id": student, "class_id": school.class(0) });
        let moved = colleague
            .post(&roster, json!({ "changes": [change] }))
            .await?;
        moved.expect(200)?;
    }
    let main_teacher = scene.staff(Role::MainTeacher).await?;
    main_teacher.post(&roster, assign(0)).await?.expect(200)?;
    scene.head.post(&roster, assign(1)).await?.expect(200)?;
    ensure!(scene.classes().await?["students_without_class"] == 0);
    Ok(())
}
