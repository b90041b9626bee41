//! The question at the terminal.

use acceptance::{
    command_line::{self, Outcome},
    engine::Engine,
    on_both_engines,
    world::World,
};
use anyhow::ensure;

use super::{two_schools, year_of};

on_both_engines!(only_typing_the_year_goes_on);

/// Enter is pressed out of habit, and "oui" too. Only somebody who read which year it is types it.
async fn only_typing_the_year_goes_on(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [school, _] = two_schools(&world).await?;
    let year = world.next_school_year()?.year();
    let path = world.database.folder.path().join("report.json");
    let file = path.display().to_string();
    let asked = |typed: &str| -> anyhow::Result<Outcome> {
        let year = year.to_string();
        let args = ["reset", "--school-year", &year, "--report", &file];
        command_line::run_at_terminal(&world.database.url, &args, typed)
    };
    let events = world.event_count().await?;
    let (before, beyond) = ((year - 1).to_string(), format!("{year}!"));
    for typed in ["", "oui", "effacer", &before, &beyond] {
        let refused = asked(typed)?.ended(2)?;
        ensure!(refused.out.is_empty(), "{refused:#?}");
        for says in [
            &format!("Tapez « {year} »"),
            "2 établissements, 4 classes, 10 élèves, 1 invitation",
            "rien n'a été fait",
        ] {
            ensure!(refused.err.contains(says), "{says}: {refused:#?}");
        }
        ensure!(world.event_count().await? == events && !path.exists());
    }
    let done = asked(&year.to_string())?.ended(0)?;
    ensure!(
        done.out
            .contains("2 établissements, 4 classes, 10 élèves, 1 invitation"),
        "{done:#?}"
    );
    ensure!(path.exists() && year_of(&world, &school.uai).await? == i64::from(year));
    Ok(())
}
