use super::{letter::Wording, *};

const TOKEN: &str = "qvC0ak5yM1lT8fXnD3sWbZ7uH2eR9oP4iG6jK-L_xAY";

pub(super) const NAME: &str = "Éléonore <script>alert('été')</script>";

pub(super) const ESTABLISHMENT: &str = "Collège de l'Été <b>, L'Haÿ-les-Roses (9990021U)";

/// A letter with the name of its snapshot, and the page that it leads to.
pub(super) type Sample = (&'static str, Option<String>, Letter);

pub(super) fn sample(
    sample: &'static str,
    name: Option<&str>,
    link: Option<String>,
    wording: &impl Wording,
) -> Sample {
    let to = "zoe@ac-demo.test".parse().unwrap();
    let letter = layout::letter(to, name, link.as_deref(), wording);
    (sample, link, letter.unwrap().unwrap())
}

pub(super) fn link(page: &str) -> String {
    format!("https://stages.test/{page}{TOKEN}")
}

pub(super) fn sign_in() -> String {
    "https://stages.test/connexion".to_owned()
}

fn samples() -> Vec<Sample> {
    [
        activation::samples(),
        address_known::samples(),
        password_reset::samples(),
        invitation::samples(),
        staff_joined::samples(),
        head_activated::samples(),
        student_rejected::samples(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// People act on these words, and no compiler reads them: whoever changes one sees here every
/// letter that it changes, whole, in both forms.
#[test]
fn every_letter_is_pinned() {
    for (name, _, letter) in samples() {
        let (subject, text, html) = (letter.subject, letter.text, letter.html);
        insta::assert_snapshot!(name, format!("{subject}\n\n{text}\n\n{html}"));
    }
}

/// Names are typed by strangers and read by mail programs: none may become markup. And a link that
/// shares its line, or is cut, is one that somebody cannot open.
#[test]
fn names_stay_names_and_the_link_stands_alone() {
    for (name, link, letter) in samples() {
        for markup in ["<script", "<b>", "<i>", "<u>", "\"A\""] {
            assert!(!letter.html.contains(markup), "{name}: {markup}");
        }
        let links: Vec<&str> = letter
            .text
            .lines()
            .filter(|line| line.contains("https://"))
            .collect();
        let expected: Vec<&str> = link.as_deref().into_iter().collect();
        assert_eq!(links, expected, "{name}");
        assert_eq!(
            letter
                .html
                .matches("<a href=\"https://stages.test/")
                .count(),
            expected.len(),
            "{name}"
        );
    }
}

/// A kind is how a waiting message is known again: two of one name would send each other's letters.
#[test]
fn each_kind_has_a_name_of_its_own() {
    let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KINDS.len());
}
