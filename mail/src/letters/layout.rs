//! The two layouts around a wording: plain text, and HTML.

use askama::Template;
use domain::values::EmailAddress;

use super::letter::{Letter, Made, Wording};

/// The paragraph of a wording that the link takes the place of.
const LINK: &str = "[link]";

/// The letter in both forms, to whom it greets by name, leading to this page. No value can make it fail;
/// askama's signature allows for some that could.
pub(super) fn letter<W: Wording>(
    to: EmailAddress,
    name: Option<&str>,
    link: Option<&str>,
    wording: &W,
) -> Made {
    let subject = W::SUBJECT;
    let wording = wording.render()?;
    let blocks = &blocks(&wording, W::ACTION, link)[..];
    Ok(Some(Letter {
        to,
        subject,
        text: PlainText { name, blocks }.render()?,
        html: Html {
            subject,
            name,
            blocks,
        }
        .render()?,
    }))
}

/// The wording in paragraphs: blank lines part them, other line ends are for whoever edits them.
fn blocks<'a>(wording: &str, label: &'static str, link: Option<&'a str>) -> Vec<Block<'a>> {
    let block = |paragraph: &str| match link {
        Some(url) if paragraph.trim() == LINK => Block::Link { label, url },
        _ => Block::Text(
            paragraph
                .split_ascii_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        ),
    };
    wording.split("\n\n").map(block).collect()
}

/// A part of a letter, on a line of its own.
enum Block<'a> {
    Text(String),
    /// The page that the letter leads to, and what opens it.
    Link {
        label: &'static str,
        url: &'a str,
    },
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
