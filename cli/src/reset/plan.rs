//! Where a reset has something to do, and whether it may be begun.

use chrono::NaiveDate;
use domain::{
    fold::fold,
    values::{SchoolYear, Uai},
};
use projections::{
    directory::{self, DirectoryEntry},
    last_year::{self, Behind},
};
use store::{Conn, StoreError};

/// What a reset is asked to do.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The year to open (2027, or 2027-2028): the next one, or the one under way where it is not open yet
    #[arg(long, value_name = "YEAR")]
    pub school_year: SchoolYear,
    /// Only in this academy, as the directory names it, case and accents aside
    #[arg(long)]
    pub academy: Option<String>,
    /// Only in this establishment, by its national number; may be given several times
    #[arg(long = "uai", value_name = "UAI")]
    pub establishments: Vec<Uai>,
}

/// Why a reset is not begun, with what would be right, in French. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error(
        "l'année {asked} est terminée : ouvrez l'année en cours, {running} (--school-year {}), ou la \
         suivante", .running.year()
    )]
    Past {
        asked: SchoolYear,
        running: SchoolYear,
    },
    #[error(
        "l'année {asked} est trop lointaine : ouvrez l'année en cours, {running} (--school-year {}), ou la \
         suivante, {next} (--school-year {})", .running.year(), .next.year()
    )]
    TooFar {
        asked: SchoolYear,
        running: SchoolYear,
        next: SchoolYear,
    },
    #[error(
        "{establishments} {} encore dans l'année en cours, {running} : ouvrez-la d'abord (--school-year {})",
        if *.establishments < 2 { "établissement n'est pas" } else { "établissements ne sont pas" },
        .running.year()
    )]
    NotYet {
        establishments: usize,
        running: SchoolYear,
    },
    #[error(
        "l'annuaire ne connaît pas l'académie « {asked} » : {}",
        if known.is_empty() {
            "il n'en connaît aucune, importez d'abord une liste".to_owned()
        } else {
            format!("choisissez parmi {}", known.join(", "))
        }
    )]
    NoAcademy { asked: String, known: Vec<String> },
    #[error(
        "l'établissement {0} ne figure pas dans l'annuaire : vérifiez son UAI, ou importez la liste"
    )]
    NotListed(Uai),
    #[error(
        "l'établissement {0} n'est pas encore inscrit : il entrera dans l'année en cours quand son chef \
         d'établissement l'inscrira, retirez-le de la commande"
    )]
    NotRegistered(Uai),
    #[error(
        "l'établissement {uai} n'est pas dans l'académie « {asked} », mais dans « {} » : retirez l'un ou \
         l'autre", .academy.as_deref().unwrap_or("académie inconnue")
    )]
    OtherAcademy {
        uai: Uai,
        asked: String,
        academy: Option<String>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The establishments that a reset is about: those in an earlier year.
///
/// The year must be the one under way, for those that were left out so far, or the next one.
pub async fn plan(
    conn: &mut Conn<'_>,
    scope: &Scope,
    today: NaiveDate,
) -> Result<Vec<Behind>, PlanError> {
    let running = running(scope.school_year, today)?;
    let academy = academy(conn, scope.academy.as_deref()).await?;
    for uai in &scope.establishments {
        may_be_opened(uai, directory::get(conn, uai).await?, academy.as_deref())?;
    }
    let mut behind = last_year::behind(conn, scope.school_year).await?;
    behind.retain(|it| {
        let there = academy.is_none() || it.academy == academy;
        there && (scope.establishments.is_empty() || scope.establishments.contains(&it.uai))
    });
    let not_yet = behind.iter().filter(|it| it.school_year < running).count();
    if scope.school_year > running && not_yet > 0 {
        return Err(PlanError::NotYet {
            establishments: not_yet,
            running,
        });
    }
    Ok(behind)
}

/// Whether an establishment that was asked for is one that the run can be about.
fn may_be_opened(
    uai: &Uai,
    entry: Option<DirectoryEntry>,
    asked: Option<&str>,
) -> Result<(), PlanError> {
    let uai = uai.clone();
    match (entry, asked) {
        (None, _) => Err(PlanError::NotListed(uai)),
        (Some(entry), _) if !entry.registered => Err(PlanError::NotRegistered(uai)),
        (Some(entry), Some(asked)) if entry.academy.as_deref() != Some(asked) => {
            Err(PlanError::OtherAcademy {
                uai,
                asked: asked.to_owned(),
                academy: entry.academy,
            })
        }
        _ => Ok(()),
    }
}

/// The year that today is in, when the one asked for is that or the next.
fn running(asked: SchoolYear, today: NaiveDate) -> Result<SchoolYear, PlanError> {
    // Today is in the years that this service knows; if ever not, so is what is asked.
    let running = SchoolYear::containing(today).unwrap_or(asked);
    if asked < running {
        return Err(PlanError::Past { asked, running });
    }
    match SchoolYear::starting(running.year() + 1) {
        Ok(next) if asked > next => Err(PlanError::TooFar {
            asked,
            running,
            next,
        }),
        _ => Ok(running),
    }
}

/// The academy as the directory names it.
async fn academy(conn: &mut Conn<'_>, asked: Option<&str>) -> Result<Option<String>, PlanError> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let known = last_year::academies(conn).await?;
    match known.iter().find(|known| fold(known) == fold(asked)) {
        Some(academy) => Ok(Some(academy.clone())),
        None => Err(PlanError::NoAcademy {
            asked: asked.to_owned(),
            known,
        }),
    }
}
