//! Asking before something that cannot be undone.

use std::io::{IsTerminal, stderr, stdin};

use super::error::{Failure, Result};

#[derive(Debug, thiserror::Error)]
enum NotConfirmed {
    #[error(
        "rien n'est fait sans confirmation : lancez la commande dans un terminal, ou avec --yes"
    )]
    NobodyThere,
    #[error("rien n'a été fait : ce n'est pas ce qu'il fallait taper")]
    OtherWord,
}

impl Failure for NotConfirmed {}

/// Has `word` typed at the terminal.
pub(super) fn confirm(word: &str) -> Result {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(NotConfirmed::NobodyThere.into());
    }
    eprint!("C'est définitif. Tapez « {word} » pour continuer : ");
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    if typed.trim() == word {
        Ok(())
    } else {
        Err(NotConfirmed::OtherWord.into())
    }
}
