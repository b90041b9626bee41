use serde::{Deserialize, Serialize};

use super::ListingUpdate;
use crate::values::{EmailAddress, PostalCode, Priority};

/// What the directory says of a school. All of it is public, its official mailbox included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub name: String,
    pub city: String,
    pub postal_code: Option<PostalCode>,
    pub department: Option<String>,
    /// Its academy: the school district it answers to.
    pub academy: Option<String>,
    pub priority: Option<Priority>,
    pub mailbox: Option<EmailAddress>,
}

impl Listing {
    /// What the directory says after this update, where `previous` is what it said so far.
    pub(super) fn updated(previous: Option<&Self>, update: ListingUpdate) -> Self {
        Self {
            name: update.name,
            city: update.city,
            postal_code: update
                .postal_code
                .or_else(|| previous.and_then(|listing| listing.postal_code.clone())),
            department: update
                .department
                .or_else(|| previous.and_then(|listing| listing.department.clone())),
            academy: update
                .academy
                .or_else(|| previous.and_then(|listing| listing.academy.clone())),
            priority: update
                .priority
                .unwrap_or_else(|| previous.and_then(|listing| listing.priority)),
            mailbox: update
                .mailbox
                .or_else(|| previous.and_then(|listing| listing.mailbox.clone())),
        }
    }
}
