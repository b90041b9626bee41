use csv::StringRecord;
use domain::establishment::ListingUpdate;
use domain::fold::{fold, one_line};
use domain::values::{EmailAddress, PostalCode, Priority, Uai, UaiError};

use super::columns::Column;
use super::layout::Layout;

/// Why a row lists no school, in French.
pub(super) enum Rejection {
    /// Nothing wrong with it: this program has no use for it.
    Skipped(String),
    /// A collège that cannot be listed as the row stands.
    Refused(String),
}

use Rejection::{Refused, Skipped};

/// A collège, and what was left out of its row.
pub(super) struct School {
    pub(super) uai: Uai,
    pub(super) update: ListingUpdate,
    pub(super) notes: Vec<String>,
}

/// Longest piece of a cell that a message repeats, in characters.
const QUOTE_LENGTH: usize = 60;

/// Reads one record of a list whose columns are known.
pub(super) fn school(layout: &Layout, record: &StringRecord) -> Result<School, Rejection> {
    let row = Row { layout, record };
    row.check_width()?;
    row.check_kind()?;
    row.check_state()?;
    let uai = row.uai()?;
    let mut notes = Vec::new();
    let update = ListingUpdate {
        name: row.required(Column::Name, "nom de l'établissement absent")?,
        city: row.required(Column::City, "commune absente")?,
        priority: Some(row.priority()?),
        postal_code: row.optional(
            Column::PostalCode,
            "code postal illisible, laissé de côté",
            PostalCode::parse,
            &mut notes,
        ),
        mailbox: row.optional(
            Column::Mailbox,
            "adresse électronique illisible, laissée de côté",
            EmailAddress::parse,
            &mut notes,
        ),
        department: row.cell(Column::Department),
        academy: row.cell(Column::Academy),
    };
    Ok(School { uai, update, notes })
}

struct Row<'a> {
    layout: &'a Layout,
    record: &'a StringRecord,
}

impl Row<'_> {
    /// The text of a cell, white space folded; nothing when it is empty or
    /// when the file has no such column.
    fn cell(&self, column: Column) -> Option<String> {
        let text = one_line(self.record.get(self.layout.position(column)?)?);
        (!text.is_empty()).then_some(text)
    }

    /// With a field too many or too few, no telling which cell is which.
    fn check_width(&self) -> Result<(), Rejection> {
        let (found, expected) = (self.record.len(), self.layout.width);
        if found == expected {
            return Ok(());
        }
        Err(Refused(format!(
            "{found} champs au lieu de {expected} : point-virgule ou guillemet de trop ou oublié"
        )))
    }

    fn check_kind(&self) -> Result<(), Rejection> {
        match self.cell(Column::Kind) {
            Some(kind) if fold(&kind) == "college" => Ok(()),
            Some(kind) => Err(Skipped(format!("pas un collège : {}", excerpt(&kind)))),
            None => Err(Skipped(
                "pas un collège : type d'établissement absent".to_owned(),
            )),
        }
    }

    fn check_state(&self) -> Result<(), Rejection> {
        if self.layout.position(Column::State).is_none() {
            return Ok(());
        }
        match self.cell(Column::State) {
            Some(state) if matches!(fold(&state).as_str(), "ouvert" | "a fermer") => Ok(()),
            Some(state) => Err(Skipped(format!("état : {}", excerpt(&state)))),
            None => Err(Skipped("état absent".to_owned())),
        }
    }

    fn uai(&self) -> Result<Uai, Rejection> {
        let text = self
            .cell(Column::Uai)
            .ok_or_else(|| Refused("UAI absent".to_owned()))?;
        Uai::parse(&text).map_err(|error| {
            let expected = match error {
                UaiError::Malformed => "sept chiffres et une lettre attendus".to_owned(),
                UaiError::CheckLetter { expected, .. } => {
                    format!("la lettre devrait être {expected}")
                }
            };
            Refused(format!("UAI {} : {expected}", excerpt(&text)))
        })
    }

    /// Publishers fill cells with a dash for want of better.
    fn required(&self, column: Column, absent: &str) -> Result<String, Rejection> {
        self.cell(column)
            .filter(|text| text.chars().any(char::is_alphanumeric))
            .ok_or_else(|| Refused(absent.to_owned()))
    }

    /// A label that nobody can read refuses the row: it decides who may sign up.
    fn priority(&self) -> Result<Option<Priority>, Rejection> {
        let Some(text) = self.cell(Column::Priority) else {
            return Ok(None);
        };
        Priority::parse(&text).map(Some).map_err(|_| {
            Refused(format!(
                "éducation prioritaire {} inconnue : REP, REP+ ou rien",
                excerpt(&text)
            ))
        })
    }

    /// An unreadable detail costs the school that detail, not its place in the directory.
    fn optional<T, E>(
        &self,
        column: Column,
        complaint: &str,
        parse: fn(&str) -> Result<T, E>,
        notes: &mut Vec<String>,
    ) -> Option<T> {
        let text = self.cell(column)?;
        let value = parse(&text).ok();
        if value.is_none() {
            notes.push(format!("{complaint} : {}", excerpt(&text)));
        }
        value
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(QUOTE_LENGTH) {
        Some((end, _)) => format!("« {}… »", &text[..end]),
        None => format!("« {text} »"),
    }
}
