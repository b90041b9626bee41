//! The links in messages: worth something once, for one purpose, for a while.

use acceptance::{
    client::{Answer, Client},
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited, pupil, staff},
    on_both_engines, replay,
    scene::Scene,
    world::{PASSWORD, Size},
};
use anyhow::{Context as _, ensure};
use domain::values::{Role, StaffRole};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

on_both_engines!(
    a_link_works_once,
    a_newer_link_replaces_the_older,
    a_link_is_good_for_its_own_purpose_alone,
    a_link_ends_when_its_time_is_over,
    nothing_in_the_database_rebuilds_a_link,
    a_request_without_its_token_is_told_so,
    a_blank_invitation_is_none_as_any_other_blank_is,
    following_an_invitation_ends_every_other_link_to_that_address,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

const PUPIL: &str = "noa@famille.test";
const INVITED: &str = "invitee@ac-demo.test";
const NEW_PASSWORD: &str = "un tout nouveau secret";

/// A school with a link of each kind on its way.
struct Links {
    scene: Scene,
    nobody: Client,
    activation: String,
    reset: String,
    invitation: String,
}

impl Links {
    async fn new(engine: Engine) -> anyhow::Result<Self> {
        let scene = Scene::new(engine, OPEN).await?;
        let nobody = scene.server.client();
        let form = pupil(&scene.school.uai, PUPIL, None);
        nobody.sign_up(&form).await?.expect(202)?;
        let teacher = scene.school.email(Role::Teacher);
        nobody.forget_password(teacher).await?.expect(202)?;
        let form = invitation(Role::Teacher, INVITED);
        let invitations = scene.school.path("/invitations");
        scene.head.post(&invitations, form).await?.expect(201)?;
        Ok(Self {
            activation: scene.mailbox.token(PUPIL, Kind::Activation).await?,
            reset: scene.mailbox.token(teacher, Kind::PasswordReset).await?,
            invitation: scene.mailbox.token(INVITED, Kind::Invitation).await?,
            scene,
            nobody,
        })
    }

    /// What a link could change.
    async fn state(&self) -> anyhow::Result<Vec<String>> {
        let mut reader = self.scene.world.store().reader().await?;
        let mut rows = Vec::new();
        for table in ["events", "accounts", "sign_ups", "people", "sessions"] {
            rows.extend(replay::rows(&mut reader.conn(), table).await?);
        }
        Ok(rows)
    }

    /// Uses a token for everything that takes one.
    async fn use_for_everything(&self, token: &str) -> anyhow::Result<[Answer; 4]> {
        let shown = json!({ "token": token });
        Ok([
            self.nobody.activate(token).await?,
            self.nobody.set_password(token, NEW_PASSWORD).await?,
            self.nobody
                .post("/api/v1/accounts/invitation", shown)
                .await?,
            self.nobody.sign_up(&invited(token)).await?,
        ])
    }

    async fn is_worth_nothing(&self, token: &str) -> anyhow::Result<()> {
        let before = self.state().await?;
        for answer in self.use_for_everything(token).await? {
            answer
                .expect_problem(410, "token_invalid")
                .with_context(|| format!("{token:?}"))?;
        }
        ensure!(self.state().await? == before, "{token:?} changed something");
        Ok(())
    }

    /// Follows each link as it is meant.
    async fn follow_all(&self) -> anyhow::Result<()> {
        self.nobody.activate(&self.activation).await?.expect(200)?;
        self.nobody
            .set_password(&self.reset, NEW_PASSWORD)
            .await?
            .expect(204)?;
        self.nobody
            .sign_up(&invited(&self.invitation))
            .await?
            .expect(202)?;
        Ok(())
    }
}

/// A link stays in a mailbox for years, and mailboxes are read by others: once used it opens nothing.
async fn a_link_works_once(engine: Engine) -> anyhow::Result<()> {
    let links = Links::new(engine).await?;
    links.follow_all().await?;
    links.nobody.sign_in(PUPIL).await?;
    links.nobody.sign_in(INVITED).await?;
    let teacher = links.scene.school.email(Role::Teacher);
    let changed = links.nobody.try_sign_in(teacher, NEW_PASSWORD).await?;
    changed.expect(201)?;
    for token in [&links.activation, &links.reset, &links.invitation] {
        links.is_worth_nothing(token).await?;
    }
    for garbage in [
        "x".to_owned(),
        "A".repeat(43),
        "0".repeat(64),
        "é".repeat(43),
        "A".repeat(10_000),
        "' OR 1=1 --".to_owned(),
    ] {
        links.is_worth_nothing(&garbage).await?;
    }
    Ok(())
}

/// Who asks for another message suspects the first, or lost it. Whoever found it must not get in.
async fn a_newer_link_replaces_the_older(engine: Engine) -> anyhow::Result<()> {
    let links = Links::new(engine).await?;
    let (nobody, mailbox) = (&links.nobody, &links.scene.mailbox);
    let teacher = links.scene.school.email(Role::Teacher);
    nobody.resend_activation(PUPIL).await?.expect(202)?;
    nobody.forget_password(teacher).await?.expect(202)?;
    let list = links.scene.school.path("/invitations");
    let list = links.scene.head.get(&list).await?.expect(200)?;
    let resend = format!(
        "/api/v1/invitations/{}/resend",
        list.text_at("/items/0/id")?
    );
    let again = links.scene.head.post(&resend, json!({})).await?;
    again.expect(202)?;
    let newer = Links {
        activation: mailbox.token(PUPIL, Kind::Activation).await?,
        reset: mailbox.token(teacher, Kind::PasswordReset).await?,
        invitation: mailbox.token(INVITED, Kind::Invitation).await?,
        ..links
    };
    for token in [&links.activation, &links.reset, &links.invitation] {
        newer.is_worth_nothing(token).await?;
    }
    newer.follow_all().await?;
    // Not even now that the password changed.
    for token in [&links.reset, &newer.reset] {
        newer.is_worth_nothing(token).await?;
    }
    Ok(())
}

/// A link of one kind that served for another would last as long as that other must not, or let somebody in
/// as whom they are not.
async fn a_link_is_good_for_its_own_purpose_alone(engine: Engine) -> anyhow::Result<()> {
    let links = Links::new(engine).await?;
    let before = links.state().await?;
    let gone = |answer: Answer| answer.expect_problem(410, "token_invalid");
    for token in [&links.reset, &links.invitation] {
        gone(links.nobody.activate(token).await?)?;
    }
    for token in [&links.activation, &links.invitation] {
        gone(links.nobody.set_password(token, NEW_PASSWORD).await?)?;
    }
    for token in [&links.activation, &links.reset] {
        gone(links.nobody.sign_up(&invited(token)).await?)?;
        let shown = json!({ "token": token });
        let shown = links.nobody.post("/api/v1/accounts/invitation", shown);
        gone(shown.await?)?;
    }
    // A password that is refused does not spend the link either.
    for weak in [
        links.nobody.set_password(&links.reset, "court").await?,
        links
            .nobody
            .activate_with(&links.activation, "court")
            .await?,
        links.nobody.activate_with(&links.activation, PUPIL).await?,
        links.nobody.activate_with(&links.activation, "").await?,
    ] {
        let weak = weak.expect_problem(422, "validation")?;
        ensure!(weak.body["errors"][0]["field"] == "password", "{weak:#?}");
    }
    ensure!(links.state().await? == before, "something changed");
    links.follow_all().await
}

/// The older a link, the more mailboxes it went through. Each kind must end when it is said to.
async fn a_link_ends_when_its_time_is_over(engine: Engine) -> anyhow::Result<()> {
    let links = Links::new(engine).await?;
    let mut reader = links.scene.world.store().reader().await?;
    let hours = |purpose: &str| match purpose {
        "activation" => 7 * 24,
        "password_reset" => 1,
        _ => 14 * 24,
    };
    let rows = replay::rows(&mut reader.conn(), "tokens").await?;
    drop(reader);
    ensure!(rows.len() == 3, "{rows:#?}");
    for row in rows {
        let row: Value = serde_json::from_str(&row)?;
        let purpose = row["purpose"].as_str().context("a purpose")?;
        let expires = row["expires_at"].as_str().context("an expiry")?;
        let expires: i64 = expires.trim_end_matches(" µs").parse()?;
        let left = expires - links.scene.world.commands.clock().now().timestamp_micros();
        let (left, whole) = (left / 1_000_000, hours(purpose) * 3600);
        ensure!(
            (whole - 120..=whole).contains(&left),
            "{left} seconds left of {whole}: {row}"
        );
    }
    links
        .scene
        .world
        .execute("UPDATE tokens SET expires_at = '2020-01-01T00:00:00+00:00'")
        .await?;
    for token in [&links.activation, &links.reset, &links.invitation] {
        links.is_worth_nothing(token).await?;
    }
    let teacher = links.scene.school.email(Role::Teacher);
    links.nobody.sign_in(teacher).await?;
    let pupil = links.nobody.try_sign_in(PUPIL, PASSWORD).await?;
    pupil.expect_problem(401, "credentials_invalid")?;
    Ok(())
}

/// Backups are copied and disks are sold. Whoever reads the database must not be able to follow a
/// link that is on its way, so only a hash of it may stand there.
async fn nothing_in_the_database_rebuilds_a_link(engine: Engine) -> anyhow::Result<()> {
    let links = Links::new(engine).await?;
    let dump = replay::dump(links.scene.world.store()).await?;
    for token in [&links.activation, &links.reset, &links.invitation] {
        ensure!(!dump.contains(token.as_str()), "{token} stands in {dump}");
        let hash = format!("{:x}", Sha256::digest(token));
        ensure!(
            dump.contains(&hash),
            "the dump lacks what it must have: {dump}"
        );
    }
    ensure!(!dump.contains(PASSWORD), "a password stands in {dump}");
    Ok(())
}

/// A program that forgets the token, or names it otherwise, is wrong in another way than a link that has
/// run out, and whoever develops it looks in another place.
async fn a_request_without_its_token_is_told_so(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    for path in ["activation", "invitation", "password"] {
        let path = format!("/api/v1/accounts/{path}");
        for body in [json!({}), json!({ "token": "" }), json!({ "token": " " })] {
            let refused = nobody.post(&path, body).await?;
            let refused = refused.expect_problem(422, "validation")?;
            let fields = refused.body["errors"].as_array().context("errors")?;
            ensure!(fields[0]["field"] == "token", "{refused:#?}");
            ensure!(fields[0]["code"] == "required", "{refused:#?}");
            let named = if path.ends_with("invitation") { 1 } else { 2 };
            ensure!(fields.len() == named, "{refused:#?}");
        }
    }
    Ok(())
}

/// Whoever follows an invitation chose a password just now. A link that was on its way to the same address
/// before, to activate a sign-up of anybody's or to choose another password, must not bring in another one.
async fn following_an_invitation_ends_every_other_link_to_that_address(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let (nobody, mailbox) = (scene.server.client(), &scene.mailbox);
    let invitations = scene.school.path("/invitations");
    let invite = async |email: &str| {
        let form = invitation(Role::Teacher, email);
        scene.head.post(&invitations, form).await?.expect(201)?;
        mailbox.token(email, Kind::Invitation).await
    };
    let follow = async |token: &str| {
        let mut form = invited(token);
        form["password"] = json!(NEW_PASSWORD);
        nobody.sign_up(&form).await?.expect(202)
    };

    // Somebody new, who signed up before, and forgot the password too.
    let form = staff(Role::Counsellor, &scene.school.uai, INVITED);
    nobody.sign_up(&form).await?.expect(202)?;
    let mut old = vec![mailbox.token(INVITED, Kind::Activation).await?];
    nobody.forget_password(INVITED).await?.expect(202)?;
    old.push(mailbox.token(INVITED, Kind::Activation).await?);
    follow(&invite(INVITED).await?).await?;

    // A colleague who left, forgot the password, and comes back.
    let left = scene.school.email(Role::Teacher);
    let id = scene.staff(Role::Teacher).await?.account().await?["id"].clone();
    let id = id.as_str().context("an id")?;
    let path = scene.school.path(&format!("/staff/{id}"));
    scene.head.delete(&path).await?.expect(204)?;
    nobody.forget_password(left).await?.expect(202)?;
    old.push(mailbox.token(left, Kind::PasswordReset).await?);
    follow(&invite(left).await?).await?;

    for token in &old {
        let gone = nobody.activate(token).await?;
        gone.expect_problem(410, "token_invalid")?;
        let gone = nobody.set_password(token, "encore un autre secret").await?;
        gone.expect_problem(410, "token_invalid")?;
    }
    ensure!(scene.world.count("SELECT COUNT(*) FROM tokens").await? == 0);
    for email in [INVITED, left] {
        nobody.try_sign_in(email, NEW_PASSWORD).await?.expect(201)?;
    }
    Ok(())
}

/// A page sends every field of its form, those that somebody left blank as empty texts: that must be as
/// good as not to send them, with an invitation and without.
async fn a_blank_invitation_is_none_as_any_other_blank_is(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let (nobody, uai) = (scene.server.client(), &scene.school.uai);
    for blank in ["", " "] {
        let blanks = |form: Value| {
            let mut form = form;
            for field in ["invitation", "birth_date", "class_id"] {
                if form[field].is_null() {
                    form[field] = json!(blank);
                }
            }
            form
        };
        let teacher = blanks(staff(Role::Teacher, uai, "prof@ac-demo.test"));
        nobody.sign_up(&teacher).await?.expect(202)?;
        let noa = blanks(pupil(uai, "noa@famille.test", None));
        nobody.sign_up(&noa).await?.expect(202)?;
        let mut born = noa.clone();
        born["birth_date"] = json!(blank);
        let refused = nobody.sign_up(&born).await?;
        refused.expect_problem(422, "validation")?;

        let email = format!("invitee{}@ac-demo.test", blank.len());
        let role = StaffRole::Teacher;
        let token = scene.world.invited(role, None, uai, &email).await?;
        let followed = nobody.sign_up(&blanks(invited(&token))).await?;
        followed.expect(202)?;
        nobody.sign_in(&email).await?;
    }
    Ok(())
}
