//! Staff who come, leave and choose a class at the same moment: whoever has a class is on the staff,
//! and nobody has two.
//!
//! Most of these races are run on the use cases themselves, where the two are closest to each other:
//! first as two requests to one server, which share what it remembers of the classes, then as
//! requests to two servers, each of which remembers what it did itself.

mod race;

use acceptance::{audit, engine::Engine, on_both_engines, scene::Scene, world::Size};
use anyhow::{bail, ensure};
use commands::{
    By, Commands, Refusal, follow_invitation::FollowInvitation, remove_staff::RemoveStaff,
    replace_head::ReplaceHead,
};
use domain::{ids::PersonId, values::StaffRole};
use serde_json::json;

use super::races::together;
use race::{Race, tried};

on_both_engines!(
    choosing_a_class_while_being_removed,
    choosing_a_class_while_another_becomes_head,
    choosing_a_class_while_a_new_head_takes_over,
    choosing_a_class_over_http_while_being_removed,
    choosing_two_classes_at_once,
    two_people_follow_one_invitation,
    what_another_server_did_is_never_overlooked,
);

/// Of each race, on each engine, in one server and in two.
const ROUNDS: u64 = 100;

const SIZE: Size = Size {
    classes: 3,
    students_per_class: 0,
    without_class: 0,
};

/// The rounds would look like an attack; what slows those down is tested elsewhere.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// What takes somebody off the staff, as the API executes it.
enum Departure {
    Removed(RemoveStaff),
    Replaced(ReplaceHead),
    TakenOver(FollowInvitation),
}

impl Departure {
    async fn happen(&self, commands: &Commands, by: By) -> anyhow::Result<()> {
        let refused = match self {
            Self::Removed(remove) => tried(commands, by, remove).await?.err(),
            Self::Replaced(replace) => tried(commands, by, replace).await?.err(),
            Self::TakenOver(follow) => tried(commands, by, follow).await?.err(),
        };
        ensure!(refused.is_none(), "nobody leaves: {refused:?}");
        Ok(())
    }
}

/// What became of the choices that somebody made while they left.
#[derive(Default)]
struct Choices {
    made: u64,
    refused: u64,
}

impl Choices {
    fn count(&mut self, chosen: Result<(), Refusal>) -> anyhow::Result<()> {
        match chosen {
            Ok(()) => self.made += 1,
            Err(Refusal::StaffNotFound) => self.refused += 1,
            Err(refusal) => return Err(refusal.into()),
        }
        Ok(())
    }

    fn met(&self) -> anyhow::Result<()> {
        let Self { made, refused } = self;
        ensure!(
            *made > 0 && *refused > 0,
            "no race: {made} choices made, {refused} refused"
        );
        Ok(())
    }
}

/// Lets `leaver` choose a class while they leave, having one already every other round.
async fn choose_while_leaving(
    race: &Race,
    (round, rival): (u64, &Commands),
    leaver: PersonId,
    departure: &Departure,
    choices: &mut Choices,
) -> anyhow::Result<()> {
    if round.is_multiple_of(2) {
        let before = race.choice(leaver, Some(race.class(round)));
        rival.execute(&race.world.by(), &before).await?;
    }
    let choice = race.choice(leaver, Some(race.class(round + 1)));
    let choosing = tried(rival, race.world.by(), &choice);
    let leaving = departure.happen(race.one(), race.world.by());
    let (chosen, ()) = together(round, choosing, leaving).await?;
    choices.count(chosen)?;
    let left = race.classes_of(leaver).await?;
    ensure!(
        left.is_empty(),
        "round {round}: they left, and keep {left:?}"
    );
    Ok(())
}

/// A class whose main teacher is not of the school would send its pupils to somebody who cannot see
/// them, and no page could take that name off. Whoever is removed leaves no class behind, one they
/// choose at that very moment neither.
async fn choosing_a_class_while_being_removed(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine).await?;
    let mut choices = Choices::default();
    for round in race.rounds() {
        let leaver = race.member().await?;
        let departure = Departure::Removed(RemoveStaff {
            establishment: race.school.uai.clone(),
            staff: leaver,
        });
        choose_while_leaving(&race, round, leaver, &departure, &mut choices).await?;
    }
    choices.met()?;
    race.finish().await?;
    Ok(())
}

/// A head who teaches has a class like anybody, and hands over on the first day of term, when
/// everybody chooses theirs. It goes with them.
async fn choosing_a_class_while_another_becomes_head(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine).await?;
    let mut choices = Choices::default();
    let mut head = race.school.staff[0].id;
    for round in race.rounds() {
        let next = race.member().await?;
        let departure = Departure::Replaced(ReplaceHead {
            establishment: race.school.uai.clone(),
            head: next,
        });
        choose_while_leaving(&race, round, head, &departure, &mut choices).await?;
        head = next;
    }
    choices.met()?;
    let truth = race.finish().await?;
    let mut schools = truth.establishments.values();
    ensure!(schools.any(|school| school.head == Some(head)));
    Ok(())
}

/// The same when the new head comes from outside, by a link that the old one knows nothing of.
async fn choosing_a_class_while_a_new_head_takes_over(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine).await?;
    let mut choices = Choices::default();
    let mut head = race.school.staff[0].id;
    for round in race.rounds() {
        let next = race.fresh_person();
        let invitation = race.invitation(StaffRole::Head, None).await?;
        let departure = Departure::TakenOver(race.follow(invitation, next)?);
        choose_while_leaving(&race, round, head, &departure, &mut choices).await?;
        head = next;
    }
    choices.met()?;
    let truth = race.finish().await?;
    let mut schools = truth.establishments.values();
    ensure!(schools.any(|school| school.head == Some(head)));
    Ok(())
}

/// The same through the program as it runs, where the session that chooses ends at that moment too.
async fn choosing_a_class_over_http_while_being_removed(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::with(engine, SIZE, &UNTHROTTLED).await?;
    let class = json!({ "class_id": scene.school.class(0) });
    let (mut chosen, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let uai = &scene.school.uai;
        let role = StaffRole::MainTeacher;
        let account = scene.world.colleague(uai, role, round).await?;
        let session = scene.world.session(&account).await?;
        let teacher = scene.server.client().with_token(&session);
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
    let list = scene.classes().await?;
    ensure!(list["items"][0]["main_teachers"] == json!([]), "{list}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Two tabs, or a click on each of two classes because the page is slow. Neither choice is an error:
/// both are done, one after the other, and the later one stands alone.
async fn choosing_two_classes_at_once(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine).await?;
    let mut teacher = race.school.staff[1].id;
    for (round, rival) in race.rounds() {
        // Every third round begins without a class, the others with one of either choice or another.
        if round.is_multiple_of(3) {
            teacher = race.member().await?;
        }
        let first = Some(race.class(round));
        // Every fourth of the other choices is to have none.
        let second = (round % 4 != 3).then(|| race.class(round / 3 + 1));
        let choices = [race.choice(teacher, first), race.choice(teacher, second)];
        let one = tried(race.one(), race.world.by(), &choices[0]);
        let other = tried(rival, race.world.by(), &choices[1]);
        let (one, other) = together(round, one, other).await?;
        ensure!(
            one.is_ok() && other.is_ok(),
            "round {round}: {one:?} and {other:?}"
        );
        let left = race.classes_of(teacher).await?;
        let possible = [first, second].map(|class| Vec::from_iter(class.map(|id| id.to_string())));
        ensure!(
            possible.contains(&left),
            "round {round}: {left:?} of {possible:?}"
        );
    }
    race.finish().await?;
    Ok(())
}

/// A link is good for one person. Two who follow it at once must not both come in, nor the one who is
/// turned away leave their name on the class, nor two new heads be in charge.
async fn two_people_follow_one_invitation(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine).await?;
    let mut wins = [0, 0];
    for (round, rival) in race.rounds() {
        let (role, class) = match round % 3 {
            0 => (StaffRole::Head, None),
            1 => (StaffRole::Teacher, None),
            _ => (StaffRole::MainTeacher, Some(race.class(round / 3))),
        };
        let invitation = race.invitation(role, class).await?;
        let people = [race.fresh_person(), race.fresh_person()];
        let follows = [
            race.follow(invitation, people[0])?,
            race.follow(invitation, people[1])?,
        ];
        let one = tried(race.one(), race.world.by(), &follows[0]);
        let other = tried(rival, race.world.by(), &follows[1]);
        let winner = match together(round, one, other).await? {
            (Ok(given), Err(Refusal::TokenInvalid)) if given == role => 0,
            (Err(Refusal::TokenInvalid), Ok(given)) if given == role => 1,
            outcomes => bail!("round {round}: {outcomes:?}"),
        };
        wins[winner] += 1;
        let theirs = race.classes_of(people[winner]).await?;
        let expected = Vec::from_iter(class.map(|class| class.to_string()));
        ensure!(theirs == expected, "round {round}: {theirs:?}");
        let loser = race.classes_of(people[1 - winner]).await?;
        ensure!(loser.is_empty(), "round {round}: {loser:?}");
    }
    ensure!(!wins.contains(&0), "no race: {wins:?}");
    let truth = race.finish().await?;
    let mut schools = truth.establishments.values();
    ensure!(schools.all(|school| school.invitations.is_empty()));
    Ok(())
}

/// A server remembers the classes it worked on, and another one changes them meanwhile. Whom it
/// remembers in no class may have one by now: it must be found, whether they choose another or leave.
async fn what_another_server_did_is_never_overlooked(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine).await?;
    for round in 0..ROUNDS / 4 {
        let teacher = race.member().await?;
        let by = race.world.by();
        let choose = |number| race.choice(teacher, Some(race.class(number)));
        for number in 0..3 {
            race.one().execute(&by, &choose(round + number)).await?;
        }
        race.one().execute(&by, &race.choice(teacher, None)).await?;
        race.other.execute(&by, &choose(round)).await?;
        if round.is_multiple_of(2) {
            race.one().execute(&by, &choose(round + 1)).await?;
            let expected = race.class(round + 1).to_string();
            ensure!(race.classes_of(teacher).await? == [expected]);
        } else {
            let departure = Departure::Removed(RemoveStaff {
                establishment: race.school.uai.clone(),
                staff: teacher,
            });
            departure.happen(race.one(), by).await?;
            ensure!(race.classes_of(teacher).await?.is_empty());
        }
    }
    race.finish().await?;
    Ok(())
}
