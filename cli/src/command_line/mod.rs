//! The command line: one file per subcommand. Help is in English, what people read of a result in
//! French; results go to standard output, logs and progress to standard error.

mod admin;
mod audit;
mod confirm;
mod database;
mod demo;
mod directory;
mod erase;
mod error;
mod logging;
mod migrate;
mod openapi;
mod output;
mod progress;
mod projections;
mod reset;
mod serve;
mod whole_file;

use clap::{Parser, Subcommand};

pub use error::{Exit, Failure, Result};

/// "Mon stage de troisième" for school staff: classes and rosters of collèges
#[derive(Parser)]
#[command(
    name = "monstage",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done; 1 failed; 2 wrong usage or refused input; \
                  3 some of the work was left undone, run it again to resume."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a made-up example that needs no set-up: three collèges, staff, classes and pupils
    Demo(demo::Options),
    /// Bring the schema up to date, then serve the API
    Serve(serve::Options),
    /// Bring the schema up to date, and nothing else
    Migrate(migrate::Options),
    /// The school directory
    #[command(subcommand)]
    Directory(Directory),
    /// Administrators of the service
    #[command(subcommand)]
    Admin(Admin),
    /// Erase people's personal data: the history stays, without their names
    ///
    /// Shows whom first, and asks. Each person is erased in one piece; a run that is stopped goes on where
    /// it was when it is run again. Messages that a mail server took, and backups, are out of reach: after
    /// restoring a backup, run it with --reapply.
    Erase(erase::Options),
    /// Open a new school year: last year's classes go, and their pupils leave
    ///
    /// In every establishment still in an earlier year, classes are removed, pupils leave the establishment
    /// (with their account and history, to join again), and pending invitations end. Shows how much first, and
    /// asks. Each establishment changes in one piece while the others go on; a run that is stopped goes on where
    /// it was when it is run again, and classes of the new year are left alone.
    Reset(reset::Options),
    /// Print the document that describes the API
    Openapi,
    /// What happened, and what things looked like
    #[command(subcommand)]
    Audit(Audit),
    /// The read models
    #[command(subcommand)]
    Projections(Projections),
}

#[derive(Subcommand)]
enum Directory {
    /// Load or refresh the directory from the public lists of schools
    Import(directory::Options),
}

#[derive(Subcommand)]
enum Admin {
    /// Create an administrator's account
    ///
    /// The password is read from `MONSTAGE_ADMIN_PASSWORD`, or asked twice at the terminal. There is no
    /// flag for it: other users of the machine could read it in the list of processes.
    Create(admin::create::Options),
    /// Invite the head of an establishment, whatever their address
    ///
    /// For an establishment whose official mailbox the directory does not know, and to hand headship over: the
    /// present head leaves when the invitation is followed. Run again, it sends a new link.
    InviteHead(admin::invite_head::Options),
    /// Make a member of an establishment's staff its head, at once
    ReplaceHead(admin::replace_head::Options),
}

#[derive(Subcommand)]
enum Audit {
    /// Show the class lists of an establishment as they stood at an instant
    AsOf(audit::as_of::Options),
    /// Show what happened, newest first
    ///
    /// A table shows the 50 newest events unless --limit says otherwise; csv and ndjson give
    /// everything that matches. In a table, a yearly reset is one line for each establishment; with
    /// --establishment and --correlation (in ndjson, the run of a reset) it opens into its parts.
    Log(audit::log::Options),
    /// List the seals over the log, newest first
    ///
    /// Servers seal what is appended as they go. A seal that was exported and kept elsewhere finds out even
    /// somebody who rewrote the log and its seals together.
    Seals(audit::seals::Options),
    /// Check that the log, the read models and the seals agree
    ///
    /// Replays the whole log beside the live read models and compares every row; looks at the numbering of
    /// every stream, whether every event can be read, and the seals. Servers go on meanwhile. Exits with 1
    /// when anything differs.
    Verify(audit::verify::Options),
}

#[derive(Subcommand)]
enum Projections {
    /// Show how far each read model has come, how many rows it holds, and how far the log is sealed
    Status(projections::status::Options),
    /// Fill read models anew from the log, while the servers go on
    ///
    /// They are filled into other tables, which then take the place of the present ones at once. Stopped
    /// half-way, it leaves the present ones as they are.
    Rebuild(projections::rebuild::Options),
}

/// Runs the command that was asked for.
///
/// # Panics
///
/// The system gives no threads to run it on.
// The runtime is this crate's: the binary would compile everything that is awaited below a second time.
#[tokio::main]
pub async fn run(cli: Cli) -> Result {
    match cli.command {
        Command::Demo(options) => demo::run(options).await,
        Command::Serve(options) => serve::run(options).await,
        Command::Migrate(options) => migrate::run(options).await,
        Command::Directory(Directory::Import(options)) => directory::run(options).await,
        Command::Admin(Admin::Create(options)) => admin::create::run(options).await,
        Command::Admin(Admin::InviteHead(options)) => admin::invite_head::run(options).await,
        Command::Admin(Admin::ReplaceHead(options)) => admin::replace_head::run(options).await,
        Command::Audit(Audit::AsOf(options)) => audit::as_of::run(options).await,
        Command::Audit(Audit::Log(options)) => audit::log::run(options).await,
        Command::Audit(Audit::Seals(options)) => audit::seals::run(options).await,
        Command::Audit(Audit::Verify(options)) => audit::verify::run(options).await,
        Command::Erase(options) => erase::run(options).await,
        Command::Reset(options) => reset::run(options).await,
        Command::Openapi => openapi::run(),
        Command::Projections(Projections::Status(options)) => {
            projections::status::run(options).await
        }
        Command::Projections(Projections::Rebuild(options)) => {
            projections::rebuild::run(options).await
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    /// A flag named twice or a default that its own parser refuses would only show when somebody
    /// runs that very subcommand.
    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
