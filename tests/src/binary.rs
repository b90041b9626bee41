//! The program under test: the real binary, as built from the present sources.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context as _, ensure};

/// The path of `monstage`, beside the present executable in `target/<profile>`.
///
/// Cargo does not rebuild it with the tests of another crate, so that a test might run last week's
/// program. Here it is built again whenever the tests were, by one process while the others wait.
pub fn monstage() -> anyhow::Result<&'static Path> {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = PATH.get() {
        return Ok(path);
    }
    let path = build_if_stale()?;
    Ok(PATH.get_or_init(|| path))
}

fn build_if_stale() -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?;
    let folder = tests.parent().context("an executable is in a folder")?;
    let folder = match folder.parent() {
        Some(parent) if folder.ends_with("deps") => parent,
        _ => folder,
    };
    let binary = folder.join("monstage");
    // Its time says when the program was last built for tests; locked while somebody does.
    let stamp = folder.join(".monstage-built");
    let lock = File::options()
        .create(true)
        .append(true)
        .open(folder.join(".monstage-lock"))?;
    lock.lock()?;
    let time = |path: &Path| {
        path.metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    if binary.exists() && time(&stamp) > time(&tests) {
        return Ok(binary);
    }
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "build",
            "--package",
            "cli",
            "--bin",
            "monstage",
            "--profile",
            profile,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    // Build scripts look at some of what Cargo tells the tests about their own crate, and would
    // begin again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let output = cargo.output().context("running cargo build")?;
    ensure!(
        output.status.success() && binary.exists(),
        "cannot build {}; what `cargo build` says:\n{}",
        binary.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    File::create(&stamp)?;
    Ok(binary)
}
