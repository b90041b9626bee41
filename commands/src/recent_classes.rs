//! The classes that were worked on lately, as they stood then.
//!
//! A class is the longest stream that staff touch every day, and reading its whole year again for each
//! pupil who moves costs more than the move. What is remembered may be out of date, another server
//! having appended since: it is believed only when the append that follows proves it, by the number
//! of the event it adds. Everything else is decided again on what the log says.
//!
//! A log that lost its end in a failover may have gone on differently since, up to the same number: nothing
//! that was remembered before it is believed after it.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::{class::Class, ids::ClassId};
use quick_cache::sync::Cache;

/// All classes of every collège in REP and REP+; about 1.5 KiB each.
const CAPACITY: usize = 8_192;

/// A class with the number of its last event.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) version: u64,
    pub(crate) state: Class,
}

/// The memory that the commands of one process share.
pub(crate) struct RecentClasses {
    classes: Cache<ClassId, Remembered>,
    /// What the log was when they were seen, see [`store::Store::incarnation`].
    incarnation: AtomicU64,
}

impl RecentClasses {
    pub(crate) fn new() -> Self {
        Self {
            classes: Cache::new(CAPACITY),
            incarnation: AtomicU64::new(0),
        }
    }

    /// Forgets everything that was seen of another log than this one.
    pub(crate) fn now_of(&self, incarnation: u64) {
        if self.incarnation.swap(incarnation, Ordering::AcqRel) != incarnation {
            self.classes.clear();
        }
    }

    pub(crate) fn get(&self, class: ClassId) -> Option<Remembered> {
        self.classes.get(&class)
    }

    /// Keeps what is newest. Two that come at once may leave the older one: it will be found out.
    pub(crate) fn remember(&self, class: ClassId, state: Remembered) {
        if self
            .classes
            .get(&class)
            .is_none_or(|known| known.version < state.version)
        {
            self.classes.insert(class, state);
        }
    }

    /// Drops what turned out to be out of date.
    pub(crate) fn forget(&self, class: ClassId) {
        self.classes.remove(&class);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::class;

    /// Of two actions that end at once, the one that saw more wins, whichever comes last; nothing is
    /// written that is there already.
    #[test]
    fn the_newest_is_kept_until_it_is_forgotten() {
        let recent = RecentClasses::new();
        let seen = |version, times| Remembered {
            version,
            state: Class {
                version: times,
                ..Class::default()
            },
        };
        for (version, times, kept) in [
            (2, 1, (2, 1)),
            (1, 2, (2, 1)),
            (2, 3, (2, 1)),
            (3, 4, (3, 4)),
        ] {
            recent.remember(class(1), seen(version, times));
            let known = recent.get(class(1)).unwrap();
            assert_eq!((known.version, known.state.version), kept);
        }
        recent.now_of(0);
        assert!(recent.get(class(1)).is_some());
        recent.forget(class(1));
        assert!(recent.get(class(1)).is_none());
        recent.remember(class(1), seen(1, 1));
        recent.now_of(1);
        assert!(recent.get(class(1)).is_none());
    }
}
