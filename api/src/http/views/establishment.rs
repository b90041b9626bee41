use domain::values::{Priority, Uai};
use projections::directory::DirectoryEntry;
use serde::Serialize;
use utoipa::ToSchema;

use super::ClassChoice;

/// An establishment of the directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Establishment)]
pub struct EstablishmentView {
    /// Its national number.
    #[schema(value_type = String, example = "9990021U")]
    pub uai: Uai,
    /// Its name.
    #[schema(example = "Collège des Trois Rivières")]
    pub name: String,
    /// Its city.
    #[schema(example = "Valmont")]
    pub city: String,
    /// Its postal code, when the directory gives it.
    #[schema(example = "75001")]
    pub postal_code: Option<String>,
    /// Its department, when the directory gives it.
    #[schema(example = "Paris")]
    pub department: Option<String>,
    /// Its academy, when the directory gives it.
    #[schema(example = "Paris")]
    pub academy: Option<String>,
    /// `REP`, `REP+`, or null.
    #[schema(value_type = Option<String>, example = "REP")]
    pub priority: Option<Priority>,
    /// Whether it may take part: REP or REP+, or an administrator's decision.
    pub eligible: bool,
    /// Whether its head has registered it.
    pub registered: bool,
    /// Who may sign up there now.
    pub open_to: Vec<OpenTo>,
}

/// Who may sign up in an establishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenTo {
    /// Its head.
    Head,
    /// Its staff.
    Staff,
    /// Its students.
    Students,
}

/// An establishment with its classes, once students may sign up there.
#[derive(Debug, Serialize, ToSchema)]
pub struct EstablishmentDetails {
    /// The establishment.
    #[serde(flatten)]
    pub establishment: EstablishmentView,
    /// Its classes, for a student to choose from; absent until it is open to students.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<ClassChoice>>,
}

impl From<DirectoryEntry> for EstablishmentView {
    fn from(entry: DirectoryEntry) -> Self {
        let open_to = open_to(&entry);
        Self {
            uai: entry.uai,
            name: entry.name,
            city: entry.city,
            postal_code: entry.postal_code,
            department: entry.department,
            academy: entry.academy,
            priority: entry.priority,
            eligible: entry.eligible,
            registered: entry.registered,
            open_to,
        }
    }
}

/// "L'inscription, c'est chacun son tour !" (manual): the head, then staff, then students once there
/// is a class and a main teacher.
fn open_to(entry: &DirectoryEntry) -> Vec<OpenTo> {
    if !entry.registered {
        return if entry.eligible {
            vec![OpenTo::Head]
        } else {
            vec![]
        };
    }
    let mut open_to = vec![OpenTo::Staff];
    if entry.has_classes && entry.staffed {
        open_to.push(OpenTo::Students);
    }
    open_to
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The manual's order of registration. Shown wrongly, a student signs up where no class and no
    /// teacher awaits them, or a head is turned away.
    #[test]
    fn each_in_their_turn() {
        use OpenTo::{Head, Staff, Students};
        let open = |eligible, registered, has_classes, staffed| {
            open_to(&DirectoryEntry {
                uai: Uai::parse("0132572A").unwrap(),
                name: "Collège fictif".to_owned(),
                city: "Valmont".to_owned(),
                postal_code: None,
                department: None,
                academy: None,
                priority: None,
                mailbox: None,
                eligible,
                registered,
                school_year: None,
                staffed,
                has_classes,
            })
        };
        assert_eq!(open(false, false, false, false), []);
        assert_eq!(open(true, false, false, false), [Head]);
        assert_eq!(open(true, true, false, false), [Staff]);
        assert_eq!(open(true, true, true, false), [Staff]);
        assert_eq!(open(true, true, false, true), [Staff]);
        assert_eq!(open(true, true, true, true), [Staff, Students]);
        assert_eq!(open(false, true, true, true), [Staff, Students]);
    }
}
