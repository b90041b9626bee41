//! A class list over HTTP: our server, and a bare axum handler with the same query in a process of
//! its own.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use acceptance::{
    engine::Engine,
    server::Server,
    world::{PASSWORD, Size, World},
};
use anyhow::{Context as _, ensure};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use domain::{ids::ClassId, values::Uai};
use serde_json::{Value, json};
use store::Store;

use crate::{
    client::Target,
    measure::{ROUNDS, TURN, median, rate},
    page::Page,
    report::{Figure, Report, name},
};

/// The argument that makes this program the bare handler.
pub(crate) const BARE_HANDLER: &str = "bare-handler";

const CLIENTS: usize = 8;
const STUDENTS: usize = 30;

/// Measures both on one engine, then the memory of both.
pub(crate) async fn run(engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world
        .school(Size {
            classes: 1,
            students_per_class: STUDENTS,
            without_class: 0,
        })
        .await?;
    let url = &world.database.url;
    let server = Server::start(url)?;
    let credentials = json!({ "email": school.staff[0].email, "password": PASSWORD });
    let session = server.client().post("/api/v1/session", credentials).await?;
    let token = session.expect(201)?.text_at("/token")?;
    let class = school.class(0);
    let ours = Target::get(
        &server.address,
        &format!("/api/v1/classes/{class}/students"),
        &token,
    )?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([BARE_HANDLER, url]);
    let bare = Server::spawn(command)?;
    let path = format!("/classes/{}/{class}/students", school.uai);
    let floor = Target::get(&bare.address, &path, &token)?;

    for list in [&ours, &floor] {
        let body: Value = serde_json::from_slice(list.connect().await?.ask().await?)?;
        let items = body["items"].as_array().map(Vec::len);
        ensure!(items == Some(STUDENTS), "not a class list: {body}");
    }
    let page = Page::of(&server, &format!("/classes/{class}"), &token, STUDENTS).await?;

    measure([&ours, &floor, &page.ours, &page.floor], engine, report).await?;
    report.add(Figure {
        case: "memory after the reads",
        engine: name(engine),
        clients: CLIENTS,
        unit: "MiB",
        ours: resident_mebibytes(server.pid())?,
        floor: resident_mebibytes(bare.pid())?,
        peer: None,
    });
    Ok(())
}

/// The list and its page, each with its floor, in turns.
async fn measure(targets: [&Target; 4], engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for (target, rates) in targets.into_iter().zip(&mut rates) {
            rates.push(turn(target).await?);
        }
    }
    let [list, list_floor, page, page_floor] = rates.map(median);
    let figure = |case, ours, floor, peer| Figure {
        case,
        engine: name(engine),
        clients: CLIENTS,
        unit: "requests/s",
        ours,
        floor,
        peer,
    };
    report.add(figure("GET a class list of 30", list, list_floor, None));
    report.add(figure(
        "its page (peer: JSON)",
        page,
        page_floor,
        Some(list),
    ));
    Ok(())
}

/// Requests per second of all clients together, over one turn.
async fn turn(target: &Target) -> anyhow::Result<f64> {
    let started = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(client(target.clone(), started)))
        .collect();
    let mut count = 0;
    for client in clients {
        count += client.await??;
    }
    Ok(rate(count, started.elapsed()))
}

async fn client(target: Target, started: Instant) -> anyhow::Result<usize> {
    let mut connection = target.connect().await?;
    let mut count = 0;
    while started.elapsed() < TURN {
        connection.ask().await?;
        count += 1;
    }
    Ok(count)
}

/// What the kernel says a process occupies.
pub(crate) fn resident_mebibytes(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kibibytes: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .context("no VmRSS")?
        .trim()
        .parse()?;
    Ok(kibibytes / 1024.0)
}

/// The floor: the query, its rows as JSON, and nothing else.
pub(crate) async fn serve_bare(url: &str) -> anyhow::Result<()> {
    let store = Store::connect(url, Vec::new()).await?;
    let app = Router::new()
        .route("/classes/{uai}/{class}/students", get(bare))
        .with_state(store);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    // Whoever started it ends it.
    let served = axum::serve(listener, app).into_future();
    tokio::time::timeout(Duration::from_hours(1), served).await??;
    Ok(())
}

async fn bare(
    State(store): State<Store>,
    Path((uai, class)): Path<(Uai, ClassId)>,
) -> Result<Json<Value>, String> {
    let mut reader = store.reader().await.map_err(|error| error.to_string())?;
    let students = projections::roster::in_class(&mut reader.conn(), &uai, class, None, 51)
        .await
        .map_err(|error| error.to_string())?;
    let items: Vec<Value> = students
        .into_iter()
        .map(|student| {
            json!({
                "id": student.id,
                "first_name": student.first_name,
                "last_name": student.last_name,
                "birth_date": student.birth_date,
                "class_id": student.class_id,
                "registered_at": student.registered_at,
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}
