//! "Personnels": who is on the staff, whom the head invited, and "Ma classe".

use acceptance::{
    audit,
    browser::Browser,
    engine::Engine,
    mail::Kind,
    newcomer::invited,
    on_both_engines,
    scene::Scene,
    world::{Account, PASSWORD, School},
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::json;

use super::{SIZE, scene};

on_both_engines!(
    the_head_invites_a_colleague,
    a_pasted_list_is_answered_line_by_line,
    an_invitation_is_sent_again_and_taken_back,
    somebody_is_removed_once_what_follows_is_read,
    everybody_on_the_staff_chooses_their_class,
    what_is_the_heads_is_refused_to_others,
);

const STAFF: &str = "/etablissement/personnels";
const INVITE: &str = "/etablissement/personnels/inviter";
const SEVERAL: &str = "/etablissement/personnels/inviter/plusieurs";
const OWN_CLASS: &str = "/ma-classe";

const INVITED: &str = "l.moreau@ac-demo.test";

/// The scene, and its head's browser, signed in.
async fn at_the_heads(engine: Engine) -> anyhow::Result<(Scene, Browser)> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    Ok((scene, browser))
}

fn member(school: &School, role: Role) -> anyhow::Result<&Account> {
    let mut staff = school.staff.iter();
    staff
        .find(|account| account.role == role)
        .context("a member of staff")
}

fn removal(school: &School, role: Role) -> anyhow::Result<String> {
    Ok(format!("{STAFF}/{}/retirer", member(school, role)?.id))
}

/// What somebody types to sign in who asked for this page.
fn sign_in<'a>(account: &'a Account, page: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("email", &account.email),
        ("password", PASSWORD),
        ("retour", page),
    ]
}

/// The path of the only pending invitation.
async fn pending(scene: &Scene) -> anyhow::Result<String> {
    let list = scene.head.get(&scene.school.path("/invitations")).await?;
    let list = list.expect(200)?;
    let [only] = list.items()?.as_slice() else {
        anyhow::bail!("not one invitation: {list:#?}");
    };
    Ok(format!(
        "/invitations/{}",
        only["id"].as_str().context("an id")?
    ))
}

/// Manual, "L'inscription, c'est chacun son tour !": once signed up, the head invites the main teachers.
async fn the_head_invites_a_colleague(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut head) = at_the_heads(engine).await?;
    let staff = head.open(STAFF).await?.expect(200)?;
    let staff = staff.shows("4 membres")?.shows("Exemple head (vous)")?;
    staff.shows("Aucune invitation n'attend de réponse.")?;
    head.open(INVITE).await?.expect(200)?.shows("Fonction")?;

    let blank = head.send(INVITE, &[("last_name", "Moreau")]).await?;
    let blank = blank.expect(422)?.shows("value=\"Moreau\"")?;
    blank
        .shows("id=\"email-faute\">Indiquez l'adresse de la personne.")?
        .shows("Indiquez la fonction.")?;
    let class = scene.school.class(1).to_string();
    let mut form = [
        ("email", INVITED),
        ("first_name", "Lise"),
        ("last_name", "Moreau d’Arc <i>"),
        ("role", "main_teacher"),
        ("class_id", &class),
    ];
    let sent = head.send(INVITE, &form).await?.expect(200)?;
    ensure!(
        sent.path.starts_with("/etablissement/personnels?fait="),
        "{sent:?}"
    );
    let sent = sent.shows("Vous avez invité Lise Moreau d’Arc <i> dans l'équipe")?;
    let sent = sent.shows("pour la classe 3e B")?.shows(INVITED)?;
    sent.shows("encore 14 jours")?;

    let twice = head.send(INVITE, &form).await?.expect(409)?;
    twice.shows("id=\"email-faute\">Une invitation est déjà en attente")?;
    form[0].1 = scene.school.email(Role::Counsellor);
    let known = head.send(INVITE, &form).await?.expect(409)?;
    known.shows("id=\"email-faute\">Cette personne fait déjà partie")?;
    form[0].1 = "l.moreau@ailleurs.test";
    let elsewhere = head.send(INVITE, &form).await?.expect(422)?;
    elsewhere.shows("id=\"email-faute\">Utilisez votre adresse professionnelle")?;

    let token = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    let nobody = scene.server.client();
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    let staff = head.open(STAFF).await?.expect(200)?;
    let staff = staff.shows("5 membres")?.shows("Moreau d’Arc <i> Lise")?;
    staff.shows("Aucune invitation n'attend de réponse.")?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Twenty addresses come out of a spreadsheet, and two are wrong: those are named and stay, and nobody else
/// waits for them.
async fn a_pasted_list_is_answered_line_by_line(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut head) = at_the_heads(engine).await?;
    head.open(SEVERAL)
        .await?
        .expect(200)?
        .shows("Une par ligne")?;
    let known = scene.school.email(Role::Teacher);
    let people = format!(
        "Lise Moreau <{INVITED}>\r\nn.roy@ac-demo.test\r\n{known}\r\nZoé\r\na@ailleurs.test\r\n\
         N.Roy@ac-demo.test"
    );
    let form = [("people", &*people), ("role", "teacher")];
    let answered = head.send(SEVERAL, &form).await?.expect(409)?;
    let answered = answered
        .shows("2 invitations sont parties.")?
        .shows(&format!("Lise Moreau <{INVITED}>"))?
        .shows("3 invitations ne sont pas parties")?
        .shows(&format!("« {known} » : Cette personne fait déjà partie"))?
        .shows("« Zoé » : Cette adresse électronique n'est pas complète")?
        .shows("« a@ailleurs.test » : Utilisez votre adresse professionnelle")?;
    answered.shows(&format!("{known}\nZoé\na@ailleurs.test</textarea>"))?;
    for email in [INVITED, "n.roy@ac-demo.test"] {
        scene.mailbox.next(email, Kind::Invitation).await?;
    }

    let form = [
        ("people", "z@ac-demo.test,\nLou Roy <l.roy@ac-demo.test>"),
        ("role", "counsellor"),
    ];
    let sent = head.send(SEVERAL, &form).await?.expect(200)?;
    let sent = sent
        .shows("2 modifications sont enregistrées.")?
        .shows("Vous avez invité Lou Roy dans l'équipe")?;
    ensure!(sent.path.starts_with("/etablissement/personnels?fait="));
    let none = head
        .send(SEVERAL, &[("people", " \n"), ("role", "teacher")])
        .await?;
    none.expect(422)?.shows("Indiquez au moins une adresse.")?;
    scene.world.mail_settled().await?;
    ensure!(
        scene.mailbox.all()?.len() == 4,
        "somebody else got a message"
    );

    // Whoever is invited without a name says it.
    let token = scene
        .mailbox
        .token("z@ac-demo.test", Kind::Invitation)
        .await?;
    let mut form = invited(&token);
    form["first_name"] = json!("Zoé");
    form["last_name"] = json!("Petit");
    let nobody = scene.server.client();
    nobody.sign_up(&form).await?.expect(202)?;
    head.open(STAFF).await?.expect(200)?.shows("Petit Zoé")?;
    Ok(())
}

/// A message was lost, or went to the wrong person.
async fn an_invitation_is_sent_again_and_taken_back(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut head) = at_the_heads(engine).await?;
    let form = [("people", INVITED), ("role", "teacher")];
    head.send(SEVERAL, &form).await?.expect(200)?;
    let old = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    let path = pending(&scene).await?;
    let (again, back) = (format!("{path}/renvoyer"), format!("{path}/annuler"));
    let listed = head.open(STAFF).await?;
    listed.shows(&again)?.shows(&back)?;

    let sent = head.send(&again, &[]).await?.expect(200)?;
    ensure!(
        sent.path.starts_with("/etablissement/personnels?renvoi="),
        "{sent:?}"
    );
    sent.shows(&format!("L'invitation de {INVITED} est partie de nouveau"))?;
    let new = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    let nobody = scene.server.client();
    let opens = async |token: &str| {
        let body = json!({ "token": token });
        let answer = nobody.post("/api/v1/accounts/invitation", body).await?;
        anyhow::Ok(answer.status)
    };
    ensure!(opens(&old).await? == 410 && opens(&new).await? == 200);

    let gone = head.send(&back, &[]).await?.expect(200)?;
    let gone = gone.shows("Vous avez annulé une invitation")?;
    gone.shows("Aucune invitation n'attend de réponse.")?;
    ensure!(opens(&new).await? == 410);
    for path in [&again, &back] {
        let gone = head.send(path, &[]).await?.expect(404)?;
        gone.shows("Cette invitation n'est plus en attente")?
            .shows("Personnels")?;
    }
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Nobody is removed by a slip: the page says who leaves and what follows, and it follows.
async fn somebody_is_removed_once_what_follows_is_read(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut head) = at_the_heads(engine).await?;
    let mut teacher = Browser::new(&scene.server.address)?;
    teacher
        .sign_in(scene.school.email(Role::MainTeacher))
        .await?;
    let class = scene.school.class(0).to_string();
    teacher
        .send(OWN_CLASS, &[("class_id", &class)])
        .await?
        .expect(200)?;

    let path = removal(&scene.school, Role::MainTeacher)?;
    head.open(STAFF).await?.expect(200)?.shows(&path)?;
    let before = scene.world.event_count().await?;
    let asked = head.open(&path).await?.expect(200)?;
    let asked = asked
        .shows("Retirer main_teacher Exemple de l'équipe ?")?
        .shows("la classe 3e A perd ce professeur principal")?;
    asked.shows("les élèves ne pourront plus s'inscrire")?;
    let only_seen = head.send(&path, &[("_revoir", "oui")]).await?;
    only_seen
        .expect(200)?
        .shows("Retirer main_teacher Exemple")?;
    ensure!(scene.world.event_count().await? == before);

    let removed = head.send(&path, &[]).await?.expect(200)?;
    ensure!(
        removed.path.starts_with("/etablissement/personnels?fait="),
        "{removed:?}"
    );
    let removed = removed.shows("Vous avez fait sortir main_teacher Exemple de l'équipe")?;
    removed.shows("3 membres")?;
    let shut = teacher.open(STAFF).await?;
    ensure!(shut.path.starts_with("/connexion"), "{shut:?}");
    head.open(&path).await?.expect(404)?;
    head.send(&path, &[]).await?.expect(404)?;
    // The head stays, whoever asks.
    let own = removal(&scene.school, Role::Head)?;
    head.open(&own).await?.expect(403)?;
    head.send(&own, &[]).await?.expect(403)?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// "Ma classe" is how pupils and colleagues know whom to ask, whatever somebody's function.
async fn everybody_on_the_staff_chooses_their_class(engine: Engine) -> anyhow::Result<()> {
    let (scene, _) = at_the_heads(engine).await?;
    let neighbour = scene.world.school(SIZE).await?;
    let class = scene.school.class(1).to_string();
    for role in [
        Role::Head,
        Role::MainTeacher,
        Role::Teacher,
        Role::Counsellor,
    ] {
        let mut browser = Browser::new(&scene.server.address)?;
        browser.sign_in(scene.school.email(role)).await?;
        browser.open(STAFF).await?.expect(200)?.shows(OWN_CLASS)?;
        let form = browser.open(OWN_CLASS).await?.expect(200)?;
        form.shows("value=\"aucune\" checked")?;
        let chosen = browser.send(OWN_CLASS, &[("class_id", &class)]).await?;
        let chosen = chosen.expect(200)?;
        chosen.shows("Vous avez indiqué être professeur principal de la classe 3e B")?;
        let form = browser.open(OWN_CLASS).await?;
        form.shows(&format!("value=\"{class}\" checked"))?;

        // A slip takes nobody's class, and another collège's is none.
        let blank = browser.send(OWN_CLASS, &[]).await?.expect(422)?;
        blank.shows("Choisissez une classe, ou aucune.")?;
        let foreign = neighbour.class(0).to_string();
        let foreign = browser.send(OWN_CLASS, &[("class_id", &foreign)]).await?;
        foreign.expect(422)?.shows("choisissez-en une autre")?;
        let form = browser.open(OWN_CLASS).await?;
        form.shows(&format!("value=\"{class}\" checked"))?;

        let none = browser.send(OWN_CLASS, &[("class_id", "aucune")]).await?;
        none.expect(200)?
            .shows("Vous avez cessé d'être professeur principal")?;
    }
    let mut pupil = Browser::new(&scene.server.address)?;
    let sign_in = sign_in(&scene.school.student, OWN_CLASS);
    pupil.send("/connexion", &sign_in).await?.expect(403)?;
    pupil
        .send(OWN_CLASS, &[("class_id", &class)])
        .await?
        .expect(403)?;
    Ok(())
}

/// Whoever invites decides who sees the pupils. Colleagues see the staff and no button that would refuse
/// them; another collège's head, and a form of another site, change nothing.
async fn what_is_the_heads_is_refused_to_others(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut head) = at_the_heads(engine).await?;
    let form = [("people", INVITED), ("role", "teacher")];
    head.send(SEVERAL, &form).await?.expect(200)?;
    let neighbour = scene.world.school(SIZE).await?;
    let path = pending(&scene).await?;
    let removal = removal(&scene.school, Role::Teacher)?;
    let changes = [
        INVITE.to_owned(),
        SEVERAL.to_owned(),
        removal.clone(),
        format!("{path}/renvoyer"),
        format!("{path}/annuler"),
    ];
    let before = scene.world.event_count().await?;
    for role in [Role::MainTeacher, Role::Counsellor] {
        let mut colleague = Browser::new(&scene.server.address)?;
        colleague.sign_in(scene.school.email(role)).await?;
        let staff = colleague.open(STAFF).await?.expect(200)?;
        let staff = staff.shows("Exemple teacher")?.text();
        for hidden in ["Inviter", "/retirer", INVITED] {
            ensure!(!staff.contains(hidden), "{hidden} in {staff}");
        }
        for page in [INVITE, SEVERAL, &removal] {
            colleague.open(page).await?.expect(403)?;
        }
        for change in &changes {
            colleague.send(change, &form).await?.expect(403)?;
        }
    }
    let mut stranger = Browser::new(&scene.server.address)?;
    stranger.sign_in(neighbour.email(Role::Head)).await?;
    ensure!(!stranger.open(STAFF).await?.text().contains(INVITED));
    stranger.open(&removal).await?.expect(404)?;
    for change in &changes[2..] {
        stranger.send(change, &[]).await?.expect(404)?;
    }
    let mut elsewhere = head.from_elsewhere();
    for change in &changes {
        elsewhere.send(change, &form).await?.expect(403)?;
    }
    let mut pupil = Browser::new(&scene.server.address)?;
    let sign_in = sign_in(&scene.school.student, STAFF);
    pupil.send("/connexion", &sign_in).await?.expect(403)?;
    ensure!(scene.world.event_count().await? == before);
    scene.world.mail_settled().await?;
    ensure!(scene.mailbox.count(INVITED, Kind::Invitation)? == 1);
    Ok(())
}
