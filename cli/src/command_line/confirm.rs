//! Asking before something that cannot be undone.

use std::io::{IsTerminal, stderr, stdin};

use super::error::{CommonError, Exit, Failure};

/// Why what was asked was not confirmed.
#[derive(Debug, thiserror::Error)]
pub(in crate::command_line) enum ConfirmError {
    #[error(
        "rien n'est fait sans confirmation : lancez la commande dans un terminal, ou avec --yes"
    )]
    NobodyThere,
    #[error("rien n'a été fait : ce n'est pas ce qu'il fallait taper")]
    OtherWord,
    #[error(transparent)]
    Common(CommonError),
}

impl Failure for ConfirmError {
    fn exit(&self) -> Exit {
        match self {
            Self::NobodyThere | Self::OtherWord => Exit::Refused,
            Self::Common(error) => error.exit(),
        }
    }
}

impl<E> From<E> for ConfirmError
where
    CommonError: From<E>,
{
    fn from(error: E) -> Self {
        Self::Common(error.into())
    }
}

/// Has `word` typed at the terminal.
///
/// # Errors
///
/// Nobody is there to type, or something else was typed.
pub(super) fn confirm(word: &str) -> Result<(), ConfirmError> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(ConfirmError::NobodyThere);
    }
    eprint!("C'est définitif. Tapez « {word} » pour continuer : ");
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    if typed.trim() == word {
        Ok(())
    } else {
        Err(ConfirmError::OtherWord)
    }
}
