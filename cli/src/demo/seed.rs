//! Bringing a database to where the story ends, act by act, by a clock that shows when each was done.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use accounts::{
    account::NewAccount,
    invitee,
    password::{self, PasswordError},
    person::NewPeople,
    session,
};
use chrono::{DateTime, Utc};
use commands::{By, Commands};
use domain::ids::{CorrelationId, PersonId};
use store::{Checkpoint, Clock, Store, StoreError, SystemClock, Write};
use tokio::task::JoinHandle;

use super::{
    DemoError, PASSWORD,
    act::{AccountPlan, Act},
    plan::Plan,
};

/// More events than the story has.
const BEGINNING: u32 = 2_000;

/// Does whatever of the story was never done.
pub(super) async fn run(store: &Store, plan: &Plan, acts: Vec<Act>) -> Result<(), DemoError> {
    let done = done(store).await?;
    let left: Vec<Act> = acts
        .into_iter()
        .filter(|act| !done.contains(&act.id))
        .collect();
    if done.is_empty() {
        refuse_other_data(store).await?;
    }
    let mut hashes = Hashes::of(plan, &left);
    let clock = Arc::new(StoryClock::default());
    // Nobody is written to about made-up people.
    let commands = Commands::new(
        store.clone(),
        clock.clone(),
        vec![
            Box::new(session::EndWithStaff),
            Box::new(invitee::ForgetEnded),
        ],
    );
    if let Some(first) = left.first() {
        clock.set(first.at);
    }
    administrator(&commands, plan, &mut hashes).await?;
    for act in left {
        clock.set(act.at);
        execute(&commands, act, &mut hashes).await?;
    }
    Ok(())
}

async fn execute(commands: &Commands, act: Act, hashes: &mut Hashes) -> Result<(), DemoError> {
    let account = match act.account {
        Some(account) => Some(hashes.account(account, act.at).await?),
        None => None,
    };
    let rows = act.rows.iter().map(AsRef::as_ref);
    let account = account.iter().map(|account| account as &dyn Write);
    let writes: Vec<&dyn Write> = rows.chain(account).collect();
    let by = By {
        actor: act.actor,
        correlation: act.id,
        once: None,
    };
    Ok(act.deed.execute(commands, &by, &writes).await?)
}

/// No event: an administrator belongs to no establishment.
async fn administrator(
    commands: &Commands,
    plan: &Plan,
    hashes: &mut Hashes,
) -> Result<(), DemoError> {
    let store = commands.store();
    let account = &plan.administrator_account;
    let known = {
        let mut reader = store.reader().await?;
        store::fetch_optional!(
            &mut reader.conn(),
            (String,),
            "SELECT id FROM accounts WHERE email_key = $1",
            account.email.key()
        )?
    };
    if known.is_some() {
        return Ok(());
    }
    let account = hashes
        .account(account.clone(), commands.clock().now())
        .await?;
    let person = NewPeople(vec![plan.administrator.clone()]);
    Ok(store.write(&[&person, &account]).await?)
}

/// What of the story is in the log, by the requests of its first events: a class that somebody deleted since
/// was created all the same, and must not come back.
async fn done(store: &Store) -> Result<HashSet<CorrelationId>, StoreError> {
    let mut reader = store.reader().await?;
    let mut conn = reader.conn();
    let events = conn.read_page(Checkpoint::default(), BEGINNING).await?;
    let events = events.decode()?.into_iter();
    Ok(events
        .map(|event| event.record.metadata.correlation)
        .collect())
}

/// Refuses a directory that others filled: made-up pupils, and accounts whose password everybody
/// knows, have no place beside real ones.
async fn refuse_other_data(store: &Store) -> Result<(), DemoError> {
    let mut reader = store.reader().await?;
    let other = store::fetch_optional!(
        &mut reader.conn(),
        (String, String),
        "SELECT uai, name FROM directory ORDER BY uai LIMIT 1"
    )?;
    match other {
        Some((uai, name)) => Err(DemoError::OtherData { uai, name }),
        None => Ok(()),
    }
}

/// The hashes of the common password, one for each account. They are made while the story is told.
struct Hashes(HashMap<PersonId, JoinHandle<Result<String, PasswordError>>>);

impl Hashes {
    /// For the accounts that come of what is left to do.
    fn of(plan: &Plan, left: &[Act]) -> Self {
        let administrator = left.first().map(|_| &plan.administrator_account);
        let accounts = left.iter().filter_map(|act| act.account.as_ref());
        let hashing = |account: &AccountPlan| {
            let hash = password::hash(PASSWORD, &SystemClock);
            (account.id, tokio::spawn(hash))
        };
        Self(
            administrator
                .into_iter()
                .chain(accounts)
                .map(hashing)
                .collect(),
        )
    }

    async fn account(
        &mut self,
        account: AccountPlan,
        at: DateTime<Utc>,
    ) -> Result<NewAccount, DemoError> {
        let hash = match self.0.remove(&account.id) {
            Some(hash) => hash
                .await
                .map_err(|error| DemoError::Data(error.to_string()))?,
            None => password::hash(PASSWORD, &SystemClock).await,
        };
        Ok(NewAccount {
            id: account.id,
            email: account.email,
            role: account.role,
            password_hash: hash?,
            created_at: at,
        })
    }
}

/// The clock of the story.
#[derive(Default)]
struct StoryClock(AtomicI64);

impl StoryClock {
    fn set(&self, at: DateTime<Utc>) {
        self.0.store(at.timestamp_micros(), Ordering::Relaxed);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}
