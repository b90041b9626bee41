//! `monstage demo`: the whole service on made-up data, with nothing to set up.

use std::{fmt::Write, sync::Arc};

use commands::Commands;
use serde::Serialize;
use store::SystemClock;

use super::{CliError, database, logging, output::Format, serve};
use crate::{
    config::{DatabaseSettings, ServeSettings},
    demo::{self, Demo, DemoSchool},
};

#[derive(clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    settings: ServeSettings,
    #[command(flatten)]
    format: Format,
}

#[derive(Serialize)]
struct Report {
    address: String,
    #[serde(flatten)]
    demo: Demo,
}

pub(super) async fn run(options: Options) -> Result<(), CliError> {
    logging::start(&options.settings);
    let (listener, address) = serve::listen(&options.settings).await?;
    let store = database::open_migrated(&options.database).await?;
    // Nobody is told of made-up people.
    let quiet = Commands::new(store.clone(), Arc::new(SystemClock), Vec::new());
    let demo = demo::seed(&quiet).await?;
    let report = Report {
        address: format!("http://{address}"),
        demo,
    };
    options.format.print(&report, text)?;
    serve::serve(listener, address, store, options.settings).await
}

fn text(report: &Report) -> String {
    let Report { address, demo } = report;
    let mut text = format!(
        "Mon stage de troisième, démonstration : {address} (documentation : {address}/api/docs)\n\
         Mot de passe de tous les comptes : {}\n\n",
        demo.password
    );
    for school in &demo.schools {
        write_school(&mut text, school);
    }
    let _ = writeln!(
        text,
        "Service\n  {:<26}{}\n",
        "administrateur", demo.administrator
    );
    text.push_str("Ctrl-C arrête le serveur ; les données restent pour la prochaine fois.\n");
    text
}

fn write_school(text: &mut String, school: &DemoSchool) {
    let priority = school.priority.map_or("", |priority| priority.as_str());
    let _ = writeln!(
        text,
        "{}, {} ({}, {priority})",
        school.name, school.city, school.uai
    );
    if school.accounts.is_empty() {
        text.push_str("  dans l'annuaire, pas encore inscrit\n");
    }
    for account in &school.accounts {
        let _ = writeln!(text, "  {:<26}{}", account.role.label(), account.email);
    }
    text.push('\n');
}
