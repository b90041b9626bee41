//! Somebody whom two schools invite at once, and who opens both links: they end up in one.

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    newcomer::invited,
    on_both_engines,
    scene::Scene,
    world::{School, Size},
};
use accounts::{
    TokenHash,
    account::{self, Known, Return},
    invitee,
    joining::{self, Follower},
    token::{self, Purpose},
};
use anyhow::{Context as _, ensure};
use commands::{CommandError, Refusal, add_staff::AddStaff, remove_staff::RemoveStaff};
use domain::{
    ids::InvitationId,
    values::{EmailAddress, PersonName, Role, StaffRole},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use store::Write;

use super::{races::together, sign_up_races::loser};

on_both_engines!(
    somebody_between_two_posts_gets_one,
    somebody_new_gets_one_post,
    an_account_that_found_a_school_meanwhile_finds_no_other,
);

const SIZE: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// The rounds would look like an attack; what slows those down is tested elsewhere.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// What they choose where, to tell which of both they got.
const PASSWORDS: [&str; 2] = ["le secret de la première", "le secret de la seconde"];

/// Two schools on one server.
struct Schools {
    scene: Scene,
    other: School,
}

/// Somebody whom both invite.
struct Courted {
    email: String,
    tokens: [String; 2],
}

impl Schools {
    async fn new(engine: Engine) -> anyhow::Result<Self> {
        let scene = Scene::with(engine, SIZE, &UNTHROTTLED).await?;
        let other = scene.world.school(SIZE).await?;
        Ok(Self { scene, other })
    }

    /// Both invite somebody who left the first of them.
    async fn court_again(&self, number: u64) -> anyhow::Result<Courted> {
        let (world, uai) = (&self.scene.world, &self.scene.school.uai);
        let account = world.colleague(uai, StaffRole::Teacher, number).await?;
        let remove = RemoveStaff {
            establishment: uai.clone(),
            staff: account.id,
        };
        world.commands.execute(&world.by(), &remove).await?;
        self.court(account.email).await
    }

    async fn court(&self, email: String) -> anyhow::Result<Courted> {
        let (world, role) = (&self.scene.world, StaffRole::Teacher);
        let one = world.invited(role, None, &self.scene.school.uai, &email);
        let other = world.invited(role, None, &self.other.uai, &email);
        Ok(Courted {
            tokens: [one.await?, other.await?],
            email,
        })
    }

    /// Lets them open both links, and gives the answer to the one that came too late and which school
    /// they are in: the one whose password signs them in. The other's invitation waits on.
    async fn open_both(&self, round: u64, courted: &Courted) -> anyhow::Result<(Answer, usize)> {
        let (one, two) = (self.scene.server.client(), self.scene.server.client());
        let follows = (courted.follow(&one, 0), courted.follow(&two, 1));
        let answers = together(round, follows.0, follows.1).await?;
        let winner = usize::from(answers.0.status != 202);
        let loser = loser(202, answers)?;
        let session = one.try_sign_in(&courted.email, PASSWORDS[winner]).await?;
        let session = session.expect(201)?;
        let uai = [&self.scene.school.uai, &self.other.uai][winner];
        ensure!(
            session.body["account"]["uai"] == uai.as_str(),
            "round {round}: {session:#?}"
        );
        for (number, status) in [(winner, 410), (1 - winner, 200)] {
            let token = json!({ "token": courted.tokens[number] });
            let prefilled = one.post("/api/v1/accounts/invitation", token).await?;
            prefilled.expect(status)?;
        }
        Ok((loser, winner))
    }

    async fn finish(self, winners: &[usize]) -> anyhow::Result<()> {
        let second: usize = winners.iter().sum();
        ensure!(
            second > 0 && second < winners.len(),
            "no race: {second} of {} went to the second",
            winners.len()
        );
        audit::everything(self.scene.world.store()).await?;
        Ok(())
    }
}

impl Courted {
    async fn follow(&self, client: &Client, which: usize) -> anyhow::Result<Answer> {
        let mut form = invited(&self.tokens[which]);
        form["password"] = json!(PASSWORDS[which]);
        client.sign_up(&form).await
    }
}

/// A supply teacher was invited by two schools for their next post. On two staffs they would see the
/// pupils of a school that they do not work at, whose list of staff shows nobody of that name.
async fn somebody_between_two_posts_gets_one(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 100;
    /// Rounds at a time, each about somebody else.
    const SIDE_BY_SIDE: usize = 10;
    let schools = Schools::new(engine).await?;
    let rounds = stream::iter(0..ROUNDS).map(async |round| {
        let courted = schools.court_again(round).await?;
        let (loser, winner) = schools.open_both(round, &courted).await?;
        loser.expect_problem(409, "conflict")?;
        anyhow::Ok(winner)
    });
    let winners: Vec<usize> = rounds.buffered(SIDE_BY_SIDE).try_collect().await?;
    schools.finish(&winners).await
}

/// The same for somebody who has no account yet, and must not have two.
async fn somebody_new_gets_one_post(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: u64 = 30;
    let schools = Schools::new(engine).await?;
    let mut winners = Vec::new();
    for round in 0..ROUNDS {
        let email = format!("stagiaire{round}@ac-demo.test");
        let courted = schools.court(email).await?;
        let (loser, winner) = schools.open_both(round, &courted).await?;
        ensure!(matches!(loser.status, 409 | 422), "{loser:#?}");
        winners.push(winner);
    }
    schools.finish(&winners).await
}

/// The same at the one moment that chance hardly ever hits: the second link was just found to lead to
/// an account without a school, when the first one gives it a school and another password.
async fn an_account_that_found_a_school_meanwhile_finds_no_other(
    engine: Engine,
) -> anyhow::Result<()> {
    let schools = Schools::new(engine).await?;
    let courted = schools.court_again(0).await?;
    let (world, email) = (&schools.scene.world, EmailAddress::parse(&courted.email)?);
    let token = TokenHash::of(&courted.tokens[1]);
    let (mut reader, now) = (world.store().reader().await?, world.commands.clock().now());
    let conn = &mut reader.conn();
    let subject = token::subject(conn, Purpose::Invitation, &token, now).await?;
    let invitation = InvitationId::new(subject.context("a link")?);
    let invitee = invitee::get(conn, invitation).await?;
    let known = account::known_at(conn, &email).await?;
    let known = known.context("an account")?;
    drop(reader);

    come_back(&schools.scene, &known).await?;
    let second = Follower {
        invitee: &invitee.context("an invitee")?,
        role: StaffRole::Teacher,
        token,
        first_name: PersonName::parse("Dominique")?,
        last_name: PersonName::parse("Exemple")?,
        password_hash: "yet another".to_owned(),
        known: Some(&known),
    };
    let refused = joining::follow(&world.commands, world.by().correlation, None, &second).await;
    ensure!(
        matches!(
            refused,
            Err(CommandError::Refused(
                Refusal::TokenInvalid | Refusal::EmailTaken
            ))
        ),
        "{refused:?}"
    );
    audit::everything(world.store()).await?;
    Ok(())
}

/// What following the first invitation does, all but using its token up.
async fn come_back(scene: &Scene, known: &Known) -> anyhow::Result<()> {
    let back = Return {
        id: known.account.id,
        role: Role::Teacher,
        password_hash: "another",
        previous_hash: &known.password_hash,
    };
    let add = AddStaff {
        establishment: scene.school.uai.clone(),
        staff: known.account.id,
        role: StaffRole::Teacher,
    };
    let (writes, by): ([&dyn Write; 1], _) = ([&back], scene.world.by());
    let commands = &scene.world.commands;
    commands.execute_with(&by, &add, &writes).await?;
    Ok(())
}
