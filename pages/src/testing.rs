//! What the tests of templates share.

use std::borrow::Cow;

use askama::Template;
use domain::values::{Role, SchoolYear, Uai};
use projections::directory::DirectoryEntry;

use crate::frame::{Account, Frame, Place, Reader, School, rooms, tab};

/// What no template may do with a name: names are shown as they are typed, and are never markup.
pub(crate) const NASTY: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "O'Neil & D’Arc",
    "محمد عبد الله",
    "Œdipe-Łukasz de la Très-Longue-Maison-du-Bout-du-Chemin-qui-ne-finit-jamais-vraiment-jamais-vraiment",
    "{{ frame.title }}",
];

/// The page, once it holds what every page must.
pub(crate) fn checked(page: &impl Template) -> String {
    let html = page.render().unwrap();
    assert_eq!(html.matches("<h1").count(), 1, "one h1: {html}");
    assert_eq!(html.matches("<main id=\"contenu\"").count(), 1, "{html}");
    assert!(
        html.starts_with("<!doctype html>\n<html lang=\"fr\">"),
        "{html}"
    );
    assert!(!html.contains("<script>alert"), "markup in a name: {html}");
    assert!(!html.contains("<img"), "markup in a name: {html}");
    assert!(!html.contains(" style="), "inline style: {html}");
    assert!(!html.contains("tabindex=\"1"), "positive tabindex: {html}");
    let tables = html.matches("<table").count();
    assert_eq!(html.matches("<caption").count(), tables, "{html}");
    assert_eq!(
        html.matches("<th").count(),
        html.matches(" scope=\"").count() + html.matches("<thead").count(),
        "{html}"
    );
    html
}

/// The frame that a head of establishment sees around a page.
pub(crate) fn framed(title: impl Into<Cow<'static, str>>, here: Place) -> Frame {
    let school = School {
        name: "Collège des Grands Tilleuls".to_owned(),
        year: SchoolYear::starting(2026).ok(),
        waiting: 5,
    };
    let account = Account {
        name: NASTY[0].to_owned(),
        role: Role::Head.label(),
        tab: tab(Role::Head, None),
        menu: rooms(Role::Head, here, Some(&school)),
        school: Some(school),
    };
    Frame {
        reader: Reader::SignedIn(account),
        ..Frame::for_anybody(title)
    }
}

/// An establishment of this name, as the directory lists it.
pub(crate) fn listed(name: &str) -> DirectoryEntry {
    DirectoryEntry {
        uai: Uai::parse("9990021U").unwrap(),
        name: name.to_owned(),
        city: name.to_owned(),
        postal_code: None,
        department: None,
        academy: None,
        priority: None,
        mailbox: Some(name.to_owned()),
        closed: false,
        eligible: false,
        registered: false,
        school_year: None,
        staffed: false,
        has_classes: false,
    }
}
