//! Each figure beside its floor (the same rows written by hand in SQL, or a bare handler) and, where
//! there is one, its peer (the stock cqrs-es and postgres-es path), in one run whose contenders take
//! turns: on a machine that others use too, only the ratios mean something.

mod floor;
mod http;
mod log;
mod measure;
mod ours;
mod peer;
mod report;
mod town;
mod writes;

use acceptance::{
    engine::Engine,
    postgres::{Cluster, Durability},
};
use anyhow::bail;

use crate::report::Report;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run().await,
        [http::BARE_HANDLER, url] => http::serve_bare(url).await,
        _ => bail!("usage: benches (it takes no arguments)"),
    }
}

async fn run() -> anyhow::Result<()> {
    let mut report = Report::default();
    let cluster = Cluster::start(Durability::Durable)?;
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let places = town::Places::prepare(engine, &cluster).await?;
        writes::run(&places, &mut report).await?;
        log::run(&places, &mut report).await?;
        http::run(&places, &mut report).await?;
    }
    report.write("target/bench.json")
}
