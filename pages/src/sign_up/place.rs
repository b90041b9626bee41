//! The establishment that somebody signs up in.

use domain::{ids::ClassId, values::Uai};
use projections::{
    classes,
    directory::{self, DirectoryEntry},
};
use store::{Conn, StoreError};
use web::turn::{OpenTo, SignUpOrder, open_to};

/// How many classes there are to choose from at most.
const CLASSES: i64 = 200;

/// An establishment to sign up in.
pub(super) struct Place {
    pub(super) uai: String,
    pub(super) name: String,
    pub(super) city: String,
    /// For pupils, once it is their turn.
    pub(super) classes: Vec<(ClassId, String)>,
}

impl From<DirectoryEntry> for Place {
    fn from(entry: DirectoryEntry) -> Self {
        Self {
            uai: entry.uai.to_string(),
            name: entry.name,
            city: entry.city,
            classes: Vec::new(),
        }
    }
}

impl Place {
    /// The establishment with this number, if it names one.
    pub(super) async fn find(
        conn: &mut Conn<'_>,
        uai: &str,
        order: SignUpOrder,
    ) -> Result<Option<Self>, StoreError> {
        let Ok(uai) = Uai::parse(uai) else {
            return Ok(None);
        };
        let Some(entry) = directory::get(conn, &uai).await? else {
            return Ok(None);
        };
        let is_open = open_to(&entry, order).contains(&OpenTo::Students);
        let mut place = Self::from(entry);
        if is_open {
            let classes = classes::list(conn, &uai, None, CLASSES).await?;
            let named = classes.into_iter().map(|class| (class.id, class.name));
            place.classes = named.collect();
        }
        Ok(Some(place))
    }

    #[cfg(test)]
    pub(super) fn sample(name: &str) -> Self {
        Self {
            uai: "9990021U".to_owned(),
            name: name.to_owned(),
            city: name.to_owned(),
            classes: Vec::new(),
        }
    }
}
