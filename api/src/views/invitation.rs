use accounts::invitee::Invitee;
use chrono::{DateTime, Utc};
use domain::{
    ids::{ClassId, InvitationId},
    values::StaffRole,
};
use projections::invitations::InvitationItem;
use serde::Serialize;
use utoipa::ToSchema;

/// An invitation that nobody has followed yet, for the head who sent it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    /// Which.
    #[schema(value_type = Uuid)]
    pub id: InvitationId,
    /// The address it went to.
    #[schema(value_type = Option<String>, example = "l.moreau@ac-demo.test")]
    pub email: Option<String>,
    /// Given name; null when the invitation does not give it.
    #[schema(example = "Lise")]
    pub first_name: Option<String>,
    /// Family name; null when the invitation does not give it.
    #[schema(example = "Moreau")]
    pub last_name: Option<String>,
    /// `head`, `main_teacher`, `teacher` or `counsellor`.
    #[schema(value_type = String, example = "main_teacher")]
    pub role: StaffRole,
    /// The class meant for a main teacher; null when none.
    #[schema(value_type = Option<Uuid>)]
    pub class_id: Option<ClassId>,
    /// When it was sent first.
    pub invited_at: DateTime<Utc>,
    /// Until when it may be followed, unless it is sent again.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it must be sent again to be followed.
    pub expired: bool,
}

impl InvitationView {
    /// The invitation, with whom it went to, as things stand `now`.
    #[must_use]
    pub fn new(item: InvitationItem, invitee: Option<Invitee>, now: DateTime<Utc>) -> Self {
        let expired = invitee.as_ref().is_none_or(|invitee| invitee.expired(now));
        let expires_at = invitee.as_ref().map(|invitee| invitee.expires_at);
        Self {
            id: item.id,
            email: invitee.map(|invitee| invitee.email.as_str().to_owned()),
            first_name: item.first_name,
            last_name: item.last_name,
            role: item.role,
            class_id: item.class_id,
            invited_at: item.invited_at,
            expires_at,
            expired,
        }
    }
}
