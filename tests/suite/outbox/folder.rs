//! What the folder for mail holds of people who are erased.

use super::*;

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

/// Somebody is erased: what was written to them goes, and what was written to others about them, half
/// written or whole; what is of others, or no message of ours, stays.
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
        office.post(10 + id, Message::password_reset(email)).await;
        let joined = Message::staff_joined(uai("9990021U"), staff);
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
    let nobody = [Uuid::from_u128(99)].into();
    assert_eq!(transport.remove(nobody).await.unwrap(), 0);
    let whom = [person(2).as_uuid()].into();
    assert_eq!(transport.remove(whom).await.unwrap(), 3);
    assert_eq!(kept(&office), [13, 23, 34]);
}
