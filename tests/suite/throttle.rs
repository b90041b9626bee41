//! Slowing down who tries too often, and nobody else.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use acceptance::{
    client::{Answer, Client},
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, pupil},
    on_both_engines,
    scene::Scene,
    world::{PASSWORD, Size},
};
use anyhow::{Context as _, bail, ensure};
use domain::values::Role;
use futures::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

on_both_engines!(
    a_class_signs_up_together,
    a_storm_of_wrong_passwords_locks_nobody_out_for_good,
    one_client_cannot_try_every_address,
    forms_full_of_mistakes_are_slowed_down_too,
    known_and_unknown_addresses_are_slowed_alike,
    one_mailbox_is_not_flooded_with_invitations,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// The first lesson of the year: thirty pupils in one room, behind one network address.
async fn a_class_signs_up_together(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let (nobody, mailbox) = (scene.server.client(), &scene.mailbox);
    let class = scene.school.class(0).to_string();
    let pupils = (0..30).map(async |number| {
        let email = format!("eleve{number}@famille.test");
        let form = pupil(&scene.school.uai, &email, Some(&class));
        nobody.sign_up(&form).await?.expect(202)?;
        let token = mailbox.token(&email, Kind::Activation).await?;
        nobody.activate(&token).await?.expect(200)?;
        // Some mistype what they have just chosen.
        let typed = if number % 3 == 0 {
            "mot de passe"
        } else {
            PASSWORD
        };
        let status = nobody.try_sign_in(&email, typed).await?.status;
        ensure!(status != 429, "{email} is slowed down");
        nobody.sign_in(&email).await
    });
    try_join_all(pupils).await?;
    ensure!(scene.student_count(&class).await? == 30);
    Ok(())
}

/// A request as it comes through the reverse proxy, from another client each time.
async fn from_client(
    client: &Client,
    address: &str,
    path: &str,
    body: &Value,
) -> anyhow::Result<Answer> {
    let request = client
        .request(Method::POST, path)
        .header("X-Forwarded-For", address);
    client.send(request.json(body)).await
}

/// Of the network for measurements (RFC 2544), which is nobody's: private ones are those of proxies.
fn address(number: u32) -> String {
    let network = u32::from(Ipv4Addr::new(198, 18, 0, 0));
    Ipv4Addr::from(network + number).to_string()
}

fn retry_after(answer: &Answer) -> anyhow::Result<u64> {
    let header = answer.headers.get("retry-after");
    let seconds = header.with_context(|| format!("no Retry-After: {answer:#?}"))?;
    Ok(seconds.to_str()?.parse()?)
}

/// Guessing must become hopeless, from however many machines; but whoever could lock a head out by
/// guessing would have another way to do harm.
async fn a_storm_of_wrong_passwords_locks_nobody_out_for_good(
    engine: Engine,
) -> anyhow::Result<()> {
    const TRIES: u32 = 10_000;
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let email = scene.school.email(Role::Head);
    let body = json!({ "email": email, "password": "un mauvais mot de passe" });
    let tries = stream::iter(0..TRIES).map(async |number| {
        let answer = from_client(&nobody, &address(number), "/api/v1/session", &body).await?;
        match answer.status {
            401 => Ok(false),
            429 => {
                ensure!(retry_after(&answer)? >= 1, "{answer:#?}");
                answer.expect_problem(429, "rate_limited")?;
                Ok(true)
            }
            _ => bail!("{answer:#?}"),
        }
    });
    let slowed: Vec<bool> = tries.buffer_unordered(64).try_collect().await?;
    let slowed = slowed.into_iter().filter(|slowed| *slowed).count();
    ensure!(
        slowed > TRIES as usize * 9 / 10,
        "only {slowed} of {TRIES} were slowed down"
    );
    // Who is in stays in.
    ensure!(scene.head.account().await?["role"] == "head");

    let over = Instant::now();
    loop {
        let answer = nobody.try_sign_in(email, PASSWORD).await?;
        if answer.status == 201 {
            return Ok(());
        }
        let wait = retry_after(&answer)?;
        ensure!(
            over.elapsed() < Duration::from_mins(1),
            "the owner is still kept out: {answer:#?}"
        );
        sleep(Duration::from_secs(wait.min(5))).await;
    }
}

/// One password that many people have, tried on every address there is: no address is tried twice,
/// so it is the client that must be slowed down, and no other with it.
async fn one_client_cannot_try_every_address(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let attempt = async |client: &str, number: u32| {
        let email = format!("personne{number}@ac-demo.test");
        let body = json!({ "email": email, "password": "un mot de passe courant" });
        from_client(&nobody, client, "/api/v1/session", &body).await
    };
    let mut slowed = false;
    for number in 0..1_000 {
        let answer = attempt(&address(1), number).await?;
        ensure!(matches!(answer.status, 401 | 429), "{answer:#?}");
        if answer.status == 429 {
            ensure!(retry_after(&answer)? >= 1, "{answer:#?}");
            slowed = true;
            break;
        }
    }
    ensure!(slowed, "1,000 addresses tried, and no end");
    attempt(&address(2), 1_001).await?.expect(401)?;
    nobody.sign_in(scene.school.email(Role::Head)).await?;
    Ok(())
}

/// Reading a form costs more than sending one. Whoever sends nothing but mistakes must not be read for
/// ever, and nobody else may suffer from it.
async fn forms_full_of_mistakes_are_slowed_down_too(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let mut form = pupil(&scene.school.uai, "noa@famille.test", None);
    form["first_name"] = json!("a b ".repeat(1_000));
    let send =
        async |client: u32| from_client(&nobody, &address(client), "/api/v1/accounts", &form).await;
    for number in 0.. {
        let answer = send(1).await?;
        if answer.status == 429 {
            ensure!(retry_after(&answer)? >= 1, "{answer:#?}");
            break;
        }
        answer.expect_problem(422, "validation")?;
        ensure!(number < 1_000, "1,000 forms read, and no end");
    }
    send(2).await?.expect_problem(422, "validation")?;
    Ok(())
}

/// Were only addresses with an account slowed down, the slowing down would tell who has one.
async fn known_and_unknown_addresses_are_slowed_alike(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let known = scene.school.email(Role::Counsellor);
    let unknown = "personne@ac-demo.test";
    let form = |path: &str, email: &str| match path {
        "/api/v1/session" => json!({ "email": email, "password": "un mauvais mot de passe" }),
        "/api/v1/accounts" => pupil(&scene.school.uai, email, None),
        _ => json!({ "email": email }),
    };
    let mut client = 0;
    for path in [
        "/api/v1/session",
        "/api/v1/accounts",
        "/api/v1/accounts/activation/resend",
        "/api/v1/accounts/password-reset",
    ] {
        let (mut seen, begun) = (Vec::new(), Instant::now());
        for email in [known, unknown] {
            let body = form(path, email);
            let mut tries: u32 = 0;
            // Each time from elsewhere: it is the address that counts.
            let refused = loop {
                client += 1;
                let answer = from_client(&nobody, &address(client), path, &body).await?;
                if answer.status == 429 {
                    break answer;
                }
                tries += 1;
                ensure!(tries < 200, "{path} is never slowed down: {answer:#?}");
            };
            let words = refused.text.replace(|c: char| c.is_ascii_digit(), "");
            let words = words.replace("secondes", "seconde");
            ensure!(retry_after(&refused)? >= 1, "{refused:#?}");
            seen.push((tries, words));
        }
        let [(tries, words), other] = &seen[..] else {
            bail!("two of them");
        };
        // While the tries go on, one more may be granted every 5 seconds.
        let granted = 1 + begun.elapsed().as_secs() / 5;
        ensure!(
            u64::from(tries.abs_diff(other.0)) <= granted && *words == other.1,
            "{path} tells them apart: {seen:#?}"
        );
    }
    Ok(())
}

/// A head who presses "renvoyer" again and again, or whose session somebody else got hold of, must not
/// fill a stranger's mailbox in the service's name; nor wait before inviting the next colleague.
async fn one_mailbox_is_not_flooded_with_invitations(engine: Engine) -> anyhow::Result<()> {
    const FLOODED: &str = "invitee@ac-demo.test";
    let scene = Scene::new(engine, OPEN).await?;
    let invitations = scene.school.path("/invitations");
    let invite = async |email: &str| {
        let form = invitation(Role::Teacher, email);
        scene.head.post(&invitations, form).await
    };
    let sent = invite(FLOODED).await?.expect(201)?;
    let path = format!("/api/v1/invitations/{}", sent.text_at("/id")?);
    let resend = format!("{path}/resend");
    let mut messages = 1;
    let refused = loop {
        let again = scene.head.post(&resend, json!({})).await?;
        if again.status == 429 {
            break again;
        }
        again.expect(202)?;
        messages += 1;
        ensure!(messages < 20, "{messages} messages, and no end");
    };
    ensure!(retry_after(&refused)? >= 1, "{refused:#?}");
    refused.expect_problem(429, "rate_limited")?;
    // Taking it back is no way around.
    scene.head.delete(&path).await?.expect(204)?;
    let anew = invite(&FLOODED.to_uppercase()).await?;
    anew.expect_problem(429, "rate_limited")?;
    invite("autre@ac-demo.test").await?.expect(201)?;
    scene.world.mail_settled().await?;
    ensure!(scene.mailbox.count(FLOODED, Kind::Invitation)? <= messages);
    Ok(())
}
