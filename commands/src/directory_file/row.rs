use csv::StringRecord;
use domain::establishment::ListingUpdate;
use domain::fold::{fold, one_line};
use domain::values::{EmailAddress, PostalCode, Priority, Uai, UaiError};

use super::columns::Column;
use super::layout::Layout;

/// Why a row lists no school, in French.
pub(super) enum Rejection {
    /// A collège that is closed, and how the row says so.
    Closed(Uai, String),
    /// Nothing wrong with it: this program has no use for it.
    Skipped(String),
    /// A collège that cannot be listed as the row stands.
    Refused(String),
}

use Rejection::{Closed, Refused, Skipped};

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
        // A row that says something else lists nothing.
        closed: layout.position(Column::State).map(|_| false),
    };
    Ok(School { uai, update, notes })
}

/// What a second row of a school says otherwise than the first. What it is silent about it does not say.
pub(super) fn differences(first: &ListingUpdate, other: &ListingUpdate) -> Vec<&'static str> {
    fn differs<T: PartialEq>(first: Option<&T>, other: Option<&T>) -> bool {
        other.is_some() && first != other
    }
    let pairs = [
        ("le nom", first.name != other.name),
        ("la commune", first.city != other.city),
        (
            "le code postal",
            differs(first.postal_code.as_ref(), other.postal_code.as_ref()),
        ),
        (
            "le département",
            differs(first.department.as_ref(), other.department.as_ref()),
        ),
        (
            "l'académie",
            differs(first.academy.as_ref(), other.academy.as_ref()),
        ),
        (
            "l'adresse électronique",
            differs(first.mailbox.as_ref(), other.mailbox.as_ref()),
        ),
        ("l'éducation prioritaire", first.priority != other.priority),
    ];
    let different = pairs.into_iter().filter(|(_, differs)| *differs);
    different.map(|(what, _)| what).collect()
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

    /// With a field too many or too few, no telling which cell is which. Spreadsheets leave empty ones at the
    /// end of a row.
    fn check_width(&self) -> Result<(), Rejection> {
        let (found, expected) = (self.record.len(), self.layout.width);
        let mut more = self.record.iter().skip(expected);
        if found >= expected && more.all(|cell| cell.trim().is_empty()) {
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
            Some(state) => {
                let reason = format!("état : {}", excerpt(&state));
                match self.uai() {
                    Ok(uai) if fold(&state) == "ferme" => Err(Closed(uai, reason)),
                    _ => Err(Skipped(reason)),
                }
            }
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
