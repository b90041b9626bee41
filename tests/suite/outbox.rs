//! The outbox, from the row to the file, on a real database.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod folder;
mod letters;
mod sending;

use std::{
    collections::BTreeMap,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use accounts::{
    Letters, TokenHash,
    account::NewAccount,
    person::{NewPeople, Person},
    throttling::Throttle,
    token::{self, Purpose},
};
use api::routes;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use chrono::{DateTime, TimeDelta, Utc};
use commands::Commands;
use domain::{
    ids::{InvitationId, PersonId},
    values::{EmailAddress, PersonName, Role, Uai},
};
use mail::{Mailer, Message, Pass, Post, Transport, claim, due, remove_given_up};
use store::{Clock, Store, Write, execute, fetch_all};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot};
use tower::ServiceExt;
use uuid::Uuid;
use web::{AppState, SignUpRules, boundary::served};

/// A clock that goes only where a test moves it.
struct SetClock(Mutex<DateTime<Utc>>);

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A database with an outbox, and a folder that mail is written to.
struct Office {
    commands: Commands,
    clock: Arc<SetClock>,
    folder: TempDir,
    mailer: Mailer,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let store = Store::connect(&url, projections::all()).await.unwrap();
        store.migrate().await.unwrap();
        let start = "2026-11-23T08:05:00Z".parse().unwrap();
        let clock = Arc::new(SetClock(Mutex::new(start)));
        let commands = Commands::new(store, clock.clone(), Vec::new());
        let transport = Transport::Files(folder.path().join("mail"));
        let mailer = worker(commands.store(), &clock, transport);
        let office = Self {
            commands,
            clock,
            folder,
            mailer,
        };
        office
            .sql(
                "INSERT INTO directory (uai, name, city, mailbox, closed, search_text, name_key, city_key) \
                 VALUES ('9990021U', 'Collège de l''Été', 'Villeneuve', 'ce.9990021u@ac-demo.test', \
                         0, '', '', ''), \
                        ('9990022V', 'Collège sans boîte', 'Villeneuve', NULL, 0, '', '', '')",
            )
            .await;
        office
    }

    fn pass_time(&self, delta: TimeDelta) {
        *self.clock.0.lock().unwrap() += delta;
    }

    async fn sql(&self, sql: &str) {
        let mut tx = self.commands.store().begin().await.unwrap();
        execute!(&mut tx.conn(), sql).unwrap();
        tx.commit().await.unwrap();
    }

    async fn write(&self, write: impl Write) {
        let mut tx = self.commands.store().begin().await.unwrap();
        write.write(&mut tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn strings(&self, sql: &str) -> Vec<String> {
        let mut reader = self.commands.store().reader().await.unwrap();
        let rows = fetch_all!(&mut reader.conn(), (String,), sql).unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// The ids of the messages that wait, given up or not.
    async fn outbox(&self) -> Vec<String> {
        self.strings("SELECT id FROM outbox ORDER BY id").await
    }

    async fn name(&self, id: u128, first_name: &str, last_name: &str) {
        let person = Person {
            id: person(id),
            first_name: PersonName::parse(first_name).unwrap(),
            last_name: PersonName::parse(last_name).unwrap(),
            birth_date: None,
        };
        self.write(NewPeople(vec![person])).await;
    }

    async fn sign_up(&self, id: u128, email: &str) {
        self.name(id, "Zoé", "Larivière").await;
        let id = person(id);
        self.sql(&format!(
            "INSERT INTO sign_ups (id, email, email_key, role, establishment, created_at) \
             VALUES ('{id}', '{email}', LOWER('{email}'), 'teacher', '9990021U', \
                     '2026-11-23T08:00:00+00:00')"
        ))
        .await;
    }

    async fn account(&self, id: u128, email: &str, role: Role) {
        self.name(id, "Noël", "D'Œuf").await;
        self.write(NewAccount {
            id: person(id),
            email: address(email),
            role,
            password_hash: "hash".to_owned(),
            created_at: self.clock.now(),
        })
        .await;
    }

    async fn invite(&self, id: u128, role: Role, expires_at: &str) {
        let id = person(id);
        self.sql(&format!(
            "INSERT INTO invitations (id, establishment, role, invited_at) \
             VALUES ('{id}', '9990021U', '{role}', '2026-11-23T08:00:00+00:00')"
        ))
        .await;
        self.sql(&format!(
            "INSERT INTO invitees (invitation_id, establishment, email, email_key, expires_at) \
             VALUES ('{id}', '9990021U', '{role}@ac-demo.test', '{role}@ac-demo.test', \
                     '{expires_at}')"
        ))
        .await;
    }

    async fn head(&self, id: u128, uai: &str) {
        let id = person(id);
        self.sql(&format!(
            "UPDATE directory SET head = '{id}' WHERE uai = '{uai}'"
        ))
        .await;
    }

    async fn post(&self, id: u128, message: Message) {
        self.write(Post {
            id: Uuid::from_u128(id),
            message,
            at: self.clock.now(),
        })
        .await;
    }

    /// What was written since the last time, by recipient.
    async fn deliver(&self) -> Vec<(String, String)> {
        assert_eq!(self.mailer.pass().await, Pass::Done);
        let mut delivered = Vec::new();
        for file in files(&self.folder.path().join("mail")) {
            let mail = fs::read_to_string(&file).unwrap();
            fs::remove_file(file).unwrap();
            let to = mail.lines().find_map(|line| line.strip_prefix("To: "));
            delivered.push((to.unwrap().to_owned(), link(&mail)));
        }
        delivered.sort();
        delivered
    }

    async fn subject(&self, purpose: Purpose, link: &str) -> Option<Uuid> {
        let (_, token) = link.split_once('=').unwrap();
        let mut reader = self.commands.store().reader().await.unwrap();
        let token = TokenHash::of(token);
        token::subject(&mut reader.conn(), purpose, &token, self.clock.now())
            .await
            .unwrap()
    }
}

fn worker(store: &Store, clock: &Arc<SetClock>, transport: Transport) -> Mailer {
    Mailer::new(
        store.clone(),
        clock.clone(),
        transport,
        "Mon stage de troisième <ne-pas-repondre@monstage.test>"
            .parse()
            .unwrap(),
        "https://stages.test/".parse().unwrap(),
        Arc::new(Letters),
    )
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map_or_else(
        |_| Vec::new(),
        |entries| entries.map(|entry| entry.unwrap().path()).collect(),
    )
}

/// The page that the text part leads to; empty when there is none.
fn link(mail: &str) -> String {
    let decoded = mail.replace("=\r\n", "").replace("=3D", "=");
    decoded
        .lines()
        .find_map(|line| line.strip_prefix("https://stages.test/"))
        .unwrap_or_default()
        .to_owned()
}

fn person(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn uai(text: &str) -> Uai {
    Uai::parse(text).unwrap()
}

/// An address where nobody listens.
async fn closed_port() -> Transport {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    Transport::from_url(&format!("smtp://127.0.0.1:{port}")).unwrap()
}
