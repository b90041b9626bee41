//! The way through the manual, chapter by chapter.

mod accounts;
mod classes;
mod pupils;

use acceptance::{
    audit,
    chromium::{Chromium, Setup},
    command_line,
    engine::{Engine, TestDatabase},
    mail::{Kind, Mailbox},
    server::Server,
    smtp::MailServer,
};
use anyhow::{Context as _, ensure};
use store::Store;

use crate::directory::sample;

const HEAD: &str = "principal@ac-demo.test";
const MAIN_TEACHER: &str = "prof.principal@ac-demo.test";
const TEACHER: &str = "collegue@ac-demo.test";
const NOA: &str = "noa@famille.test";
const LOU: &str = "lou@famille.test";

pub(super) struct Journey {
    database: TestDatabase,
    server: Server,
    mailbox: Mailbox,
    browser: Chromium,
    _mail: MailServer,
}

impl Journey {
    /// An installation as its operator leaves it, and a browser that has never been there.
    pub(super) async fn begin(engine: Engine, setup: Setup) -> anyhow::Result<Self> {
        let database = TestDatabase::new(engine).await?;
        command_line::run(&database.url, &["migrate"])?.ended(0)?;
        let lists = [sample("rep-2022.csv"), sample("etablissements.csv")];
        let lists = lists.each_ref().map(|list| list.to_string_lossy());
        let import = ["directory", "import", &*lists[0], &*lists[1]];
        command_line::run(&database.url, &import)?.ended(0)?;
        let mail = MailServer::start()?;
        let url = mail.url();
        let server = Server::start_with(&database.url, &[("MONSTAGE_MAIL_URL", &url)])?;
        Ok(Self {
            browser: Chromium::start(&server.address, setup).await?,
            database,
            mailbox: mail.mailbox(),
            server,
            _mail: mail,
        })
    }

    pub(super) async fn follow_to_the_end(self) -> anyhow::Result<()> {
        self.chapters().await?;
        let complaints = self.browser.complaints().await?;
        ensure!(complaints.is_empty(), "{complaints:#?}");
        let log = self.server.log();
        ensure!(!log.contains("panicked"), "{log}");
        drop(self.server);
        let store = Store::connect(&self.database.url, projections::all()).await?;
        audit::everything(&store).await?;
        store.close().await;
        Ok(())
    }

    async fn chapters(&self) -> anyhow::Result<()> {
        self.the_establishment_is_registered()
            .await
            .context("Comment inscrire l'établissement ?")?;
        self.classes_are_created()
            .await
            .context("Comment procéder à la création des classes ?")?;
        self.main_teachers_are_invited()
            .await
            .context("Vous pouvez désormais inviter les professeurs principaux")?;
        self.staff_sign_up()
            .await
            .context("Comment inscrire les professeurs principaux ?")?;
        self.accounts_are_reached()
            .await
            .context("Comment accéder à son compte ?")?;
        self.pupils_sign_up()
            .await
            .context("Les élèves peuvent à leur tour effectuer leur inscription")?;
        self.a_pupil_changes_class()
            .await
            .context("Un élève change de classe en cours d'année, que faire ?")?;
        self.the_class_of_a_pupil_is_given()
            .await
            .context("Comment spécifier la classe d'un élève ?")?;
        self.classes_are_managed()
            .await
            .context("La gestion des classes : l'affaire de tous ?")?;
        self.a_class_is_deleted()
            .await
            .context("Comment supprimer une classe en trois étapes ?")?;
        self.a_pupil_is_rejected()
            .await
            .context("Un élève inscrit ne fait pas partie de votre établissement, que faire ?")
    }

    /// Opens the link of the next message of this kind.
    async fn open_message(&self, email: &str, kind: Kind) -> anyhow::Result<()> {
        let link = self.mailbox.next(email, kind).await?.link()?;
        let query = link.query().context("no token")?;
        self.browser.open(&format!("{}?{query}", link.path())).await
    }

    /// "Sélectionnez « Je suis membre de l'équipe pédagogique »" or not, and the establishment that is theirs.
    async fn choose_establishment(&self, who: &str) -> anyhow::Result<()> {
        let browser = &self.browser;
        browser.open("/").await?;
        browser.follow("Créer mon compte").await?;
        browser.follow(who).await?;
        browser
            .fill("Votre établissement", "tilleuls valclair")
            .await?;
        if browser.setup().scripts {
            browser.comes_to_show("1 établissement affiché.").await?;
        } else {
            browser.press("Chercher").await?;
        }
        browser.follow("Collège les Tilleuls").await
    }

    /// On this computer somebody else comes next.
    async fn sign_out(&self) -> anyhow::Result<()> {
        self.browser.press("Se déconnecter").await?;
        self.browser.shows("Me connecter").await
    }
}
