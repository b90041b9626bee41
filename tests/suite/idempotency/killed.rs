//! Whoever gets no answer does not know; whoever sends the same again learns.

use std::time::Duration;

use acceptance::{
    audit, chance::part, client::Client, engine::Engine, on_both_engines, server::Server,
    world::World,
};
use anyhow::ensure;
use domain::values::Role;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use super::{SIZE, asked};

on_both_engines!(killed_before_the_answer_it_is_carried_out_once);

const KILLS: usize = 10;
const WORKERS: usize = 6;

/// `kill -9` between the commit and the answer, again and again: each class that was asked for is there
/// once after it was asked for again, whether the first time counted or not.
async fn killed_before_the_answer_it_is_carried_out_once(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let path = school.path("/classes");
    let mut asked_for = 0;
    let mut unanswered = 0;
    for round in 0..KILLS {
        let mut server = Server::start(&world.database.url)?;
        let head = server.client().sign_in(school.email(Role::Head)).await?;
        let workers = (0..WORKERS).map(|worker| work(&head, &path, round, worker));
        let delay = Duration::from_millis(20) + Duration::from_millis(60).mul_f64(part());
        let kill = async {
            sleep(delay).await;
            server.kill()
        };
        let (sent, killed) = tokio::join!(join_all(workers), kill);
        killed?;
        let server = Server::start(&world.database.url)?;
        let head = server.client().sign_in(school.email(Role::Head)).await?;
        for (worker, sent) in sent.into_iter().enumerate() {
            // The last one of each was not answered.
            create(&head, &path, round, worker, sent).await?;
            asked_for += sent + 1;
            unanswered += 1;
        }
    }
    let created = "SELECT COUNT(*) FROM events WHERE event_type = 'ClassCreated'";
    let created = usize::try_from(world.count(created).await?)? - SIZE.classes;
    ensure!(created == asked_for, "{created} classes of {asked_for}");
    ensure!(asked_for > unanswered, "the servers answered nothing");
    audit::everything(world.store()).await?;
    Ok(())
}

/// Creates classes until the server is gone, and says how many it answered.
async fn work(head: &Client, path: &str, round: usize, worker: usize) -> usize {
    let mut answered = 0;
    while create(head, path, round, worker, answered).await.is_ok() {
        answered += 1;
    }
    answered
}

async fn create(
    head: &Client,
    path: &str,
    round: usize,
    worker: usize,
    turn: usize,
) -> anyhow::Result<()> {
    let name = format!("{round} {worker} {turn}");
    let body = json!({ "name": name, "track": "troisieme_generale" });
    let request = asked(Method::POST, path, body);
    let created = request.send(head, &name.replace(' ', "-")).await?;
    let created = created.expect(201)?;
    ensure!(created.body["name"] == name, "{created:#?}");
    Ok(())
}
