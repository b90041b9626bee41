//! The binary `monstage`.

use std::process::ExitCode;

use clap::Parser;
use cli::command_line::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    match command_line::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_closed_pipe() {
                eprintln!("erreur : {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
