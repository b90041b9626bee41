//! A request that is carried out once, however often it comes: because its answer was lost, or somebody pressed
//! twice.
//!
//! That it was carried out is written in the transaction of what it does, so that both are so or neither.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::{CorrelationId, PersonId};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use store::{Change, Conn, Rows, Store, StoreError, Write, execute, fetch_optional};
use uuid::Builder;

use crate::{CommandError, Commands};

const TABLE: &str = "requests_done";

/// What makes two requests the same: the key that they come under, and what they ask.
///
/// Both are hashes in which the key that the client chose is mixed: what the table holds says nothing of what
/// was asked to anybody who does not know that key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Once {
    key: [u8; 32],
    request: [u8; 32],
}

impl Once {
    /// What comes under `key` and asks `request`, both as the client sent them.
    #[must_use]
    pub fn new(key: &str, request: &[&[u8]]) -> Self {
        let key = hash(&[key.as_bytes()]);
        let request: Vec<&[u8]> = [&key[..]]
            .into_iter()
            .chain(request.iter().copied())
            .collect();
        Self {
            request: hash(&request),
            key: hash(&[&key]),
        }
    }

    /// Under the key as this account uses it: others choose the same.
    #[must_use]
    pub fn by(self, account: PersonId) -> Self {
        self.mixed_with(account.as_uuid().as_bytes())
    }

    /// One of several things that the request asks, each done by itself.
    #[must_use]
    pub fn part(self, number: u32) -> Self {
        self.mixed_with(&number.to_be_bytes())
    }

    /// Under a key that no other request comes under: this one, sent again with something else in it, is
    /// another one.
    #[must_use]
    pub fn with_its_content(self) -> Self {
        self.mixed_with(&self.request)
    }

    fn mixed_with(self, more: &[u8]) -> Self {
        Self {
            key: hash(&[&self.key, more]),
            ..self
        }
    }

    /// The same number each time that the request comes.
    #[must_use]
    pub fn correlation(self) -> CorrelationId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.key[..16]);
        CorrelationId::new(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The row that says that it was carried out, and what the caller learned, as JSON.
    pub(crate) fn row(self, output: String, now: DateTime<Utc>) -> Change {
        let rows = Rows::new()
            .text("key", [hex(&self.key)])
            .text("request", [hex(&self.request)])
            .text("output", [output])
            .time("done_at", [now]);
        Change::insert(TABLE, rows)
    }
}

/// Each part with its length, so that no two lists run into the same bytes.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8; 32]) -> String {
    format!("{:x}", sha2::digest::Output::<Sha256>::from(*bytes))
}

/// Writes with rows that follow from no event that they were written.
struct Done {
    once: Once,
    now: DateTime<Utc>,
}

#[async_trait]
impl Write for Done {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.change(vec![self.once.row("null".to_owned(), self.now)], "")
            .await
    }
}

impl Commands {
    /// What the caller learned when this request was carried out; none when it was not, or says nothing of
    /// being carried out once.
    ///
    /// # Errors
    ///
    /// [`CommandError::KeyReused`] when another request was carried out under its key.
    pub async fn done<T: DeserializeOwned>(
        &self,
        once: Option<Once>,
    ) -> Result<Option<T>, CommandError> {
        let Some(once) = once else {
            return Ok(None);
        };
        let sql = "SELECT request, output FROM requests_done WHERE key = $1";
        let mut reader = self.store().reader().await?;
        let row = fetch_optional!(&mut reader.conn(), (String, String), sql, hex(&once.key))?;
        match row {
            None => Ok(None),
            Some((request, _)) if request != hex(&once.request) => Err(CommandError::KeyReused),
            Some((_, output)) => {
                let output = serde_json::from_str(&output);
                Ok(Some(output.map_err(StoreError::from)?))
            }
        }
    }

    /// What became of a request at an error: it may have been carried out before, or at this very moment by
    /// whoever sent it twice.
    pub(crate) async fn done_or<T: DeserializeOwned>(
        &self,
        once: Option<Once>,
        error: CommandError,
    ) -> Result<T, CommandError> {
        match self.done(once).await {
            Ok(Some(output)) => Ok(output),
            Err(CommandError::KeyReused) => Err(CommandError::KeyReused),
            // The first error is what went wrong.
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Writes rows that follow from no event, all or none.
    ///
    /// # Errors
    ///
    /// What one of them refuses by; [`CommandError::KeyReused`].
    pub async fn write(
        &self,
        once: Option<Once>,
        writes: &[&dyn Write],
    ) -> Result<(), CommandError> {
        let now = self.clock().now();
        let done = once.map(|once| Done { once, now });
        let done = done.iter().map(|done| done as &dyn Write);
        let writes: Vec<&dyn Write> = writes.iter().copied().chain(done).collect();
        match self.store().write(&writes).await {
            Ok(()) => Ok(()),
            Err(error) => self.done_or(once, error.into()).await,
        }
    }
}

/// Removes what says that requests were carried out before `limit`: whoever sends one again has long done so.
pub async fn remove_before(store: &Store, limit: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "DELETE FROM requests_done WHERE done_at < $1";
    execute!(&mut tx.conn(), sql, limit)?;
    tx.commit().await
}
