//! `monstage audit as-of`: class lists as they stood at an instant.

use std::fmt::Write;

use api::views::PastClassLists;
use chrono::NaiveDateTime;
use domain::values::Uai;
use projections::{
    as_of::{self, ClassLists, Pupil},
    directory,
};
use serde::Serialize;
use web::instant::Moment;

use super::super::{
    database,
    error::{NotListed, Result},
    output::{CommonOptions, count},
};

#[derive(clap::Args)]
pub(in super::super) struct Options {
    /// Instant (2027-03-12T08:00:00Z), or day (2027-03-12), which stands for its end by the clock of the
    /// establishment's academy
    instant: Moment,
    /// Establishment, by its national number
    #[arg(long)]
    uai: Uai,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct ClassListsAsOf {
    establishment: Uai,
    #[serde(flatten)]
    lists: PastClassLists,
}

pub(in super::super) async fn run(options: Options) -> Result {
    let Options { instant, uai, .. } = options;
    let store = database::open_current(&options.common.database).await?;
    let mut reader = store.reader().await?;
    let mut conn = reader.conn();
    let entry = directory::get(&mut conn, &uai).await?;
    let entry = entry.ok_or_else(|| NotListed(uai.clone()))?;
    let clock = entry.clock();
    let instant = instant.last(clock);
    let lists = as_of::class_lists(&mut conn, &uai, instant).await?;
    drop(reader);
    store.close().await;
    let text = text(&entry.name, &uai, clock.at(instant), &lists);
    let report = ClassListsAsOf {
        establishment: uai,
        lists: PastClassLists::new(lists, instant, clock),
    };
    options.common.format.print(&report, |_| text)
}

/// With the instant by the clock there.
fn text(name: &str, uai: &Uai, at: NaiveDateTime, lists: &ClassLists) -> String {
    let at = at.format("%d/%m/%Y %H:%M:%S");
    let mut text = format!("{name} ({uai}), le {at} (heure locale)\n");
    for class in &lists.classes {
        let title = format!("{} · {}", class.name, class.track.label());
        list(&mut text, &title, &class.students);
    }
    list(&mut text, "Sans classe", &lists.students_without_class);
    text
}

fn list(text: &mut String, title: &str, pupils: &[Pupil]) {
    let number = count(pupils.len() as u64, "élève", "élèves");
    let _ = writeln!(text, "\n{title} · {number}");
    for pupil in pupils {
        let name = match (&pupil.last_name, &pupil.first_name) {
            (Some(last_name), Some(first_name)) => format!("{last_name} {first_name}"),
            _ => "élève effacé".to_owned(),
        };
        let _ = writeln!(text, "  {name:<40}{}", pupil.id);
    }
}
