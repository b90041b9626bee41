//! The outbox, from the row to the file, on a real database.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

use std::{
    collections::BTreeMap,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use accounts::{
    Letters, TokenHash,
    account::{Close, NewAccount},
    person::{Forget, NewPeople, Person},
    throttling::Throttle,
    token::{self, Purpose},
};
use api::router;
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
use mail::{About, Mailer, Message, Pass, Post, Transport, claim, due, remove_given_up};
use store::{Clock, Store, Write, execute, fetch_all};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::spawn_blocking, time::sleep};
use tower::ServiceExt;
use uuid::Uuid;
use web::{AppState, SignUpRules};

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
                "INSERT INTO directory (uai, name, city, mailbox, search_text, name_key, city_key) \
                 VALUES ('9990021U', 'Collège de l''Été', 'Villeneuve', 'ce.9990021u@ac-demo.test', \
                         '', '', ''), \
                        ('9990022V', 'Collège sans boîte', 'Villeneuve', NULL, '', '', '')",
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
            "INSERT INTO sign_ups (id, email, email_key, role, establishment, password_hash, \
                                   created_at) \
             VALUES ('{id}', '{email}', LOWER('{email}'), 'teacher', '9990021U', 'hash', \
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

/// Somebody signs up three times, having mistyped the class: the last one counts, and nothing of the
/// others may stay behind, names least of all.
#[tokio::test]
async fn of_several_sign_ups_the_newest_is_activated() {
    let office = Office::open().await;
    for id in 1..=3 {
        office.sign_up(id, "Zoe@ac-demo.test").await;
    }
    office.sign_up(9, "other@ac-demo.test").await;
    for id in [3, 1, 2] {
        let sign_up = person(id);
        office.post(id, Message::SignUp { sign_up }).await;
    }

    let delivered = office.deliver().await;

    let [(to, link)] = delivered.as_slice() else {
        panic!("{delivered:?}");
    };
    assert_eq!(to, "Zoe@ac-demo.test");
    assert!(link.starts_with("activation?token="), "{link}");
    assert_eq!(
        office.subject(Purpose::Activation, link).await,
        Some(Uuid::from_u128(3))
    );
    let left = [3, 9].map(|id| person(id).to_string());
    assert_eq!(
        office.strings("SELECT id FROM sign_ups ORDER BY id").await,
        left
    );
    assert_eq!(
        office.strings("SELECT id FROM people ORDER BY id").await,
        left
    );
    assert_eq!(office.outbox().await, [""; 0]);
}

/// A stranger signs up with a teacher's address, twice. The teacher is told, even when the mail server was
/// down at first; the account and its holder's name are untouched, and of the stranger's only the password
/// stays that an address which nobody had would have too.
#[tokio::test]
async fn an_address_that_has_an_account_is_told_so() {
    let office = Office::open().await;
    office.account(1, "noel@ac-demo.test", Role::Teacher).await;
    let strangers = async |id| {
        office.sign_up(id, "NOEL@ac-demo.test").await;
        let sign_up = person(id);
        office.post(id, Message::SignUp { sign_up }).await;
    };
    strangers(2).await;
    let down = worker(office.commands.store(), &office.clock, closed_port().await);

    assert_eq!(down.pass().await, Pass::Unavailable);

    office.pass_time(TimeDelta::minutes(1));
    strangers(3).await;
    let known = || ("noel@ac-demo.test".to_owned(), "connexion".to_owned());
    assert_eq!(office.deliver().await, [known(), known()]);
    assert_eq!(
        office.strings("SELECT id FROM sign_ups").await,
        [person(3).to_string()]
    );
    assert_eq!(
        office.strings("SELECT id FROM people").await,
        [person(1).to_string()]
    );

    let email = address("noel@ac-demo.test");
    office.post(4, Message::ActivationAgain { email }).await;
    assert_eq!(office.deliver().await, [known()]);
}

/// Whoever types addresses into the forms must not make the service write to strangers.
#[tokio::test]
async fn nobody_writes_to_an_unknown_address() {
    let office = Office::open().await;
    let email = || address("nobody@ac-demo.test");
    let sign_up = person(7);
    office
        .post(1, Message::ActivationAgain { email: email() })
        .await;
    office
        .post(2, Message::PasswordReset { email: email() })
        .await;
    office.post(3, Message::SignUp { sign_up }).await;

    assert_eq!(office.deliver().await, []);
    assert_eq!(office.outbox().await, [""; 0]);
}

/// People press the button again when nothing comes. The link in the message they got last is the one
/// they follow: a message that was held up must not make it worthless.
#[tokio::test]
async fn a_message_held_up_never_replaces_a_newer_link() {
    let office = Office::open().await;
    office.account(1, "noel@ac-demo.test", Role::Head).await;
    office.sign_up(2, "zoe@ac-demo.test").await;
    let reset = |id| {
        let email = address("Noel@ac-demo.test");
        office.post(id, Message::PasswordReset { email })
    };
    let again = |id| {
        let email = address("zoe@ac-demo.test");
        office.post(id, Message::ActivationAgain { email })
    };
    for id in [0x10, 0x20] {
        reset(id).await;
        again(id + 1).await;
    }

    let delivered = office.deliver().await;

    let [(_, newest_reset), (_, newest_activation)] = delivered.as_slice() else {
        panic!("{delivered:?}");
    };
    reset(0x15).await;
    again(0x16).await;
    let sign_up = person(2);
    office.post(0x17, Message::SignUp { sign_up }).await;
    assert_eq!(office.deliver().await, []);
    assert_eq!(
        office.subject(Purpose::PasswordReset, newest_reset).await,
        Some(Uuid::from_u128(1))
    );
    assert_eq!(
        office.subject(Purpose::Activation, newest_activation).await,
        Some(Uuid::from_u128(2))
    );
    reset(0x30).await;
    let delivered = office.deliver().await;
    assert_eq!(delivered.len(), 1);
    assert_eq!(
        office.subject(Purpose::PasswordReset, newest_reset).await,
        None
    );
}

/// A sign-up whose message was lost leads to a wish for another password just as well: what then comes
/// is what still lacks, the activation.
#[tokio::test]
async fn a_reset_before_the_activation_activates() {
    let office = Office::open().await;
    office.sign_up(1, "zoe@ac-demo.test").await;
    let email = address("zoe@ac-demo.test");
    office.post(1, Message::PasswordReset { email }).await;

    let delivered = office.deliver().await;

    assert_eq!(delivered.len(), 1);
    assert!(delivered[0].1.starts_with("activation?token="));
}

/// An invitation that was taken back, or has run out, must not go out because the mail server was slow;
/// one that stands must lead to itself.
#[tokio::test]
async fn only_an_invitation_that_stands_is_sent() {
    let office = Office::open().await;
    office.account(1, "head@ac-demo.test", Role::Head).await;
    office.head(1, "9990021U").await;
    office.name(0x20, "Éléonore", "Martin").await;
    office
        .invite(0x20, Role::Teacher, "2026-12-07T08:00:00+00:00")
        .await;
    office
        .invite(0x21, Role::Head, "2026-12-07T08:00:00+00:00")
        .await;
    office
        .invite(0x22, Role::Counsellor, "2026-11-20T08:00:00+00:00")
        .await;
    office
        .invite(0x23, Role::MainTeacher, "2026-12-07T08:00:00+00:00")
        .await;
    let revoked = person(0x23);
    office
        .sql(&format!("DELETE FROM invitations WHERE id = '{revoked}'"))
        .await;
    // Each sent again before it went out: people get one message.
    for (id, invitation) in (1..).zip((0x20..=0x23).chain(0x20..=0x23)) {
        let invitation = InvitationId::new(Uuid::from_u128(invitation));
        office.post(id, Message::Invitation { invitation }).await;
    }

    let delivered = office.deliver().await;

    let recipients: Vec<&str> = delivered.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(recipients, ["head@ac-demo.test", "teacher@ac-demo.test"]);
    for ((_, link), id) in delivered.iter().zip([0x21, 0x20]) {
        assert!(link.starts_with("inscription?invitation="), "{link}");
        assert_eq!(
            office.subject(Purpose::Invitation, link).await,
            Some(Uuid::from_u128(id))
        );
    }
}

/// What happened in an establishment is told to whom it concerns there, if there is anybody; and people
/// whose names were erased meanwhile must not keep the others from hearing.
#[tokio::test]
async fn news_goes_to_whom_it_concerns_with_or_without_names() {
    let office = Office::open().await;
    office.account(1, "head@ac-demo.test", Role::Head).await;
    office.account(2, "pupil@demo.test", Role::Student).await;
    office.head(1, "9990021U").await;
    office.head(1, "9990022V").await;
    let joined = person(3);
    office
        .sql(&format!(
            "INSERT INTO staff (staff_id, establishment, role, joined_at) \
             VALUES ('{joined}', '9990021U', 'teacher', '2026-11-23T08:00:00+00:00')"
        ))
        .await;
    let joined = |establishment, staff| Message::StaffJoined {
        establishment: uai(establishment),
        staff: person(staff),
    };
    let head = |establishment, head| Message::HeadActivated {
        establishment: uai(establishment),
        head: person(head),
    };
    let rejected = |student| Message::StudentRejected {
        student: person(student),
        establishment: uai("9990021U"),
    };
    let news = || {
        [
            joined("9990021U", 3),
            // The head needs not be told of themselves, nor of somebody who left again.
            joined("9990021U", 1),
            joined("9990021U", 4),
            joined("9990022V", 3),
            head("9990021U", 1),
            // No longer its head; no mailbox.
            head("9990021U", 4),
            head("9990022V", 1),
            rejected(2),
            rejected(4),
        ]
    };

    for _ in 0..2 {
        for (id, message) in (1..).zip(news()) {
            office.post(id, message).await;
        }
        let expected = [
            ("ce.9990021u@ac-demo.test", ""),
            ("head@ac-demo.test", "connexion"),
            ("pupil@demo.test", "connexion"),
        ];
        let expected = expected.map(|(to, link)| (to.to_owned(), link.to_owned()));
        assert_eq!(office.deliver().await, expected);
        assert_eq!(office.outbox().await, [""; 0]);
        office.sql("DELETE FROM people").await;
    }
}

/// One row that nobody can read (a restored backup, a hand-made change) must not stop everybody's mail;
/// and it has to show, until it is old.
#[tokio::test]
async fn a_damaged_row_is_given_up_and_the_others_are_sent() {
    let office = Office::open().await;
    office.sign_up(1, "zoe@ac-demo.test").await;
    let at = "2026-11-23T08:00:00+00:00";
    for (id, kind, email, subject) in [
        ("a", "sign_up", "NULL", "'no uuid'"),
        ("b", "postcard", "NULL", "NULL"),
        ("c", "password_reset", "'no address'", "NULL"),
        ("d", "invitation", "NULL", "NULL"),
    ] {
        let values = format!("'{id}', '{kind}', {email}, {subject}, '{at}', '{at}'");
        let columns = "id, kind, email, subject, created_at, next_attempt_at";
        office
            .sql(&format!("INSERT INTO outbox ({columns}) VALUES ({values})"))
            .await;
    }
    let sign_up = person(1);
    office.post(1, Message::SignUp { sign_up }).await;
    let metrics = Metrics::new(&office.commands);

    assert_eq!(office.deliver().await.len(), 1);
    office.pass_time(TimeDelta::days(1));
    assert_eq!(office.deliver().await, []);

    assert_eq!(office.outbox().await, ["a", "b", "c", "d"]);
    let shown = metrics.read().await;
    for line in [
        "monstage_mail_sent_total{kind=\"sign_up\"} 1",
        "monstage_mail_given_up_total{kind=\"unknown\"} 1",
        "monstage_mail_given_up_total{kind=\"sign_up\"} 1",
        "monstage_mail_given_up_total{kind=\"invitation\"} 1",
        "monstage_mail_failed_attempts_total{kind=\"password_reset\"} 1",
        "monstage_mail_waiting 0",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}:\n{shown}");
    }
    let mut tx = office.commands.store().begin().await.unwrap();
    let (conn, day) = (&mut tx.conn(), TimeDelta::days(1));
    let given_up = office.clock.now() - day;
    assert_eq!(remove_given_up(conn, given_up).await.unwrap(), 0);
    assert_eq!(remove_given_up(conn, given_up + day).await.unwrap(), 4);
}

/// `/metrics` of a server on this database.
struct Metrics(axum::Router);

impl Metrics {
    /// From here on, what is counted shows.
    fn new(commands: &Commands) -> Self {
        let sign_up = SignUpRules::default();
        let state = AppState::new(commands.clone(), None, sign_up, Throttle::off());
        Self(router(state))
    }

    async fn read(self) -> String {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let body = self.0.oneshot(request).await.unwrap().into_body();
        String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    }
}

/// A machine that answers absences, a filter that looks for spam, and a server that knows ASCII only
/// each look at the headers before anybody reads the text.
#[tokio::test]
async fn a_message_says_who_wrote_it_and_when_in_ascii() {
    let office = Office::open().await;
    office.sign_up(1, "zoe@ac-demo.test").await;
    let sign_up = person(1);
    office.post(0xA, Message::SignUp { sign_up }).await;

    assert_eq!(office.mailer.pass().await, Pass::Done);

    let name = "00000000-0000-0000-0000-00000000000a";
    let file = office.folder.path().join(format!("mail/{name}.eml"));
    let mail = fs::read_to_string(file).unwrap();
    assert!(mail.is_ascii());
    let (headers, body) = mail.split_once("\r\n\r\n").unwrap();
    for header in [
        "Auto-Submitted: auto-generated",
        "Date: Mon, 23 Nov 2026 08:05:00 +0000",
        &format!("Message-ID: <{name}@monstage.test>"),
        "To: zoe@ac-demo.test",
        "MIME-Version: 1.0",
    ] {
        assert!(headers.lines().any(|line| line == header), "{headers}");
    }
    assert!(headers.contains("<ne-pas-repondre@monstage.test>"));
    assert!(headers.contains("Content-Type: multipart/alternative;"));
    let text = body
        .find("Content-Type: text/plain; charset=utf-8")
        .unwrap();
    let html = body.find("Content-Type: text/html; charset=utf-8").unwrap();
    // The last part that a reader understands is the one it shows (RFC 2046, section 5.1.4).
    assert!(text < html);
}

/// Two servers on one database: whoever signs up gets one message, not one from each.
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_each_message_once() {
    const MESSAGES: u128 = 60;
    let office = Office::open().await;
    for id in 1..=MESSAGES {
        office.sign_up(id, &format!("zoe.{id}@ac-demo.test")).await;
        let sign_up = person(id);
        office.post(id, Message::SignUp { sign_up }).await;
    }
    let folders = ["one", "two"].map(|name| office.folder.path().join(name));
    let workers = folders.clone().map(|folder| {
        let mailer = worker(
            office.commands.store(),
            &office.clock,
            Transport::Files(folder),
        );
        tokio::spawn(async move {
            while mailer.pass().await == Pass::More {}
            mailer.pass().await
        })
    });
    for worker in workers {
        assert_eq!(worker.await.unwrap(), Pass::Done);
    }

    let mut sent: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in folders.iter().flat_map(|folder| files(folder)) {
        *sent.entry(file.file_name().unwrap().into()).or_default() += 1;
    }
    assert_eq!(sent.len(), 60);
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
    assert_eq!(office.outbox().await, [""; 0]);
}

/// Both read the same row, one is a moment later: it must find the row taken, until the lease of a worker
/// that died has ended.
#[tokio::test]
async fn a_message_is_claimed_once_until_its_lease_ends() {
    let office = Office::open().await;
    let sign_up = person(1);
    office.post(1, Message::SignUp { sign_up }).await;
    let now = office.clock.now();
    let lease = TimeDelta::seconds(30);
    let mut tx = office.commands.store().begin().await.unwrap();
    let conn = &mut tx.conn();

    let mut first = due(conn, now, 10).await.unwrap().remove(0);
    let mut second = first.clone();
    assert!(claim(conn, &mut first, now + lease).await.unwrap());
    assert!(!claim(conn, &mut second, now + lease).await.unwrap());
    assert_eq!(due(conn, now, 10).await.unwrap().len(), 0);
    let mut third = due(conn, now + lease, 10).await.unwrap().remove(0);
    assert!(claim(conn, &mut third, now + lease + lease).await.unwrap());
}

/// An address where nobody listens.
async fn closed_port() -> Transport {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    Transport::from_url(&format!("smtp://127.0.0.1:{port}")).unwrap()
}

/// A mail server that is down for an evening must neither be called for every message that waits, nor
/// cost any of them its turn once it is up.
#[tokio::test]
async fn a_server_that_is_down_stops_the_batch_and_loses_nothing() {
    let office = Office::open().await;
    for id in 1..=12 {
        office.sign_up(id, &format!("zoe.{id}@ac-demo.test")).await;
        let sign_up = person(id);
        office.post(id, Message::SignUp { sign_up }).await;
    }
    let down = worker(office.commands.store(), &office.clock, closed_port().await);

    assert_eq!(down.pass().await, Pass::Unavailable);

    let tried = "SELECT id FROM outbox WHERE attempts > 0";
    assert!((1..=4).contains(&office.strings(tried).await.len()));
    assert_eq!(office.outbox().await.len(), 12);
    office.pass_time(TimeDelta::seconds(2));
    assert_eq!(office.deliver().await.len(), 12);
}

/// A server that is replaced stops its worker: what it was sending must arrive, and the worker must not
/// keep the process from ending.
#[tokio::test]
async fn a_worker_that_is_stopped_ends() {
    let office = Office::open().await;
    office.sign_up(1, "zoe@ac-demo.test").await;
    let sign_up = person(1);
    office.post(1, Message::SignUp { sign_up }).await;
    let transport = Transport::Files(office.folder.path().join("mail"));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(
        worker(office.commands.store(), &office.clock, transport).run(async move {
            let _ = stopped.await;
        }),
    );

    while !office.outbox().await.is_empty() {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();

    assert_eq!(files(&office.folder.path().join("mail")).len(), 1);
}

/// Whose messages the folder holds, by file name.
fn kept(office: &Office) -> Vec<u128> {
    let names = files(&office.folder.path().join("mail")).into_iter();
    let mut kept: Vec<u128> = names
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .map(|name| name.trim_start_matches('.').parse::<Uuid>().unwrap())
        .map(|id| id.as_u128())
        .collect();
    kept.sort_unstable();
    kept
}

/// Somebody is erased: what was written to them goes, whatever the letters of the address, and what was
/// written to others about them; what merely looks alike stays.
#[tokio::test]
async fn messages_to_and_about_somebody_are_removed() {
    let office = Office::open().await;
    office.account(1, "head@ac-demo.test", Role::Head).await;
    office.head(1, "9990021U").await;
    for (id, email) in [(2, "Zoe@ac-demo.test"), (3, "lazoe@ac-demo.test")] {
        office.account(id, email, Role::Teacher).await;
        let staff = person(id);
        office
            .sql(&format!(
                "INSERT INTO staff (staff_id, establishment, role, joined_at) \
                 VALUES ('{staff}', '9990021U', 'teacher', '2026-11-23T08:00:00+00:00')"
            ))
            .await;
        let email = address(email);
        office.post(10 + id, Message::PasswordReset { email }).await;
        let establishment = uai("9990021U");
        let joined = Message::StaffJoined {
            establishment,
            staff,
        };
        office.post(20 + id, joined).await;
    }
    assert_eq!(office.mailer.pass().await, Pass::Done);
    assert_eq!(kept(&office), [12, 13, 22, 23]);
    let mail = office.folder.path().join("mail");
    let half_written = mail.join(format!(".{}", Uuid::from_u128(33)));
    let about = person(2);
    fs::write(half_written, format!("X-Monstage-About: {about}\r\nFrom: ")).unwrap();
    fs::write(
        mail.join(format!(".{}", Uuid::from_u128(34))),
        "From: zoe@ac-demo.test",
    )
    .unwrap();

    let transport = Transport::Files(mail);
    let by_address = About {
        address_keys: ["zoe@ac-demo.test".to_owned()].into(),
        ..About::default()
    };
    assert_eq!(transport.remove(by_address).await.unwrap(), 1);
    assert_eq!(kept(&office), [13, 22, 23, 33, 34]);
    let by_id = About {
        people: [person(2)].into(),
        ..About::default()
    };
    assert_eq!(transport.remove(by_id).await.unwrap(), 2);
    assert_eq!(kept(&office), [13, 23, 34]);
}

/// Somebody is erased while a worker, which has read their name, is writing the file: nobody looks through
/// the folder after that, so the worker itself has to.
#[tokio::test]
async fn a_message_that_is_being_written_while_somebody_is_erased_goes() {
    let office = Office::open().await;
    office.account(1, "zoe@ac-demo.test", Role::Teacher).await;
    let email = address("zoe@ac-demo.test");
    office.post(7, Message::PasswordReset { email }).await;
    let mail = office.folder.path().join("mail");
    fs::create_dir(&mail).unwrap();
    // Whoever opens a pipe to write waits until somebody reads.
    let pipe = mail.join(format!(".{}", Uuid::from_u128(7)));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());

    let erasing = async {
        let issued = "SELECT message_id FROM tokens";
        while office.strings(issued).await.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        office.write(Close(person(1))).await;
        office.write(Forget(person(1))).await;
        let about = About {
            people: [person(1)].into(),
            ..About::default()
        };
        let transport = Transport::Files(mail.clone());
        assert_eq!(transport.remove(about).await.unwrap(), 0);
        spawn_blocking(|| fs::read_to_string(pipe))
            .await
            .unwrap()
            .unwrap()
    };
    let (done, text) = tokio::join!(office.mailer.pass(), erasing);

    assert_eq!(done, Pass::Done);
    assert!(text.contains("zoe@ac-demo.test"), "{text}");
    assert!(kept(&office).is_empty());
    assert!(office.outbox().await.is_empty());
}
