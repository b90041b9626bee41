//! Why an action was not done.

use domain::refusal::Refusal;
use store::StoreError;

/// An action was not done; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others changed what it was decided on, and it was to be decided once only.
    #[error("what the action was decided on has changed")]
    DecideAgain,
    /// The request comes under a key that another one was carried out under.
    #[error("another request was carried out under this key")]
    KeyReused,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl CommandError {
    /// Whether everything else would fail too: the database is out of service.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_outage())
    }

    /// Whether the same action, decided again on fresh state, may be done.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(_) | Self::KeyReused => false,
            Self::DecideAgain => true,
            Self::Store(error) => error.is_transient(),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::DecideAgain,
            StoreError::Refused(refusal) => Self::Refused(refusal),
            error => Self::Store(error),
        }
    }
}

/// Why a use case decided nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What was loaded does not fit together: somebody acted between two loads.
    #[error("what was loaded does not fit together")]
    DecideAgain,
}

impl From<Undecided> for CommandError {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Refused(refusal) => Self::Refused(refusal),
            Undecided::DecideAgain => Self::DecideAgain,
        }
    }
}

#[cfg(test)]
mod tests {
    use store::Store;

    use super::*;

    /// A run over thousands of schools goes on after one that cannot be read, and ends where the database
    /// is gone: each of the others would only fail too.
    #[tokio::test]
    async fn only_the_database_is_out_of_service() {
        let damaged = StoreError::Damaged {
            stream: "class/1".to_owned(),
            detail: "event 3 follows 1".to_owned(),
        };
        let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
        store.close().await;
        let gone = store.reader().await.err().unwrap();
        assert!(CommandError::from(gone).is_outage());
        for error in [
            CommandError::from(damaged),
            CommandError::from(StoreError::Conflict),
            CommandError::from(StoreError::from(Refusal::EmailTaken)),
        ] {
            assert!(!error.is_outage(), "{error}");
        }
    }
}
