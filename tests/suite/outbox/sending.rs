//! What becomes of a message that is sent, put off or given up.

use super::*;

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
    office.post(1, Message::sign_up(sign_up)).await;
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
        Self(served(routes(&state), state))
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
    office.post(0xA, Message::sign_up(sign_up)).await;

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
        office.post(id, Message::sign_up(sign_up)).await;
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
    office.post(1, Message::sign_up(sign_up)).await;
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

/// A mail server that is down for an evening must neither be called for every message that waits, nor
/// cost any of them its turn once it is up.
#[tokio::test]
async fn a_server_that_is_down_stops_the_batch_and_loses_nothing() {
    let office = Office::open().await;
    for id in 1..=12 {
        office.sign_up(id, &format!("zoe.{id}@ac-demo.test")).await;
        let sign_up = person(id);
        office.post(id, Message::sign_up(sign_up)).await;
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
    office.post(1, Message::sign_up(sign_up)).await;
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
