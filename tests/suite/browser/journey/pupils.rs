//! Pupils come, change class, and leave.

use acceptance::{mail::Kind, world::PASSWORD};

use super::{HEAD, Journey, LOU, MAIN_TEACHER, NOA, TEACHER};

impl Journey {
    /// "Vos élèves peuvent désormais procéder à la création de leur compte en renseignant impérativement
    /// l'établissement et la classe dont ils dépendent": Noa knows hers, Lou does not.
    pub(super) async fn pupils_sign_up(&self) -> anyhow::Result<()> {
        self.a_pupil_signs_up(NOA, "Noa", "Petit", "3e A").await?;
        self.browser.shows("3e A").await?;
        self.sign_out().await?;
        self.a_pupil_signs_up(LOU, "Lou", "N’Diaye", "Je ne sais pas")
            .await?;
        self.browser
            .shows("Vous n'avez pas encore de classe")
            .await?;
        self.sign_out().await
    }

    async fn a_pupil_signs_up(
        &self,
        email: &str,
        first_name: &str,
        last_name: &str,
        class: &str,
    ) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.choose_establishment("Je suis élève").await?;
        browser.fill("Prénom", first_name).await?;
        browser.fill("Nom", last_name).await?;
        browser.fill("Adresse électronique", email).await?;
        browser.fill_date("Date de naissance", "03032012").await?;
        browser.choose("Votre classe", class).await?;
        browser.press("Je m'inscris").await?;
        browser.shows("Vous allez recevoir un courriel").await?;
        self.open_message(email, Kind::Activation).await?;
        browser
            .fill("Choisissez votre mot de passe", PASSWORD)
            .await?;
        browser.press("Activer mon compte").await
    }

    /// "À droite, cliquez sur la colonne « Classe » ; la liste des classes apparaît ; choisissez la classe souhaitée
    /// pour l'élève", then "cliquez sur « Enregistrer les modifications » : la classe de l'élève est modifiée".
    pub(super) async fn a_pupil_changes_class(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.step_1_sign_in(MAIN_TEACHER).await?;
        browser.follow("Ma classe").await?;
        browser.shows("Petit Noa").await?;
        browser.choose("Classe de Petit Noa", "3e B").await?;
        if browser.setup().scripts {
            browser.shows("modifié : 3e A → 3e B").await?;
            browser.shows("1 modification\n").await?;
            browser.shows("Imprimer").await?;
        } else {
            browser.hides("modifié").await?;
            browser.hides("Imprimer").await?;
        }
        browser.press("Enregistrer les modifications").await?;
        browser
            .has_focus("Vous avez fait passer Noa Petit de 3e A à 3e B.")
            .await?;
        self.sign_out().await
    }

    /// "Une notification apparait à côté de l'onglet « Classe »", "sélectionnez l'élève sans classe puis cliquez sur
    /// « Choisissez une classe »", "cliquez sur « Enregistrez les modifications »".
    pub(super) async fn the_class_of_a_pupil_is_given(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.step_1_sign_in(HEAD).await?;
        browser.follow("Sans classe 1 élève").await?;
        browser.shows("Choisissez une classe").await?;
        browser.press("Enregistrer les modifications").await?;
        browser.has_focus("Rien n'a changé").await?;
        browser.choose("Classe de N’Diaye Lou", "3e A").await?;
        browser.press("Enregistrer les modifications").await?;
        browser
            .has_focus("Vous avez placé Lou N’Diaye dans la classe 3e A.")
            .await?;
        browser
            .shows("Tous les élèves inscrits ont une classe.")
            .await?;
        self.sign_out().await
    }

    /// "Tout à droite, cliquez sur la classe : une liste déroulante apparaît", "cliquez sur « Cet élève ne fait pas
    /// partie de mon établissement »", "cliquez sur « Enregistrer les modifications »". It is asked once more.
    pub(super) async fn a_pupil_is_rejected(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        let (list, out) = (
            "Classe de Petit Noa",
            "Cet élève ne fait pas partie de mon établissement",
        );
        self.step_1_sign_in(TEACHER).await?;
        self.steps_2_and_3_open_the_classes("Mon établissement")
            .await?;
        browser.follow("3e Ada Lovelace").await?;
        browser.choose(list, out).await?;
        browser.press("Enregistrer les modifications").await?;
        browser
            .shows("Retirer Noa Petit de l'établissement ?")
            .await?;
        browser.press("Ne rien changer").await?;
        browser.has_focus("rien n'est encore enregistré").await?;
        browser.press("Enregistrer les modifications").await?;
        browser.press("Retirer").await?;
        browser.has_focus("Noa Petit").await?;
        browser.shows("Aucun élève dans cette classe.").await?;
        self.sign_out().await?;
        self.mailbox.next(NOA, Kind::StudentRejected).await?;
        self.it_was_a_mistake().await
    }

    /// The pupil finds the way back.
    async fn it_was_a_mistake(&self) -> anyhow::Result<()> {
        let browser = &self.browser;
        self.step_1_sign_in(NOA).await?;
        browser
            .shows("Vous n'êtes dans aucun établissement")
            .await?;
        browser.fill("Votre établissement", "tilleuls").await?;
        browser.press("Chercher").await?;
        browser.follow("Collège les Tilleuls").await?;
        browser.choose("Votre classe", "3e A").await?;
        browser.press("Rejoindre cet établissement").await?;
        browser.hides("Vous n'êtes dans aucun").await
    }
}
