//! Who signed in and who failed to, for whoever must find out what happened to an account: ids only,
//! outside the log, kept for twelve months.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::{CorrelationId, PersonId};
use store::{Clock, Conn, StoreError, Write, execute};
use uuid::Uuid;

/// How an attempt to sign in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a session.
    Succeeded,
    /// The password is another one.
    WrongPassword,
    /// Nobody has this address.
    UnknownAddress,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::WrongPassword => "wrong_password",
            Self::UnknownAddress => "unknown_address",
        }
    }
}

/// An attempt to sign in, to be written down whatever became of it.
pub(crate) struct SignInAttempt {
    id: Uuid,
    account: Option<PersonId>,
    outcome: Outcome,
    correlation: CorrelationId,
    at: DateTime<Utc>,
}

impl SignInAttempt {
    /// One that just ended: with the account that has the address, if there is one, and the request it came
    /// with.
    pub(crate) fn new(
        clock: &dyn Clock,
        account: Option<PersonId>,
        outcome: Outcome,
        correlation: CorrelationId,
    ) -> Self {
        Self {
            id: clock.new_uuid(),
            account,
            outcome,
            correlation,
            at: clock.now(),
        }
    }
}

#[async_trait]
impl Write for SignInAttempt {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "INSERT INTO sign_ins (id, account_id, outcome, correlation_id, recorded_at) \
             VALUES ($1, $2, $3, $4, $5)",
            self.id.to_string(),
            self.account.map(|account| account.to_string()),
            self.outcome.as_str(),
            self.correlation.to_string(),
            self.at,
        )?;
        Ok(())
    }
}

/// Removes what was recorded before this instant.
pub async fn remove_before(conn: &mut Conn<'_>, instant: DateTime<Utc>) -> Result<(), StoreError> {
    execute!(conn, "DELETE FROM sign_ins WHERE recorded_at < $1", instant)?;
    Ok(())
}
