//! What stands around every page: layout, menu, style sheet, headers, and the page of an error.

pub(crate) mod assets;
pub(crate) mod headers;
pub(crate) mod problem;

mod menu;
mod page;
mod told;
mod visit;

use std::borrow::Cow;

use domain::values::SchoolYear;

pub(crate) use self::{
    menu::{Entry, Place, Tab, rooms, tab},
    page::{Page, done},
    told::{Told, is_part},
    visit::{MaybeVisit, Visit, name, own_establishment},
};

/// What a page says of itself to what stands around it.
pub(crate) struct Frame {
    /// Its `h1`, and the name of its window.
    pub(crate) title: Cow<'static, str>,
    pub(crate) reader: Reader,
    /// What was just done, when the page follows an action.
    pub(crate) told: Option<Told>,
}

/// Who looks at a page.
pub(crate) enum Reader {
    /// It was not asked: the page of an error, that of signing in.
    Anybody,
    /// Somebody who is not signed in.
    Nobody,
    SignedIn(Account),
}

/// Who is signed in, as the head of a page says it.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) role: &'static str,
    /// Where they work or study, if anywhere.
    pub(crate) school: Option<School>,
    /// Their own room: "Mon établissement", "Ma classe"…
    pub(crate) tab: Tab,
    /// What stands on the left of their establishment's pages.
    pub(crate) menu: Vec<Entry>,
}

/// The establishment of whoever is signed in.
pub(crate) struct School {
    pub(crate) name: String,
    /// Once it is registered.
    pub(crate) year: Option<SchoolYear>,
    /// How many of its pupils have no class.
    pub(crate) waiting: i64,
}

impl Frame {
    /// Around a page that is the same for everybody.
    pub(crate) fn for_anybody(title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            title: title.into(),
            reader: Reader::Anybody,
            told: None,
        }
    }

    /// Around a page that offers to sign in.
    pub(crate) fn for_nobody(title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reader: Reader::Nobody,
            ..Self::for_anybody(title)
        }
    }

    /// Who is signed in, if anybody is.
    pub(crate) fn account(&self) -> Option<&Account> {
        match &self.reader {
            Reader::SignedIn(account) => Some(account),
            Reader::Anybody | Reader::Nobody => None,
        }
    }

    /// The establishment of whoever is signed in, if they have one.
    pub(crate) fn school(&self) -> Option<&School> {
        self.account()?.school.as_ref()
    }

    /// Whether signing in and up are offered.
    pub(crate) fn invites(&self) -> bool {
        matches!(self.reader, Reader::Nobody)
    }

    /// Where the style sheet, the icon and the script are.
    #[expect(
        clippy::unused_self,
        reason = "templates reach functions through values"
    )]
    pub(crate) fn assets(&self) -> [&'static str; 3] {
        [assets::style(), assets::icon(), assets::script()]
    }
}
