//! Whose history is looked at: a head's own establishment, or the one that an administrator chose.

use chrono::{DateTime, Utc};
use domain::values::{LocalTime, Role, Uai};
use projections::directory;
use web::{
    history::asked_establishment,
    problem::{FieldErrors, Problem},
};

use crate::frame::Visit;

/// The field that says which establishment, to administrators.
pub(crate) const ESTABLISHMENT: &str = "etablissement";

/// The establishment whose history is shown.
pub(crate) struct Watched {
    pub(crate) uai: Uai,
    pub(crate) name: String,
    /// The clock that its history is told by.
    pub(crate) clock: LocalTime,
    /// Whether addresses must name it: an administrator has none of their own.
    is_chosen: bool,
}

impl Watched {
    /// The one that is asked for; none, when an administrator chose none yet.
    pub(crate) async fn find(visit: &mut Visit, asked: &str) -> Result<Option<Self>, Problem> {
        let asked = Some(asked).filter(|asked| !asked.trim().is_empty());
        let mut errors = FieldErrors::default();
        let uai = errors.take(ESTABLISHMENT, asked_establishment(&visit.caller, asked)?);
        let Some(uai) = errors.finish_with(uai)? else {
            return Ok(None);
        };
        let entry = directory::get(&mut visit.conn(), &uai).await?;
        let entry = entry.ok_or_else(Problem::not_found)?;
        Ok(Some(Self {
            clock: entry.clock(),
            name: entry.name,
            is_chosen: visit.caller.role == Role::Administrator,
            uai,
        }))
    }

    /// What addresses must carry to stay with it.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.is_chosen.then(|| self.uai.as_str())
    }

    /// The address of a page of its history, with these fields; those that are blank are left out.
    pub(crate) fn address(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.chosen().map(|uai| (ESTABLISHMENT, uai)));
        query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// The address of the classes as they were at an instant.
    pub(super) fn classes_at(&self, instant: DateTime<Utc>) -> String {
        let instant = instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        self.address("/historique/classes", &[("instant", &instant)])
    }

    /// A head's, for the tests of templates.
    #[cfg(test)]
    pub(crate) fn sample(name: &str) -> Self {
        Self {
            uai: Uai::parse("9990021U").unwrap(),
            name: name.to_owned(),
            clock: LocalTime::of(None, None),
            is_chosen: false,
        }
    }
}
