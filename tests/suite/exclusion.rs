//! A school that takes no part any more: nobody joins those who are there, and they go on working.

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    newcomer::{invitation, invited, pupil, staff},
    on_both_engines,
    scene::Scene,
    world::{School, Size},
};
use anyhow::{Context as _, ensure};
use commands::import_directory::ImportDirectory;
use domain::{
    establishment::ListingUpdate,
    values::{Role, StaffRole, Uai},
};
use serde_json::json;

on_both_engines!(
    an_excluded_school_takes_no_newcomers_and_goes_on,
    a_school_that_lost_its_mark_is_admitted_by_derogation,
    a_closed_school_takes_no_newcomers_and_goes_on,
);

const OPEN: Size = Size {
    classes: 2,
    students_per_class: 1,
    without_class: 0,
};

const TEACHER: &str = "prof@ac-demo.test";
const PUPIL: &str = "noa@famille.test";
/// Whose invitation is sent again.
const LATE: &str = "retardataire@ac-demo.test";

async fn administrator(scene: &Scene) -> anyhow::Result<Client> {
    let account = scene.world.administrator().await?;
    let token = scene.world.session(&account).await?;
    Ok(scene.server.client().with_token(&token))
}

async fn decide(administrator: &Client, school: &School, eligible: bool) -> anyhow::Result<()> {
    let path = format!("/api/v1/admin/establishments/{}/eligibility", school.uai);
    let decision = json!({ "eligible": eligible, "reason": "Convention avec l'académie" });
    let answer = administrator.put(&path, decision).await?.expect(200)?;
    ensure!(answer.body["eligible"] == eligible, "{answer:#?}");
    Ok(())
}

/// Who is on the way when the doors close.
struct Newcomers<'a> {
    school: &'a School,
    nobody: Client,
    head: &'a Client,
    /// A pupil who was rejected, and would come back.
    pupil: Client,
    activations: [String; 2],
    invitation: String,
    resend: String,
}

impl<'a> Newcomers<'a> {
    async fn of(scene: &'a Scene) -> anyhow::Result<Self> {
        let (school, world) = (&scene.school, &scene.world);
        let nobody = scene.server.client();
        let pupil = nobody.sign_in(&school.student.email).await?;
        let reject = json!({ "student_id": school.student.id, "not_in_establishment": true });
        scene.move_students(json!([reject])).await?;
        let role = StaffRole::Teacher;
        let invited = world.invited(role, None, &school.uai, "invitee@ac-demo.test");
        let (path, form) = (school.path("/invitations"), invitation(Role::Teacher, LATE));
        let sent = scene.head.post(&path, form).await?.expect(201)?;
        Ok(Self {
            activations: [
                world.signed_up(Role::Teacher, &school.uai, TEACHER).await?,
                world.signed_up(Role::Student, &school.uai, PUPIL).await?,
            ],
            invitation: invited.await?,
            resend: format!("/api/v1/invitations/{}/resend", sent.text_at("/id")?),
            head: &scene.head,
            school,
            nobody,
            pupil,
        })
    }

    /// Knocks at every door.
    async fn knock(&self) -> anyhow::Result<Vec<Answer>> {
        let uai = &self.school.uai;
        let form = invitation(Role::Teacher, "encore@ac-demo.test");
        Ok(vec![
            self.nobody
                .sign_up(&staff(Role::Counsellor, uai, "cpe@ac-demo.test"))
                .await?,
            self.nobody
                .sign_up(&pupil(uai, "zoe@famille.test", None))
                .await?,
            self.nobody.activate(&self.activations[0]).await?,
            self.nobody.activate(&self.activations[1]).await?,
            self.nobody.sign_up(&invited(&self.invitation)).await?,
            self.head.post(&self.resend, json!({})).await?,
            self.head
                .post(&self.school.path("/invitations"), form)
                .await?,
            self.pupil
                .put("/api/v1/me/establishment", json!({ "uai": uai }))
                .await?,
        ])
    }
}

/// An administrator excludes a school in the middle of the year. No more pupils' data may be gathered
/// there; but a class that is looking for internships is not left alone from one day to the next.
async fn an_excluded_school_takes_no_newcomers_and_goes_on(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let newcomers = Newcomers::of(&scene).await?;
    let administrator = administrator(&scene).await?;
    decide(&administrator, &scene.school, false).await?;
    let shown = newcomers.nobody.get(&scene.school.path("")).await?;
    let shown = shown.expect(200)?;
    ensure!(
        shown.body["open_to"] == json!([]) && shown.body["registered"] == true,
        "{shown:#?}"
    );
    ensure!(shown.body["classes"].is_null(), "{shown:#?}");
    let before = scene.world.event_count().await?;
    for answer in newcomers.knock().await? {
        answer.expect_problem(409, "establishment_not_eligible")?;
    }
    ensure!(scene.world.event_count().await? == before);

    goes_on(&scene).await?;

    // What was under way goes on where it was, once the doors are open again.
    decide(&administrator, &scene.school, true).await?;
    for answer in newcomers.knock().await? {
        ensure!((200..300).contains(&answer.status), "{answer:#?}");
    }
    Ok(())
}

/// Those who are there work as before: on classes, and on where the pupils are.
async fn goes_on(scene: &Scene) -> anyhow::Result<()> {
    let teacher = scene.staff(Role::MainTeacher).await?;
    let class = json!({ "class_id": scene.school.class(0) });
    let chosen = teacher.put("/api/v1/session/class", class).await?;
    chosen.expect(200)?;
    let class = json!({ "name": "3e nouvelle", "track": "troisieme_generale" });
    let classes = scene.school.path("/classes");
    scene.head.post(&classes, class).await?.expect(201)?;
    let [(first, _), (_, students)] = &scene.school.classes[..] else {
        anyhow::bail!("two classes");
    };
    let student = students.first().context("a pupil")?;
    let moved = json!([{ "student_id": student, "class_id": first }]);
    ensure!(scene.move_students(moved).await?["changed"] == 1);
    Ok(())
}

/// What a file says of a school that it has little to say of.
fn row() -> ListingUpdate {
    ListingUpdate {
        name: "Collège Exemple".to_owned(),
        city: "Valclair".to_owned(),
        postal_code: None,
        department: None,
        academy: None,
        mailbox: None,
        closed: None,
        priority: None,
    }
}

/// The ministry's list of the new year arrives in the middle of the old one, and a school is no longer
/// in it. The doors close with the import; an administrator may open them again, for as long as wanted.
async fn a_school_that_lost_its_mark_is_admitted_by_derogation(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let (nobody, uai) = (scene.server.client(), &scene.school.uai);
    let row = ListingUpdate {
        priority: Some(None),
        ..row()
    };
    let import = ImportDirectory {
        schools: vec![(uai.clone(), row)],
        closed: Vec::new(),
    };
    let commands = &scene.world.commands;
    commands.execute(&scene.world.by(), &import).await?;
    let form = staff(Role::Teacher, uai, TEACHER);
    let refused = nobody.sign_up(&form).await?;
    refused.expect_problem(409, "establishment_not_eligible")?;
    let token = scene
        .world
        .invited(StaffRole::Head, None, uai, "suivante@ac-demo.test")
        .await?;
    // Those who are there need a head all the same.
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    decide(&administrator(&scene).await?, &scene.school, true).await?;
    nobody.join(&scene.mailbox, &form).await?;
    Ok(())
}

/// The directory calls a school closed, in summer or by mistake. Whoever would come is told so, nobody lets
/// them in by another door, and those who are there finish their year, under another head if need be.
async fn a_closed_school_takes_no_newcomers_and_goes_on(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let (world, uai) = (&scene.world, &scene.school.uai);
    let newcomers = Newcomers::of(&scene).await?;
    let import = |closed: Vec<Uai>, schools| ImportDirectory { schools, closed };
    let closing = import(vec![uai.clone()], Vec::new());
    let outcome = world.commands.execute(&world.by(), &closing).await?;
    ensure!(outcome.closed == [uai.clone()], "{outcome:?}");
    let shown = newcomers.nobody.get(&scene.school.path("")).await?;
    let shown = shown.expect(200)?;
    ensure!(
        shown.body["open_to"] == json!([]) && shown.body["eligible"] == false,
        "{shown:#?}"
    );
    let before = world.event_count().await?;
    for answer in newcomers.knock().await? {
        let refused = answer.expect_problem(409, "establishment_not_eligible")?;
        let detail = refused.text_at("/detail")?;
        ensure!(
            detail.starts_with("Ce collège est fermé selon l'annuaire"),
            "{refused:#?}"
        );
    }
    let admitted = json!({ "eligible": true, "reason": "Convention" });
    let path = format!("/api/v1/admin/establishments/{uai}/eligibility");
    let admitted = administrator(&scene).await?.put(&path, admitted).await?;
    admitted.expect_problem(409, "establishment_not_eligible")?;
    ensure!(world.event_count().await? == before);

    goes_on(&scene).await?;
    let next = world
        .invited(StaffRole::Head, None, uai, "suivante@ac-demo.test")
        .await?;
    newcomers
        .nobody
        .sign_up(&invited(&next))
        .await?
        .expect(202)?;

    let open = ListingUpdate {
        closed: Some(false),
        ..row()
    };
    let opening = import(Vec::new(), vec![(uai.clone(), open)]);
    world.commands.execute(&world.by(), &opening).await?;
    let form = staff(Role::Counsellor, uai, "cpe@ac-demo.test");
    newcomers.nobody.sign_up(&form).await?.expect(202)?;
    audit::everything(world.store()).await?;
    Ok(())
}
