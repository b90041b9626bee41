//! Fifty people sign in at once: how many get in per second, beside argon2id alone, and how long
//! those who read a class list meanwhile wait, beside how long they wait otherwise.

use std::{
    thread,
    time::{Duration, Instant},
};

use acceptance::{
    engine::Engine,
    server::Server,
    world::{PASSWORD, Size, World},
};
use accounts::password;
use anyhow::Context as _;
use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::PasswordHash};
use domain::values::StaffRole;
use futures::future::try_join_all;
use serde_json::json;
use store::SystemClock;
use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    client::{Connection, Target},
    measure::{ROUNDS, TURN, middle, p99, rate},
    reads::{READERS, READING, reads_during},
    report::{Figure, Report, name},
};

const PEOPLE: usize = 50;
const STUDENTS: usize = 30;

/// Measures both on one engine.
pub(crate) async fn run(engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let size = Size {
        classes: 1,
        students_per_class: STUDENTS,
        without_class: 0,
    };
    let school = world.school(size).await?;
    let server = Server::start_with(&world.database.url, &[("MONSTAGE_THROTTLE", "off")])?;
    let credentials = json!({ "email": school.staff[0].email, "password": PASSWORD });
    let session = server.client().post("/api/v1/session", credentials).await?;
    let token = session.expect(201)?.text_at("/token")?;
    let path = format!("/api/v1/classes/{}/students", school.class(0));
    let class_list = Target::get(&server.address, &path, &token)?;
    let mut people = Vec::new();
    for number in (0..).take(PEOPLE) {
        let role = StaffRole::Teacher;
        let account = world.colleague(&school.uai, role, number).await?;
        let target = Target::sign_in(&server.address, &account.email)?;
        people.push(target.connect().await?);
    }
    let params = params().await?;

    // The first wave starts the threads that hash, and opens connections to the database.
    sign_in(&mut people).await?;
    let (mut reads, mut sign_ins) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let quiet = async {
            sleep(READING).await;
            Ok(())
        };
        let quiet = reads_during(&class_list, quiet).await?;
        let beside = waves(&mut people, READING);
        let beside = reads_during(&class_list, async { beside.await.map(drop) }).await?;
        reads.push((p99(beside), p99(quiet)));
        let alone = waves(&mut people, TURN).await?;
        sign_ins.push((alone, argon2ids(params.clone()).await?));
    }
    let (beside, quiet) = middle(reads);
    report.add(Figure {
        case: "read beside 50 sign-ins",
        engine: name(engine),
        clients: READERS as usize,
        unit: "ms (p99)",
        ours: beside,
        floor: quiet,
        peer: None,
    });
    let (alone, argon2ids) = middle(sign_ins);
    report.add(Figure {
        case: "50 sign-ins at once",
        engine: name(engine),
        clients: PEOPLE,
        unit: "sign-ins/s",
        ours: alone,
        floor: argon2ids,
        peer: None,
    });
    Ok(())
}

/// Everybody signs in at once.
async fn sign_in(people: &mut [Connection]) -> anyhow::Result<()> {
    let wave = people
        .iter_mut()
        .map(async |person| person.ask().await.map(drop));
    try_join_all(wave).await.map(drop)
}

/// Wave after wave for this long, and to the end of the last one: sign-ins per second.
async fn waves(people: &mut [Connection], length: Duration) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < length {
        sign_in(people).await?;
        count += people.len();
    }
    Ok(rate(count, started.elapsed()))
}

/// What the hash of a password says it was made with.
async fn params() -> anyhow::Result<Params> {
    let hash = password::hash(PASSWORD, &SystemClock).await?;
    PasswordHash::new(&hash)
        .and_then(|hash| Params::try_from(&hash))
        .map_err(anyhow::Error::msg)
}

/// The floor: argon2id and nothing else, on as many threads as the server gives it.
async fn argon2ids(params: Params) -> anyhow::Result<f64> {
    let on_every_thread = move || {
        let started = Instant::now();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..password::hashers())
                .map(|_| scope.spawn(|| argon2ids_on_one(params.clone(), started)))
                .collect();
            let mut count = 0;
            for thread in threads {
                count += thread.join().ok().context("argon2 panicked")??;
            }
            Ok(rate(count, started.elapsed()))
        })
    };
    spawn_blocking(on_every_thread).await?
}

fn argon2ids_on_one(params: Params, started: Instant) -> anyhow::Result<usize> {
    let mut memory = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let mut count = 0;
    while started.elapsed() < TURN {
        let (password, salt) = (PASSWORD.as_bytes(), b"salt of 16 bytes");
        argon2
            .hash_password_into_with_memory(password, salt, &mut output, &mut memory)
            .map_err(anyhow::Error::msg)?;
        count += 1;
    }
    Ok(count)
}
