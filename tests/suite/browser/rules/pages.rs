//! Every page, each as somebody who sees it, and what becomes of it when something goes wrong or was just done.

use acceptance::{newcomer, world::PASSWORD};
use domain::values::{Priority, Role, StaffRole};
use serde_json::json;

use super::examine::Examiner;

const ADD_CLASS: &str = "/etablissement/classes/ajouter";
const INVITE: &str = "/etablissement/personnels/inviter";

/// Opens them all.
pub(super) async fn visit(exam: &mut Examiner) -> anyhow::Result<()> {
    nobody(exam).await?;
    newcomers(exam).await?;
    pupil(exam).await?;
    head(exam).await?;
    staff(exam).await?;
    roster(exam).await?;
    history(exam).await?;
    main_teacher(exam).await?;
    teacher(exam).await?;
    administrator(exam).await?;
    sessions(exam).await
}

async fn nobody(exam: &mut Examiner) -> anyhow::Result<()> {
    exam.open("home/page.html", "/").await?;
    exam.open("sign_in/page.html", "/connexion").await?;
    let wrong = [("email", "personne@ac-demo.test"), ("password", "faux")];
    exam.send("sign_in/page.html", "/connexion", &wrong).await?;
    for path in ["/mot-de-passe/oublie", "/activation/renvoi"] {
        exam.open("ask_link/page.html", path).await?;
        exam.send("ask_link/page.html", path, &[("email", "où")])
            .await?;
        let sent = format!("{path}/courriel");
        exam.open("mail_sent/page.html", &sent).await?;
    }
    exam.open("mail_sent/page.html", "/inscription/courriel")
        .await?;
    exam.open("about/site_map.html", "/plan-du-site").await?;
    exam.open("about/accessibility.html", "/accessibilite")
        .await?;
    exam.open("about/personal_data.html", "/donnees-personnelles")
        .await?;
    exam.open("frame/problem.html", "/nulle-part").await
}

async fn newcomers(exam: &mut Examiner) -> anyhow::Result<()> {
    const PAGE: &str = "sign_up/page.html";
    let world = &exam.scene.world;
    let uai = world.listed_school(Some(Priority::Rep)).await?;
    let email = "nouvelle@ac-demo.test";
    let activation = world.signed_up(Role::Teacher, &uai, email).await?;
    let head = &exam.scene.school.staff[0];
    let forgotten = world.forgotten(head).await?;
    let school = exam.scene.school.uai.clone();
    let role = StaffRole::MainTeacher;
    let class = Some(exam.scene.school.class(1));
    let email = "invitee@ac-demo.test";
    let invitation = world.invited(role, class, &school, email).await?;
    for path in [
        "/inscription",
        "/inscription?je=equipe",
        "/inscription?je=eleve&q=exemple",
    ] {
        exam.open(PAGE, path).await?;
    }
    exam.open(PAGE, "/inscription?je=equipe&q=nulle+part")
        .await?;
    for who in ["eleve", "equipe"] {
        let form = format!("/inscription?je={who}&uai={school}");
        exam.open(PAGE, &form).await?;
    }
    for role in ["student", "teacher"] {
        let empty = [("uai", school.as_str()), ("role", role), ("email", "où")];
        exam.send(PAGE, "/inscription", &empty).await?;
    }
    let link = format!("/inscription?invitation={invitation}");
    exam.open(PAGE, &link).await?;
    for (path, token) in [("/activation", &activation), ("/mot-de-passe", &forgotten)] {
        const PAGE: &str = "choose_password/page.html";
        exam.open(PAGE, &format!("{path}?token={token}")).await?;
        let short = [("token", &**token), ("password", "court")];
        exam.send(PAGE, path, &short).await?;
        let spent = [("token", "rien"), ("password", PASSWORD)];
        exam.send("frame/problem.html", path, &spent).await?;
    }
    Ok(())
}

async fn pupil(exam: &mut Examiner) -> anyhow::Result<()> {
    const PAGE: &str = "own_page/page.html";
    let pupil = exam.scene.school.student.clone();
    exam.sign_in(&pupil.email).await?;
    exam.open(PAGE, "/ma-page").await?;
    let reject = json!({ "student_id": pupil.id, "not_in_establishment": true });
    exam.scene.move_students(json!([reject])).await?;
    exam.open(PAGE, "/ma-page").await?;
    exam.open(PAGE, "/ma-page?q=exemple").await?;
    let school = exam.scene.school.uai.to_string();
    exam.open(PAGE, &format!("/ma-page?uai={school}")).await?;
    exam.send(PAGE, "/ma-page", &[("uai", "")]).await
}

async fn head(exam: &mut Examiner) -> anyhow::Result<()> {
    let head = exam.scene.school.email(Role::Head).to_owned();
    let class = format!("/classes/{}", exam.scene.school.class(0));
    exam.sign_in(&head).await?;
    exam.open("home/page.html", "/").await?;
    exam.open("about/site_map.html", "/plan-du-site").await?;
    exam.open("classes/page.html", "/etablissement/classes")
        .await?;
    exam.open("add_class/page.html", ADD_CLASS).await?;
    exam.send("add_class/page.html", ADD_CLASS, &[]).await?;
    let new = [
        ("name", "3e vide, 3e Œuvre"),
        ("track", "troisieme_generale"),
    ];
    exam.succeed("classes/page.html", ADD_CLASS, &new).await?;
    let edit = format!("{class}/modifier");
    exam.open("class/edit/page.html", &edit).await?;
    let stale = [
        ("name", "3e B"),
        ("track", "troisieme_generale"),
        ("version", "0"),
    ];
    exam.send("class/edit/page.html", &edit, &stale).await?;
    exam.open("class/delete/page.html", &format!("{class}/supprimer"))
        .await?;
    let empty = exam
        .scene
        .world
        .class(&exam.scene.school.uai, "3e Z")
        .await?;
    exam.open("class/page.html", &format!("/classes/{empty}"))
        .await?;
    exam.open(
        "class/delete/page.html",
        &format!("/classes/{empty}/supprimer"),
    )
    .await
}

async fn staff(exam: &mut Examiner) -> anyhow::Result<()> {
    let teacher = exam.scene.school.staff[2].id;
    exam.open("staff/page.html", "/etablissement/personnels")
        .await?;
    exam.open("invite/page.html", INVITE).await?;
    exam.send("invite/page.html", INVITE, &[("email", "où")])
        .await?;
    let several = format!("{INVITE}/plusieurs");
    exam.open("invite_several/page.html", &several).await?;
    let people = [("people", "où\nlà"), ("role", "teacher")];
    exam.send("invite_several/page.html", &several, &people)
        .await?;
    let guest = newcomer::invitation(Role::Teacher, "autre@ac-demo.test");
    let invitations = exam.scene.school.path("/invitations");
    exam.scene
        .head
        .post(&invitations, guest)
        .await?
        .expect(201)?;
    exam.open("staff/page.html", "/etablissement/personnels")
        .await?;
    let remove = format!("/etablissement/personnels/{teacher}/retirer");
    exam.open("remove_staff/page.html", &remove).await
}

async fn roster(exam: &mut Examiner) -> anyhow::Result<()> {
    const PAGE: &str = "class/page.html";
    let [(a, ref pupils), (b, _)] = exam.scene.school.classes[..] else {
        anyhow::bail!("two classes are expected")
    };
    let pupil = pupils[1];
    let (path, a, b) = (format!("/classes/{a}"), a.to_string(), b.to_string());
    let (chosen, seen) = (format!("classe.{pupil}"), format!("vue.{pupil}"));
    exam.open(PAGE, &path).await?;
    let conflict = [(&*seen, &*b), (&*chosen, &*b)];
    exam.send(PAGE, &path, &[conflict[0], (&*chosen, "")])
        .await?;
    let removal = [(&*seen, &*a), (&*chosen, "retrait")];
    exam.send("roster/removal.html", &path, &removal).await?;
    let again = [removal[0], removal[1], ("_revoir", "oui")];
    exam.send(PAGE, &path, &again).await?;
    let moved = [(&*seen, &*a), (&*chosen, &*b)];
    exam.succeed(PAGE, &path, &moved).await?;
    let stale = [(&*seen, &*a), (&*chosen, "retrait"), ("confirme", "oui")];
    exam.send(PAGE, &path, &stale).await?;
    exam.open("without_class/page.html", "/etablissement/sans-classe")
        .await
}

async fn history(exam: &mut Examiner) -> anyhow::Result<()> {
    exam.open("history/page.html", "/historique").await?;
    let narrow = "/historique?type=StudentMoved&du=2020-01-01";
    exam.open("history/page.html", narrow).await?;
    exam.open("history/page.html", "/historique?au=2001-01-01")
        .await?;
    exam.open("history/page.html", "/historique?du=hier")
        .await?;
    exam.open("past_classes/page.html", "/historique/classes")
        .await?;
    let early = "/historique/classes?date=2001-01-01";
    exam.open("past_classes/page.html", early).await?;
    let wrong = "/historique/classes?date=hier";
    exam.open("past_classes/page.html", wrong).await
}

async fn main_teacher(exam: &mut Examiner) -> anyhow::Result<()> {
    let email = exam.scene.school.email(Role::MainTeacher).to_owned();
    exam.sign_in(&email).await?;
    exam.open("own_class/page.html", "/ma-classe").await?;
    exam.send("own_class/page.html", "/ma-classe", &[]).await?;
    exam.open("staff/page.html", "/etablissement/personnels")
        .await
}

async fn teacher(exam: &mut Examiner) -> anyhow::Result<()> {
    let email = exam.scene.school.email(Role::Teacher).to_owned();
    exam.sign_in(&email).await?;
    exam.open("without_class/page.html", "/etablissement/sans-classe")
        .await?;
    exam.open("frame/problem.html", "/historique").await
}

async fn administrator(exam: &mut Examiner) -> anyhow::Result<()> {
    let administrator = exam.scene.world.administrator().await?;
    let school = exam.scene.school.uai.to_string();
    exam.sign_in(&administrator.email).await?;
    exam.open("administration/page.html", "/administration")
        .await?;
    exam.open("administration/page.html", "/administration?q=exemple")
        .await?;
    for (page, path) in [
        ("figures", "/administration/chiffres"),
        ("resets", "/administration/annees"),
        ("seals", "/administration/sceaux"),
    ] {
        let template = format!("administration/{page}/page.html");
        exam.open(&template, path).await?;
    }
    let place = format!("/administration/etablissements/{school}");
    exam.open("administration/establishment/page.html", &place)
        .await?;
    for (page, path) in [
        ("eligibility", "eligibilite"),
        ("invite_head", "chef/inviter"),
        ("replace_head", "chef/remplacer"),
    ] {
        let template = format!("administration/establishment/{page}/page.html");
        let path = format!("{place}/{path}");
        exam.open(&template, &path).await?;
        exam.send(&template, &path, &[]).await?;
    }
    exam.open("history/choose.html", "/historique?q=exemple")
        .await?;
    let theirs = format!("/historique?etablissement={school}");
    exam.open("history/page.html", &theirs).await?;
    exam.open("about/legal_notice.html", "/mentions-legales")
        .await
}

/// A session that ended while a form was filled in.
async fn sessions(exam: &mut Examiner) -> anyhow::Result<()> {
    let head = exam.scene.school.email(Role::Head).to_owned();
    exam.forget().await?;
    exam.send("sign_in/page.html", ADD_CLASS, &[("name", "3e Y")])
        .await?;
    let typed = [
        ("email", &*head),
        ("password", PASSWORD),
        ("retour", ADD_CLASS),
        ("saisie", "name=3e+Y"),
    ];
    exam.send("sign_in/resume.html", "/connexion", &typed).await
}
