//! The program under test: the real binary, as built from the present sources.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context as _, ensure};

/// The path of `monstage`.
///
/// Cargo brings the program up to date before the tests of its crate, which the suite is one of, and tells
/// them where it is. Whoever else asks, as the benches do, has it brought up to date now: last week's program
/// is never run in silence.
pub fn monstage() -> anyhow::Result<&'static Path> {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = PATH.get() {
        return Ok(path);
    }
    let path = match std::env::var_os("CARGO_BIN_EXE_monstage") {
        Some(path) => path.into(),
        None => build()?,
    };
    Ok(PATH.get_or_init(|| path))
}

/// Builds it beside the present executable, in `target/<profile>`.
fn build() -> anyhow::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let folder = executable
        .parent()
        .context("an executable is in a folder")?;
    let binary = folder.join("monstage");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--package", "cli", "--bin", "monstage"])
        .args(["--profile", profile])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    // Build scripts look at some of what Cargo tells a program that it runs about its own crate, and
    // would begin again.
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
    Ok(binary)
}
