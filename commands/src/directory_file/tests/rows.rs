use domain::values::Uai;

use super::{HEADER, Outcome, TILLEULS, establishments, read, told};

/// A collège listed under a number that is not its own, without a name or without a city could
/// not be found by its staff. Rows of other schools are no concern of this program, whatever
/// they lack.
#[test]
fn a_college_needs_a_valid_uai_a_name_and_a_city() -> Outcome {
    let file = establishments(&[
        ";Collège;Les Tilleuls;99950;Valclair;REP",
        "999001X;Collège;Les Tilleuls;99950;Valclair;REP",
        "9990001a;Collège;Les Tilleuls;99950;Valclair;REP",
        "9990001X;Collège;-;99950;Valclair;REP",
        "9990001X;Collège;Les Tilleuls;99950;  ;REP",
        ";Lycée;;;;",
        ";;;;;",
        "9990201P;Section de collège;;;;",
    ])?;
    assert_eq!(
        told(&file.refused),
        [
            (2, "UAI absent"),
            (3, "UAI « 999001X » : sept chiffres et une lettre attendus"),
            (4, "UAI « 9990001a » : la lettre devrait être X"),
            (5, "nom de l'établissement absent"),
            (6, "commune absente"),
        ]
    );
    assert_eq!(
        told(&file.skipped),
        [
            (7, "pas un collège : « Lycée »"),
            (8, "pas un collège : type d'établissement absent"),
            (9, "pas un collège : « Section de collège »"),
        ]
    );
    assert!(file.schools.is_empty());
    Ok(())
}

/// UAIs are typed by hand somewhere upstream. The same school under two spellings is one school.
#[test]
fn a_uai_is_normalised_before_it_is_compared() -> Outcome {
    let again = " 999 0001 x ;collège;Collège les  Tilleuls;99950;Valclair;rep";
    let file = establishments(&[TILLEULS, again])?;
    assert_eq!(file.schools.len(), 1);
    assert_eq!(told(&file.skipped), [(3, "UAI 9990001X déjà vu ligne 2")]);
    Ok(())
}

/// Which of two rows is right, the publisher knows: the first counts, and the operator hears what the other
/// says differently.
#[test]
fn a_school_told_twice_differently_is_told_of() -> Outcome {
    let other = "9990001X;Collège;Annexe des Tilleuls;99960;Valclair;";
    let file = establishments(&[TILLEULS, other])?;
    assert_eq!(file.schools[0].update.name, "Collège les Tilleuls");
    let differs = "UAI 9990001X déjà vu ligne 2, qui compte ; ici, autre chose pour le nom, \
                   le code postal, l'éducation prioritaire";
    assert_eq!(told(&file.refused), [(3, differs)]);
    Ok(())
}

/// A spreadsheet writes as many cells as its widest row has: empty ones at the end say nothing, and one that
/// is not empty has been pushed there by something.
#[test]
fn empty_cells_at_the_end_of_a_row_say_nothing() -> Outcome {
    let text = format!(
        "sep=;\r\n{HEADER};;;\r\n{TILLEULS};;;\r\n9990002Y;Collège;Trois Ponts;99950;Rivemont;REP\r\n\
         9990003Z;Collège;Vieux Moulin;99950;Rivemont;REP; ;x\r\n9990006C;Collège;Combe;99970\r\n"
    );
    let file = read(text.as_bytes())?;
    assert_eq!((file.rows, file.schools.len()), (4, 2));
    let extra = |found| {
        format!("{found} champs au lieu de 6 : point-virgule ou guillemet de trop ou oublié")
    };
    let (more, fewer) = (extra(8), extra(4));
    assert_eq!(told(&file.refused), [(5, &*more), (6, &*fewer)]);
    Ok(())
}

/// A school that closed is listed no more, and its name is what the operator and the directory need to know:
/// unless another row says that it is open.
#[test]
fn closed_schools_are_told_apart_from_those_left_out() -> Outcome {
    let rows = [
        "9990001X;Collège;Les Tilleuls;99950;Valclair;REP;FERMÉ",
        "9990002Y;Collège;Trois Ponts;99950;Rivemont;REP;ouvert",
        "9990002Y;Collège;Trois Ponts;99950;Rivemont;REP;Ferme",
        "9990003Z;Collège;Vieux Moulin;99950;Rivemont;REP;À OUVRIR",
        "9990006X;Collège;Combe;99970;Montferrin;;FERME",
        "9990201P;Lycée;Hauts;99950;Valclair;;FERME",
    ];
    let header = "Identifiant_de_l_etablissement;Type_etablissement;Nom_etablissement;Code_postal;\
                  Nom_commune;Appartenance_Education_Prioritaire;etat";
    let file = read(format!("{header}\n{}\n", rows.join("\n")).as_bytes())?;
    let closed: Vec<&str> = file.closed.iter().map(Uai::as_str).collect();
    assert_eq!(closed, ["9990001X"]);
    assert_eq!(file.schools[0].update.closed, Some(false));
    assert_eq!((file.schools.len(), file.skipped.len()), (1, 5));
    assert_eq!(establishments(&[TILLEULS])?.schools[0].update.closed, None);
    Ok(())
}

/// A first row that could not be listed does not stand in the way of a second that can.
#[test]
fn only_a_listed_row_makes_the_next_one_a_repetition() -> Outcome {
    let file = establishments(&["9990001X;Collège;;99950;Valclair;REP", TILLEULS])?;
    assert_eq!((file.schools.len(), file.schools[0].line), (1, 3));
    Ok(())
}

/// A school without a postal code can still be found and joined; without its row it could not.
/// But a label nobody can read must not be taken for none: it decides who may sign up.
#[test]
fn an_unreadable_detail_is_left_out_and_an_unreadable_label_refuses_the_row() -> Outcome {
    let file = establishments(&[
        "9990001X;Collège;Les Tilleuls;2A;Valclair;REP",
        "9990002Y;Collège;Trois Ponts;99950;Rivemont;REP++",
    ])?;
    assert_eq!(file.schools[0].update.postal_code, None);
    assert_eq!(
        told(&file.notes),
        [(2, "code postal illisible, laissé de côté : « 2A »")]
    );
    assert_eq!(
        told(&file.refused),
        [(
            3,
            "éducation prioritaire « REP++ » inconnue : REP, REP+ ou rien"
        )]
    );
    Ok(())
}

/// A shifted or broken file can put pages of text into one cell; the report has a line per row.
#[test]
fn a_reason_quotes_no_more_than_a_line_of_the_cell() -> Outcome {
    let file = establishments(&[&format!(
        "9990001X;{};x;99950;Valclair;",
        "é\u{1}".repeat(500)
    )])?;
    let excerpt: String = "é ".repeat(30);
    assert_eq!(
        told(&file.skipped),
        [(2, format!("pas un collège : « {excerpt}… »").as_str())]
    );
    Ok(())
}
