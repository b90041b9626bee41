//! `monstage projections status`: how far the read models have come.

use std::fmt::Write;

use serde::Serialize;
use store::{Conn, Store, StoreError};

use crate::command_line::{database, error::Result, output::CommonOptions};

#[derive(clap::Args)]
pub(in crate::command_line) struct Options {
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct ProjectionsStatus {
    engine: &'static str,
    /// Position of the last event of the log.
    head: i64,
    projections: Vec<Projection>,
    seals: Seals,
}

#[derive(Serialize)]
struct Projection {
    name: &'static str,
    mode: &'static str,
    position: i64,
    lag: i64,
    tables: Vec<Table>,
}

/// How far the log is sealed: in the background, and so behind.
#[derive(Serialize)]
struct Seals {
    /// How many there are.
    number: i64,
    position: i64,
    lag: i64,
}

#[derive(Serialize)]
struct Table {
    name: &'static str,
    rows: i64,
}

pub(in crate::command_line) async fn run(options: Options) -> Result {
    let store = database::open_current(&options.common.database).await?;
    let report = report(&store).await?;
    store.close().await;
    options.common.format.print(&report, text)
}

async fn report(store: &Store) -> Result<ProjectionsStatus, StoreError> {
    let latest = store.latest_seal().await?;
    let (number, position) = latest.map_or((0, 0), |seal| (seal.number, seal.position));
    let head = store.head().await?;
    let seals = Seals {
        number,
        position,
        lag: (head - position).max(0),
    };
    let mut reader = store.reader().await?;
    let mut projections = Vec::new();
    for projection in store.projections() {
        let mut tables = Vec::new();
        for name in projection.tables() {
            let rows = rows(&mut reader.conn(), name).await?;
            tables.push(Table { name, rows });
        }
        projections.push(Projection {
            name: projection.name(),
            mode: "in_transaction",
            // It changes in the transaction that appends: it stands where the log stands.
            position: head,
            lag: 0,
            tables,
        });
    }
    Ok(ProjectionsStatus {
        engine: store.engine_name(),
        head,
        projections,
        seals,
    })
}

async fn rows(conn: &mut Conn<'_>, table: &'static str) -> Result<i64, StoreError> {
    // A table's name cannot be a parameter; this one is a constant of the program.
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let row = store::fetch_optional!(conn, (i64,), &sql)?;
    Ok(row.map_or(0, |(rows,)| rows))
}

fn text(report: &ProjectionsStatus) -> String {
    let mut text = format!("Journal ({}) : position {}\n", report.engine, report.head);
    for projection in &report.projections {
        let tables: Vec<_> = projection
            .tables
            .iter()
            .map(|table| format!("{} {}", table.name, table.rows))
            .collect();
        let _ = writeln!(
            text,
            "{:<12} dans la transaction des événements · position {} · retard {} · lignes : {}",
            projection.name,
            projection.position,
            projection.lag,
            tables.join(", ")
        );
    }
    let seals = &report.seals;
    let _ = writeln!(
        text,
        "{:<12} en tâche de fond · position {} · retard {} · sceaux : {}",
        "sceaux", seals.position, seals.lag, seals.number,
    );
    text
}
