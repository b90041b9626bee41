use super::{HEADER, Outcome, TILLEULS, read, refusal, told};

/// A wrong line number sends the reader to the wrong school. Blank lines, line breaks inside
/// quotes and each kind of line ending shift the count in their own way.
#[test]
fn line_numbers_are_those_of_an_editor() -> Outcome {
    let address = "9990002Y;Collège;\"Collège\r\ndes\rTrois\nPonts\";99950;Rivemont;REP";
    let lycee = "9990201P;Lycée;Lycée du Lac;99950;Rivemont;";
    for end in ["\n", "\r\n", "\r"] {
        let lines = [HEADER, TILLEULS, "", "", address, lycee, ""];
        let file = read(lines.join(end).as_bytes())?;
        let lines: Vec<u64> = file.schools.iter().map(|school| school.line).collect();
        assert_eq!(lines, [2, 5], "{end:?}");
        assert_eq!(
            told(&file.skipped),
            [(9, "pas un collège : « Lycée »")],
            "{end:?}"
        );
        assert_eq!(file.schools[1].update.name, "Collège des Trois Ponts");
        assert_eq!(file.rows, 3);
    }
    Ok(())
}

/// Spreadsheets write a byte order mark before the first header, quoted or not: taken for a part
/// of its name, it would hide the column.
#[test]
fn a_byte_order_mark_is_no_part_of_the_first_header() -> Outcome {
    for header in [HEADER.to_owned(), HEADER.replacen("uai", "\"uai\"", 1)] {
        let file = read(format!("\u{feff}{header}\r\n{TILLEULS}\r\n").as_bytes())?;
        assert_eq!((file.schools.len(), file.schools[0].line), (1, 2));
    }
    Ok(())
}

/// A file with no line break after its last row has not lost that row, quoted or not.
#[test]
fn the_last_row_needs_no_line_break() -> Outcome {
    for row in [
        TILLEULS,
        "9990001X;Collège;Les Tilleuls;99950;Valclair;\"REP\"",
    ] {
        let file = read(format!("{HEADER}\n{row}").as_bytes())?;
        assert_eq!((file.rows, file.schools.len()), (1, 1));
    }
    Ok(())
}

/// A quote that is never closed makes one cell of the rest of the file. Hundreds of schools
/// would be missing from an import that reported one bad row, or none.
#[test]
fn an_unclosed_quote_refuses_the_file_and_says_where_it_opens() {
    let rows =
        format!("{TILLEULS}\n9990002Y;Collège;Trois Ponts;99950;Rivemont;\"REP\n{TILLEULS}\n");
    let message = refusal(format!("{HEADER}\n{rows}"));
    assert!(
        message.contains("guillemet ouvert dans l'enregistrement de la ligne 3"),
        "{message}"
    );

    let message = refusal(format!("{HEADER};\"x\n{TILLEULS}\n"));
    assert!(message.contains("de la ligne 1"), "{message}");
}

/// With a field too many or too few, cells slide into their neighbours' columns: that row is
/// believed in nothing, the others still stand.
#[test]
fn a_row_of_another_width_is_refused_alone() -> Outcome {
    let rows = format!("{TILLEULS};x\n9990002Y;Lycée;Trois;Ponts\n{TILLEULS}\n");
    let file = read(format!("{HEADER}\n{rows}").as_bytes())?;
    let reason = |found| {
        format!("{found} champs au lieu de 6 : point-virgule ou guillemet de trop ou oublié")
    };
    assert_eq!(
        told(&file.refused),
        [(2, reason(7).as_str()), (3, reason(4).as_str())]
    );
    assert_eq!(file.schools[0].line, 4);
    Ok(())
}
