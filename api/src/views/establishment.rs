use domain::values::{Priority, Uai};
use projections::directory::DirectoryEntry;
use serde::Serialize;
use utoipa::ToSchema;
use web::turn::{self, SignUpOrder, open_to};

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
    /// The time zone (IANA) that people there live by. Instants are in UTC everywhere; a day that is asked for
    /// is one of this zone.
    #[schema(example = "Europe/Paris")]
    pub time_zone: &'static str,
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

impl From<turn::OpenTo> for OpenTo {
    fn from(open: turn::OpenTo) -> Self {
        match open {
            turn::OpenTo::Head => Self::Head,
            turn::OpenTo::Staff => Self::Staff,
            turn::OpenTo::Students => Self::Students,
        }
    }
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

impl EstablishmentView {
    /// As the directory shows it, where people sign up in this order.
    #[must_use]
    pub fn new(entry: DirectoryEntry, order: SignUpOrder) -> Self {
        let open_to = open_to(&entry, order);
        let open_to = open_to.into_iter().map(OpenTo::from).collect();
        Self {
            time_zone: entry.clock().zone(),
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
