//! A small disk of a test's own, which can be full.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// Why a machine may refuse, and what helps.
const NEEDED: &str = "the tests mount a small disk of their own, in a namespace of their own: run them as \
                      root, or where the kernel lets other users do that \
                      (sysctl kernel.unprivileged_userns_clone=1), with util-linux 2.38 or later \
                      (apt-get install util-linux)";

/// A file system in memory of a few MiB, mounted on a folder where only some processes see it: nothing
/// of it is left, however the test ends.
pub struct Disk {
    folder: TempDir,
    /// Holds the namespace until its input ends.
    keeper: Child,
}

impl Disk {
    /// Mounts one of this size.
    ///
    /// # Errors
    ///
    /// Where the machine lets nobody mount: says what helps.
    pub fn new(mebibytes: u32) -> anyhow::Result<Self> {
        const MOUNT: &str =
            "mount -t tmpfs -o \"size=$1m,mode=0777\" none \"$0\" && echo ready && cat";
        let folder = tempfile::Builder::new()
            .prefix("monstage-disk-")
            .tempdir()?;
        let mut unshare = Command::new("unshare");
        unshare.arg("--mount");
        if !rustix::process::geteuid().is_root() {
            unshare.args(["--user", "--map-current-user", "--keep-caps"]);
        }
        let mut keeper = unshare
            .args(["sh", "-c", MOUNT])
            .arg(folder.path())
            .arg(mebibytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context(NEEDED)?;
        let output = keeper.stdout.take().context("an output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let disk = Self { folder, keeper };
        ensure!(line == "ready\n", NEEDED);
        Ok(disk)
    }

    /// Where it is mounted, for those who see it.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same for this process, which does not. A symbolic link: whoever resolves it loses its way.
    pub fn from_outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(
            self.folder
                .path()
                .strip_prefix("/")
                .unwrap_or(self.folder.path()),
        )
    }

    /// A command that sees it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.keeper.id().to_string(), "--mount"]);
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Leaves not a byte free.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        while ballast.write_all(&[0; 4096]).is_ok() {}
        Ok(())
    }

    /// Gives back what filling it took.
    pub fn empty(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.from_outside().join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Nobody is left to whom a failure would matter.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
