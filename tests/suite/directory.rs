//! `directory import` on the lists as their publishers ship them, and the search over them.

use std::{fs, path::PathBuf};

use acceptance::{
    audit, command_line, engine::Engine, newcomer, on_both_engines, server::Server, world::World,
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::{Value, json};

on_both_engines!(
    both_lists_are_read_as_they_are,
    a_file_that_is_no_such_list_changes_nothing,
    what_changed_since_appends_one_event,
    schools_that_closed_went_or_got_another_number_are_named,
);

/// What is known of a pair of lists: the ministry's priority schools, then every collège.
struct Lists {
    files: [PathBuf; 2],
    rows: [u64; 2],
    listed: [u64; 2],
    /// Rows that cannot be read, each on purpose.
    refused: [u64; 2],
    /// Collèges in the second.
    second: u64,
    /// In the directory after both, and those of them that may take part.
    total: i64,
    eligible: i64,
    /// Searches, each with the UAI that comes first.
    searches: &'static [(&'static str, &'static str)],
}

impl Lists {
    /// The real ones where `MONSTAGE_REAL_DATA` says they are, else the made-up samples.
    fn find() -> Self {
        if let Some(folder) = std::env::var_os("MONSTAGE_REAL_DATA") {
            let folder = PathBuf::from(folder);
            return Self {
                files: [
                    folder.join("liste-des-rep-et-rep-rentree-2022.csv"),
                    folder.join("liste-etablissements.csv"),
                ],
                rows: [7_719, 10_339],
                listed: [1_092, 6_575],
                refused: [0, 0],
                second: 7_666,
                total: 7_667,
                eligible: 1_101,
                searches: &[
                    ("Ampere Arles", "0132572A"),
                    ("ampère arles", "0132572A"),
                    ("0132572a", "0132572A"),
                ],
            };
        }
        eprintln!("MONSTAGE_REAL_DATA is not set: made-up samples instead of the real lists");
        Self {
            files: [sample("rep-2022.csv"), sample("etablissements.csv")],
            rows: [9, 8],
            listed: [4, 2],
            refused: [1, 1],
            second: 5,
            total: 6,
            eligible: 4,
            searches: &[
                ("Trois Ponts Rivemont", "9990002Y"),
                ("collège des TROIS-PONTS", "9990002Y"),
                ("9990002y", "9990002Y"),
            ],
        }
    }
}

pub(super) fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/samples/directory")
        .join(name)
}

/// The service is worth what its directory is worth: a collège missing from it cannot take part, one
/// listed twice splits its staff. Every row of the lists must end up in exactly one of the counts,
/// and a list imported again, as it is every year, must not fill the log with news that are none.
async fn both_lists_are_read_as_they_are(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let lists = Lists::find();
    for (index, file) in lists.files.iter().enumerate() {
        let (report, name) = (import(&world, file)?, file.display());
        ensure!(report["rows"] == lists.rows[index], "{name}: {report}");
        ensure!(report["listed"] == lists.listed[index], "{name}: {report}");
        let refused = lines(&report, "refused")?;
        ensure!(refused == lists.refused[index], "{name}: {report}");
        let sum = number(&report, "listed") + number(&report, "updated");
        let sum = sum + number(&report, "unchanged") + lines(&report, "skipped")?;
        ensure!(sum + refused == lists.rows[index], "{name}: {report}");
        if index == 1 {
            let known = lists.second - lists.listed[1];
            let again = number(&report, "updated") + number(&report, "unchanged");
            ensure!(again == known, "{again} of {known} known collèges");
        }
    }

    let before = world.event_count().await?;
    let again = import(&world, &lists.files[1])?;
    ensure!(
        number(&again, "unchanged") == lists.second,
        "imported again: {again}"
    );
    ensure!(
        world.event_count().await? == before,
        "the same list again left events"
    );

    ensure!(world.count("SELECT COUNT(*) FROM directory").await? == lists.total);
    let truth = audit::everything(world.store()).await?;
    let eligible = truth
        .establishments
        .values()
        .filter(|school| school.eligible());
    ensure!(i64::try_from(eligible.count())? == lists.eligible);

    let server = Server::start(&world.database.url)?;
    for (query, uai) in lists.searches {
        let first = search(&server, query).await?;
        ensure!(
            first.first().is_some_and(|first| first == uai),
            "{query}: {first:?}"
        );
    }
    Ok(())
}

/// Importing is done by hand, now and then, by somebody with several CSV files in a folder. The
/// wrong one must be refused whole, with words that say what is wrong, before anything is written.
async fn a_file_that_is_no_such_list_changes_nothing(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let good = sample("rep-2022.csv");
    let text = fs::read_to_string(&good)?;
    let folder = world.database.folder.path();
    let bad: [(&str, Vec<u8>, &str); 6] = [
        ("empty.csv", Vec::new(), "vide"),
        ("other.csv", b"a;b;c\n1;2;3\n".to_vec(), "other.csv"),
        (
            "commas.csv",
            text.replace(';', ",").into_bytes(),
            "commas.csv",
        ),
        (
            "image.csv",
            vec![0x89, b'P', b'N', b'G', 0, 0xff],
            "image.csv",
        ),
        ("latin1.csv", b"UAI;\xe9\n".to_vec(), "UTF-8"),
        (
            "no-name.csv",
            text.replace("NOM DE L'ETABLISSEMENT", "AUTRE CHOSE")
                .into_bytes(),
            "NOM DE L'ETABLISSEMENT",
        ),
    ];
    for (name, bytes, word) in bad {
        let file = folder.join(name);
        fs::write(&file, bytes)?;
        // Together with a good one: neither may be imported.
        let args = ["directory", "import", path(&good)?, path(&file)?];
        let refused = command_line::run(&world.database.url, &args)?.ended(2)?;
        ensure!(
            refused.err.to_lowercase().contains(&word.to_lowercase()),
            "{name} should be refused with {word:?}: {refused:#?}"
        );
    }
    let missing = folder.join("missing.csv");
    command_line::run(
        &world.database.url,
        &["directory", "import", path(&missing)?],
    )?
    .ended(2)?;

    ensure!(
        world.event_count().await? == 0,
        "a refused file left events"
    );
    ensure!(world.count("SELECT COUNT(*) FROM directory").await? == 0);
    Ok(())
}

/// A school that joins or leaves priority education changes who may use the service, so the log must
/// say when: one event for the school that changed, none for the others.
async fn what_changed_since_appends_one_event(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let text = fs::read_to_string(sample("rep-2022.csv"))?;
    let file = world.database.folder.path().join("rep.csv");
    fs::write(&file, &text)?;
    import(&world, &file)?;
    let before = world.event_count().await?;

    let changed = text.replace(
        "9990002Y; DES TROIS PONTS;COLLEGE;REP;",
        "9990002Y; DES QUATRE PONTS;COLLEGE;REP+;",
    );
    ensure!(changed != text, "the sample changed: this test must follow");
    fs::write(&file, changed)?;
    let report = import(&world, &file)?;
    ensure!(number(&report, "updated") == 1, "{report}");
    ensure!(world.event_count().await? == before + 1);

    let server = Server::start(&world.database.url)?;
    let school = server
        .client()
        .get("/api/v1/establishments/9990002Y")
        .await?;
    let school = school.expect(200)?;
    ensure!(school.body["priority"] == "REP+", "{school:#?}");
    ensure!(search(&server, "quatre ponts").await? == ["9990002Y"]);
    ensure!(search(&server, "trois ponts").await?.is_empty());
    Ok(())
}

/// In summer the new directory arrives. Who runs the import hears which schools it closed, which it passes
/// over, and which came back under another number: nobody else could tell those who work there.
async fn schools_that_closed_went_or_got_another_number_are_named(
    engine: Engine,
) -> anyhow::Result<()> {
    const HEADER: &str = "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Code_postal;\
                          Nom_commune;Mail;Appartenance_Education_Prioritaire;etat";
    let world = World::new(engine).await?;
    let file = world.database.folder.path().join("annuaire.csv");
    let row = |uai: &str, name: &str, state: &str| {
        format!("{uai};Collège {name};Collège;99950;Valclair;ce.{uai}@ac-demo.test;REP;{state}")
    };
    let list = |rows: &[String]| fs::write(&file, format!("{HEADER}\n{}\n", rows.join("\n")));
    list(&[
        row("9990001X", "des Tilleuls", "OUVERT"),
        row("9990002Y", "des Trois Ponts", "OUVERT"),
        row("9990003Z", "du Moulin", "OUVERT"),
        row("9990006C", "de la Combe", "OUVERT"),
    ])?;
    let first = import_all(&world, &file)?;
    for kind in ["closed", "unlisted", "renumbered"] {
        ensure!(first[kind] == json!([]), "{kind}: {first}");
    }

    list(&[
        row("9990001X", "des Tilleuls", "FERME"),
        row("9990003Z", "du Moulin", "A FERMER"),
        row("9990009F", "des TROIS-PONTS", "OUVERT"),
        row("9990005B", "Inconnu", "FERMÉ"),
    ])?;
    let args = ["directory", "import", path(&file)?];
    let text = command_line::run(&world.database.url, &args)?.ended(0)?.out;
    for line in [
        "1 collège est fermé : personne ne peut plus s'y inscrire",
        "  9990001X  Collège des Tilleuls (Valclair)\n",
        "2 collèges connus ne sont plus dans ces listes",
        "  9990002Y  Collège des Trois Ponts (Valclair)\n",
        "  9990006C  Collège de la Combe (Valclair)\n",
        "1 collège semble avoir changé d'UAI",
        "  9990002Y → 9990009F  Collège des Trois Ponts (Valclair)\n",
    ] {
        ensure!(text.contains(line), "no {line:?} in {text}");
    }

    let again = import_all(&world, &file)?;
    ensure!(again["closed"] == json!([]), "told once: {again}");
    let unlisted = again["unlisted"].as_array().context("a list")?;
    ensure!(
        unlisted.len() == 2 && unlisted[1]["uai"] == "9990006C",
        "{again}"
    );
    ensure!(again["renumbered"] == json!([]), "{again}");

    let server = Server::start(&world.database.url)?;
    for (uai, open_to) in [("9990001X", json!([])), ("9990003Z", json!(["head"]))] {
        let path = format!("/api/v1/establishments/{uai}");
        let school = server.client().get(&path).await?.expect(200)?;
        ensure!(school.body["open_to"] == open_to, "{school:#?}");
    }
    let form = newcomer::staff(Role::Head, "9990001X", "c.martin@ac-demo.test");
    let refused = server.client().sign_up(&form).await?;
    let refused = refused.expect_problem(409, "establishment_not_eligible")?;
    ensure!(
        refused
            .text_at("/detail")?
            .contains("fermé selon l'annuaire")
    );
    audit::everything(world.store()).await?;
    Ok(())
}

mod real_searches {
    use super::*;

    /// Whoever signs up types the name of their school as they say it, without accents or hyphens,
    /// or its town, or its number: each must find it, and fast enough to search while typing.
    #[test]
    #[ignore = "needs the public lists, in the folder that MONSTAGE_REAL_DATA names"]
    fn find_what_people_type() -> anyhow::Result<()> {
        std::env::var_os("MONSTAGE_REAL_DATA").context("MONSTAGE_REAL_DATA is not set")?;
        acceptance::engine::run(async {
            let world = World::new(Engine::Sqlite).await?;
            for file in Lists::find().files {
                import(&world, &file)?;
            }
            let server = Server::start(&world.database.url)?;
            for query in ["Ampere Arles", "ampère", "arles", "13200", "0132572a"] {
                let found = search(&server, query).await?;
                ensure!(
                    found.iter().any(|uai| uai == "0132572A"),
                    "{query}: {found:?}"
                );
            }
            Ok(())
        })
    }
}

fn import(world: &World, file: &std::path::Path) -> anyhow::Result<Value> {
    Ok(import_all(world, file)?["files"][0].clone())
}

/// What an import tells of everything.
fn import_all(world: &World, file: &std::path::Path) -> anyhow::Result<Value> {
    let args = ["directory", "import", "--json", path(file)?];
    command_line::run(&world.database.url, &args)?
        .ended(0)?
        .json()
}

fn path(path: &std::path::Path) -> anyhow::Result<&str> {
    path.to_str().context("a path in UTF-8")
}

fn number(report: &Value, count: &str) -> u64 {
    report[count].as_u64().unwrap_or(u64::MAX)
}

/// How many rows are told of under this heading, each with its line and a reason.
fn lines(report: &Value, heading: &str) -> anyhow::Result<u64> {
    let lines = report[heading].as_array().context("not a list")?;
    for line in lines {
        let reason = line["reason"].as_str().unwrap_or_default();
        ensure!(
            line["line"].as_u64() > Some(1) && !reason.is_empty(),
            "{line}"
        );
    }
    Ok(lines.len() as u64)
}

/// The UAIs that a search finds, best match first.
async fn search(server: &Server, query: &str) -> anyhow::Result<Vec<String>> {
    let client = server.client();
    let request = client
        .request(reqwest::Method::GET, "/api/v1/establishments")
        .query(&[("q", query), ("limit", "200")]);
    let answer = client.send(request).await?.expect(200)?;
    let uais = answer
        .items()?
        .iter()
        .filter_map(|item| item["uai"].as_str());
    Ok(uais.map(str::to_owned).collect())
}
