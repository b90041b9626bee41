//! A folder instead of a mail server, one `.eml` file per message: for whoever tries the service out.

use std::{
    collections::{BTreeSet, HashSet},
    fs::File,
    io::{self, BufRead as _, BufReader, ErrorKind},
    path::Path,
};

use lettre::Message;
use tokio::fs;
use uuid::Uuid;

/// What the file's first line begins with, before the ids of those whom the message is to or names: who
/// erases somebody finds it by them. No message that leaves the machine has it.
const ABOUT: &str = "X-Monstage-About: ";

/// Writes a message into a file that is never seen half written.
pub(super) async fn write(
    folder: &Path,
    name: &str,
    about: &BTreeSet<Uuid>,
    message: &Message,
) -> io::Result<()> {
    let ids: Vec<String> = about.iter().map(Uuid::to_string).collect();
    let mut content = format!("{ABOUT}{}\r\n", ids.join(" ")).into_bytes();
    content.extend(message.formatted());
    fs::create_dir_all(folder).await?;
    let unfinished = folder.join(format!(".{name}"));
    fs::write(&unfinished, content).await?;
    fs::rename(&unfinished, folder.join(format!("{name}.eml"))).await
}

/// Removes the messages whose first line names one of these ids, one that was being written when its server
/// died included; says how many. One that goes meanwhile is gone.
pub(super) fn remove(folder: &Path, ids: &HashSet<Uuid>) -> io::Result<u64> {
    let Some(files) = if_there(std::fs::read_dir(folder))? else {
        return Ok(0);
    };
    let mut removed = 0;
    for file in files {
        let path = file?.path();
        let about = if_there(is_about(&path, ids))?.unwrap_or_default();
        if about && if_there(std::fs::remove_file(&path))?.is_some() {
            removed += 1;
        }
    }
    Ok(removed)
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// Whether this is a message that names one of them. Other files begin otherwise.
fn is_about(path: &Path, ids: &HashSet<Uuid>) -> io::Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line);
    let named = line
        .strip_prefix(ABOUT)
        .unwrap_or_default()
        .split_whitespace();
    Ok(named
        .filter_map(|id| id.parse().ok())
        .any(|id: Uuid| ids.contains(&id)))
}
