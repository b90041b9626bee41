//! The way through the manual, step by step.

use acceptance::{
    audit,
    client::{Answer, Client},
    command_line,
    engine::{Engine, TestDatabase},
    mail::{Kind, Mailbox},
    newcomer::{invitation, invited, pupil, staff},
    server::Server,
    smtp::MailServer,
    world::PASSWORD,
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::{Value, json};
use store::Store;

use super::Directory;

pub(super) struct Journey {
    database: TestDatabase,
    directory: Directory,
    server: Server,
    mailbox: Mailbox,
    nobody: Client,
    _mail: MailServer,
}

impl Journey {
    /// An installation as its operator leaves it: the schema, the directory, the server.
    pub(super) async fn begin(engine: Engine, directory: Directory) -> anyhow::Result<Self> {
        let database = TestDatabase::new(engine).await?;
        command_line::run(&database.url, &["migrate"])?.ended(0)?;
        let mut import = vec!["directory", "import"];
        for file in &directory.files {
            import.push(file.to_str().context("a path in UTF-8")?);
        }
        command_line::run(&database.url, &import)?.ended(0)?;
        let mail = MailServer::start()?;
        let settings = [("MONSTAGE_MAIL_URL", mail.url())];
        let settings = settings.each_ref().map(|(name, url)| (*name, url.as_str()));
        let server = Server::start_with(&database.url, &settings)?;
        Ok(Self {
            database,
            directory,
            nobody: server.client(),
            mailbox: mail.mailbox(),
            server,
            _mail: mail,
        })
    }

    pub(super) async fn follow_to_the_end(self) -> anyhow::Result<()> {
        self.everybody_is_too_early().await?;
        let head = self.the_head_registers_the_college().await?;
        let class = self.the_head_creates_the_classes(&head).await?;
        self.the_main_teacher_is_invited(&head, &class).await?;
        self.a_colleague_comes_uninvited(&head).await?;
        let noa = self.pupils_sign_up(&head, &class).await?;
        self.a_pupil_of_another_school(&head, &noa, &class).await?;
        self.a_password_is_forgotten().await?;
        self.a_message_does_not_come().await?;
        let log = self.server.log();
        ensure!(!log.contains("panicked"), "{log}");
        drop(self.server);
        let store = Store::connect(&self.database.url, projections::all()).await?;
        audit::everything(&store).await?;
        store.close().await;
        Ok(())
    }

    fn email(&self, name: &str) -> String {
        format!("{name}@{}", self.directory.domain)
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/establishments/{}{rest}", self.directory.uai)
    }

    async fn is_open_to(&self, expected: Value) -> anyhow::Result<Answer> {
        let school = self.nobody.get(&self.path("")).await?.expect(200)?;
        ensure!(school.body["open_to"] == expected, "{school:#?}");
        Ok(school)
    }

    async fn refused(&self, form: &Value, status: u16, code: &str) -> anyhow::Result<()> {
        let answer = self.nobody.sign_up(form).await?;
        answer
            .expect_problem(status, code)
            .with_context(|| format!("for {form}"))?;
        Ok(())
    }

    /// "L'inscription, c'est chacun son tour!"
    async fn everybody_is_too_early(&self) -> anyhow::Result<()> {
        let search = self
            .nobody
            .request(reqwest::Method::GET, "/api/v1/establishments")
            .query(&[("q", self.directory.search)]);
        let found = self.nobody.send(search).await?.expect(200)?;
        ensure!(
            found.text_at("/items/0/uai")? == self.directory.uai,
            "{found:#?}"
        );
        self.is_open_to(json!(["head"])).await?;

        let uai = self.directory.uai;
        let code = "establishment_not_registered";
        let noa = pupil(uai, "noa@famille.test", None);
        self.refused(&noa, 409, code).await?;
        for role in [Role::MainTeacher, Role::Teacher, Role::Counsellor] {
            let early = staff(role, uai, &self.email("trop.tot"));
            self.refused(&early, 409, code).await?;
        }
        let elsewhere = staff(
            Role::Head,
            self.directory.not_eligible,
            &self.email("principal"),
        );
        self.refused(&elsewhere, 409, "establishment_not_eligible")
            .await?;
        let foreign = staff(Role::Head, uai, "principal@ailleurs.test");
        self.refused(&foreign, 422, "email_not_allowed").await
    }

    /// "Comment inscrire l'établissement", steps 1 to 4.
    async fn the_head_registers_the_college(&self) -> anyhow::Result<Client> {
        let (email, uai) = (self.email("principal"), self.directory.uai);
        let form = staff(Role::Head, uai, &email);
        self.nobody.sign_up(&form).await?.expect(202)?;
        let early = self.nobody.try_sign_in(&email, PASSWORD).await?;
        early.expect_problem(401, "credentials_invalid")?;
        self.is_open_to(json!(["head"])).await?;

        let token = self.mailbox.token(&email, Kind::Activation).await?;
        let activated = self.nobody.activate(&token).await?.expect(200)?;
        ensure!(
            activated.body["account"]["role"] == "head",
            "{activated:#?}"
        );
        ensure!(activated.body["account"]["uai"] == uai, "{activated:#?}");
        let head = self.nobody.with_token(&activated.text_at("/token")?);
        let announced = self
            .mailbox
            .next(self.directory.mailbox, Kind::HeadActivated)
            .await?;
        ensure!(
            announced.text.contains("Dominique Exemple"),
            "{announced:#?}"
        );

        let second = staff(Role::Head, uai, &self.email("second"));
        self.refused(&second, 409, "head_already_registered")
            .await?;
        self.is_open_to(json!(["staff"])).await?;
        Ok(head)
    }

    /// Step 5, and "Comment procéder à la création des classes ?".
    async fn the_head_creates_the_classes(&self, head: &Client) -> anyhow::Result<String> {
        let noa = pupil(self.directory.uai, "noa@famille.test", None);
        self.refused(&noa, 409, "students_not_admitted_yet").await?;
        let mut ids = Vec::new();
        for (name, track) in [
            ("3e A", "troisieme_generale"),
            ("3e SEGPA", "troisieme_segpa"),
        ] {
            let class = json!({ "name": name, "track": track });
            let created = head
                .post(&self.path("/classes"), class)
                .await?
                .expect(201)?;
            ids.push(created.text_at("/id")?);
        }
        self.refused(&noa, 409, "students_not_admitted_yet").await?;
        Ok(ids.swap_remove(0))
    }

    /// Steps 6 and 7, and "Ma classe".
    async fn the_main_teacher_is_invited(&self, head: &Client, class: &str) -> anyhow::Result<()> {
        let email = self.email("prof.principal");
        let form = invitation(Role::MainTeacher, &email);
        let sent = head.post(&self.path("/invitations"), form).await?;
        let sent = sent.expect(201)?;
        ensure!(sent.body["email"] == email, "{sent:#?}");
        let token = self.mailbox.token(&email, Kind::Invitation).await?;

        let prefill = json!({ "token": token });
        let prefill = self
            .nobody
            .post("/api/v1/accounts/invitation", prefill)
            .await?
            .expect(200)?;
        let shown = &prefill.body["invitation"];
        ensure!(shown["email"] == email, "{prefill:#?}");
        ensure!(shown["role"] == "main_teacher", "{prefill:#?}");
        ensure!(shown["uai"] == self.directory.uai, "{prefill:#?}");

        self.nobody.sign_up(&invited(&token)).await?.expect(202)?;
        let teacher = self.nobody.sign_in(&email).await?;
        self.mailbox
            .next(&self.email("principal"), Kind::StaffJoined)
            .await?;
        let chosen = teacher
            .put("/api/v1/session/class", json!({ "class_id": class }))
            .await?
            .expect(200)?;
        ensure!(chosen.body["account"]["class_id"] == class, "{chosen:#?}");
        let list = head.get(&self.path("/classes")).await?.expect(200)?;
        let listed = list.items()?.iter().find(|item| item["id"] == class);
        let listed = listed.context("the class is listed")?;
        let account = teacher.account().await?;
        ensure!(
            listed["main_teachers"][0]["id"] == account["id"],
            "{list:#?}"
        );
        Ok(())
    }

    /// "Comment inscrire les professeurs principaux ?", as the page says it: without an invitation.
    async fn a_colleague_comes_uninvited(&self, head: &Client) -> anyhow::Result<()> {
        let email = self.email("collegue");
        let form = staff(Role::Teacher, self.directory.uai, &email);
        let colleague = self.nobody.join(&self.mailbox, &form).await?;
        self.mailbox
            .next(&self.email("principal"), Kind::StaffJoined)
            .await?;
        let id = colleague.account().await?["id"].clone();
        let team = head.get(&self.path("/staff")).await?.expect(200)?;
        ensure!(
            team.items()?.iter().any(|member| member["id"] == id),
            "{team:#?}"
        );
        Ok(())
    }

    /// "Vos élèves peuvent désormais procéder à la création de leur compte", and "Comment spécifier
    /// la classe d'un élève ?". Gives the pupil who knows their class.
    async fn pupils_sign_up(&self, head: &Client, class: &str) -> anyhow::Result<Client> {
        let school = self.is_open_to(json!(["staff", "students"])).await?;
        let choices = school.body["classes"].as_array().context("no classes")?;
        ensure!(
            choices.iter().any(|choice| choice["id"] == class),
            "{school:#?}"
        );
        let uai = self.directory.uai;
        let form = pupil(uai, "noa@famille.test", Some(class));
        let noa = self.nobody.join(&self.mailbox, &form).await?;
        let account = noa.account().await?;
        ensure!(
            account["uai"] == uai && account["class_id"] == class,
            "{account}"
        );
        ensure!(self.members(head, class).await? == [account["id"].clone()]);

        let form = pupil(uai, "lou@famille.test", None);
        let lou = self.nobody.join(&self.mailbox, &form).await?;
        let list = head.get(&self.path("/classes")).await?.expect(200)?;
        ensure!(list.body["students_without_class"] == 1, "{list:#?}");
        let id = lou.account().await?["id"].clone();
        self.change(head, json!({ "student_id": id, "class_id": class }))
            .await?;
        ensure!(lou.account().await?["class_id"] == class);
        ensure!(self.members(head, class).await?.len() == 2);
        Ok(noa)
    }

    async fn members(&self, head: &Client, class: &str) -> anyhow::Result<Vec<Value>> {
        let members = format!("/api/v1/classes/{class}/students");
        let members = head.get(&members).await?.expect(200)?;
        let ids = members.items()?.iter().map(|member| member["id"].clone());
        Ok(ids.collect())
    }

    async fn change(&self, head: &Client, change: Value) -> anyhow::Result<()> {
        let changes = json!({ "changes": [change] });
        head.post(&self.path("/roster"), changes)
            .await?
            .expect(200)?;
        Ok(())
    }

    /// "Un élève inscrit ne fait pas partie de votre établissement, que faire ?"
    async fn a_pupil_of_another_school(
        &self,
        head: &Client,
        noa: &Client,
        class: &str,
    ) -> anyhow::Result<()> {
        let id = noa.account().await?["id"].clone();
        let reject = json!({ "student_id": id, "not_in_establishment": true });
        self.change(head, reject.clone()).await?;
        self.mailbox
            .next("noa@famille.test", Kind::StudentRejected)
            .await?;
        let account = noa.account().await?;
        ensure!(
            account["uai"].is_null() && account["class_id"].is_null(),
            "{account}"
        );
        ensure!(!self.members(head, class).await?.contains(&id));

        // It was a mistake: the same establishment again.
        let again = json!({ "uai": self.directory.uai, "class_id": class });
        let joined = noa.put("/api/v1/me/establishment", again).await?;
        let joined = joined.expect(200)?;
        ensure!(joined.body["account"]["class_id"] == class, "{joined:#?}");
        ensure!(self.members(head, class).await?.contains(&id));

        // It was none: the right one, once it is open.
        self.change(head, reject).await?;
        let right = json!({ "uai": self.directory.other });
        let early = noa.put("/api/v1/me/establishment", right.clone()).await?;
        early.expect_problem(409, "establishment_not_registered")?;
        self.the_other_college_opens().await?;
        let joined = noa.put("/api/v1/me/establishment", right).await?;
        let joined = joined.expect(200)?;
        ensure!(
            joined.body["account"]["uai"] == self.directory.other,
            "{joined:#?}"
        );
        ensure!(joined.body["account"]["id"] == id, "{joined:#?}");
        Ok(())
    }

    async fn the_other_college_opens(&self) -> anyhow::Result<()> {
        let uai = self.directory.other;
        let email = |name: &str| format!("{name}.autre@{}", self.directory.other_domain);
        let form = staff(Role::Head, uai, &email("principale"));
        let head = self.nobody.join(&self.mailbox, &form).await?;
        let class = json!({ "name": "3e B", "track": "troisieme_generale" });
        head.post(&format!("/api/v1/establishments/{uai}/classes"), class)
            .await?
            .expect(201)?;
        let form = staff(Role::MainTeacher, uai, &email("prof"));
        self.nobody.join(&self.mailbox, &form).await?;
        Ok(())
    }

    /// "Mot de passe oublié".
    async fn a_password_is_forgotten(&self) -> anyhow::Result<()> {
        let email = self.email("collegue");
        let before = self.nobody.sign_in(&email).await?;
        self.nobody.forget_password(&email).await?.expect(202)?;
        let token = self.mailbox.token(&email, Kind::PasswordReset).await?;
        let new = "un tout nouveau secret";
        self.nobody.set_password(&token, new).await?.expect(204)?;
        let ended = before.get("/api/v1/session").await?;
        ended.expect_problem(401, "unauthenticated")?;
        let old = self.nobody.try_sign_in(&email, PASSWORD).await?;
        old.expect_problem(401, "credentials_invalid")?;
        self.nobody.try_sign_in(&email, new).await?.expect(201)?;
        Ok(())
    }

    /// "Je n'ai pas reçu le message d'activation de compte, que faire ?"
    async fn a_message_does_not_come(&self) -> anyhow::Result<()> {
        let email = self.email("conseillere");
        let form = staff(Role::Counsellor, self.directory.uai, &email);
        self.nobody.sign_up(&form).await?.expect(202)?;
        let lost = self.mailbox.token(&email, Kind::Activation).await?;
        self.nobody.resend_activation(&email).await?.expect(202)?;
        let token = self.mailbox.token(&email, Kind::Activation).await?;
        let old = self.nobody.activate(&lost).await?;
        old.expect_problem(410, "token_invalid")?;
        self.nobody.activate(&token).await?.expect(200)?;
        self.nobody.sign_in(&email).await?;
        Ok(())
    }
}
