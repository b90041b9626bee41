//! The binary `monstage`.

use std::process::ExitCode;

use api::cli::{self, Cli};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_closed_pipe() {
                eprintln!("erreur : {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
