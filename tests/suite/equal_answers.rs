//! Nobody learns from an answer, or from how long it took, whether an address has an account.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use acceptance::{
    client::{Answer, Client},
    engine::Engine,
    newcomer::pupil,
    on_both_engines,
    scene::Scene,
    world::Size,
};
use anyhow::ensure;
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use reqwest::header::HeaderName;
use serde_json::{Value, json};

on_both_engines!(
    answers_are_the_same_for_known_and_unknown_addresses,
    times_are_the_same_for_known_and_unknown_addresses,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// Hundreds of tries from one place would be slowed down.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// What takes an address from anybody.
#[derive(Clone, Copy, Debug)]
enum Form {
    SignIn,
    SignUp,
    Resend,
    Reset,
}

const FORMS: [Form; 4] = [Form::SignIn, Form::SignUp, Form::Resend, Form::Reset];

/// A school, with somebody who signed up and waits; and a stranger who signed up with everybody's address.
struct School {
    scene: Scene,
    nobody: Client,
    known: Vec<String>,
}

const WAITING: &str = "en.attente@famille.test";

impl School {
    async fn new(engine: Engine) -> anyhow::Result<Self> {
        let scene = Scene::with(engine, OPEN, &UNTHROTTLED).await?;
        let nobody = scene.server.client();
        let form = pupil(&scene.school.uai, WAITING, None);
        nobody.sign_up(&form).await?.expect(202)?;
        let mut known: Vec<_> = scene.school.staff.iter().map(|a| a.email.clone()).collect();
        known.extend([scene.school.student.email.clone(), WAITING.to_owned()]);
        let school = Self {
            scene,
            nobody,
            known,
        };
        for email in &school.known {
            school.send(Form::SignUp, email).await?.expect(202)?;
        }
        school.scene.world.mail_settled().await?;
        Ok(school)
    }

    /// An address that nobody gave before.
    fn unknown(&self) -> String {
        let id = self.scene.world.commands.clock().new_uuid();
        format!("{}@famille.test", id.simple())
    }

    async fn send(&self, form: Form, email: &str) -> anyhow::Result<Answer> {
        match form {
            Form::SignIn => self.nobody.try_sign_in(email, "un mauvais secret").await,
            Form::SignUp => {
                let form = pupil(&self.scene.school.uai, email, None);
                self.nobody.sign_up(&form).await
            }
            Form::Resend => self.nobody.resend_activation(email).await,
            Form::Reset => self.nobody.forget_password(email).await,
        }
    }
}

/// Parents, employers and insurers would pay for the list of who is here. Every answer must be the
/// same to the byte, whether the address has an account, waits for its activation, or is nobody's.
async fn answers_are_the_same_for_known_and_unknown_addresses(
    engine: Engine,
) -> anyhow::Result<()> {
    let school = School::new(engine).await?;
    for form in FORMS {
        let unknown = school.send(form, &school.unknown()).await?;
        let expected = match form {
            Form::SignIn => 401,
            Form::SignUp | Form::Resend | Form::Reset => 202,
        };
        let unknown = unknown.expect(expected)?;
        for email in &school.known {
            let known = school.send(form, email).await?;
            ensure!(
                looks(&known) == looks(&unknown),
                "{form:?} tells {email}: {known:#?}, {unknown:#?}"
            );
        }
    }
    Ok(())
}

/// What a client sees of an answer, but for what changes each time.
fn looks(answer: &Answer) -> (u16, &str, BTreeSet<&str>) {
    let headers = answer.headers.keys().map(HeaderName::as_str).collect();
    (answer.status, &answer.text, headers)
}

/// How often a form is tried with each kind of address.
const TRIES: usize = 200;

/// A password is checked in a tenth of a second and an address looked up in a thousandth: who skips
/// one of the two for an unknown address tells it with a stopwatch, whatever the answer says.
///
/// The tries come in random order, so that whatever else goes on slows both kinds alike: were there
/// no difference, every order of their times would be as likely as any other, which is all that the
/// test of Mann and Whitney asks. It goes by ranks: one try that met a busy machine weighs no more
/// than any other. It is wrong once in a thousand times, which would be a false alarm every few
/// weeks; so a difference counts when a second, independent series of tries shows it again, which
/// chance does once in a million times. What it can see on the machine it runs on is shown by the
/// same tries, half of them slower by a half: skipping a hash is more.
async fn times_are_the_same_for_known_and_unknown_addresses(engine: Engine) -> anyhow::Result<()> {
    let school = School::new(engine).await?;
    for form in FORMS {
        let Some(first) = difference(&school, form).await? else {
            continue;
        };
        let second = difference(&school, form).await?;
        ensure!(
            second.is_none(),
            "{form:?} tells known addresses by the time: {first}, then {second:?}"
        );
    }

    // It tells what does no work from what does: a password that is missing from one that is wrong.
    // That is many times as much, and shows after a few tries.
    let mut times = [Vec::new(), Vec::new()];
    let mut order: Vec<usize> = (0..60).map(|number| number % 2).collect();
    order.shuffle(&mut StdRng::seed_from_u64(1));
    for kind in order {
        let mut body = json!({ "email": school.known[0], "password": "un mauvais secret" });
        if kind == 1 {
            body["password"] = Value::Null;
        }
        let begun = Instant::now();
        let answer = school.nobody.post("/api/v1/session", body).await?;
        times[kind].push(begun.elapsed());
        answer.expect([401, 422][kind])?;
    }
    ensure!(tells_apart(&times[0], &times[1]), "it sees nothing");
    Ok(())
}

/// What a series of tries shows, when it shows a difference.
async fn difference(school: &School, form: Form) -> anyhow::Result<Option<String>> {
    let mut order: Vec<usize> = (0..2 * TRIES).collect();
    order.shuffle(&mut StdRng::seed_from_u64(1));
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for number in order {
        let is_known = number % 2 == 0;
        let email = if is_known {
            school.known[number / 2 % school.known.len()].clone()
        } else {
            school.unknown()
        };
        let begun = Instant::now();
        school.send(form, &email).await?;
        let took = begun.elapsed();
        if is_known { &mut known } else { &mut unknown }.push(took);
    }
    let slower: Vec<_> = known.iter().map(|time| *time * 3 / 2).collect();
    ensure!(
        tells_apart(&slower, &unknown),
        "too much noise to see half as much again for {form:?}: {:?}, {:?}",
        median(&known),
        median(&unknown)
    );
    Ok(tells_apart(&known, &unknown).then(|| {
        let (known, unknown) = (median(&known), median(&unknown));
        format!("{known:?} for known ones, {unknown:?} for others")
    }))
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The two-sided test of Mann and Whitney at one in a thousand, with its normal approximation, which
/// is good from some twenty values on. Times in nanoseconds hardly ever tie.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of some hundreds, far below 2^52"
)]
fn tells_apart(ones: &[Duration], others: &[Duration]) -> bool {
    const CRITICAL: f64 = 3.291;
    let wins: usize = ones
        .iter()
        .map(|one| others.iter().filter(|other| one > *other).count())
        .sum();
    let (n, m) = (ones.len() as f64, others.len() as f64);
    let mean = n * m / 2.0;
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    ((wins as f64 - mean) / deviation).abs() > CRITICAL
}

/// The measure is measured: on made-up times whose answer is known.
#[test]
fn the_test_sees_what_is_there_and_nothing_else() {
    let times = |from: u64| -> Vec<Duration> {
        let numbers = (0..200).map(|number| from + number * 7_919 % 200);
        numbers.map(Duration::from_nanos).collect()
    };
    assert!(!tells_apart(&times(1_000), &times(1_000)));
    assert!(!tells_apart(&times(1_000), &times(1_005)));
    assert!(tells_apart(&times(1_000), &times(1_050)));
    assert!(tells_apart(&times(1_050), &times(1_000)));
}
