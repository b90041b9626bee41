//! What a random member of staff may try.

use domain::values::Track;
use proptest::{prelude::*, sample::select};

/// Something that somebody of a school tries. Classes and pupils are meant by number, among those of
/// both schools: half of what is tried reaches into the other school.
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

/// Of a class or pupil, whatever their number; small numbers shrink to the first of them.
fn number() -> impl Strategy<Value = usize> {
    0..24_usize
}

fn name() -> impl Strategy<Value = usize> {
    0..NAMES.len()
}

fn track() -> impl Strategy<Value = Track> {
    select(Track::ALL.to_vec())
}
