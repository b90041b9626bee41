use serde::{Deserialize, Serialize};

use super::ListingUpdate;
use crate::values::{EmailAddress, PostalCode, Priority};

/// What the directory says of a school. All of it is public, its official mailbox included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub name: String,
    pub city: String,
    pub postal_code: Option<PostalCode>,
    pub department: Option<String>,
    /// Its academy: the school district it answers to.
    pub academy: Option<String>,
    pub priority: Option<Priority>,
    pub mailbox: Option<EmailAddress>,
    pub closed: bool,
}

impl Listing {
    /// What the directory says after this update, where `previous` is what it said so far.
    pub(super) fn updated(previous: Option<&Self>, update: ListingUpdate) -> Self {
        let known = previous.cloned().unwrap_or_default();
        Self {
            name: update.name,
            city: update.city,
            postal_code: update.postal_code.or(known.postal_code),
            department: update.department.or(known.department),
            academy: update.academy.or(known.academy),
            priority: update.priority.unwrap_or(known.priority),
            mailbox: update.mailbox.or(known.mailbox),
            closed: update.closed.unwrap_or(known.closed),
        }
    }
}
