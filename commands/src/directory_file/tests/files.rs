use std::path::Path;

use domain::values::{PostalCode, Priority};

use super::{Outcome, told};
use crate::directory_file::{DirectoryFile, DirectoryFileError, Format, read};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn open(path: &Path) -> Result<DirectoryFile, DirectoryFileError> {
    read(std::fs::File::open(path)?)
}

fn sample(name: &str) -> Result<DirectoryFile, DirectoryFileError> {
    open(&Path::new(ROOT).join("tests/samples/directory").join(name))
}

/// What a file comes down to.
#[derive(Debug, PartialEq)]
struct Facts {
    format: Format,
    rows: u64,
    schools: usize,
    rep: usize,
    rep_plus: usize,
    leading_zeros: usize,
    mailboxes: usize,
    skipped: usize,
    refused: usize,
    notes: usize,
}

fn facts(file: &DirectoryFile) -> Facts {
    let count = |wanted| {
        file.schools
            .iter()
            .filter(|s| s.update.priority == Some(wanted))
            .count()
    };
    let zero = |code: &PostalCode| code.as_str().starts_with('0');
    Facts {
        format: file.format,
        rows: file.rows,
        schools: file.schools.len(),
        rep: count(Some(Priority::Rep)),
        rep_plus: count(Some(Priority::RepPlus)),
        leading_zeros: file
            .schools
            .iter()
            .filter(|s| s.update.postal_code.as_ref().is_some_and(zero))
            .count(),
        mailboxes: file
            .schools
            .iter()
            .filter(|s| s.update.mailbox.is_some())
            .count(),
        skipped: file.skipped.len(),
        refused: file.refused.len(),
        notes: file.notes.len(),
    }
}

/// Who may sign up is decided by these two files, read as the ministry ships them: a rule that
/// is right on made-up rows and loses one real collège shuts a school out. In the second, no
/// collège's postal code starts with a zero, 429 of them having lost it. In the first, the 45
/// mailboxes of La Réunion are written "ac-la reunion.fr", with a space: no address.
#[test]
#[ignore = "needs the public lists, in the folder that MONSTAGE_REAL_DATA names"]
fn the_public_lists_are_read_as_they_are() -> Outcome {
    let folder = std::env::var_os("MONSTAGE_REAL_DATA").expect("MONSTAGE_REAL_DATA is set");
    let folder = Path::new(ROOT).join(folder);
    let rep = open(&folder.join("liste-des-rep-et-rep-rentree-2022.csv"))?;
    let expected = Facts {
        format: Format::PriorityEducationList,
        rows: 7_719,
        schools: 1_092,
        rep: 731,
        rep_plus: 361,
        leading_zeros: 0,
        mailboxes: 1_047,
        skipped: 6_627,
        refused: 0,
        notes: 45,
    };
    assert_eq!(facts(&rep), expected);
    let establishments = open(&folder.join("liste-etablissements.csv"))?;
    let expected = Facts {
        format: Format::EstablishmentList,
        rows: 10_339,
        schools: 7_666,
        rep: 732,
        rep_plus: 368,
        leading_zeros: 429,
        mailboxes: 0,
        skipped: 2_673,
        refused: 0,
        notes: 0,
    };
    assert_eq!(facts(&establishments), expected);
    Ok(())
}

/// The samples hold every quirk that the real lists were seen to have, for those who build this
/// project without them.
#[test]
fn the_samples_are_read() -> Outcome {
    let expected = Facts {
        format: Format::PriorityEducationList,
        rows: 9,
        schools: 4,
        rep: 2,
        rep_plus: 2,
        leading_zeros: 0,
        mailboxes: 3,
        skipped: 4,
        refused: 1,
        notes: 1,
    };
    assert_eq!(facts(&sample("rep-2022.csv")?), expected);
    let expected = Facts {
        format: Format::EstablishmentList,
        rows: 8,
        schools: 5,
        rep: 2,
        rep_plus: 1,
        leading_zeros: 1,
        mailboxes: 0,
        skipped: 2,
        refused: 1,
        notes: 1,
    };
    assert_eq!(facts(&sample("etablissements.csv")?), expected);
    let expected = Facts {
        format: Format::Annuaire,
        rows: 9,
        schools: 3,
        rep: 0,
        rep_plus: 2,
        leading_zeros: 1,
        mailboxes: 3,
        skipped: 3,
        refused: 3,
        notes: 0,
    };
    assert_eq!(facts(&sample("annuaire.csv")?), expected);
    Ok(())
}

/// Whoever runs the import opens the file at the line it was told and must find there the row
/// that was meant, with a reason that says what to change.
#[test]
fn each_row_that_is_not_listed_says_where_and_why() -> Outcome {
    let file = sample("annuaire.csv")?;
    assert_eq!(
        told(&file.skipped),
        [
            (3, "pas un collège : « Ecole »"),
            (6, "état : « FERMÉ »"),
            (10, "pas un collège : « Lycée »"),
        ]
    );
    assert_eq!(
        told(&file.refused),
        [
            (
                5,
                "UAI 9990001X déjà vu ligne 2, qui compte ; ici, autre chose pour le nom, \
                 l'éducation prioritaire"
            ),
            (8, "UAI « 9990010H » : la lettre devrait être G"),
            (
                9,
                "éducation prioritaire « ZEP » inconnue : REP, REP+ ou rien"
            ),
        ]
    );
    Ok(())
}
