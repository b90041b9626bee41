//! The directory: every collège that may be searched for, and where it stands.

use std::collections::{BTreeMap, HashMap};

use domain::{
    establishment::{EstablishmentEvent, Listing},
    event::Event,
    fold::fold,
    ids::PersonId,
    values::{LocalTime, Priority, SchoolYear, Uai},
};
use store::{
    Change, Conn, EventRecord, Nullable, Projection, Rows, StoreError, fetch_all, fetch_optional,
};

/// Keeps the table `directory`.
pub struct Directory;

/// What a run of events makes of one establishment's row.
#[derive(Default)]
struct Fate<'e> {
    listing: Option<&'e Listing>,
    decision: Option<bool>,
    head: Option<PersonId>,
    school_year: Option<SchoolYear>,
}

impl Projection for Directory {
    fn name(&self) -> &'static str {
        "directory"
    }

    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut fates: BTreeMap<&Uai, Fate<'_>> = BTreeMap::new();
        for record in events {
            if let Event::Establishment(event) = &record.event {
                fold_event(&mut fates, &record.establishment, event);
            }
        }
        vec![list(&fates), decide(&fates)]
    }
}

fn fold_event<'e>(
    fates: &mut BTreeMap<&'e Uai, Fate<'e>>,
    establishment: &'e Uai,
    event: &'e EstablishmentEvent,
) {
    let row = fates.entry(establishment).or_default();
    match event {
        EstablishmentEvent::EstablishmentListed { listing }
        | EstablishmentEvent::EstablishmentRelisted { listing } => row.listing = Some(listing),
        EstablishmentEvent::EligibilityDecided { eligible, .. } => row.decision = Some(*eligible),
        EstablishmentEvent::EstablishmentRegistered { head, school_year } => {
            row.head = Some(*head);
            row.school_year = Some(*school_year);
        }
        EstablishmentEvent::HeadReplaced { head, .. } => row.head = Some(*head),
        EstablishmentEvent::SchoolYearOpened { school_year } => {
            row.school_year = Some(*school_year);
        }
        EstablishmentEvent::StaffInvited { .. }
        | EstablishmentEvent::InvitationRevoked { .. }
        | EstablishmentEvent::StaffJoined { .. }
        | EstablishmentEvent::StaffLeft { .. }
        | EstablishmentEvent::StaffErased { .. } => {}
    }
}

fn list(fates: &BTreeMap<&Uai, Fate<'_>>) -> Change {
    let listed: Vec<(&Uai, &Listing)> = fates
        .iter()
        .filter_map(|(uai, fate)| Some((*uai, fate.listing?)))
        .collect();
    let listings = || listed.iter().map(|(_, listing)| *listing);
    let search_texts = listed
        .iter()
        .map(|(uai, listing)| search_text(uai, listing));
    let rows = Rows::new()
        .text("uai", listed.iter().map(|(uai, _)| uai))
        .text("name", listings().map(|listing| &listing.name))
        .text("city", listings().map(|listing| &listing.city))
        .optional_text("postal_code", listings().map(|l| l.postal_code.as_ref()))
        .optional_text("department", listings().map(|l| l.department.as_ref()))
        .optional_text("academy", listings().map(|l| l.academy.as_ref()))
        .optional_text("priority", listings().map(|l| l.priority.as_ref()))
        .optional_text("mailbox", listings().map(|l| l.mailbox.as_ref()))
        .integer("closed", listings().map(|l| i64::from(l.closed)))
        .text("name_key", listings().map(|listing| words(&listing.name)))
        .text("city_key", listings().map(|listing| words(&listing.city)))
        .text("search_text", search_texts);
    Change::put("directory", rows)
}

fn decide(fates: &BTreeMap<&Uai, Fate<'_>>) -> Change {
    let decided: Vec<(&Uai, &Fate<'_>)> = fates
        .iter()
        .filter(|(_, fate)| {
            fate.decision.is_some() || fate.head.is_some() || fate.school_year.is_some()
        })
        .map(|(uai, fate)| (*uai, fate))
        .collect();
    let fates = || decided.iter().map(|(_, fate)| *fate);
    let decision = |eligible| if eligible { "admitted" } else { "excluded" };
    let years = fates().map(|fate| fate.school_year.map(|year| i64::from(year.year())));
    Change {
        table: "directory",
        sql: "UPDATE {table} SET decision = COALESCE(rows.decision, {table}.decision), \
                  head = COALESCE(rows.head, {table}.head), \
                  school_year = COALESCE(rows.school_year, {table}.school_year) \
              FROM {rows} WHERE {table}.uai = rows.uai"
            .into(),
        rows: Rows::new()
            .text("uai", decided.iter().map(|(uai, _)| uai))
            .optional_text("decision", fates().map(|fate| fate.decision.map(decision)))
            .optional_text("head", fates().map(|fate| fate.head))
            .optional_integer("school_year", years),
    }
}

/// What a search may name: name, city, postal code, UAI; each word between spaces.
fn search_text(uai: &Uai, listing: &Listing) -> String {
    let postal_code = listing
        .postal_code
        .as_ref()
        .map_or("", |code| code.as_str());
    let text = format!("{} {} {postal_code} {uai}", listing.name, listing.city);
    format!(" {} ", words(&text))
}

/// Folded words, where the directory's "St" and "Ste" are what people type as "Saint" and "Sainte".
fn words(text: &str) -> String {
    let folded = fold(text);
    let words: Vec<&str> = folded
        .split(' ')
        .map(|word| match word {
            "st" => "saint",
            "ste" => "sainte",
            word => word,
        })
        .collect();
    words.join(" ")
}

/// An establishment as the directory shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five facts, any of which may hold"
)]
pub struct DirectoryEntry {
    #[sqlx(try_from = "String")]
    pub uai: Uai,
    pub name: String,
    pub city: String,
    pub postal_code: Option<String>,
    pub department: Option<String>,
    pub academy: Option<String>,
    #[sqlx(try_from = "Nullable<String>")]
    pub priority: Option<Priority>,
    /// Its official address for mail.
    pub mailbox: Option<String>,
    /// Whether the directory says that it is closed.
    pub closed: bool,
    /// Whether it may take part, which it may not once closed.
    pub eligible: bool,
    /// Whether its head registered it.
    pub registered: bool,
    /// The one it is in, once registered.
    #[sqlx(try_from = "Nullable<i64>")]
    pub school_year: Option<SchoolYear>,
    /// Whether a main teacher joined it.
    pub staffed: bool,
    pub has_classes: bool,
}

/// The columns of a [`DirectoryEntry`].
macro_rules! select_directory {
    ($rest:literal) => {
        concat!(
            "SELECT d.uai, d.name, d.city, d.postal_code, d.department, d.academy, d.priority, \
                    d.mailbox, d.school_year, d.head IS NOT NULL AS registered, \
                    d.closed = 1 AS closed, d.closed = 0 \
                    AND COALESCE(d.decision = 'admitted', d.priority IS NOT NULL) AS eligible, \
                    EXISTS (SELECT 1 FROM staff s WHERE s.establishment = d.uai \
                            AND s.role = 'main_teacher') AS staffed, \
                    EXISTS (SELECT 1 FROM classes c WHERE c.establishment = d.uai) AS has_classes \
             FROM directory d ",
            $rest
        )
    };
}

/// One establishment.
pub async fn get(conn: &mut Conn<'_>, uai: &Uai) -> Result<Option<DirectoryEntry>, StoreError> {
    fetch_optional!(
        conn,
        DirectoryEntry,
        select_directory!("WHERE d.uai = $1"),
        uai.as_str()
    )
}

/// Every establishment, by UAI.
pub async fn all(conn: &mut Conn<'_>) -> Result<Vec<DirectoryEntry>, StoreError> {
    fetch_all!(conn, DirectoryEntry, select_directory!("ORDER BY d.uai"))
}

impl DirectoryEntry {
    /// The clock that people there live by.
    #[must_use]
    pub fn clock(&self) -> LocalTime {
        LocalTime::of(self.department.as_deref(), self.academy.as_deref())
    }

    /// What stays as it is where a school gets another number: its name and its city, however lists write
    /// them.
    #[must_use]
    pub fn name_and_city(&self) -> (String, String) {
        let name = words(&self.name);
        let bare = name.strip_prefix("college ").unwrap_or(&name);
        (bare.to_owned(), words(&self.city))
    }
}

/// The clock that people in each of these establishments live by, where the directory knows it.
pub async fn clocks(
    conn: &mut Conn<'_>,
    establishments: impl IntoIterator<Item = &Uai>,
) -> Result<HashMap<Uai, LocalTime>, StoreError> {
    let known: Vec<(String, Option<String>, Option<String>)> = conn
        .read(
            "SELECT d.uai, d.department, d.academy \
             FROM {rows} JOIN directory d ON d.uai = rows.uai",
            Rows::new().text("uai", establishments),
        )
        .await?;
    let clock = |(uai, department, academy): (String, Option<String>, Option<String>)| {
        let uai = uai.parse().ok()?;
        let clock = LocalTime::of(department.as_deref(), academy.as_deref());
        Some((uai, clock))
    };
    Ok(known.into_iter().filter_map(clock).collect())
}

/// How many words of a search count.
const MAX_WORDS: usize = 5;

/// The establishments that hold every word of `query` at the start of a word of their name, city,
/// postal code or UAI. Best match first: the UAI itself, then the whole name, then the whole city,
/// then how many words are there whole; those that may take part before others.
pub async fn search(
    conn: &mut Conn<'_>,
    query: &str,
    offset: i64,
    limit: i64,
) -> Result<Vec<DirectoryEntry>, StoreError> {
    let query = words(query);
    let mut word = query.split_whitespace().take(MAX_WORDS).map(str::to_owned);
    // A missing word is empty: it is found everywhere, and nowhere whole.
    let mut next = || word.next().unwrap_or_default();
    fetch_all!(
        conn,
        DirectoryEntry,
        select_directory!(
            "WHERE d.search_text LIKE '% ' || $1 || '%' AND d.search_text LIKE '% ' || $2 || '%' \
               AND d.search_text LIKE '% ' || $3 || '%' AND d.search_text LIKE '% ' || $4 || '%' \
               AND d.search_text LIKE '% ' || $5 || '%' \
             ORDER BY CASE WHEN LOWER(d.uai) = $6 THEN 0 \
                           WHEN d.name_key = $6 OR d.name_key = 'college ' || $6 THEN 1 \
                           WHEN d.city_key = $6 OR d.postal_code = $6 THEN 2 \
                           ELSE 3 END, \
                      CASE WHEN d.search_text LIKE '% ' || $1 || ' %' THEN 0 ELSE 1 END \
                    + CASE WHEN d.search_text LIKE '% ' || $2 || ' %' THEN 0 ELSE 1 END \
                    + CASE WHEN d.search_text LIKE '% ' || $3 || ' %' THEN 0 ELSE 1 END \
                    + CASE WHEN d.search_text LIKE '% ' || $4 || ' %' THEN 0 ELSE 1 END \
                    + CASE WHEN d.search_text LIKE '% ' || $5 || ' %' THEN 0 ELSE 1 END, \
                      eligible DESC, d.name_key, d.uai \
             LIMIT $7 OFFSET $8"
        ),
        next(),
        next(),
        next(),
        next(),
        next(),
        query.clone(),
        limit,
        offset,
    )
}
