//! Where lists go on.

/// A place in a list ordered by name: the list goes on after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// What the list is ordered by.
    pub sort_key: String,
    /// The id, which tells namesakes apart.
    pub id: String,
}

/// Lets an item of such a list tell its place.
macro_rules! listed {
    ($item:ident) => {
        impl $item {
            /// Where the list goes on after it.
            #[must_use]
            pub fn cursor(&self) -> After {
                After {
                    sort_key: self.sort_key.clone(),
                    id: self.id.to_string(),
                }
            }
        }
    };
}

pub(crate) use listed;
