//! Asking before something that cannot be undone.

use std::io::{IsTerminal, stderr, stdin};

use super::CliError;

/// Has `word` typed at the terminal.
///
/// # Errors
///
/// Nobody is there to type, or something else was typed.
pub(super) fn confirm(word: &str) -> Result<(), CliError> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(CliError::NoConfirmation);
    }
    eprint!("C'est définitif. Tapez « {word} » pour continuer : ");
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    if typed.trim() == word {
        Ok(())
    } else {
        Err(CliError::NotConfirmed)
    }
}
