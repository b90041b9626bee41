//! A link works once; the request that used it may come again.

use acceptance::{
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited, pupil},
    on_both_engines,
    scene::Scene,
    world::PASSWORD,
};
use anyhow::ensure;
use domain::values::Role;
use reqwest::Method;
use serde_json::json;

use super::{SIZE, asked};

on_both_engines!(whoever_lost_the_answer_to_a_link_gets_it_again);

const PUPIL: &str = "noa@famille.test";
const INVITED: &str = "invitee@ac-demo.test";

/// The password was chosen and the phone lost its network: told that the link is worth nothing any more, the
/// pupil would ask for another, and for nothing.
async fn whoever_lost_the_answer_to_a_link_gets_it_again(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let nobody = scene.server.client();
    let form = pupil(&scene.school.uai, PUPIL, None);
    nobody.sign_up(&form).await?.expect(202)?;
    let token = scene.mailbox.token(PUPIL, Kind::Activation).await?;
    let chosen = json!({ "token": token, "password": PASSWORD });
    let activation = asked(Method::POST, "/api/v1/accounts/activation", chosen.clone());
    let first = activation.send(&nobody, "a").await?.expect(200)?;
    let again = activation.send(&nobody, "a").await?.expect(200)?;
    ensure!(again.body["account"] == first.body["account"], "{again:#?}");
    for answer in [&first, &again] {
        let signed_in = nobody.with_token(&answer.text_at("/token")?);
        ensure!(signed_in.account().await?["email"] == PUPIL);
    }
    // Whoever finds the link later has not sent that request.
    let other = activation.send(&nobody, "b").await?;
    other.expect_problem(410, "token_invalid")?;
    let guessed = json!({ "token": token, "password": "un mot de passe deviné" });
    let guessed = asked(Method::POST, "/api/v1/accounts/activation", guessed);
    let guessed = guessed.send(&nobody, "a").await?;
    guessed.expect_problem(422, "idempotency_key_reused")?;

    let teacher = scene.school.email(Role::Teacher);
    nobody.forget_password(teacher).await?.expect(202)?;
    let token = scene.mailbox.token(teacher, Kind::PasswordReset).await?;
    let chosen = json!({ "token": token, "password": "un tout nouveau secret" });
    let changed = asked(Method::POST, "/api/v1/accounts/password", chosen);
    for _ in 0..2 {
        changed.send(&nobody, "c").await?.expect(204)?;
    }
    changed.send(&nobody, "d").await?.expect(410)?;

    let form = invitation(Role::Teacher, INVITED);
    let invitations = scene.school.path("/invitations");
    scene.head.post(&invitations, form).await?.expect(201)?;
    let token = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    let followed = asked(Method::POST, "/api/v1/accounts", invited(&token));
    for _ in 0..2 {
        followed.send(&nobody, "e").await?.expect(202)?;
    }
    followed.send(&nobody, "f").await?.expect(410)?;
    nobody.try_sign_in(INVITED, PASSWORD).await?.expect(201)?;
    Ok(())
}
