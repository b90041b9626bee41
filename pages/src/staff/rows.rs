//! The rows of the staff page: who is there, and who was invited.

use std::collections::HashMap;

use accounts::invitee::Invitee;
use domain::{
    ids::{ClassId, InvitationId, PersonId},
    values::StaffRole,
};
use projections::{classes::ClassItem, invitations::InvitationItem, staff::StaffItem};

use crate::frame;

/// A member of the staff.
pub(super) struct Member {
    pub(super) id: PersonId,
    pub(super) name: String,
    pub(super) role: &'static str,
    /// Its name; empty without one.
    pub(super) class: String,
    /// Whether it is whoever looks at the page.
    pub(super) is_reader: bool,
    pub(super) is_head: bool,
}

impl Member {
    pub(super) fn new(item: &StaffItem, classes: &[ClassItem], reader: PersonId) -> Self {
        Self {
            id: item.id,
            name: listed_name(item.first_name.as_deref(), item.last_name.as_deref()),
            role: item.role.label(),
            class: class_of(classes, item.id).map_or_else(String::new, |class| class.name.clone()),
            is_reader: item.id == reader,
            is_head: item.role == StaffRole::Head,
        }
    }
}

/// The class that somebody chose as theirs.
pub(crate) fn class_of(classes: &[ClassItem], person: PersonId) -> Option<&ClassItem> {
    let mut classes = classes.iter();
    classes.find(|class| {
        class
            .main_teachers
            .iter()
            .any(|teacher| teacher.id == person)
    })
}

/// "Belhadj Karim": a list by family name begins with it.
fn listed_name(first_name: Option<&str>, last_name: Option<&str>) -> String {
    frame::name(last_name, first_name)
}

/// A pending invitation.
pub(crate) struct Pending {
    pub(crate) id: InvitationId,
    /// Empty where whoever invited did not say it.
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: &'static str,
    /// The class meant for them; empty without one.
    pub(super) class: String,
    /// How many days it is good for, the one under way included; none once it is over.
    pub(crate) days: Option<i64>,
    /// Whether whoever follows it becomes head: then only an administrator takes it back.
    pub(crate) hands_over: bool,
}

impl Pending {
    pub(super) fn new(
        item: &InvitationItem,
        classes: &[ClassItem],
        invitees: &mut HashMap<InvitationId, Invitee>,
        days_left: impl FnOnce(&Invitee) -> Option<i64>,
    ) -> Self {
        let invitee = invitees.remove(&item.id);
        let named = item.first_name.is_some() || item.last_name.is_some();
        let name =
            named.then(|| listed_name(item.first_name.as_deref(), item.last_name.as_deref()));
        Self {
            id: item.id,
            name: name.unwrap_or_default(),
            days: invitee.as_ref().and_then(days_left),
            email: invitee.map_or_else(String::new, |invitee| invitee.email.to_string()),
            hands_over: item.role == StaffRole::Head,
            role: item.role.label(),
            class: item
                .class_id
                .map_or_else(String::new, |id| name_of(classes, id)),
        }
    }

    /// The name or, where nobody said it, the address.
    pub(crate) fn who(&self) -> &str {
        if self.name.is_empty() {
            &self.email
        } else {
            &self.name
        }
    }

    /// One for the tests of templates.
    #[cfg(test)]
    pub(crate) fn sample(name: &str) -> Self {
        Self {
            id: InvitationId::new(uuid::Uuid::from_u128(2)),
            name: name.to_owned(),
            email: "l.moreau@ac-demo.test".to_owned(),
            role: StaffRole::Teacher.label(),
            class: String::new(),
            days: Some(3),
            hands_over: false,
        }
    }
}

fn name_of(classes: &[ClassItem], id: ClassId) -> String {
    let class = classes.iter().find(|class| class.id == id);
    class.map_or_else(String::new, |class| class.name.clone())
}
