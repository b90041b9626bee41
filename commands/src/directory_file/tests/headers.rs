use super::{HEADER, Outcome, TILLEULS, establishments, read, refusal, told};
use crate::directory_file::Format;

/// Publishers rename and reorder columns from one year to the next. Bound by position, a city
/// would one day be imported as a school's name.
#[test]
fn columns_are_bound_by_name_whatever_their_order_and_spelling() -> Outcome {
    let text = "Nom Commune;ÉTAT;identifiant de l'établissement;Code postal;NOM_ETABLISSEMENT ;\
                type établissement;Mail;Appartenance éducation prioritaire;Libellé académie\n\
                Valclair;OUVERT;9990001X;1999;Collège les Tilleuls;Collège;\
                ce.9990001x@ac-demo.test;rep +;Démo\n";
    let file = read(text.as_bytes())?;
    assert_eq!(file.format, Format::Annuaire);
    let update = &file.schools[0].update;
    assert_eq!(
        (update.name.as_str(), update.city.as_str()),
        ("Collège les Tilleuls", "Valclair")
    );
    assert_eq!(
        update
            .postal_code
            .as_ref()
            .map(ToString::to_string)
            .as_deref(),
        Some("01999")
    );
    assert_eq!(update.academy.as_deref(), Some("Démo"));
    assert_eq!(
        told(&file.notes),
        [(1, "colonne « Libelle_departement » absente")]
    );
    Ok(())
}

/// The priority-education list numbers departments in one column and names them in another,
/// told apart by a degree sign; and `º`, a letter, is often typed for `°`.
#[test]
fn a_degree_sign_tells_the_number_of_a_department_from_its_name() -> Outcome {
    for sign in ['°', 'º'] {
        let text = format!(
            "N{sign}Département;N{sign} UAI;TYPE_DETABLISSEMENT;NOM DE L'ETABLISSEMENT;COMMUNE;EP;DEPARTEMENT\n\
             999;9990001X;COLLEGE;LES TILLEULS;VALCLAIR;REP;VAL-DE-DEMO\n"
        );
        let file = read(text.as_bytes())?;
        assert_eq!(
            file.schools[0].update.department.as_deref(),
            Some("VAL-DE-DEMO")
        );
    }
    Ok(())
}

/// A list that lacks the label or the type would be imported without a word and open the service
/// to no one, or to every lycée. The message names the columns as the publisher writes them, for
/// the reader to look for in the file.
#[test]
fn a_missing_column_is_named() {
    let text = format!("{}\n", HEADER.replace("type_etab", "genre"));
    let message = refusal(text);
    assert!(
        message.contains("il y manque la colonne « type_etab »"),
        "{message}"
    );
    assert!(message.contains("la liste des établissements"), "{message}");

    let message = refusal("NUMERO;COMMUNE;NOM DE L'ETABLISSEMENT\n");
    assert!(
        message.contains("les colonnes « TYPE_DETABLISSEMENT », « EP »"),
        "{message}"
    );
}

/// Two columns of one name leave it to chance which one is believed.
#[test]
fn a_column_that_is_there_twice_is_refused() {
    let message = refusal(format!("{HEADER};Zone EP\n"));
    assert_eq!(
        message,
        "deux colonnes s'appellent « zone_ep » : n'en gardez qu'une"
    );
}

/// The wrong file is easily picked. It must not be half understood, and the message says which
/// files would do.
#[test]
fn another_file_is_refused_with_what_was_expected() {
    let comma = format!(
        "{}\n{}\n",
        HEADER.replace(';', ","),
        TILLEULS.replace(';', ",")
    );
    for text in [
        "Bonjour,\nci-joint la liste.\n",
        "nom;commune;code postal\nX;Y;1\n",
        &comma,
    ] {
        let message = refusal(text);
        for list in [
            "REP et REP+",
            "liste des établissements",
            "Annuaire",
            "points-virgules",
        ] {
            assert!(message.contains(list), "{message}");
        }
    }
}

/// A workbook, a picture and a file in Windows-1252 all fail, each for a reason that its owner
/// can act on: saving it otherwise.
#[test]
fn what_is_not_text_in_utf_8_says_how_to_save_it() {
    let latin = [HEADER.as_bytes(), b"\r\n\r\n9990001X;Coll\xE8ge\r\n"].concat();
    let wide: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], &str); 6] = [
        (b"", "fichier vide"),
        (b"\xEF\xBB\xBF \r\n", "fichier vide"),
        (
            b"PK\x03\x04\x14\x00\x06\x00",
            "est un classeur ou une archive",
        ),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00",
            "est un classeur ou une archive",
        ),
        (&wide, "n'est pas du texte en UTF-8"),
        (&latin, "la ligne 3 n'est pas en UTF-8"),
    ];
    for (bytes, expected) in cases {
        let message = refusal(bytes);
        assert!(message.contains(expected), "{message}");
        let remedy = if expected == "fichier vide" {
            "téléchargez"
        } else {
            "enregistrez"
        };
        assert!(message.contains(remedy), "{message}");
    }
}

/// What a list is silent about stays as it was in the directory; what it says is empty is not
/// the same: a school that lost its label has an empty cell.
#[test]
fn a_column_that_is_lacking_and_a_label_that_is_empty_are_told_apart() -> Outcome {
    let file = establishments(&["9990001X;Collège;Collège les Tilleuls;;Valclair;"])?;
    let update = &file.schools[0].update;
    assert_eq!(update.priority, Some(None));
    assert_eq!(update.postal_code, None);
    assert_eq!(
        (&update.department, &update.academy, &update.mailbox),
        (&None, &None, &None)
    );
    Ok(())
}
