//! Signing up: what is asked of whom, and when it is whose turn.

use acceptance::{
    audit,
    client::Answer,
    engine::Engine,
    mail::Kind,
    newcomer::{pupil, staff},
    on_both_engines, replay,
    scene::Scene,
    server::Server,
    world::{PASSWORD, Size, World},
};
use anyhow::{Context as _, ensure};
use domain::values::{Priority, Role};
use serde_json::{Value, json};

on_both_engines!(
    everything_wrong_is_said_at_once,
    a_relaxed_order_drops_only_the_wait_for_a_main_teacher,
    staff_addresses_are_those_of_the_academy_or_any,
    a_class_elsewhere_is_as_unknown_as_one_that_never_was,
    without_a_mailbox_staff_come_by_invitation_only,
    a_sign_up_with_the_address_of_somebody_else_is_in_nobodys_way,
    activating_signs_in,
    an_address_that_has_an_account_keeps_it_as_it_is,
    a_head_who_does_not_activate_blocks_nobody,
    a_class_deleted_meanwhile_leaves_the_pupil_without_one,
    a_pupil_joins_again_when_it_is_their_turn,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// A form that names one mistake after the other is filled in five times, by a pupil on a phone.
async fn everything_wrong_is_said_at_once(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let good = pupil(&scene.school.uai, "noa@famille.test", None);
    let all_wrong = json!({
        "role": "student",
        "uai": "xyz",
        "email": "pas une adresse",
        "password": "court",
        "first_name": " ",
        "last_name": "",
        "birth_date": "hier",
        "class_id": "3e A",
    });
    let empty = json!({});
    for (form, fields) in [
        (all_wrong.clone(), all_wrong.as_object()),
        (empty, good.as_object()),
    ] {
        let refused = nobody
            .sign_up(&form)
            .await?
            .expect_problem(422, "validation")?;
        let expected = fields.context("a form")?.keys();
        // Who has no role is asked for no birth date.
        let expected = expected.filter(|field| *field != "role" || form["role"].is_null());
        let expected = expected.filter(|field| *field != "birth_date" || !form["role"].is_null());
        for field in expected {
            ensure!(names(&refused, field), "{field} is not named: {refused:#?}");
        }
    }
    for (field, value) in [
        ("birth_date", Value::Null),
        ("birth_date", json!("2999-01-01")),
        ("birth_date", json!("1850-01-01")),
        ("role", json!("administrator")),
        ("role", json!("proviseur")),
        ("password", json!(PASSWORD)),
        ("class_id", json!("3e A")),
        ("surnom", json!("Nono")),
    ] {
        let mut form = good.clone();
        form[field] = value.clone();
        let refused = nobody.sign_up(&form).await?;
        let refused = refused
            .expect_problem(422, "validation")
            .with_context(|| format!("{field}: {value}"))?;
        ensure!(names(&refused, field), "{field}: {value}: {refused:#?}");
    }
    ensure!(scene.world.count("SELECT COUNT(*) FROM sign_ups").await? == 0);
    nobody.sign_up(&good).await?.expect(202)?;
    Ok(())
}

fn names(problem: &Answer, field: &str) -> bool {
    let errors = problem.body["errors"].as_array();
    errors.is_some_and(|errors| errors.iter().any(|error| error["field"] == field))
}

/// An academy may let pupils in before the main teachers are there; but a pupil without a class to
/// choose, or in a collège without a head, would be in nobody's list.
async fn a_relaxed_order_drops_only_the_wait_for_a_main_teacher(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.listed_school(Some(Priority::Rep)).await?;
    let url = &world.database.url;
    let strict = Server::start(url)?;
    let relaxed = Server::start_with(url, &[("MONSTAGE_SIGNUP_ORDER", "relaxed")])?;
    let noa = pupil(&uai, "noa@famille.test", None);
    let refuses = async |server: &Server, code: &str| {
        let refused = server.client().sign_up(&noa).await?;
        refused.expect_problem(409, code)
    };

    refuses(&relaxed, "establishment_not_registered").await?;
    // Two servers on one database: either may send the messages of both.
    let form = staff(Role::Head, &uai, "principal@ac-demo.test");
    let head = strict.client();
    head.sign_up(&form).await?.expect(202)?;
    world.mail_settled().await?;
    let mailboxes = [strict.mailbox(), relaxed.mailbox()];
    let mut messages = Vec::new();
    for mailbox in &mailboxes {
        messages.extend(mailbox.to("principal@ac-demo.test")?);
    }
    let token = messages.first().context("no activation")?.token()?;
    head.activate(&token).await?.expect(200)?;
    refuses(&relaxed, "students_not_admitted_yet").await?;
    world.class(&uai, "3e A").await?;
    refuses(&strict, "students_not_admitted_yet").await?;
    relaxed.client().sign_up(&noa).await?.expect(202)?;
    let path = format!("/api/v1/establishments/{uai}");
    let school = relaxed.client().get(&path).await?.expect(200)?;
    ensure!(
        school.body["open_to"] == json!(["staff", "students"]),
        "{school:#?}"
    );
    Ok(())
}

/// The domain of the address is all that tells staff from anybody else. One that only looks like it
/// must not pass, nor may the way it is typed keep anybody out.
async fn staff_addresses_are_those_of_the_academy_or_any(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let uai = &scene.school.uai;
    let nobody = scene.server.client();
    for email in [
        "prof@ailleurs.test",
        "prof@ac-demo.test.ailleurs.test",
        "prof@faux-ac-demo.test",
        "prof@sous.ac-demo.test",
        "prof@ac-demo.tes",
    ] {
        let refused = nobody.sign_up(&staff(Role::Teacher, uai, email)).await?;
        refused
            .expect_problem(422, "email_not_allowed")
            .with_context(|| email.to_owned())?;
    }
    nobody
        .sign_up(&staff(Role::Teacher, uai, "Prof@AC-Demo.TEST"))
        .await?
        .expect(202)?;
    // A pupil's address is a family's.
    nobody
        .sign_up(&pupil(uai, "noa@ailleurs.test", None))
        .await?
        .expect(202)?;

    let any = [("MONSTAGE_STAFF_EMAIL", "any")];
    let server = Server::start_with(&scene.world.database.url, &any)?;
    let form = staff(Role::Teacher, uai, "prof@ailleurs.test");
    server.client().sign_up(&form).await?.expect(202)?;
    Ok(())
}

/// A class in the form that is not of the collège must be refused: the pupil would be in a class of
/// another one. And the refusal must not say that the other collège has such a class.
async fn a_class_elsewhere_is_as_unknown_as_one_that_never_was(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let neighbour = scene.world.school(OPEN).await?;
    let elsewhere = neighbour.class(0).to_string();
    let never = scene.world.commands.clock().new_uuid().to_string();
    let mut answers = Vec::new();
    for class in [elsewhere, never] {
        let form = pupil(&scene.school.uai, "noa@famille.test", Some(&class));
        let refused = scene.server.client().sign_up(&form).await?;
        ensure!(matches!(refused.status, 404 | 422), "{refused:#?}");
        answers.push((refused.status, refused.text.replace(&class, "CLASS")));
    }
    ensure!(answers[0] == answers[1], "{answers:#?}");
    ensure!(scene.world.count("SELECT COUNT(*) FROM sign_ups").await? == 0);
    Ok(())
}

/// Where the directory knows no mailbox there is nothing to compare an address with: anybody could
/// make themself head of a collège.
async fn without_a_mailbox_staff_come_by_invitation_only(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.listed_school_without_mailbox().await?;
    let server = Server::start(&world.database.url)?;
    let form = staff(Role::Head, &uai, "principal@ac-demo.test");
    let refused = server.client().sign_up(&form).await?;
    refused.expect_problem(422, "email_not_allowed")?;
    Ok(())
}

/// Whoever types somebody else's address, before or after its owner, decides nothing: the owner's link is not
/// ended, it makes the account that the owner asked for, and the password is the owner's. What a stranger
/// chooses for an address opens nothing at any time.
async fn a_sign_up_with_the_address_of_somebody_else_is_in_nobodys_way(
    engine: Engine,
) -> anyhow::Result<()> {
    const STRANGERS: &str = "celui de personne ici";
    let scene = Scene::new(engine, OPEN).await?;
    let (nobody, uai) = (scene.server.client(), &scene.school.uai);
    let email = "noa@famille.test";
    let locked_out = async || {
        let out = nobody.try_sign_in(email, STRANGERS).await?;
        out.expect_problem(401, "credentials_invalid")
    };
    let sign_up = async |first_name: &str| {
        let mut form = pupil(uai, email, None);
        form["first_name"] = json!(first_name);
        nobody.sign_up(&form).await?.expect(202)?;
        scene.mailbox.token(email, Kind::Activation).await
    };
    let mut with_password = pupil(uai, email, None);
    with_password["password"] = json!(STRANGERS);
    let refused = nobody.sign_up(&with_password).await?;
    ensure!(names(
        &refused.expect_problem(422, "validation")?,
        "password"
    ));

    let earlier = sign_up("Personne").await?;
    let owners = sign_up("Noa").await?;
    let later = sign_up("Quidam").await?;
    locked_out().await?;
    let activated = nobody.activate(&owners).await?.expect(200)?;
    ensure!(
        activated.body["account"]["first_name"] == "Noa",
        "{activated:#?}"
    );
    for strangers in [&earlier, &later] {
        let gone = nobody.activate_with(strangers, STRANGERS).await?;
        gone.expect_problem(410, "token_invalid")?;
    }
    locked_out().await?;
    nobody.sign_in(email).await?;
    let waiting = "SELECT COUNT(*) FROM sign_ups";
    ensure!(scene.world.count(waiting).await? == 0);
    let people = "SELECT COUNT(*) FROM people WHERE first_name IN ('Personne', 'Quidam')";
    ensure!(scene.world.count(people).await? == 0);
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Whoever activates is in, as by signing in: no second form to fill in, the same session and the same trace.
async fn activating_signs_in(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let email = "noa@famille.test";
    nobody
        .sign_up(&pupil(&scene.school.uai, email, None))
        .await?
        .expect(202)?;
    let token = scene.mailbox.token(email, Kind::Activation).await?;
    scene.world.execute("DELETE FROM sign_ins").await?;
    let activated = nobody.activate(&token).await?.expect(200)?;
    let signed_in = nobody.try_sign_in(email, PASSWORD).await?.expect(201)?;
    for (answer, name) in [(&activated, "the activation"), (&signed_in, "the sign-in")] {
        let cookie = answer.headers.get("set-cookie").context("a cookie")?;
        let token = answer.text_at("/token")?;
        ensure!(cookie.to_str()?.contains(&token), "{name}: {answer:#?}");
        let me = nobody.with_token(&token).account().await?;
        ensure!(me == answer.body["account"], "{name}: {me}");
        ensure!(answer.body["expires_at"].is_string(), "{name}: {answer:#?}");
    }
    let recorded = "SELECT COUNT(*) FROM sign_ins s JOIN accounts a ON a.id = s.account_id \
                    WHERE s.outcome = 'succeeded' AND a.email_key = 'noa@famille.test'";
    ensure!(scene.world.count(recorded).await? == 2);
    Ok(())
}

/// Who signs up with somebody else's address must learn nothing and change nothing; its owner is
/// told, and how to get in.
async fn an_address_that_has_an_account_keeps_it_as_it_is(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let teacher = scene.school.email(Role::Teacher);
    let state = async || {
        let mut reader = scene.world.store().reader().await?;
        let mut rows = Vec::new();
        for table in [
            "accounts", "sign_ups", "people", "events", "staff", "tokens",
        ] {
            rows.push(replay::rows(&mut reader.conn(), table).await?);
        }
        anyhow::Ok(rows)
    };
    let before = state().await?;
    let mut form = staff(Role::Counsellor, &scene.school.uai, teacher);
    let known = nobody.sign_up(&form).await?.expect(202)?;
    scene.mailbox.next(teacher, Kind::AlreadyKnown).await?;
    scene.world.mail_settled().await?;
    ensure!(state().await? == before, "something changed");
    ensure!(scene.mailbox.count(teacher, Kind::Activation)? == 0);
    nobody.sign_in(teacher).await?;

    form["email"] = json!("nouvelle@ac-demo.test");
    let unknown = nobody.sign_up(&form).await?.expect(202)?;
    ensure!(known.text == unknown.text, "{known:#?}, {unknown:#?}");
    Ok(())
}

/// A collège must not be lost to whoever mistyped their address, or to a prankster: headship is
/// taken with the link, not with the form.
async fn a_head_who_does_not_activate_blocks_nobody(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.listed_school(Some(Priority::RepPlus)).await?;
    let server = Server::start(&world.database.url)?;
    let (nobody, mailbox) = (server.client(), server.mailbox());
    let first = "premiere@ac-demo.test";
    nobody
        .sign_up(&staff(Role::Head, &uai, first))
        .await?
        .expect(202)?;
    let late = mailbox.token(first, Kind::Activation).await?;
    let before = world.event_count().await?;
    let second = staff(Role::Head, &uai, "seconde@ac-demo.test");
    let head = nobody.join(&mailbox, &second).await?;
    ensure!(world.event_count().await? > before);
    ensure!(head.account().await?["role"] == "head");

    let late = nobody.activate(&late).await?;
    late.expect_problem(409, "head_already_registered")?;
    let refused = nobody.try_sign_in(first, PASSWORD).await?;
    refused.expect_problem(401, "credentials_invalid")?;
    let staff = head
        .get(&format!("/api/v1/establishments/{uai}/staff"))
        .await?
        .expect(200)?;
    ensure!(staff.items()?.len() == 1, "{staff:#?}");
    audit::everything(world.store()).await?;
    Ok(())
}

/// Days may pass between the form and the link, and staff reorganise their classes meanwhile. The
/// pupil must get in, and show among those to be given a class.
async fn a_class_deleted_meanwhile_leaves_the_pupil_without_one(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let doomed = scene.world.class(&scene.school.uai, "3e fermée").await?;
    let form = pupil(
        &scene.school.uai,
        "noa@famille.test",
        Some(&doomed.to_string()),
    );
    nobody.sign_up(&form).await?.expect(202)?;
    let token = scene
        .mailbox
        .token("noa@famille.test", Kind::Activation)
        .await?;
    let before = scene.classes().await?["students_without_class"].clone();
    let doomed = format!("/api/v1/classes/{doomed}");
    scene.head.delete(&doomed).await?.expect(204)?;
    let activated = nobody.activate(&token).await?.expect(200)?;
    let account = &activated.body["account"];
    ensure!(
        account["uai"] == scene.school.uai.as_str() && account["class_id"].is_null(),
        "{activated:#?}"
    );
    let after = scene.classes().await?["students_without_class"].clone();
    ensure!(
        after.as_u64() == before.as_u64().map(|count| count + 1),
        "{before} before, {after} after"
    );
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// A pupil who was rejected chooses again as freely as at the beginning, and no more: the same turns,
/// and only their own establishment.
async fn a_pupil_joins_again_when_it_is_their_turn(engine: Engine) -> anyhow::Result<()> {
    const JOIN: &str = "/api/v1/me/establishment";
    let scene = Scene::new(engine, OPEN).await?;
    let neighbour = scene.world.school(OPEN).await?;
    let closed = scene.world.listed_school(Some(Priority::Rep)).await?;
    let excluded = scene.world.listed_school(None).await?;
    let nobody = scene.server.client();
    let noa = nobody.sign_in(&scene.school.student.email).await?;
    let id = scene.school.student.id;
    scene
        .move_students(json!([{ "student_id": id, "not_in_establishment": true }]))
        .await?;
    let foreign = json!({ "uai": neighbour.uai, "class_id": scene.school.class(0) });
    for (body, status, code) in [
        (
            json!({ "uai": closed }),
            409,
            Some("establishment_not_registered"),
        ),
        (
            json!({ "uai": excluded }),
            409,
            Some("establishment_not_eligible"),
        ),
        (json!({ "uai": "xyz" }), 422, Some("validation")),
        (json!({}), 422, Some("validation")),
    ] {
        let refused = noa.put(JOIN, body).await?;
        refused.expect_problem(status, code.unwrap_or_default())?;
    }
    let refused = noa.put(JOIN, foreign).await?;
    ensure!(matches!(refused.status, 404 | 422), "{refused:#?}");
    let other = json!({ "uai": neighbour.uai });
    for role in [Role::Head, Role::Teacher] {
        let staff = scene.staff(role).await?;
        let refused = staff.put(JOIN, other.clone()).await?;
        refused.expect_problem(403, "forbidden")?;
    }
    ensure!(noa.account().await?["uai"].is_null());
    noa.put(JOIN, other).await?.expect(200)?;
    ensure!(noa.account().await?["uai"] == neighbour.uai.as_str());
    audit::everything(scene.world.store()).await?;
    Ok(())
}
