//! A request that is sent again, since its answer was lost or somebody pressed twice, is carried out once.

mod killed;
mod links;

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    newcomer::{invitation, pupil},
    on_both_engines, replay,
    scene::Scene,
    server::Server,
    world::{Size, World},
};
use accounts::tidying;
use anyhow::{Context as _, ensure};
use chrono::TimeDelta;
use domain::values::Role;
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};
use store::fetch_optional;

on_both_engines!(
    what_is_sent_again_is_answered_again_and_not_carried_out,
    another_request_under_the_same_key_is_refused,
    sent_at_once_to_two_servers_it_is_carried_out_once,
    what_is_kept_says_nothing_of_anybody,
    after_a_day_a_key_is_forgotten,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 2,
    without_class: 1,
};

/// A request, to be sent as often as one likes.
struct Asked {
    method: Method,
    path: String,
    body: Value,
}

fn asked(method: Method, path: impl Into<String>, body: Value) -> Asked {
    let path = path.into();
    Asked { method, path, body }
}

impl Asked {
    async fn send(&self, client: &Client, key: &str) -> anyhow::Result<Answer> {
        client.once(key, &self.method, &self.path, &self.body).await
    }

    /// Sends it three times under one key: all of it must be as after the first.
    async fn send_thrice(&self, client: &Client, world: &World) -> anyhow::Result<Answer> {
        let key = world.commands.clock().new_uuid().to_string();
        let first = self.send(client, &key).await?;
        ensure!((200..300).contains(&first.status), "{first:#?}");
        let after = traces(world).await?;
        for _ in 0..2 {
            let again = self.send(client, &key).await?;
            let same = again.status == first.status
                && again.text == first.text
                && ["location", "etag"]
                    .iter()
                    .all(|name| again.headers.get(*name) == first.headers.get(*name));
            ensure!(same, "first {first:#?}, then {again:#?}");
        }
        let (counts, newest) = traces(world).await?;
        ensure!(
            counts == after.0 && newest <= after.1,
            "carried out again: {first:#?}"
        );
        Ok(first)
    }
}

/// All that a request may leave behind: events, who signed up or is invited, and messages to be sent. Of those
/// the newest counts: some go when they turn out to be needed no more.
async fn traces(world: &World) -> anyhow::Result<([i64; 3], Option<String>)> {
    let mut reader = world.store().reader().await?;
    let newest = "SELECT id FROM outbox ORDER BY id DESC LIMIT 1";
    let newest = fetch_optional!(&mut reader.conn(), (String,), newest)?;
    drop(reader);
    let counts = [
        world.event_count().await?,
        world.count("SELECT COUNT(*) FROM sign_ups").await?,
        world.count("SELECT COUNT(*) FROM people").await?,
    ];
    Ok((counts, newest.map(|(id,)| id)))
}

/// The answer to "Enregistrer" is lost on a bad line, and the program that sent it sends it again: the same
/// answer, once more; one class, one move, one message.
async fn what_is_sent_again_is_answered_again_and_not_carried_out(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = quiet(engine).await?;
    let (world, head, school) = (&scene.world, &scene.head, &scene.school);
    let own = |rest: &str| school.path(rest);
    let new = json!({ "name": "3e nouvelle", "track": "troisieme_generale" });
    let created = asked(Method::POST, own("/classes"), new);
    let created = created.send_thrice(head, world).await?;
    let class = created.text_at("/id")?;
    let class_path = format!("/api/v1/classes/{class}");

    let rename = asked(Method::PATCH, &class_path, json!({ "name": "3e Curie" }));
    rename.send_thrice(head, world).await?;
    let (from, pupil_) = (school.class(0), school.classes[0].1[0]);
    let change =
        json!({ "student_id": pupil_, "class_id": school.class(1), "from_class_id": from });
    let roster = asked(Method::POST, own("/roster"), json!({ "changes": [change] }));
    let moved = roster.send_thrice(head, world).await?;
    ensure!(moved.body == json!({ "changed": 1, "unchanged": 0 }));
    let out = json!({ "student_id": school.without_class[0], "not_in_establishment": true });
    let roster = asked(Method::POST, own("/roster"), json!({ "changes": [out] }));
    roster.send_thrice(head, world).await?;
    let teacher = scene.staff(Role::MainTeacher).await?;
    let mine = json!({ "class_id": school.class(1) });
    let seat = asked(Method::PUT, "/api/v1/session/class", mine);
    seat.send_thrice(&teacher, world).await?;

    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invited = asked(Method::POST, own("/invitations"), form);
    let invited = invited.send_thrice(head, world).await?;
    let invitation_path = format!("/api/v1/invitations/{}", invited.text_at("/id")?);
    let resend = asked(
        Method::POST,
        format!("{invitation_path}/resend"),
        Value::Null,
    );
    resend.send_thrice(head, world).await?;
    for path in [invitation_path, class_path] {
        let removed = asked(Method::DELETE, path, Value::Null);
        let removed = removed.send_thrice(head, world).await?;
        ensure!(removed.status == 204, "{removed:#?}");
    }
    let counsellor = school.staff.iter().find(|it| it.role == Role::Counsellor);
    let counsellor = counsellor.context("a counsellor")?.id;
    let removed = asked(
        Method::DELETE,
        own(&format!("/staff/{counsellor}")),
        Value::Null,
    );
    removed.send_thrice(head, world).await?;

    let administrator = world.administrator().await?;
    let administrator = scene.server.client().sign_in(&administrator.email).await?;
    let path = format!("/api/v1/admin/establishments/{}/eligibility", school.uai);
    let decision = json!({ "eligible": false, "reason": "Fermeture en juin." });
    let decided = asked(Method::PUT, path, decision);
    decided.send_thrice(&administrator, world).await?;
    audit::everything(world.store()).await?;
    Ok(())
}

/// The scene where nothing is slowed down, and no message leaves: those that are to be sent are counted.
async fn quiet(engine: Engine) -> anyhow::Result<Scene> {
    let settings = [
        ("MONSTAGE_THROTTLE", "off"),
        ("MONSTAGE_MAIL_URL", "smtp://127.0.0.1:9"),
    ];
    Scene::with(engine, SIZE, &settings).await
}

/// A key that a program uses by mistake for something else would have that something never done.
async fn another_request_under_the_same_key_is_refused(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let path = scene.school.path("/classes");
    let class = |name: &str| {
        let body = json!({ "name": name, "track": "troisieme_generale" });
        asked(Method::POST, &path, body)
    };
    class("3e X").send(&scene.head, "1").await?.expect(201)?;
    let other = class("3e Y").send(&scene.head, "1").await?;
    other.expect_problem(422, "idempotency_key_reused")?;
    // What was refused was not carried out: corrected, it may come under the same key.
    let taken = class("3e X").send(&scene.head, "2").await?;
    taken.expect_problem(409, "class_name_taken")?;
    class("3e Y").send(&scene.head, "2").await?.expect(201)?;
    // Others choose keys without asking.
    let teacher = scene.staff(Role::Teacher).await?;
    class("3e Z").send(&teacher, "1").await?.expect(201)?;
    let neighbour = scene.world.school(SIZE).await?;
    let neighbour_head = scene.server.client();
    let neighbour_head = neighbour_head.sign_in(neighbour.email(Role::Head)).await?;
    let theirs = class("3e X").send(&neighbour_head, "1").await?;
    theirs.expect_problem(404, "not_found")?;
    let long = "x".repeat(145);
    for wrong in ["", "\"\"", "a b", long.as_str()] {
        let refused = class("3e W").send(&scene.head, wrong).await?;
        refused.expect_problem(400, "malformed")?;
    }
    Ok(())
}

/// Pressed twice, or sent again by a balancer to the other server while the first is at work.
async fn sent_at_once_to_two_servers_it_is_carried_out_once(engine: Engine) -> anyhow::Result<()> {
    let scene = quiet(engine).await?;
    let other = Server::start(&scene.world.database.url)?;
    let other_head = other
        .client()
        .sign_in(scene.school.email(Role::Head))
        .await?;
    let heads = [&scene.head, &other_head];
    let pupils = &scene.school.classes[0].1;
    for round in 0..10 {
        let (path, body) = if round % 2 == 0 {
            let name = format!("3e {round}");
            let class = json!({ "name": name, "track": "troisieme_generale" });
            (scene.school.path("/classes"), class)
        } else {
            let to = scene.school.class(1 - (round / 2) % 2);
            let change = |id| json!({ "student_id": id, "class_id": to });
            let changes: Vec<Value> = pupils.iter().map(change).collect();
            (scene.school.path("/roster"), json!({ "changes": changes }))
        };
        let request = asked(Method::POST, path, body);
        let before = scene.world.event_count().await?;
        let key = scene.world.commands.clock().new_uuid().to_string();
        let sent = (0..16).map(|turn| request.send(heads[turn % 2], &key));
        let answers = try_join_all(sent).await?;
        let caused = scene.world.event_count().await? - before;
        let last = request.send(&scene.head, &key).await?;
        ensure!((200..300).contains(&last.status), "{last:#?}");
        for answer in answers {
            let same = answer.status == last.status && answer.text == last.text;
            if !same {
                answer.expect_problem(409, "idempotency_key_in_use")?;
            }
        }
        // Two pupils change places: each a move, and two sides of it.
        let expected = if round % 2 == 0 { 1 } else { 6 };
        ensure!(caused == expected, "{caused} events in round {round}");
        ensure!(scene.world.event_count().await? == before + caused);
    }
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// The table is read by whoever reads the database, and is no second place of people's data.
async fn what_is_kept_says_nothing_of_anybody(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let key = "8e03978e-40d5-43e8-bc93-6894a57f9324";
    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invited = asked(Method::POST, scene.school.path("/invitations"), form);
    invited.send(&scene.head, key).await?.expect(201)?;
    let form = pupil(&scene.school.uai, "noa@famille.test", None);
    let signed_up = asked(Method::POST, "/api/v1/accounts", form);
    let nobody = scene.server.client();
    signed_up.send(&nobody, key).await?.expect(202)?;
    let mut reader = scene.world.store().reader().await?;
    let rows = replay::rows(&mut reader.conn(), "requests_done").await?;
    ensure!(rows.len() == 2, "{rows:#?}");
    for row in rows {
        for kept in [key, "invitee", "famille", "Dominique", "Exemple", "2012"] {
            ensure!(!row.contains(kept), "{kept} in {row}");
        }
    }
    Ok(())
}

/// Nobody repeats a request that old; and a table that only grows is one too many.
async fn after_a_day_a_key_is_forgotten(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let address = json!({ "email": scene.school.email(Role::Teacher) });
    let forgotten = asked(Method::POST, "/api/v1/accounts/password-reset", address);
    let nobody = scene.server.client();
    forgotten.send(&nobody, "1").await?.expect(202)?;
    let kept = "SELECT COUNT(*) FROM requests_done";
    let now = scene.world.commands.clock().now();
    for (later, left) in [(TimeDelta::hours(23), 1), (TimeDelta::hours(25), 0)] {
        tidying::tidy(scene.world.store(), now + later).await?;
        ensure!(scene.world.count(kept).await? == left, "after {later}");
    }
    Ok(())
}
