use accounts::password::PasswordError;
use commands::CommandError;
use domain::values::SchoolYearError;
use store::StoreError;

/// Why the demo cannot be set up. Each message, in French, says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database is in use for something else.
    #[error(
        "cette base contient déjà des établissements (par exemple {uai}, {name}) qui ne sont pas \
         ceux de la démonstration : donnez-lui une base à elle, par exemple \
         --database-url sqlite://data/demo.db"
    )]
    OtherData { uai: String, name: String },
    #[error("donnée de démonstration invalide ({0}) : signalez cette erreur")]
    Data(String),
    #[error("la date de cette machine est invraisemblable ({0}) : mettez-la à l'heure")]
    Clock(#[from] SchoolYearError),
    #[error("le mot de passe n'a pas pu être chiffré ({0}) : relancez la commande")]
    Password(#[from] PasswordError),
    /// The database or a rule stopped it; what was set up so far stays.
    #[error("la mise en place s'est interrompue ({0}) : relancez la commande pour la compléter")]
    Command(#[from] CommandError),
}

impl From<StoreError> for DemoError {
    fn from(error: StoreError) -> Self {
        Self::Command(error.into())
    }
}
