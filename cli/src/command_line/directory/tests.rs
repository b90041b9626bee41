use super::{
    changes::Changes,
    report::{FileReport, ImportReport, Line},
};

fn note(line: u64, reason: &str) -> Line {
    Line {
        line,
        reason: reason.to_owned(),
    }
}

fn report() -> ImportReport {
    ImportReport {
        files: vec![FileReport {
            file: "annuaire.csv".to_owned(),
            format: "l'export".to_owned(),
            rows: 6,
            listed: 1,
            updated: 2,
            unchanged: 0,
            skipped: vec![
                note(3, "pas un collège"),
                note(4, "état : fermé"),
                note(6, "pas un collège"),
            ],
            refused: vec![note(5, "UAI absent")],
            notes: vec![],
        }],
        changes: Changes::default(),
    }
}

/// Whoever imports 10,000 rows wants to know what became of each: every row is in one of the
/// counts, the frequent reasons come first, and a refused row says where it is.
#[test]
fn every_row_is_accounted_for() {
    assert_eq!(
        report().text(false),
        "annuaire.csv (l'export)\n\
         \x20 6 lignes lues\n\
         \x20 1 collège ajouté, 2 mis à jour, 0 inchangé\n\
         \x20 3 lignes laissées de côté :\n\
         \x20       2  pas un collège\n\
         \x20       1  état : fermé\n\
         \x20 1 ligne refusée :\n\
         \x20   ligne 5 : UAI absent\n"
    );
    assert!(
        report()
            .text(true)
            .contains("    ligne 6 : pas un collège\n")
    );
}

/// A damaged file must not bury the result under thousands of lines, nor hide that they exist.
#[test]
fn a_long_list_is_cut_and_says_so() {
    let mut report = report();
    report.files[0].refused = (1..=60).map(|line| note(line, "UAI absent")).collect();
    report.files[0].skipped = (1..=30)
        .map(|line| note(line, &format!("déjà vu ligne {line}")))
        .collect();

    let short = report.text(false);
    assert!(short.contains("… et 40 de plus"));
    assert!(short.contains("   10  autres"));
    assert!(!report.text(true).contains("de plus"));
}
