//! The demo's ids: made of numbers, so that a run finds what an earlier one wrote.

use domain::ids::{ClassId, CorrelationId, InvitationId, PersonId};
use uuid::{Builder, Uuid};

/// 1 September 2026, 6:00 UTC, in milliseconds: the instant that the demo's ids bear.
const INSTANT: u64 = 1_788_242_400_000;

pub(super) fn administrator() -> PersonId {
    PersonId::new(id(0))
}

pub(super) fn staff(school: usize, number: usize) -> PersonId {
    PersonId::new(in_school(school, 1, number))
}

pub(super) fn class(school: usize, number: usize) -> ClassId {
    ClassId::new(in_school(school, 2, number))
}

pub(super) fn pupil(school: usize, number: usize) -> PersonId {
    PersonId::new(in_school(school, 3, number))
}

pub(super) fn invitation(school: usize, number: usize) -> InvitationId {
    InvitationId::new(in_school(school, 4, number))
}

/// What people of a school did, as one request each.
pub(super) fn act(school: usize, number: usize) -> CorrelationId {
    CorrelationId::new(in_school(school, 5, number))
}

/// The import of the directory.
pub(super) fn import() -> CorrelationId {
    CorrelationId::new(id(1))
}

/// Apart from those of other schools and kinds, up to a thousand of each.
fn in_school(school: usize, kind: usize, number: usize) -> Uuid {
    id(((school + 1) * 10 + kind) * 1000 + number)
}

/// A UUID version 7 (RFC 9562, section 5.7) with a number where others have random bits.
fn id(number: usize) -> Uuid {
    let mut bits = [0; 10];
    bits[2..].copy_from_slice(&(number as u64).to_be_bytes());
    Builder::from_unix_timestamp_millis(INSTANT, &bits).into_uuid()
}
