//! Which crate's SQL may touch which table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};

/// What a crate reads of another one's tables, and why a join is better there than a question to the crate
/// whose table it is.
struct Reading {
    by: &'static str,
    tables: &'static [&'static str],
}

const READINGS: [Reading; 5] = [
    // The history, the erasures and the state of a past day are read straight from the log.
    Reading {
        by: "projections",
        tables: &["events"],
    },
    // Names stand beside the rows of lists, and are in no event.
    Reading {
        by: "projections",
        tables: &["people"],
    },
    // Where somebody is on the staff or a pupil now decides what they may see, in each request.
    Reading {
        by: "accounts",
        tables: &["class_main_teachers", "invitations", "roster", "staff"],
    },
    // A letter says how things stand when it is sent, not when it was asked for.
    Reading {
        by: "mail",
        tables: &["classes", "directory", "invitations", "staff"],
    },
    // The demo looks whether the database is its own.
    Reading {
        by: "cli",
        tables: &["accounts", "directory"],
    },
];

/// A table has one writer, in whose crate all its rules are found; a second one would bring rows that the
/// first knows nothing of. Readers are few and named here, so that a column may be changed by looking in
/// known places.
#[test]
fn each_table_is_written_by_one_crate_and_read_elsewhere_where_this_page_says() -> anyhow::Result<()>
{
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let uses = uses(&root)?;
    let mut may_read: BTreeSet<(&str, &str)> = READINGS
        .iter()
        .flat_map(|reading| reading.tables.iter().map(|table| (reading.by, *table)))
        .collect();
    for (table, uses) in &uses {
        let [writer] = uses.writers.iter().collect::<Vec<_>>()[..] else {
            anyhow::bail!("{table} is written by {:?}, not by one crate", uses.writers);
        };
        for reader in uses.readers.iter().filter(|reader| *reader != writer) {
            ensure!(
                may_read.remove(&(reader.as_str(), table.as_str())),
                "{reader} reads {table}, which is {writer}'s"
            );
        }
    }
    ensure!(may_read.is_empty(), "nobody reads {may_read:?}");
    Ok(())
}

/// The crates that write a table, and those that read it.
#[derive(Default)]
struct Uses {
    writers: BTreeSet<String>,
    readers: BTreeSet<String>,
}

/// Who uses each table of the schema, by the SQL in the crates' own sources.
fn uses(root: &Path) -> anyhow::Result<BTreeMap<String, Uses>> {
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    for file in files(&root.join("migrations"), "sql")? {
        let schema = fs::read_to_string(&file)?;
        let created = schema.split("CREATE TABLE ").skip(1);
        uses.extend(created.map(|rest| (words(rest)[0].to_owned(), Uses::default())));
    }
    ensure!(!uses.is_empty(), "the migrations create no table");
    for sources in fs::read_dir(root)? {
        let sources = sources?.path().join("src");
        // The harness of the tests and the benches write what they need, wherever it is.
        if !sources.is_dir()
            || ["tests/src", "benches/src"]
                .iter()
                .any(|it| sources.ends_with(it))
        {
            continue;
        }
        let name = sources.parent().and_then(Path::file_name);
        let name = name
            .and_then(|name| name.to_str())
            .context("a crate has a name")?;
        for file in files(&sources, "rs")? {
            note(name, &production_code(&file)?, &mut uses);
        }
    }
    Ok(uses)
}

/// The files of a folder and its folders with this extension, but those of unit tests.
fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

/// A source file up to its unit tests, which come last.
fn production_code(file: &Path) -> anyhow::Result<String> {
    let mut source = fs::read_to_string(file)?;
    if let Some((code, _)) = source.split_once("\n#[cfg(test)]\nmod tests {") {
        source.truncate(code.len());
    }
    Ok(source)
}

/// Notes what one file of a crate does with which table. SQL has its keywords in capitals; a read model's
/// table is named beside the statement.
fn note(name: &str, code: &str, uses: &mut BTreeMap<String, Uses>) {
    let words = words(code);
    for three in words.windows(3) {
        let &[before, verb, table] = three else {
            continue;
        };
        let Some(uses) = uses.get_mut(table) else {
            continue;
        };
        match (before, verb) {
            ("DELETE", "FROM")
            | (
                _,
                "INTO" | "UPDATE" | "table:" | "Change::insert" | "Change::put" | "Change::remove",
            ) => {
                uses.writers.insert(name.to_owned());
            }
            (_, "FROM" | "JOIN") => {
                uses.readers.insert(name.to_owned());
            }
            _ => {}
        }
    }
}

/// The words of a text, in its order: names, keywords, and a field's name with its colon.
fn words(text: &str) -> Vec<&str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'))
        .filter(|word| !word.is_empty())
        .collect()
}
