//! Each figure beside its floor (the same rows written by hand in SQL, or a bare handler) and, where
//! there is one, its peer (the stock cqrs-es and postgres-es path), in one run whose contenders take
//! turns: on a machine that others use too, only the ratios mean something.

mod audit;
mod bulk;
mod client;
mod contender;
mod country;
mod floor;
mod http;
mod log;
mod measure;
mod ours;
mod page;
mod peer;
mod reads;
mod report;
mod reset;
mod seals;
mod sign_ins;
mod town;
mod writes;

use acceptance::{
    engine::Engine,
    postgres::{Cluster, Durability},
};
use anyhow::bail;
use store::Store;

use crate::{country::Country, report::Report};

/// The parts, each of which may be run alone.
const PARTS: [&str; 7] = [
    "writes", "log", "seals", "http", "sign-ins", "audit", "reset",
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(None).await,
        [part] if PARTS.contains(&part) => run(Some(part)).await,
        [http::BARE_HANDLER, url] => http::serve_bare(url).await,
        [page::BARE_BYTES, file] => page::serve_bare(file.as_ref()).await,
        ["fill", url, schools] => fill(url, schools.parse()?).await,
        _ => bail!("usage: benches [{}|fill URL SCHOOLS]", PARTS.join("|")),
    }
}

/// Fills a database with a fictitious country after a year, for whoever wants to look at one.
async fn fill(url: &str, schools: usize) -> anyhow::Result<()> {
    let store = Store::connect(url, projections::all()).await?;
    store.migrate().await?;
    let mut country = Country::new(store.clone());
    country.found(schools).await?;
    country.live_a_year().await?;
    println!("{} events", store.head().await?);
    store.close().await;
    Ok(())
}

/// Measures everything, or one part of it.
async fn run(only: Option<&str>) -> anyhow::Result<()> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let mut report = Report::default();
    let cluster = Cluster::start(Durability::Durable)?;
    for engine in [Engine::Postgres, Engine::Sqlite] {
        if ["writes", "log", "seals"].into_iter().any(wanted) {
            let places = town::Places::prepare(engine, &cluster).await?;
            if wanted("writes") {
                writes::run(&places, &mut report).await?;
            }
            if wanted("log") {
                log::run(&places, &mut report).await?;
            }
            if wanted("seals") {
                seals::run(&places, &mut report).await?;
            }
        }
        if wanted("http") {
            http::run(engine, &mut report).await?;
        }
        if wanted("audit") {
            audit::run(engine, &cluster, &mut report).await?;
        }
        if wanted("sign-ins") {
            sign_ins::run(engine, &mut report).await?;
        }
        if wanted("reset") {
            reset::run(engine, &cluster, &mut report).await?;
        }
    }
    // The file is of everything: a part is for whoever works on it.
    if only.is_none() {
        report.write("target/bench.json")?;
    }
    Ok(())
}
