//! The README's tour, run as written against the demo.

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use acceptance::{binary::monstage, server::Server};
use anyhow::{Context as _, ensure};
use commands::{Clock as _, SystemClock};
use domain::values::SchoolYear;

/// Printed before each command's output, to tell them apart.
const MARK: &str = "\u{1}";

/// What opens a block of commands with their output.
const CONSOLE: &str = "```console\n";

/// The school year that the README is written in. The demo is in the one under way.
const WRITTEN_IN: i32 = 2026;

/// What the README says of this school year and the next, and what the demo says of them today.
fn years() -> anyhow::Result<[(i32, i32); 2]> {
    let running = SchoolYear::containing(SystemClock.now().date_naive())?.year();
    Ok([(WRITTEN_IN, running), (WRITTEN_IN + 1, running + 1)])
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
        for form in ["{}-{next}", "\"school_year\":{}", "school-year {}"] {
            let year = |start: i32| {
                form.replace("{}", &start.to_string())
                    .replace("{next}", &(start + 1).to_string())
            };
            output = output.replace(&year(today), &year(written));
        }
    }
    Ok(output)
}

/// A tour that no longer works is the first thing a newcomer meets. With `MONSTAGE_WRITE_README` set,
/// the README is given the present output instead of being compared with it.
#[test]
fn the_tour_of_the_readme_gives_the_output_it_shows() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let mut demo = Command::new(monstage()?);
    let mail = folder.path().join("mail").display().to_string();
    demo.args(["demo", "--listen", "127.0.0.1:0"])
        .env("DATABASE_URL", &url)
        .env("MONSTAGE_MAIL_URL", format!("file://{mail}"));
    let server = Server::spawn(demo)?;

    let commands = commands(&readme);
    ensure!(!commands.is_empty(), "the README shows no commands");
    let mut script = String::new();
    for command in &commands {
        writeln!(script, "printf '{MARK}'\n{command}")?;
    }
    let script = as_today(&script)?
        .replace("http://127.0.0.1:8080", &server.address)
        .replace("data/mail", &mail)
        .replace(
            "target/release/monstage",
            &monstage()?.display().to_string(),
        );
    let output = Command::new("bash")
        .args(["-c", &script])
        .env("DATABASE_URL", &url)
        .current_dir(&root)
        .stdin(Stdio::null())
        .output()
        .context("the tour needs bash, curl and jq")?;
    let printed = as_written(&String::from_utf8(output.stdout)?)?;
    let outputs: Vec<&str> = printed.split(MARK).skip(1).collect();
    ensure!(
        outputs.len() == commands.len(),
        "the tour stopped: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let present = with_outputs(&readme, &outputs)?;
    if std::env::var_os("MONSTAGE_WRITE_README").is_some() {
        std::fs::write(root.join("README.md"), present)?;
        return Ok(());
    }
    ensure!(readme == present, "the tour now prints:\n{present}");
    Ok(())
}

/// The commands of all console blocks, in order.
fn commands(readme: &str) -> Vec<&str> {
    blocks(readme)
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("$ "))
        .collect()
}

fn blocks(readme: &str) -> impl Iterator<Item = &str> {
    readme
        .split(CONSOLE)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
}

/// The README with these outputs below its commands.
fn with_outputs(readme: &str, outputs: &[&str]) -> anyhow::Result<String> {
    let mut outputs = outputs.iter();
    let mut parts = readme.split(CONSOLE);
    let mut present = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").context("a block does not end")?;
        present.push_str(CONSOLE);
        for command in block.lines().filter(|line| line.starts_with("$ ")) {
            let output = outputs.next().context("a command has no output")?;
            writeln!(present, "{command}")?;
            for line in output.trim_end().lines() {
                writeln!(present, "{line}")?;
            }
        }
        write!(present, "```{rest}")?;
    }
    Ok(present)
}
