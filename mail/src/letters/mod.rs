//! What people read: a file per letter, with the kind of message that asks for it, what it is made from when
//! it is sent, its wording (in `templates/mail/`), its subject, and samples of it.

mod account;
mod activation;
mod address_known;
mod head_activated;
mod invitation;
mod layout;
mod letter;
mod password_reset;
mod staff_joined;
mod student_rejected;
#[cfg(test)]
mod tests;

pub(crate) use letter::{Kind, Letter, MakeError};

pub(crate) static KINDS: [Kind; 7] = [
    account::SIGNED_UP,
    account::AGAIN,
    account::PASSWORD,
    invitation::KIND,
    staff_joined::KIND,
    head_activated::KIND,
    student_rejected::KIND,
];

pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
