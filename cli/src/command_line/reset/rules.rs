//! Which year a reset opens, and where.

use std::fmt::Write;

use domain::values::{SchoolYear, Uai};
use serde::Serialize;

use crate::reset::Scope;

/// Establishments named one by one; more are only counted.
const MOST_NAMED: usize = 5;

/// Which establishments the run is about.
#[derive(Serialize)]
pub(super) struct Rules {
    pub(super) school_year: SchoolYear,
    opened_where: String,
    academy: Option<String>,
    uais: Vec<Uai>,
}

impl Rules {
    pub(super) fn of(scope: &Scope) -> Self {
        Self {
            school_year: scope.school_year,
            opened_where: format!("school_year < {}", scope.school_year.year()),
            academy: scope.academy.clone(),
            uais: scope.establishments.clone(),
        }
    }

    /// Why there is nothing to do.
    pub(super) fn nothing_to_do(&self) -> String {
        let (year, place) = (self.school_year, self.place());
        format!(
            "Aucun établissement n'est dans une année antérieure à {year} : rien à faire dans {place}.\n"
        )
    }

    pub(super) fn place(&self) -> String {
        let mut place = match &*self.uais {
            [] => "tous les établissements".to_owned(),
            uais if uais.len() <= MOST_NAMED => uais
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            uais => format!("{} établissements", uais.len()),
        };
        if let Some(academy) = &self.academy {
            let _ = write!(place, " (académie : {academy})");
        }
        place
    }
}
