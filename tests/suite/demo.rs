//! `monstage demo`: what a newcomer runs first.

use std::process::Command;

use acceptance::{
    audit, binary,
    client::Client,
    engine::{Engine, TestDatabase},
    on_both_engines,
    server::Server,
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use store::{Clock as _, Store, SystemClock};

on_both_engines!(demo_sets_up_a_working_service_and_keeps_what_people_did);

/// The first minute decides whether somebody goes on. One command must bring up schools to try
/// everything on, and say how to get in; and run again it must not undo what was tried.
async fn demo_sets_up_a_working_service_and_keeps_what_people_did(
    engine: Engine,
) -> anyhow::Result<()> {
    let database = TestDatabase::new(engine).await?;
    let mut server = start(&database)?;
    let greeting = server.log_with("Ctrl-C")?;
    ensure!(greeting.contains("demonstration-2026"), "{greeting}");
    ensure!(
        greeting.contains(&server.address),
        "says the address: {greeting}"
    );

    let nobody = server.client();
    let found = nobody
        .get("/api/v1/establishments?q=coll%C3%A8ge")
        .await?
        .expect(200)?;
    let schools = found.items()?;
    ensure!(schools.len() == 3, "{found:#?}");
    let registered: Vec<&Value> = schools.iter().filter(|s| s["registered"] == true).collect();
    let mut priorities: Vec<_> = registered.iter().map(|s| s["priority"].as_str()).collect();
    priorities.sort_unstable();
    ensure!(priorities == [Some("REP"), Some("REP+")], "{found:#?}");
    let open = schools.iter().find(|school| school["registered"] == false);
    let open = open.context("a school to register")?;
    ensure!(open["open_to"] == json!(["head"]), "{open}");

    let heads = addresses(&greeting);
    let mut classes = Vec::new();
    for school in registered {
        let uai = school["uai"].as_str().context("a UAI")?;
        let head = head_of(&nobody, &heads, uai).await?;
        let list = head
            .get(&format!("/api/v1/establishments/{uai}/classes"))
            .await?
            .expect(200)?;
        ensure!(list.items()?.len() == 4, "{list:#?}");
        ensure!(list.body["students_without_class"] == 5, "{list:#?}");
        let pupils: u64 = list
            .items()?
            .iter()
            .filter_map(|c| c["student_count"].as_u64())
            .sum();
        ensure!(
            (85..=115).contains(&(pupils + 5)),
            "about 100 pupils: {pupils}"
        );
        let staff = head
            .get(&format!("/api/v1/establishments/{uai}/staff"))
            .await?
            .expect(200)?;
        let main_teachers = staff
            .items()?
            .iter()
            .filter(|s| s["role"] == "main_teacher");
        ensure!(main_teachers.count() == 2, "{staff:#?}");
        the_history_tells_a_story(&head, uai).await?;
        classes.push(list.text_at("/items/0/id")?);
    }
    let head = sign_in_as_any(&nobody, &heads, &classes[0]).await?;
    let class = format!("/api/v1/classes/{}", classes[0]);
    head.patch(&class, json!({ "name": "3e rebaptisée" }))
        .await?
        .expect(200)?;

    let before = state(&database).await?;
    ensure!(server.stop()?.success(), "{}", server.log());
    let server = start(&database)?;
    ensure!(
        state(&database).await? == before,
        "the second start changed something"
    );
    let head = sign_in_as_any(&server.client(), &heads, &classes[0]).await?;
    let class = head.get(&class).await?.expect(200)?;
    ensure!(class.body["name"] == "3e rebaptisée", "{class:#?}");
    Ok(())
}

/// Whoever opens the history for the first time sees what it is for: who did what, by themselves, over weeks;
/// and another day's lists than today's.
async fn the_history_tells_a_story(head: &Client, uai: &str) -> anyhow::Result<()> {
    let events = async |kind: &str| {
        let path = format!("/api/v1/audit/events?limit=200&type={kind}");
        let found = head.get(&path).await?.expect(200)?;
        anyhow::Ok(found.items()?.clone())
    };
    let at = |event: &Value| -> anyhow::Result<DateTime<Utc>> {
        Ok(serde_json::from_value(event["recorded_at"].clone())?)
    };
    let sign_ups = events("StudentRegistered").await?;
    ensure!(sign_ups.iter().all(|it| it["actor"]["role"] == "student"));
    let registered = events("EstablishmentRegistered").await?;
    ensure!(at(&sign_ups[0])? - at(&registered[0])? > TimeDelta::days(3));
    ensure!(at(&sign_ups[0])? < SystemClock.now());
    for (kind, times) in [
        ("StudentMoved", 3),
        ("StudentRejected", 1),
        ("StaffLeft", 1),
        ("StaffInvited", 1),
        ("ClassTrackChanged", 1),
    ] {
        let told = events(kind).await?;
        ensure!(told.len() == times, "{kind}: {told:#?}");
        ensure!(told[0]["actor"]["role"] != "system", "{told:#?}");
    }
    let renamed = &events("ClassRenamed").await?[0];
    let before = at(renamed)? - TimeDelta::microseconds(1);
    let before = before.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let path = format!("/api/v1/audit/establishments/{uai}/classes?as_of={before}");
    let lists = head.get(&path).await?.expect(200)?;
    let (then, since) = (&renamed["data"]["previous"], &renamed["data"]["name"]);
    let names: Vec<&Value> = lists.items()?.iter().map(|it| &it["name"]).collect();
    ensure!(
        names.contains(&then) && !names.contains(&since),
        "{names:?}"
    );
    Ok(())
}

pub(super) fn start(database: &TestDatabase) -> anyhow::Result<Server> {
    let mut command = Command::new(binary::monstage()?);
    command.args(["demo", "--listen", "127.0.0.1:0"]);
    command.args(["--database-url", &database.url]);
    command
        .env_remove("DATABASE_URL")
        .current_dir(&database.folder);
    Server::spawn(command)
}

/// Every address that the demo printed.
fn addresses(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || "<>(),;│|".contains(c))
        .filter(|word| word.contains('@'))
        .map(str::to_owned)
        .collect()
}

async fn session(nobody: &Client, email: &str) -> anyhow::Result<(Client, Value)> {
    let body = json!({ "email": email, "password": "demonstration-2026" });
    let answer = nobody.post("/api/v1/session", body).await?.expect(201)?;
    let token = answer.text_at("/token")?;
    Ok((nobody.with_token(&token), answer.body["account"].clone()))
}

/// The head of a school, among the accounts that the demo printed.
async fn head_of(nobody: &Client, emails: &[String], uai: &str) -> anyhow::Result<Client> {
    for email in emails {
        let (client, account) = session(nobody, email).await?;
        if account["role"] == "head" && account["uai"] == uai {
            return Ok(client);
        }
    }
    anyhow::bail!("the demo names no head of {uai}: {emails:?}")
}

/// Somebody among them who may open this class.
async fn sign_in_as_any(nobody: &Client, emails: &[String], class: &str) -> anyhow::Result<Client> {
    for email in emails {
        let (client, account) = session(nobody, email).await?;
        let class = client.get(&format!("/api/v1/classes/{class}")).await?;
        if account["role"] == "head" && class.status == 200 {
            return Ok(client);
        }
    }
    anyhow::bail!("nobody may open the class {class}")
}

/// The length of the log and how many people it is about, after checking everything.
async fn state(database: &TestDatabase) -> anyhow::Result<(i64, usize)> {
    let store = Store::connect(&database.url, projections::all()).await?;
    let truth = audit::everything(&store).await?;
    let head = store.head().await?;
    store.close().await;
    Ok((head, truth.students.len()))
}
