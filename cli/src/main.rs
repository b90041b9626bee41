//! The binary `monstage`.

use std::process::ExitCode;

use clap::Parser;
use cli::command_line::{self, Cli, Exit};

fn main() -> ExitCode {
    match command_line::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let exit = error.exit();
            if exit != Exit::ReaderGone {
                eprintln!("erreur : {error}");
            }
            ExitCode::from(exit.code())
        }
    }
}
