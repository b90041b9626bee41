//! Signing up, and getting in.

use acceptance::{mail::Kind, world::PASSWORD};

use super::{HEAD, Journey, MAIN_TEACHER, TEACHER};

impl Journey {
    pub(super) async fn the_establishment_is_registered(&self) -> anyhow::Result<()> {
        self.steps_1_and_2_create_an_account_as_staff().await?;
        self.step_3_fill_in_the_form(HEAD, "chef d'établissement")
            .await?;
        self.step_4_activate_the_account(HEAD).await?;
        self.browser.shows("pas encore de classe").await?;
        self.sign_out().await
    }

    /// "Sur la page d'accueil, en haut, à droite, cliquez sur « Créer mon compte »", then "Sélectionnez « Je suis
    /// membre de l'équipe pédagogique »".
    async fn steps_1_and_2_create_an_account_as_staff(&self) -> anyhow::Result<()> {
        self.choose_establishment("Je suis membre de l'équipe pédagogique")
            .await
    }

    /// "Remplissez le formulaire en indiquant votre fonction puis cliquez sur « Je m'inscris »". Who forgets
    /// something finds the rest as it was typed.
    async fn step_3_fill_in_the_form(&self, email: &str, role: &str) -> anyhow::Result<()> {
        let browser = &self.browser;
        browser.tick(role).await?;
        browser.fill("Prénom", "Éléonore").await?;
        browser.fill("Adresse électronique", email).await?;
        browser.press("Je m'inscris").await?;
        browser.has_focus("nom").await?;
        browser.fill("Nom", "d’Arc-Œuvray").await?;
        browser.press("Je m'inscris").await?;
        browser.shows("Vous allez recevoir un courriel").await
    }

    /// "Validez la création de votre compte grâce l'adresse électronique choisie dans le formulaire."
    async fn step_4_activate_the_account(&self, email: &str) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.open_message(email, Kind::Activation).await?;
        browser
            .fill("Choisissez votre mot de passe", "court")
            .await?;
        browser.press("Activer mon compte").await?;
        browser.has_focus("12").await?;
        browser
            .fill("Choisissez votre mot de passe", PASSWORD)
            .await?;
        browser.press("Activer mon compte").await
    }

    /// "Vous pouvez désormais inviter les professeurs principaux des classes de troisième": the link opens a form
    /// that is filled in, and the main teacher finds their class.
    pub(super) async fn main_teachers_are_invited(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        browser.sign_in(HEAD).await?;
        browser.follow("Personnels").await?;
        browser.follow("Inviter").await?;
        browser
            .fill("Adresse électronique professionnelle", MAIN_TEACHER)
            .await?;
        browser.fill("Prénom", "Karim").await?;
        browser.fill("Nom", "Belhadj").await?;
        browser.tick("professeur principal").await?;
        browser.choose("Sa classe", "3e A").await?;
        browser.press("Envoyer l'invitation").await?;
        browser.has_focus("Vous avez invité").await?;
        browser.shows("encore 14 jours").await?;
        self.sign_out().await?;

        self.open_message(MAIN_TEACHER, Kind::Invitation).await?;
        browser
            .fill("Choisissez votre mot de passe", PASSWORD)
            .await?;
        browser.press("Je m'inscris").await?;
        browser.sign_in(MAIN_TEACHER).await?;
        browser.follow("Ma classe").await?;
        browser.shows("professeur principal K. Belhadj").await?;
        self.sign_out().await
    }

    /// The same six steps without an invitation.
    pub(super) async fn staff_sign_up(&self) -> anyhow::Result<()> {
        self.steps_1_and_2_create_an_account_as_staff().await?;
        self.step_3_fill_in_the_form(TEACHER, "enseignant").await?;
        self.the_activation_message_did_not_come(TEACHER).await?;
        self.step_4_activate_the_account(TEACHER).await?;
        self.sign_out().await
    }

    /// "Je n'ai pas reçu le message d'activation de compte, que faire ?"
    async fn the_activation_message_did_not_come(&self, email: &str) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.mailbox.next(email, Kind::Activation).await?;
        browser
            .follow("Vous n'avez pas reçu le message d'activation")
            .await?;
        browser
            .fill(
                "Indiquez votre identifiant (votre adresse électronique)",
                email,
            )
            .await?;
        browser.press("Envoyer").await?;
        browser.shows("à nouveau").await
    }

    pub(super) async fn accounts_are_reached(&self) -> anyhow::Result<()> {
        self.the_password_is_forgotten().await?;
        let browser = &self.browser;
        browser.open("/").await?;
        browser.follow("Me connecter").await?;
        browser.fill("Adresse électronique", TEACHER).await?;
        browser.fill("Mot de passe", "pas le bon").await?;
        browser.press("Connexion").await?;
        browser.has_focus("incorrect").await?;
        browser.fill("Mot de passe", PASSWORD).await?;
        browser.press("Connexion").await?;
        browser.shows("Mon établissement").await?;
        self.sign_out().await
    }

    /// "Cliquez sur « Mot de passe oublié »" to "Recevez le courriel de réinitialisation du mot de passe".
    async fn the_password_is_forgotten(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        browser.open("/").await?;
        browser.follow("Me connecter").await?;
        browser.follow("Mot de passe oublié").await?;
        browser.fill("Adresse électronique", TEACHER).await?;
        browser.press("Envoyer").await?;
        browser.shows("sous quelques minutes").await?;
        self.open_message(TEACHER, Kind::PasswordReset).await?;
        browser
            .fill("Choisissez votre mot de passe", PASSWORD)
            .await?;
        browser.press("Enregistrer").await?;
        browser.shows("Connexion").await
    }
}
