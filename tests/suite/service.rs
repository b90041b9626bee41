//! What those who run the service look at, and how a server goes away.

use std::time::Duration;

use acceptance::{
    client::Client,
    engine::Engine,
    on_both_engines,
    postgres::{Cluster, Durability},
    scene::Scene,
    server::Server,
    world::Size,
};
use anyhow::{Context as _, ensure};
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::time::{sleep, timeout};

on_both_engines!(
    health_metrics_and_documents_are_served,
    a_server_asked_to_stop_finishes_what_it_began,
);

/// A load balancer asks `/readyz`, a dashboard reads `/metrics`, a newcomer opens `/api/docs`, and
/// whoever reports a fault quotes the number of the request.
async fn health_metrics_and_documents_are_served(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(
        engine,
        Size {
            classes: 1,
            ..Size::default()
        },
    )
    .await?;
    let nobody = scene.server.client();
    nobody.get("/healthz").await?.expect(200)?;
    nobody.get("/readyz").await?.expect(200)?;
    let class = format!("/api/v1/classes/{}", scene.school.class(0));
    let answer = scene.head.get(&class).await?.expect(200)?;
    let request = answer
        .headers
        .get("x-request-id")
        .context("no request id")?
        .to_str()?;
    scene.server.log_with(request)?;

    let metrics = nobody.get("/metrics").await?.expect(200)?.text;
    ensure!(metrics.contains("http_requests"), "{metrics}");
    ensure!(
        !metrics.contains(&scene.school.class(0).to_string()),
        "a metric per class would grow without end: {metrics}"
    );
    let document = nobody.get("/api/openapi.json").await?.expect(200)?;
    let version = document.body["openapi"].as_str();
    ensure!(
        version.is_some_and(|version| version.starts_with("3.")),
        "{document:#?}"
    );
    let docs = nobody.get("/api/docs/").await?.expect(200)?;
    ensure!(
        docs.text.contains("<html") || docs.text.contains("<!DOCTYPE"),
        "{docs:#?}"
    );
    Ok(())
}

/// An upgrade must not cost anybody their work: what was begun when SIGTERM came is answered, what
/// comes later is refused at the door, and the process ends by itself with success.
async fn a_server_asked_to_stop_finishes_what_it_began(engine: Engine) -> anyhow::Result<()> {
    let mut scene = Scene::new(
        engine,
        Size {
            classes: 1,
            ..Size::default()
        },
    )
    .await?;
    let classes = scene.school.path("/classes");
    let before = scene.world.event_count().await?;
    let worker = |number: usize| {
        let (head, classes) = (scene.head.clone(), classes.clone());
        async move {
            let mut created = 0;
            for round in 0.. {
                let body =
                    json!({ "name": format!("{number}-{round}"), "track": "troisieme_segpa" });
                match head.post(&classes, body).await {
                    Ok(answer) if answer.status == 201 => created += 1,
                    Ok(answer) => anyhow::bail!("half answered: {answer:#?}"),
                    Err(_) => break,
                }
            }
            anyhow::Ok(created)
        }
    };
    let workers: Vec<_> = (0..4).map(|number| tokio::spawn(worker(number))).collect();
    sleep(Duration::from_millis(150)).await;
    let mut server = scene.server;
    let status = tokio::task::spawn_blocking(move || {
        let status = server.stop();
        status.map(|status| (status, server))
    });
    let (status, server) = status.await??;
    scene.server = server;
    ensure!(status.success(), "{status}:\n{}", scene.server.log());
    let mut created = 0;
    for worker in timeout(Duration::from_secs(10), join_all(workers)).await? {
        created += worker??;
    }
    let appended = scene.world.event_count().await? - before;
    ensure!(
        created > 0 && appended == created,
        "{created} answered, {appended} happened"
    );
    Ok(())
}

/// A server whose database is gone must say so to the load balancer, answer others with a problem
/// they can understand rather than hang, and work again when the database is back.
#[test]
fn a_lost_database_shows_in_readiness_alone() -> anyhow::Result<()> {
    acceptance::engine::run(async {
        let mut cluster = Cluster::start(Durability::Durable)?;
        let server = Server::start(&cluster.database("lost").await?)?;
        let client = server.client();
        client.get("/readyz").await?.expect(200)?;
        cluster.restart()?;
        let answer = ready_within(&client, 200).await?;
        ensure!(answer, "not ready though the database is back");
        let search = client.get("/api/v1/establishments?q=a").await?;
        search.expect(200)?;

        drop(cluster);
        let answer = ready_within(&client, 503).await?;
        ensure!(answer, "still ready without a database");
        client.get("/healthz").await?.expect(200)?;
        let search = client.request(Method::GET, "/api/v1/establishments?q=a");
        let search = timeout(Duration::from_mins(1), client.send(search)).await??;
        search.expect_problem(503, "unavailable")?;
        Ok(())
    })
}

async fn ready_within(client: &Client, status: u16) -> anyhow::Result<bool> {
    for _ in 0..40 {
        if client.get("/readyz").await?.status == status {
            return Ok(true);
        }
        sleep(Duration::from_millis(250)).await;
    }
    Ok(false)
}
