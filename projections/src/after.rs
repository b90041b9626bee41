//! Where lists go on.

/// A place in a list ordered by name: the list goes on after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct After {
    /// What the list is ordered by: a key of `order`.
    pub sort_key: String,
    /// The id, which tells namesakes apart.
    pub id: String,
}

/// Lets an item of such a list tell its place, which follows from its name.
macro_rules! listed {
    ($item:ident, $self:ident => $sort_key:expr) => {
        impl $item {
            /// Where the list goes on after it.
            #[must_use]
            pub fn cursor(&$self) -> After {
                After {
                    sort_key: $sort_key,
                    id: $self.id.to_string(),
                }
            }
        }
    };
}

pub(crate) use listed;

/// What follows a place in a list of these items, in order and `limit` at most.
///
/// They are put in order where they are read: a list is that of one school, and what the order follows
/// from changes with the version of Unicode, so that no database may keep it.
pub(crate) fn page<T>(
    mut items: Vec<T>,
    cursor: impl Fn(&T) -> After,
    after: Option<&After>,
    limit: i64,
) -> Vec<T> {
    items.sort_by_cached_key(&cursor);
    if let Some(after) = after {
        let first = items.partition_point(|item| cursor(item) <= *after);
        items.drain(..first);
    }
    items.truncate(usize::try_from(limit).unwrap_or_default());
    items
}
