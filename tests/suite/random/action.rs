//! What a random member of staff may try.

use domain::values::{StaffRole, Track};
use proptest::{prelude::*, sample::select};

/// Something that somebody of a school tries. Classes, pupils, staff and invitations are meant by
/// number; see [`meant`].
#[derive(Clone, Debug)]
pub(super) struct Action {
    /// Whose staff: the first school's or the second's.
    pub(super) school: usize,
    /// What.
    pub(super) what: What,
}

/// What somebody tries.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Creates a class with one of a few names.
    Create { name: usize, track: Track },
    /// Renames a class, changes its track, or both; perhaps from an old version.
    Edit {
        class: usize,
        name: Option<usize>,
        track: Option<Track>,
        stale: bool,
    },
    /// Deletes a class.
    Delete { class: usize },
    /// Registers a pupil, in a class or not.
    Register { class: Option<usize> },
    /// Saves a page of roster changes.
    Roster {
        may_assign: bool,
        changes: Vec<Change>,
    },
    /// A pupil joins a school again, in a class or not.
    Rejoin {
        student: usize,
        class: Option<usize>,
    },
    /// A pupil is erased.
    Erase { student: usize },
    /// Somebody of the staff comes, goes or says which class is theirs.
    Staff(StaffAction),
}

/// What is tried about the staff.
#[derive(Clone, Debug)]
pub(super) enum StaffAction {
    /// Invites somebody, for a class or not.
    Invite {
        role: StaffRole,
        class: Option<usize>,
    },
    /// Takes an invitation back.
    Revoke { invitation: usize },
    /// Follows an invitation.
    Follow { invitation: usize, person: usize },
    /// Removes somebody.
    Remove { person: usize },
    /// Makes somebody the head.
    Replace { person: usize },
    /// Says which class is theirs.
    OwnClass { person: usize, class: Option<usize> },
}

/// One line of a page of roster changes.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Which pupil.
    pub(super) student: usize,
    /// Where to.
    pub(super) to: To,
    /// Where the caller says they saw the pupil: nothing said, in no class, or in a class.
    #[expect(
        clippy::option_option,
        reason = "seen in no class is not having said nothing"
    )]
    pub(super) seen: Option<Option<usize>>,
}

/// Where a pupil shall go.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    /// To a class.
    Class(usize),
    /// Out of the school.
    Out,
    /// The choice was left blank.
    Blank,
}

/// The names that classes get: few, so that they clash, one of them twice under another spelling.
pub(super) const NAMES: [&str; 5] = ["3e A", "3E À", "3e B", "3e C", "3e D"];

/// Any of it.
pub(super) fn action() -> impl Strategy<Value = Action> {
    (0..2_usize, what()).prop_map(|(school, what)| Action { school, what })
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        2 => (name(), track()).prop_map(|(name, track)| What::Create { name, track }),
        2 => edit(),
        2 => number().prop_map(|class| What::Delete { class }),
        1 => proptest::option::of(number()).prop_map(|class| What::Register { class }),
        5 => roster(),
        1 => rejoin(),
        1 => number().prop_map(|student| What::Erase { student }),
        6 => staff().prop_map(What::Staff),
    ]
}

fn rejoin() -> impl Strategy<Value = What> {
    let class = proptest::option::of(number());
    (number(), class).prop_map(|(student, class)| What::Rejoin { student, class })
}

fn staff() -> impl Strategy<Value = StaffAction> {
    let class = || proptest::option::of(number());
    prop_oneof![
        2 => (role(), class()).prop_map(|(role, class)| StaffAction::Invite { role, class }),
        1 => number().prop_map(|invitation| StaffAction::Revoke { invitation }),
        3 => (number(), number())
            .prop_map(|(invitation, person)| StaffAction::Follow { invitation, person }),
        2 => number().prop_map(|person| StaffAction::Remove { person }),
        1 => number().prop_map(|person| StaffAction::Replace { person }),
        4 => (number(), class())
            .prop_map(|(person, class)| StaffAction::OwnClass { person, class }),
    ]
}

fn edit() -> impl Strategy<Value = What> {
    let name = proptest::option::of(name());
    let track = proptest::option::of(track());
    (number(), name, track, any::<bool>()).prop_map(|(class, name, track, stale)| What::Edit {
        class,
        name,
        track,
        stale,
    })
}

fn roster() -> impl Strategy<Value = What> {
    let changes = proptest::collection::vec(change(), 0..4);
    let may_assign = proptest::bool::weighted(0.8);
    (may_assign, changes).prop_map(|(may_assign, changes)| What::Roster {
        may_assign,
        changes,
    })
}

fn change() -> impl Strategy<Value = Change> {
    let to = prop_oneof![
        6 => number().prop_map(To::Class),
        1 => Just(To::Out),
        1 => Just(To::Blank),
    ];
    let seen = prop_oneof![
        4 => Just(None),
        1 => Just(Some(None)),
        1 => number().prop_map(|class| Some(Some(class))),
    ];
    (number(), to, seen).prop_map(|(student, to, seen)| Change { student, to, seen })
}

/// Of a class, a pupil, an invitation or somebody of the staff, whatever their number; small numbers
/// shrink to the first of them.
fn number() -> impl Strategy<Value = usize> {
    0..96_usize
}

/// Which of so many a number stands for: three numbers in four for one of those that it makes `sense`
/// to mean, if any; the fourth for any, the other school's and those that are gone included.
pub(super) fn meant(number: usize, count: usize, sense: impl Fn(usize) -> bool) -> usize {
    let sensible: Vec<usize> = (0..count).filter(|index| sense(*index)).collect();
    let (which, any) = (number / 4, number.is_multiple_of(4));
    if any || sensible.is_empty() {
        which % count
    } else {
        sensible[which % sensible.len()]
    }
}

fn name() -> impl Strategy<Value = usize> {
    0..NAMES.len()
}

fn track() -> impl Strategy<Value = Track> {
    select(Track::ALL.to_vec())
}

fn role() -> impl Strategy<Value = StaffRole> {
    select(StaffRole::ALL.to_vec())
}
