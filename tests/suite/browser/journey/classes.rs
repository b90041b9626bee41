//! The list of the classes.

use anyhow::ensure;

use super::{HEAD, Journey, TEACHER};

impl Journey {
    pub(super) async fn classes_are_created(&self) -> anyhow::Result<()> {
        self.step_1_sign_in(HEAD).await?;
        self.steps_2_and_3_open_the_classes("Mon établissement")
            .await?;
        self.steps_4_and_5_add_a_class("3e A, 3e B").await?;
        self.browser
            .has_focus("Vous avez créé la classe 3e A")
            .await?;
        self.steps_4_and_5_add_a_class("3e provisoire").await?;
        self.sign_out().await
    }

    /// "Sur la page d'accueil, connectez-vous à votre compte en cliquant sur « Me connecter »."
    pub(super) async fn step_1_sign_in(&self, email: &str) -> anyhow::Result<()> {
        self.browser.open("/").await?;
        self.browser.follow("Me connecter").await?;
        self.browser.sign_in_here(email).await
    }

    /// "En haut à droite, cliquez sur l'onglet « Mon établissement » ou « Ma classe » selon votre profil", and "à
    /// gauche, cliquez sur « Classes »".
    pub(super) async fn steps_2_and_3_open_the_classes(&self, tab: &str) -> anyhow::Result<()> {
        self.browser.follow(tab).await?;
        self.browser.follow("Classes").await
    }

    /// "Cliquez sur « Ajouter une classe »", then "saisir le nom de la classe et choisir la filière puis cliquez
    /// sur « Enregistrer »".
    async fn steps_4_and_5_add_a_class(&self, names: &str) -> anyhow::Result<()> {
        let browser = &self.browser;
        browser.follow("Ajouter une classe").await?;
        browser.tick("3e SEGPA").await?;
        browser.press("Enregistrer").await?;
        browser.has_focus("Donnez un nom à la classe.").await?;
        browser.fill("Nom de la classe", names).await?;
        browser.tick("3e").await?;
        browser.press("Enregistrer").await
    }

    /// "Renommer une classe / changer la filière", by any member of the staff.
    pub(super) async fn classes_are_managed(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.step_1_sign_in(TEACHER).await?;
        self.steps_2_and_3_open_the_classes("Mon établissement")
            .await?;
        browser.follow("3e B").await?;
        browser.follow("Renommer, changer la filière").await?;
        browser.fill("Nom de la classe", "3e Ada Lovelace").await?;
        browser.tick("3e SEGPA").await?;
        browser.press("Enregistrer").await?;
        browser
            .has_focus("Vous avez renommé la classe 3e B en 3e Ada Lovelace.")
            .await
    }

    /// The bin is on empty classes only: "cliquez sur l'icône et validez votre action", "la classe est supprimée ;
    /// elle a disparu de votre liste de classes".
    pub(super) async fn a_class_is_deleted(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        browser.follow("Classes").await?;
        let full = browser.follow("Supprimer la classe 3e A").await;
        ensure!(full.is_err(), "a class with pupils can be deleted");
        browser.follow("Supprimer la classe 3e provisoire").await?;
        browser.shows("Supprimer la classe 3e provisoire ?").await?;
        browser.press("Supprimer").await?;
        browser
            .has_focus("Vous avez supprimé la classe 3e provisoire.")
            .await?;
        let deleted = browser.follow("3e provisoire").await;
        ensure!(deleted.is_err(), "the class is still in the list");
        self.sign_out().await
    }
}
