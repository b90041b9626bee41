//! `monstage demo`: the whole service on made-up data, with nothing to set up.

use std::fmt::Write;

use domain::values::{EmailAddress, Role};
use pages::home::{self, DemoAccount, DemoHouse};
use serde::Serialize;
use store::{Clock as _, SystemClock};

use super::{
    database,
    error::{Exit, Failure, Result},
    logging,
    output::Format,
    serve,
};
use crate::{
    config::{DatabaseSettings, ServeSettings},
    demo::{self, Demo, DemoError, DemoSchool},
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
struct DemoReady {
    address: String,
    #[serde(flatten)]
    demo: Demo,
}

impl Failure for DemoError {
    fn exit(&self) -> Exit {
        match self {
            Self::OtherData { .. } => Exit::Refused,
            _ => Exit::Failed,
        }
    }
}

pub(super) async fn run(options: Options) -> Result {
    logging::start(&options.settings);
    let (listener, address) = serve::listen(&options.settings).await?;
    let store = database::open_migrated(&options.database).await?;
    let demo = demo::seed(&store, SystemClock.now()).await?;
    let report = DemoReady {
        address: format!("http://{address}"),
        demo,
    };
    options.format.print(&report, text)?;
    let accounts = offered(&report.demo);
    serve::serve(listener, address, store, options.settings, accounts).await
}

/// The accounts of the demo, as its home page offers them.
fn offered(demo: &Demo) -> home::Demo {
    let account = |role: Role, email: &EmailAddress| DemoAccount {
        role: role.label(),
        email: email.as_str().to_owned(),
        password: demo.password,
    };
    let open = demo
        .schools
        .iter()
        .filter(|school| !school.accounts.is_empty());
    let schools = open.map(|school| DemoHouse {
        name: school.name.clone(),
        accounts: school
            .accounts
            .iter()
            .map(|one| account(one.role, &one.email))
            .collect(),
    });
    let service = DemoHouse {
        name: "Le service".to_owned(),
        accounts: vec![account(Role::Administrator, &demo.administrator)],
    };
    schools.chain([service]).collect()
}

fn text(report: &DemoReady) -> String {
    let DemoReady { address, demo } = report;
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
