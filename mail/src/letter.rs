//! What people read: one wording per letter in `templates/mail/`, and two layouts around it, as plain
//! text and as HTML.

use askama::Template;
use domain::values::Role;

/// A letter, with what its wording names. Nothing here is escaped yet.
#[derive(Template)]
pub(super) enum Letter {
    /// How to activate an account. It greets nobody by name: the address is not proven yet, and a name
    /// that anybody may type would put their words in our mail. It says when the sign-up was: the last one
    /// counts, and may be a stranger's.
    #[template(path = "mail/activation.txt")]
    Activation {
        /// As what.
        role: Role,
        /// Where.
        establishment: String,
        /// When it was asked for, in French.
        at: String,
        /// The page that activates.
        link: String,
    },
    /// Somebody asked for an account at an address that has one.
    #[template(path = "mail/address_known.txt")]
    AddressKnown {
        /// Whether the account is a pupil's.
        student: bool,
        /// The page where one signs in.
        link: String,
    },
    /// How to choose another password.
    #[template(path = "mail/password_reset.txt")]
    PasswordReset {
        /// Who reads it.
        name: Option<String>,
        /// The page where one is chosen.
        link: String,
    },
    /// A head invites somebody to join the staff.
    #[template(path = "mail/staff_invitation.txt")]
    StaffInvitation {
        /// Who reads it.
        name: Option<String>,
        /// The head.
        inviter: Option<String>,
        /// As what.
        role: Role,
        /// Where.
        establishment: String,
        /// The class meant for them, if any.
        class: Option<String>,
        /// The page that the invitation leads to.
        link: String,
    },
    /// The service invites somebody to be the head.
    #[template(path = "mail/head_invitation.txt")]
    HeadInvitation {
        /// Who reads it.
        name: Option<String>,
        /// Of what.
        establishment: String,
        /// Whether somebody else is its head now.
        takes_over: bool,
        /// The page that the invitation leads to.
        link: String,
    },
    /// Somebody joined the head's staff.
    #[template(path = "mail/staff_joined.txt")]
    StaffJoined {
        /// Who reads it.
        name: Option<String>,
        /// Who joined.
        staff: Option<String>,
        /// As what.
        role: Role,
        /// Where.
        establishment: String,
        /// Since when, in French.
        since: String,
        /// The page where one signs in.
        link: String,
    },
    /// Somebody is now the head of the establishment that reads it.
    #[template(path = "mail/head_activated.txt")]
    HeadActivated {
        /// Who.
        head: Option<String>,
        /// Of what.
        establishment: String,
    },
    /// A pupil is no longer in an establishment.
    #[template(path = "mail/student_rejected.txt")]
    StudentRejected {
        /// Who reads it.
        name: Option<String>,
        /// Which establishment.
        establishment: String,
        /// The page where one signs in.
        link: String,
    },
}

/// A letter ready to be sent.
#[derive(Debug)]
pub(super) struct Rendered {
    /// What it is about: no name, as subjects show on locked screens.
    pub subject: &'static str,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl Letter {
    /// The letter in both forms.
    ///
    /// # Errors
    ///
    /// None that a value can cause; askama's signature allows for some.
    pub(super) fn render(&self) -> Result<Rendered, askama::Error> {
        let wording = Template::render(self)?;
        let (subject, name) = (self.subject(), self.name());
        let blocks = self.blocks(&wording);
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

    const fn subject(&self) -> &'static str {
        match self {
            Self::Activation { .. } => "Activez votre compte Mon stage de troisième",
            Self::AddressKnown { .. } => "Vous avez déjà un compte Mon stage de troisième",
            Self::PasswordReset { .. } => "Choisissez un nouveau mot de passe",
            Self::StaffInvitation { .. } => {
                "Invitation à rejoindre l'équipe de votre établissement"
            }
            Self::HeadInvitation { .. } => "Invitation à prendre en charge votre établissement",
            Self::StaffJoined { .. } => "Nouveau membre dans l'équipe de votre établissement",
            Self::HeadActivated { .. } => {
                "Un compte de chef d'établissement est actif pour votre collège"
            }
            Self::StudentRejected { .. } => {
                "Vous ne figurez plus sur les listes de l'établissement choisi"
            }
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Activation { .. } | Self::AddressKnown { .. } | Self::HeadActivated { .. } => {
                None
            }
            Self::PasswordReset { name, .. }
            | Self::StaffInvitation { name, .. }
            | Self::HeadInvitation { name, .. }
            | Self::StaffJoined { name, .. }
            | Self::StudentRejected { name, .. } => name.as_deref(),
        }
    }

    /// The page it leads to, and what opens it in HTML.
    const fn action(&self) -> Option<(&'static str, &String)> {
        match self {
            Self::Activation { link, .. } => Some(("Activer mon compte", link)),
            Self::PasswordReset { link, .. } => Some(("Choisir un mot de passe", link)),
            Self::StaffInvitation { link, .. } | Self::HeadInvitation { link, .. } => {
                Some(("Voir l'invitation", link))
            }
            Self::AddressKnown { link, .. }
            | Self::StaffJoined { link, .. }
            | Self::StudentRejected { link, .. } => Some(("Me connecter", link)),
            Self::HeadActivated { .. } => None,
        }
    }

    /// The wording in paragraphs: blank lines part them, other line ends are for whoever edits them.
    fn blocks(&self, wording: &str) -> Vec<Block> {
        wording
            .split("\n\n")
            .map(|paragraph| {
                let words: Vec<&str> = paragraph.split_whitespace().collect();
                match (words.as_slice(), self.action()) {
                    ([url], Some((label, link))) if url == link => Block::Link {
                        label,
                        url: link.clone(),
                    },
                    _ => Block::Text(words.join(" ")),
                }
            })
            .collect()
    }
}

/// A part of a letter, on a line of its own.
enum Block {
    /// A paragraph.
    Text(String),
    /// The page that the letter leads to, and what opens it.
    Link { label: &'static str, url: String },
}

#[derive(Template)]
#[template(path = "mail/layout.txt")]
struct PlainText<'a> {
    name: Option<&'a str>,
    blocks: &'a [Block],
}

#[derive(Template)]
#[template(path = "mail/layout.html")]
struct Html<'a> {
    subject: &'a str,
    name: Option<&'a str>,
    blocks: &'a [Block],
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "qvC0ak5yM1lT8fXnD3sWbZ7uH2eR9oP4iG6jK-L_xAY";

    fn link(page: &str) -> String {
        format!("https://stages.test/{page}{TOKEN}")
    }

    fn sign_in() -> String {
        "https://stages.test/connexion".to_owned()
    }

    fn name() -> String {
        "Éléonore <script>alert('été')</script>".to_owned()
    }

    fn establishment() -> String {
        "Collège de l'Été <b>, L'Haÿ-les-Roses (9990021U)".to_owned()
    }

    fn samples() -> Vec<(&'static str, Letter)> {
        let mut samples = account_samples();
        samples.extend(invitation_samples());
        samples.extend(news_samples());
        samples
    }

    fn account_samples() -> Vec<(&'static str, Letter)> {
        vec![
            (
                "activation",
                Letter::Activation {
                    role: Role::Student,
                    establishment: establishment(),
                    at: "23 novembre 2026 à 8 h 05 (UTC)".to_owned(),
                    link: link("activation?token="),
                },
            ),
            (
                "address_known_staff",
                Letter::AddressKnown {
                    student: false,
                    link: sign_in(),
                },
            ),
            (
                "address_known_student",
                Letter::AddressKnown {
                    student: true,
                    link: sign_in(),
                },
            ),
            (
                "password_reset",
                Letter::PasswordReset {
                    name: Some(name()),
                    link: link("mot-de-passe?token="),
                },
            ),
        ]
    }

    fn invitation_samples() -> Vec<(&'static str, Letter)> {
        vec![
            (
                "staff_invitation",
                Letter::StaffInvitation {
                    name: Some(name()),
                    inviter: Some("Noël D'<i>Œuf</i>".to_owned()),
                    role: Role::MainTeacher,
                    establishment: establishment(),
                    class: Some("3e \"A\" & <u>B</u>".to_owned()),
                    link: link("inscription?invitation="),
                },
            ),
            (
                "staff_invitation_bare",
                Letter::StaffInvitation {
                    name: None,
                    inviter: None,
                    role: Role::Teacher,
                    establishment: establishment(),
                    class: None,
                    link: link("inscription?invitation="),
                },
            ),
            (
                "head_invitation",
                Letter::HeadInvitation {
                    name: None,
                    establishment: establishment(),
                    takes_over: false,
                    link: link("inscription?invitation="),
                },
            ),
            (
                "head_invitation_taking_over",
                Letter::HeadInvitation {
                    name: Some(name()),
                    establishment: establishment(),
                    takes_over: true,
                    link: link("inscription?invitation="),
                },
            ),
        ]
    }

    fn news_samples() -> Vec<(&'static str, Letter)> {
        vec![
            (
                "staff_joined",
                Letter::StaffJoined {
                    name: Some(name()),
                    staff: Some(name()),
                    role: Role::Counsellor,
                    establishment: establishment(),
                    since: "23 novembre 2026 à 8 h 05 (UTC)".to_owned(),
                    link: sign_in(),
                },
            ),
            (
                "staff_joined_erased",
                Letter::StaffJoined {
                    name: None,
                    staff: None,
                    role: Role::Teacher,
                    establishment: establishment(),
                    since: "1er mars 2027 à 17 h 40 (UTC)".to_owned(),
                    link: sign_in(),
                },
            ),
            (
                "head_activated",
                Letter::HeadActivated {
                    head: Some(name()),
                    establishment: establishment(),
                },
            ),
            (
                "student_rejected",
                Letter::StudentRejected {
                    name: Some(name()),
                    establishment: establishment(),
                    link: sign_in(),
                },
            ),
        ]
    }

    /// People act on these words, and no compiler reads them: whoever changes one sees here every
    /// letter that it changes, whole, in both forms.
    #[test]
    fn every_letter_is_pinned() {
        for (name, letter) in samples() {
            let Rendered {
                subject,
                text,
                html,
            } = letter.render().unwrap();
            insta::assert_snapshot!(name, format!("{subject}\n\n{text}\n\n{html}"));
        }
    }

    /// Names are typed by strangers and read by mail programs: none may become markup. And a link that
    /// shares its line, or is cut, is one that somebody cannot open.
    #[test]
    fn names_stay_names_and_the_link_stands_alone() {
        for (name, letter) in samples() {
            let rendered = letter.render().unwrap();
            for markup in ["<script", "<b>", "<i>", "<u>", "\"A\""] {
                assert!(!rendered.html.contains(markup), "{name}: {markup}");
            }
            let links: Vec<&str> = rendered
                .text
                .lines()
                .filter(|line| line.contains("https://"))
                .collect();
            let expected: Vec<&str> = letter
                .action()
                .map(|(_, url)| url.as_str())
                .into_iter()
                .collect();
            assert_eq!(links, expected, "{name}");
            assert_eq!(
                rendered
                    .html
                    .matches("<a href=\"https://stages.test/")
                    .count(),
                expected.len(),
                "{name}"
            );
        }
    }
}
