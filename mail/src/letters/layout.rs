//! The two layouts around a wording: plain text, and HTML.

use askama::Template;

use super::letter::Letter;

/// A letter ready to be sent.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) subject: &'static str,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// The letter in both forms. No value can make it fail; askama's signature allows for some that could.
pub(crate) fn render(letter: &dyn Letter) -> Result<Rendered, askama::Error> {
    let wording = letter.dyn_render()?;
    let (subject, name) = (letter.subject(), letter.name());
    let blocks = blocks(&wording, letter.action());
    let blocks = blocks.as_slice();
    Ok(Rendered {
        subject,
        text: PlainText { name, blocks }.render()?,
        html: Html {
            subject,
            name,
            blocks,
        }
        .render()?,
    })
}

/// The wording in paragraphs: blank lines part them, other line ends are for whoever edits them.
fn blocks<'a>(wording: &str, action: Option<(&'static str, &'a str)>) -> Vec<Block<'a>> {
    wording
        .split("\n\n")
        .map(|paragraph| {
            let words: Vec<&str> = paragraph.split_whitespace().collect();
            match (words.as_slice(), action) {
                ([word], Some((label, url))) if *word == url => Block::Link { label, url },
                _ => Block::Text(words.join(" ")),
            }
        })
        .collect()
}

/// A part of a letter, on a line of its own.
enum Block<'a> {
    /// A paragraph.
    Text(String),
    /// The page that the letter leads to, and what opens it.
    Link { label: &'static str, url: &'a str },
}

#[derive(Template)]
#[template(path = "mail/layout.txt")]
struct PlainText<'a> {
    name: Option<&'a str>,
    blocks: &'a [Block<'a>],
}

#[derive(Template)]
#[template(path = "mail/layout.html")]
struct Html<'a> {
    subject: &'a str,
    name: Option<&'a str>,
    blocks: &'a [Block<'a>],
}
