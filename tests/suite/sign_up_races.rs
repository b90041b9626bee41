//! Several people at the same moment, while a school is still coming together: one of them wins, the
//! other is told the truth, and nothing is left half done.

use acceptance::{
    audit,
    client::Answer,
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited, pupil, staff},
    on_both_engines,
    scene::Scene,
    world::Size,
};
use anyhow::{bail, ensure};
use domain::values::{Priority, Role, StaffRole};
use serde_json::json;

use super::races::together;

on_both_engines!(
    two_heads_of_one_college,
    one_activation_followed_twice,
    one_invitation_followed_twice,
    choosing_a_class_while_being_removed,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// The rounds would look like an attack; what slows those down is tested elsewhere.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// The answer of whoever lost, when exactly one had this success.
fn loser(success: u16, (one, other): (Answer, Answer)) -> anyhow::Result<Answer> {
    match (one.status == success, other.status == success) {
        (true, false) => Ok(other),
        (false, true) => Ok(one),
        _ => bail!("{one:#?} and {other:#?}"),
    }
}

/// "One head per establishment", however close to each other two people click on their links: two
/// would each believe that the school is theirs.
async fn two_heads_of_one_college(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 30;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let (one, other) = (scene.server.client(), scene.server.client());
    for round in 0..ROUNDS {
        let uai = scene.world.listed_school(Some(Priority::Rep)).await?;
        let mut tokens = Vec::new();
        for name in ["une", "autre"] {
            let email = format!("{name}.{uai}@ac-demo.test");
            let form = staff(Role::Head, &uai, &email);
            one.sign_up(&form).await?.expect(202)?;
            tokens.push(scene.mailbox.token(&email, Kind::Activation).await?);
        }
        let both = together(round, one.activate(&tokens[0]), other.activate(&tokens[1]));
        loser(200, both.await?)?.expect_problem(409, "head_already_registered")?;
    }
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Mail programs open links to look at them, and people click twice. One account comes of it.
async fn one_activation_followed_twice(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 30;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let (one, other) = (scene.server.client(), scene.server.client());
    let before = scene.world.count("SELECT COUNT(*) FROM roster").await?;
    for round in 0..ROUNDS {
        let email = format!("eleve{round}@famille.test");
        let form = pupil(&scene.school.uai, &email, None);
        one.sign_up(&form).await?.expect(202)?;
        let token = scene.mailbox.token(&email, Kind::Activation).await?;
        let both = together(round, one.activate(&token), other.activate(&token));
        loser(200, both.await?)?.expect_problem(410, "token_invalid")?;
    }
    let after = scene.world.count("SELECT COUNT(*) FROM roster").await?;
    ensure!(
        after == before + i64::try_from(ROUNDS)?,
        "{before} pupils before, {after} after"
    );
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// An invitation that was forwarded is followed by two people, each with a password of their own.
/// The account must be one's, whole.
async fn one_invitation_followed_twice(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 20;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let (one, other) = (scene.server.client(), scene.server.client());
    let invitations = scene.school.path("/invitations");
    let before = scene.world.count("SELECT COUNT(*) FROM staff").await?;
    for round in 0..ROUNDS {
        let email = format!("invitee{round}@ac-demo.test");
        let form = invitation(Role::Teacher, &email);
        scene.head.post(&invitations, form).await?.expect(201)?;
        let token = scene.mailbox.token(&email, Kind::Invitation).await?;
        let passwords = ["le secret de l'une", "le secret de l'autre"];
        let [first, second] = passwords.map(|password| {
            let mut form = invited(&token);
            form["password"] = json!(password);
            form
        });
        let (first, second) = together(round, one.sign_up(&first), other.sign_up(&second)).await?;
        let winner = usize::from(first.status != 202);
        loser(202, (first, second))?.expect_problem(410, "token_invalid")?;
        for (person, password) in passwords.iter().enumerate() {
            let expected = if person == winner { 201 } else { 401 };
            one.try_sign_in(&email, password).await?.expect(expected)?;
        }
    }
    let after = scene.world.count("SELECT COUNT(*) FROM staff").await?;
    ensure!(
        after == before + i64::try_from(ROUNDS)?,
        "{before} on the staff before, {after} after"
    );
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// A class whose main teacher is not of the school would send its pupils to somebody who cannot see
/// them, and no page could take that name off.
async fn choosing_a_class_while_being_removed(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 40;
    let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
    let class = json!({ "class_id": scene.school.class(0) });
    let (mut chosen, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let uai = &scene.school.uai;
        let role = StaffRole::MainTeacher;
        let account = scene.world.colleague(uai, role, round).await?;
        let teacher = scene.server.client().sign_in(&account.email).await?;
        let path = scene.school.path(&format!("/staff/{}", account.id));
        let choice = teacher.put("/api/v1/session/class", class.clone());
        let (choice, removal) = together(round, choice, scene.head.delete(&path)).await?;
        removal.expect(204)?;
        match choice.status {
            200 => chosen += 1,
            401 | 403 | 404 => refused += 1,
            _ => bail!("round {round}: {choice:#?}"),
        }
    }
    ensure!(
        chosen > 0 && refused > 0,
        "no race: {chosen} chosen, {refused} refused"
    );
    let strangers = "SELECT COUNT(*) FROM class_main_teachers m \
                     WHERE NOT EXISTS (SELECT 1 FROM staff s WHERE s.staff_id = m.staff_id)";
    ensure!(scene.world.count(strangers).await? == 0);
    let list = scene.classes().await?;
    ensure!(list["items"][0]["main_teachers"] == json!([]), "{list}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}
