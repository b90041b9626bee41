//! The README's tour and other documents' commands, run as written against the demo.

use std::{
    fmt::Write as _,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use acceptance::{binary::monstage, command_line, server::Server};
use anyhow::{Context as _, ensure};
use domain::values::SchoolYear;
use store::{Clock as _, SystemClock};

/// Printed before each command's output, to tell them apart.
const MARK: &str = "\u{1}";

/// What opens a block of commands with their output.
const CONSOLE: &str = "```console\n";

/// What a command begins with.
const PROMPT: &str = "$ ";

/// The school year that the documents are written in.
const WRITTEN_IN: i32 = 2026;

/// What the documents say of this school year and the next, and what the demo says of them today. In August the
/// service counts the next year, of which the demo has nothing yet.
fn years() -> anyhow::Result<[(i32, i32); 2]> {
    let now = SystemClock.now();
    let demo = cli::demo::school_year(now)?.year();
    let running = SchoolYear::containing(now.date_naive())?.year();
    Ok([(WRITTEN_IN, demo), (WRITTEN_IN + 1, running + 1)])
}

/// The commands, with the year to open that is the next one today.
fn as_today(script: &str) -> anyhow::Result<String> {
    let [_, (written, today)] = years()?;
    Ok(script.replace(
        &format!("--school-year {written}"),
        &format!("--school-year {today}"),
    ))
}

/// The output, with the years that it would have had then.
fn as_written(output: &str) -> anyhow::Result<String> {
    let mut output = output.to_owned();
    for (written, today) in years()? {
        for form in [
            "{}-{next}",
            "\"school_year\":{}",
            "school-year {}",
            "01/09/{}",
        ] {
            let year = |start: i32| {
                form.replace("{}", &start.to_string())
                    .replace("{next}", &(start + 1).to_string())
            };
            output = output.replace(&year(today), &year(written));
        }
    }
    Ok(output)
}

/// Checks a document's console blocks, each document's on a demo of its own. With `MONSTAGE_WRITE_DOCS` set,
/// the document is given the present output instead of being compared with it.
fn shows_what_it_gives(document: &str) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let written = std::fs::read_to_string(root.join(document))?;
    let commands = commands(&written);
    ensure!(!commands.is_empty(), "{document} shows no commands");
    let printed = printed(&root, &commands)?;
    let outputs: Vec<&str> = printed.split(MARK).skip(1).collect();
    ensure!(
        outputs.len() == commands.len(),
        "{document} stopped: {printed}"
    );

    let present = with_outputs(&written, &outputs)?;
    if std::env::var_os("MONSTAGE_WRITE_DOCS").is_some() {
        std::fs::write(root.join(document), present)?;
        return Ok(());
    }
    ensure!(written == present, "{document} now prints:\n{present}");
    Ok(())
}

/// What these commands print on a demo, one after the other in one shell, each behind a mark. They find the
/// program, the tests' samples, and an empty folder to write to.
fn printed(root: &Path, commands: &[&str]) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    symlink(root.join("tests"), folder.path().join("tests"))?;
    let program = monstage()?;
    let programs = program.parent().context("a program is in a folder")?;
    let path = format!("{}:{}", programs.display(), std::env::var("PATH")?);
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let mail = folder.path().join("mail").display().to_string();
    let mut demo = Command::new(program);
    demo.args(["demo", "--listen", "127.0.0.1:0"])
        .env("DATABASE_URL", &url)
        .env("MONSTAGE_MAIL_URL", format!("file://{mail}"));
    let server = Server::spawn(demo)?;
    // So that what is done next is in a seal of its own, however soon it comes.
    let seal = folder.path().join("first.json").display().to_string();
    command_line::run(&url, &["audit", "seals", "export", &seal])?.ended(0)?;

    let mut script = String::new();
    for command in commands {
        writeln!(script, "printf '{MARK}'\n{command}")?;
    }
    let script = as_today(&script)?
        .replace("http://127.0.0.1:8080", &server.address)
        .replace("data/mail", &mail)
        .replace("target/release/monstage", &program.display().to_string());
    let output = Command::new("bash")
        .args(["-c", &script])
        .env("PATH", path)
        .env("DATABASE_URL", &url)
        .env("MONSTAGE_MAIL_URL", format!("file://{mail}"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .context("the documents need bash, curl and jq")?;
    as_written(&String::from_utf8(output.stdout)?)
}

/// A tour that no longer works is the first thing a newcomer meets.
#[test]
fn the_tour_of_the_readme_gives_the_output_it_shows() -> anyhow::Result<()> {
    shows_what_it_gives("README.md")
}

/// Whoever writes a client begins with these commands.
#[test]
fn the_api_gives_the_output_that_its_document_shows() -> anyhow::Result<()> {
    shows_what_it_gives("docs/api.md")
}

/// Whoever reads these has been asked something by a parent, a court or a rectorat, and compares what they see
/// with what stands there.
#[test]
fn the_audit_gives_the_output_that_its_document_shows() -> anyhow::Result<()> {
    shows_what_it_gives("docs/audit.md")
}

/// Erasing cannot be tried out: what it will look like must be known before.
#[test]
fn erasing_gives_the_output_that_its_document_shows() -> anyhow::Result<()> {
    shows_what_it_gives("docs/privacy.md")
}

/// It is done once a year, by somebody who has not done it before.
#[test]
fn the_yearly_reset_gives_the_output_that_its_document_shows() -> anyhow::Result<()> {
    shows_what_it_gives("docs/yearly-reset.md")
}

/// The commands of all console blocks, in order.
fn commands(document: &str) -> Vec<&str> {
    blocks(document)
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix(PROMPT))
        .collect()
}

fn blocks(document: &str) -> impl Iterator<Item = &str> {
    document
        .split(CONSOLE)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
}

/// The document with these outputs below its commands. What differs from one run to the next only stays as it
/// is written.
fn with_outputs(document: &str, outputs: &[&str]) -> anyhow::Result<String> {
    let mut outputs = outputs.iter();
    let mut parts = document.split(CONSOLE);
    let mut present = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").context("a block does not end")?;
        present.push_str(CONSOLE);
        let mut lines = block.lines().peekable();
        while let Some(command) = lines.next() {
            writeln!(present, "{command}")?;
            let mut written = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with(PROMPT)) {
                written.push(line);
            }
            let output = outputs.next().context("a command has no output")?;
            let printed: Vec<&str> = output.trim_end().lines().collect();
            let same = written.len() == printed.len()
                && written.iter().zip(&printed).all(|(w, p)| is_shown(w, p));
            for line in if same { written } else { printed } {
                writeln!(present, "{line}")?;
            }
        }
        write!(present, "```{rest}")?;
    }
    Ok(present)
}

/// Whether a printed line is the written one, where "…" stands for anything and a date for any date.
fn is_shown(written: &str, printed: &str) -> bool {
    let (written, printed) = (undated(written), undated(printed));
    let mut parts = written.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        let place = match parts.peek() {
            Some(_) => rest.find(part),
            None => rest.ends_with(part).then(|| rest.len() - part.len()),
        };
        let Some(place) = place else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    true
}

/// The line with all its instants the same.
fn undated(line: &str) -> String {
    const INSTANT: &str = "00/00/0000 00:00:00";
    let mut letters: Vec<char> = line.chars().collect();
    for start in 0..letters.len() {
        let Some(place) = letters.get_mut(start..start + INSTANT.len()) else {
            break;
        };
        let alike = |(letter, model): (&char, char)| match model {
            '0' => letter.is_ascii_digit(),
            model => *letter == model,
        };
        if place.iter().zip(INSTANT.chars()).all(alike) {
            place.fill('0');
        }
    }
    letters.into_iter().collect()
}
