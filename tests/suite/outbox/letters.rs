//! Which letter a message comes to, once it is made.

use super::*;

/// Three people sign up with one address, of whom one owns it: each message activates what it was asked for,
/// and none ends another's link.
#[tokio::test]
async fn each_sign_up_has_a_link_of_its_own() {
    let office = Office::open().await;
    for id in 1..=3 {
        office.sign_up(id, "Zoe@ac-demo.test").await;
    }
    for id in [3, 1, 2] {
        office.post(id, Message::sign_up(person(id))).await;
    }

    let delivered = office.deliver().await;

    let mut activated = Vec::new();
    for (to, link) in &delivered {
        assert_eq!(to, "Zoe@ac-demo.test");
        assert!(link.starts_with("activation?token="), "{link}");
        activated.push(office.subject(Purpose::Activation, link).await);
    }
    activated.sort();
    assert_eq!(activated, [1, 2, 3].map(|id| Some(Uuid::from_u128(id))));
    assert_eq!(office.outbox().await, [""; 0]);
}

/// A stranger signs up with a teacher's address, twice. The teacher is told, even when the mail server was
/// down at first; the account and its holder's name are untouched, and nothing of the stranger's stays.
#[tokio::test]
async fn an_address_that_has_an_account_is_told_so() {
    let office = Office::open().await;
    office.account(1, "noel@ac-demo.test", Role::Teacher).await;
    let strangers = async |id| {
        office.sign_up(id, "NOEL@ac-demo.test").await;
        let sign_up = person(id);
        office.post(id, Message::sign_up(sign_up)).await;
    };
    strangers(2).await;
    let down = worker(office.commands.store(), &office.clock, closed_port().await);

    assert_eq!(down.pass().await, Pass::Unavailable);

    office.pass_time(TimeDelta::minutes(1));
    strangers(3).await;
    let known = || ("noel@ac-demo.test".to_owned(), "connexion".to_owned());
    assert_eq!(office.deliver().await, [known(), known()]);
    assert_eq!(office.strings("SELECT id FROM sign_ups").await, [""; 0]);
    assert_eq!(
        office.strings("SELECT id FROM people").await,
        [person(1).to_string()]
    );

    let email = address("noel@ac-demo.test");
    office.post(4, Message::activation_again(email)).await;
    assert_eq!(office.deliver().await, [known()]);
}

/// Whoever types addresses into the forms must not make the service write to strangers.
#[tokio::test]
async fn nobody_writes_to_an_unknown_address() {
    let office = Office::open().await;
    let email = || address("nobody@ac-demo.test");
    let sign_up = person(7);
    office.post(1, Message::activation_again(email())).await;
    office.post(2, Message::password_reset(email())).await;
    office.post(3, Message::sign_up(sign_up)).await;

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
        office.post(id, Message::password_reset(email))
    };
    let again = |id| {
        let email = address("zoe@ac-demo.test");
        office.post(id, Message::activation_again(email))
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
    office.post(0x17, Message::sign_up(sign_up)).await;
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
    office.post(1, Message::password_reset(email)).await;

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
        office.post(id, Message::invitation(invitation)).await;
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
    let joined = |school, staff| Message::staff_joined(uai(school), person(staff));
    let head = |school, head| Message::head_activated(uai(school), person(head));
    let rejected = |student| Message::student_rejected(person(student), uai("9990021U"));
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
