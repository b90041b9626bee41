//! What the API shows, in the shapes that the OpenAPI document describes.

mod class;
mod establishment;
mod history;
mod invitation;
mod person;
mod reset;
mod session;

pub use class::{ClassChoice, ClassView, MainTeacherView};
pub use establishment::{EstablishmentDetails, EstablishmentView, OpenTo};
pub use history::{ActorView, HistoryEventView, PastClass, PastClassLists, PastStudent};
pub use invitation::InvitationView;
pub use person::{AccountView, StaffView, StudentView};
pub use reset::ResetView;
pub(crate) use session::{NewSession, SessionCookie};
