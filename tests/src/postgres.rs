//! A throw-away PostgreSQL, from the binaries that the machine has installed.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use crate::disk::Disk;

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As in production. For figures that mean something.
    Durable,
    /// No: the cluster does not outlive the test.
    Fleeting,
}

/// How long a cluster may take to start, on a machine busy with other tests.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Where the line with the state stands in `postmaster.pid`, from 0 (PostgreSQL's `pidfile.h`).
const STATE_LINE: usize = 7;

/// A running server with its own data, reached through a socket in its folder. Ends with its last
/// owner, and with this process whatever becomes of it.
pub struct Cluster {
    place: Place,
    server: Pid,
    durability: Durability,
}

/// Where a server has its socket, its log and its data.
struct Place {
    folder: TempDir,
    /// What the data are on, if not in the folder.
    disk: Option<Disk>,
}

impl Cluster {
    /// Starts a server on a copy of an empty, ready-made data folder.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed: says how to install it.
    pub fn start(durability: Durability) -> anyhow::Result<Self> {
        Self::start_in(None, durability)
    }

    /// The same with its data on a disk that can be full.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed: says how to install it.
    pub fn start_on(disk: Disk, durability: Durability) -> anyhow::Result<Self> {
        Self::start_in(Some(disk), durability)
    }

    fn start_in(disk: Option<Disk>, durability: Durability) -> anyhow::Result<Self> {
        let installed = Installed::find();
        let template = installed.template()?;
        let folder = tempfile::Builder::new().prefix("monstage-pg-").tempdir()?;
        installed.give(folder.path())?;
        let place = Place { folder, disk };
        let copy = installed.command(place.disk.as_ref(), Path::new("cp"));
        run(
            copy,
            &["-a".as_ref(), template.as_ref(), place.data().as_ref()],
        )?;
        Ok(Self {
            server: serve(&installed, &place, durability)?,
            place,
            durability,
        })
    }

    /// The disk that its data are on.
    pub fn disk(&self) -> Option<&Disk> {
        self.place.disk.as_ref()
    }

    /// Ends the server as a power cut would, and starts it again on the same data.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        self.serve()
    }

    /// What a standby has of it at this moment.
    pub fn standby(&mut self) -> anyhow::Result<TempDir> {
        let copy = tempfile::Builder::new().prefix("monstage-pg-").tempdir()?;
        let installed = Installed::find();
        installed.give(copy.path())?;
        self.stop()?;
        copy_data(&installed, &self.place.data(), &copy.path().join("data"))?;
        self.serve()?;
        Ok(copy)
    }

    /// The machine is gone, and such a standby takes its place: promoted, with a timeline of its own.
    pub fn fail_over_to(&mut self, standby: &TempDir) -> anyhow::Result<()> {
        self.stop()?;
        let data = self.place.data();
        fs::remove_dir_all(&data)?;
        copy_data(&Installed::find(), &standby.path().join("data"), &data)?;
        fs::write(data.join("recovery.signal"), "")?;
        let mut settings = File::options()
            .append(true)
            .open(data.join("postgresql.auto.conf"))?;
        // Nobody is let in before it is promoted.
        settings.write_all(b"restore_command = 'false'\nhot_standby = off\n")?;
        self.serve()
    }

    /// Another server comes to where this one was, and a dump of this database is restored there.
    pub async fn replace(&mut self, database: &str) -> anyhow::Result<()> {
        let folder = self.place.folder.path().display().to_string();
        let dump = format!("{folder}/dump");
        let place = ["-h", &folder, "-U", "postgres", "-d", database];
        let ask = |program: &str, more: [&str; 2]| {
            let args: Vec<_> = place.iter().chain(&more).map(AsRef::as_ref).collect();
            run(Command::new(program), &args)
        };
        ask("pg_dump", ["-f", &dump])?;
        self.stop()?;
        let data = self.place.data();
        fs::remove_dir_all(&data)?;
        Installed::find().init(&data)?;
        self.serve()?;
        self.database(database).await?;
        ask("psql", ["-qf", &dump])
    }

    fn serve(&mut self) -> anyhow::Result<()> {
        self.server = serve(&Installed::find(), &self.place, self.durability)?;
        Ok(())
    }

    fn stop(&self) -> anyhow::Result<()> {
        if self.is_running() {
            kill_process(self.server, Signal::QUIT)?;
        }
        let killed = Instant::now();
        while self.is_running() {
            ensure!(killed.elapsed() < START_LIMIT, "PostgreSQL does not end");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// What the server wrote to its log so far.
    pub fn log(&self) -> std::io::Result<String> {
        fs::read_to_string(self.place.folder.path().join("log"))
    }

    /// Whether the server is there, able to work or not: one that can write no more may end.
    pub fn is_running(&self) -> bool {
        test_kill_process(self.server).is_ok()
    }

    /// The cluster that the tests of this process share, started when nobody has it.
    pub fn shared() -> anyhow::Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return Ok(cluster);
        }
        let cluster = Arc::new(Self::start(Durability::Fleeting)?);
        *shared = Arc::downgrade(&cluster);
        Ok(cluster)
    }

    /// Creates an empty database and gives its address.
    pub async fn database(&self, name: &str) -> anyhow::Result<String> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::raw_sql(&format!("CREATE DATABASE \"{name}\""))
            .execute(&mut connection)
            .await
            .with_context(|| format!("creating the database {name}"))?;
        connection.close().await?;
        Ok(self.url(name))
    }

    fn url(&self, database: &str) -> String {
        let folder = self.place.folder.path().display();
        format!("postgres:///{database}?host={folder}&user=postgres")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // At once and without a checkpoint: nobody will read these data again. An error means that
        // the server is gone already.
        let _ = kill_process(self.server, Signal::QUIT);
    }
}

impl Place {
    /// Where the server finds its data.
    fn data(&self) -> PathBuf {
        let on = self.disk.as_ref().map_or(self.folder.path(), Disk::path);
        on.join("data")
    }

    /// Where this process finds them.
    fn data_from_outside(&self) -> PathBuf {
        let on = self.disk.as_ref().map(Disk::from_outside);
        on.unwrap_or_else(|| self.folder.path().to_owned())
            .join("data")
    }
}

fn copy_data(installed: &Installed, from: &Path, to: &Path) -> anyhow::Result<()> {
    let copy = installed.command(None, Path::new("cp"));
    run(copy, &["-a".as_ref(), from.as_ref(), to.as_ref()])
}

/// Starts a server on the data in its place, and waits until it is ready.
fn serve(installed: &Installed, place: &Place, durability: Durability) -> anyhow::Result<Pid> {
    let folder = place.folder.path();
    let mut command = installed.command(place.disk.as_ref(), &installed.bin.join("postgres"));
    command
        .arg("-D")
        .arg(place.data())
        .arg("-k")
        .arg(folder)
        .args(["-c", "listen_addresses=", "-c", "max_connections=200"]);
    if durability == Durability::Fleeting {
        command.args(["-c", "fsync=off", "-c", "synchronous_commit=off"]);
        command.args(["-c", "full_page_writes=off"]);
    }
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    // What a server that was killed leaves there.
    let data = place.data_from_outside();
    let _ = fs::remove_file(data.join("postmaster.pid"));
    let server = spawn_for_process(command)?;
    wait_until_ready(folder, &data)?;
    Ok(server)
}

fn wait_until_ready(folder: &Path, data: &Path) -> anyhow::Result<()> {
    let state = data.join("postmaster.pid");
    let started = Instant::now();
    loop {
        let lines = fs::read_to_string(&state).unwrap_or_default();
        let state = lines.lines().nth(STATE_LINE).unwrap_or_default();
        if state.trim() == "ready" {
            return Ok(());
        }
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        ensure!(
            started.elapsed() < START_LIMIT,
            "PostgreSQL does not start:\n{}",
            log()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Starts a server from a thread that lives as long as this process: the signal of a parent's death
/// comes when the parent's *thread* ends, and tests run on threads that end.
fn spawn_for_process(mut command: Command) -> anyhow::Result<Pid> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || match command.spawn() {
        Ok(mut child) => {
            let _ = sender.send(Ok(Pid::from_child(&child)));
            let _ = child.wait();
            loop {
                thread::park();
            }
        }
        Err(error) => {
            let _ = sender.send(Err(error));
        }
    });
    receiver.recv()?.context("starting postgres")
}

/// Runs a command to its end.
fn run(mut command: Command, args: &[&std::ffi::OsStr]) -> anyhow::Result<()> {
    let output = command.args(args).output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The installed PostgreSQL, and the user that runs it.
struct Installed {
    bin: PathBuf,
    version: String,
    /// Whom to become: PostgreSQL refuses to run as root.
    user: Option<(u32, u32)>,
}

impl Installed {
    /// # Panics
    ///
    /// When there is none.
    fn find() -> Self {
        let Some(bin) = bin_folder() else {
            panic!(
                "the tests need PostgreSQL's server (initdb and postgres, in PATH or under \
                 /usr/lib/postgresql): apt-get install postgresql"
            );
        };
        let version = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
            .unwrap_or_default();
        let is_root = rustix::process::geteuid().is_root();
        Self {
            bin,
            version: version
                .split_whitespace()
                .nth(2)
                .unwrap_or("unknown")
                .to_owned(),
            user: is_root.then(unprivileged_user),
        }
    }

    /// A command that runs as that user and sees that disk, and ends when the thread that started it
    /// does.
    fn command(&self, disk: Option<&Disk>, program: &Path) -> Command {
        let setpriv = Path::new("setpriv");
        let mut command = disk.map_or_else(|| Command::new(setpriv), |disk| disk.command(setpriv));
        command.args(["--pdeathsig", "QUIT"]);
        if let Some((user, group)) = self.user {
            command.args(["--reuid", &user.to_string(), "--regid", &group.to_string()]);
            command.arg("--clear-groups");
        }
        command.arg("--").arg(program).current_dir("/");
        command
    }

    fn give(&self, path: &Path) -> anyhow::Result<()> {
        if let Some((user, group)) = self.user {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// The data folder that every cluster starts as a copy of: `initdb` takes a second, a copy of
    /// what it makes a tenth. Made once per machine, version and user.
    fn template(&self) -> anyhow::Result<PathBuf> {
        let user = rustix::process::geteuid().as_raw();
        let name = format!("monstage-postgres-{}-{user}", self.version);
        let home = std::env::temp_dir().join(&name);
        let lock = File::create(std::env::temp_dir().join(format!("{name}.lock")))?;
        lock.lock()?;
        let (data, complete) = (home.join("data"), home.join("complete"));
        if complete.exists() {
            return Ok(data);
        }
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        fs::create_dir(&home)?;
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700))?;
        self.give(&home)?;
        self.init(&data)?;
        File::create(&complete)?;
        Ok(data)
    }

    /// Makes an empty data folder.
    fn init(&self, data: &Path) -> anyhow::Result<()> {
        let args = ["--no-sync", "--auth=trust", "--username=postgres"];
        let encoding = ["--encoding=UTF8", "--locale=C.UTF-8", "-D"];
        let args = args.iter().chain(&encoding).map(AsRef::as_ref);
        let args: Vec<_> = args.chain([data.as_os_str()]).collect();
        run(self.command(None, &self.bin.join("initdb")), &args)
    }
}

fn bin_folder() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    // The newest first, where Debian keeps several.
    packaged.sort_by_key(|bin| std::cmp::Reverse(bin.clone()));
    std::env::split_paths(&path)
        .chain(packaged)
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

/// The user and group ids of `postgres`, which the Debian package creates, else of `nobody`.
fn unprivileged_user() -> (u32, u32) {
    const NOBODY: (u32, u32) = (65534, 65534);
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    users
        .lines()
        .find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            match fields[..] {
                ["postgres", _, user, group, ..] => Some((user.parse().ok()?, group.parse().ok()?)),
                _ => None,
            }
        })
        .unwrap_or(NOBODY)
}
