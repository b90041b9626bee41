//! The list of people to invite, as it is pasted.

use accounts::inviting::Guest;
use domain::values::{EmailAddress, PersonName, Uai};
use web::{
    fields,
    invitations::invited_role,
    problem::{FieldErrors, Problem, Wrong},
};

use crate::form::Form;

/// As many as may be sent at once: more than a collège has on its staff.
const MOST: usize = 100;

/// Somebody in the list, or what is wrong with their line.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) guest: Result<Guest, Problem>,
}

/// A name, and an address.
type Person = (Option<(PersonName, PersonName)>, EmailAddress);

/// Each person once, in one function.
pub(super) fn read(form: &Form, establishment: &Uai) -> Result<Vec<Line>, Problem> {
    let mut errors = FieldErrors::default();
    let lines = form.text("people").split(['\n', ';', ',']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    errors.take("people", count(lines.len()));
    let role = errors.take("role", invited_role(form.text("role")));
    let role = errors.finish_with(role)?;
    let mut known: Vec<String> = Vec::new();
    let mut read = Vec::new();
    for text in lines {
        let person = person(text);
        if let Ok((_, email)) = &person {
            if known.contains(&email.key()) {
                continue;
            }
            known.push(email.key());
        }
        let guest = person.map(|(name, email)| Guest {
            establishment: establishment.clone(),
            email,
            name,
            role,
            class: None,
        });
        read.push(Line {
            text: text.to_owned(),
            guest: guest.map_err(|wrong| {
                let mut errors = FieldErrors::default();
                errors.take::<()>("people", Err(wrong));
                errors.into()
            }),
        });
    }
    Ok(read)
}

fn count(lines: usize) -> Result<(), Wrong> {
    match lines {
        0 => Err(fields::required("Indiquez au moins une adresse.")),
        1..=MOST => Ok(()),
        _ => {
            let detail = format!(
                "{lines} personnes, c'est trop à la fois : invitez-en {MOST} au plus, puis les \
                 suivantes."
            );
            Err(("too_many", detail.into()))
        }
    }
}

/// "Lise Moreau <l.moreau@ac-demo.test>", as mail programs write it, or the address alone: then whoever
/// comes says their name.
fn person(text: &str) -> Result<Person, Wrong> {
    let Some((name, email)) = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
    else {
        return Ok((None, fields::email(text)?));
    };
    let email = fields::email(email)?;
    let name = name.trim().trim_matches('"').trim();
    if name.is_empty() {
        return Ok((None, email));
    }
    let Some((first_name, last_name)) = name.split_once(char::is_whitespace) else {
        let detail = "indiquez le prénom et le nom, ou l'adresse seule.";
        return Err(("invalid", detail.into()));
    };
    let name = (
        fields::person_name(first_name)?,
        fields::person_name(last_name)?,
    );
    Ok((Some(name), email))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(people: &str) -> Vec<String> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("people", people)
            .append_pair("role", "teacher")
            .finish();
        let uai = Uai::parse("9990021U").unwrap();
        let lines = read(&Form::read(&body), &uai).unwrap();
        let shown = |line: Line| match line.guest {
            Ok(Guest { name, email, .. }) => {
                let name = name.map_or("–".to_owned(), |(first, last)| format!("{first}|{last}"));
                format!("{name} {email}")
            }
            Err(problem) => format!("{} : {}", line.text, problem.errors()[0].code),
        };
        lines.into_iter().map(shown).collect()
    }

    /// A head has the addresses in a message, a spreadsheet or an address book, and pastes them as they are.
    #[test]
    fn a_list_is_read_however_it_is_pasted() {
        let pasted = "Lise Moreau <l.moreau@ac-demo.test>\r\n\
                      \"Anaïs de La Tour\" <a@ac-demo.test>; k@ac-demo.test,\n\n\
                      <n@ac-demo.test>\n K@AC-demo.test ";
        let expected = [
            "Lise|Moreau l.moreau@ac-demo.test",
            "Anaïs|de La Tour a@ac-demo.test",
            "– k@ac-demo.test",
            "– n@ac-demo.test",
        ];
        assert_eq!(lines(pasted), expected);
    }

    /// One line that is wrong says so by itself.
    #[test]
    fn a_wrong_line_is_named() {
        let pasted = "lise\nMoreau <l@ac-demo.test>\nLise Moreau <l@>\nb@ac-demo.test";
        let expected = [
            "lise : invalid",
            "Moreau <l@ac-demo.test> : invalid",
            "Lise Moreau <l@> : invalid",
            "– b@ac-demo.test",
        ];
        assert_eq!(lines(pasted), expected);
    }

    /// Nothing to send, too much, or no function: said before anything is sent.
    #[test]
    fn the_whole_is_refused_before_a_line_is_sent() {
        let many = "a@ac-demo.test\n".repeat(MOST + 1);
        for people in [" , \n", &many] {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("people", people)
                .finish();
            let uai = Uai::parse("9990021U").unwrap();
            let problem = read(&Form::read(&body), &uai).err().unwrap();
            let fields: Vec<&str> = problem.errors().iter().map(|it| &*it.field).collect();
            assert_eq!(fields, ["people", "role"]);
        }
    }
}
