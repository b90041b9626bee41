use unicode_normalization::UnicodeNormalization;

use super::text::text_value;

/// An e-mail address that mail can be sent to, its domain in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Why a text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// Nothing but white space.
    #[error("an e-mail address is needed")]
    Empty,
    /// More than 254 characters, the most that SMTP carries (RFC 5321, section 4.5.3.1.3).
    #[error("an e-mail address has at most 254 characters")]
    TooLong,
    /// It holds a character that no address has there.
    #[error("an e-mail address holds no {letter:?}, its character number {place}")]
    Character {
        letter: char,
        /// From 1, white space around the address aside.
        place: usize,
    },
    /// It has not the form `name@domain`.
    #[error("an e-mail address has the form name@domain")]
    Malformed,
}

const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
const LONGEST_LABEL: usize = 63;

impl EmailAddress {
    /// Reads an address, white space around it aside. Quoted local parts, address literals and
    /// non-ASCII addresses are refused: school staff and pupils have none, a mistyped one looks so.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailAddressError::Empty);
        }
        if text.len() > LONGEST {
            return Err(EmailAddressError::TooLong);
        }
        match text.split_once('@') {
            Some((local, domain)) if is_local_part(local) && is_domain(domain) => {
                Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
            }
            Some(_) => Err(stranger(text).unwrap_or(EmailAddressError::Malformed)),
            // A name, say: nothing but more of it makes an address.
            None => Err(EmailAddressError::Malformed),
        }
    }

    /// What stands after the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// What must be unique among accounts. Servers may tell the case of the local part apart
    /// (RFC 5321, section 2.4), but none in use does, and people type it either way.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// The first character that no address has where it stands.
fn stranger(text: &str) -> Option<EmailAddressError> {
    let mut in_domain = false;
    // As people count: an accent that was typed by itself goes with its letter.
    for (letter, place) in text.nfc().zip(1..) {
        let fits = match letter {
            '@' | '.' => true,
            letter if in_domain => is_of_label(letter),
            letter => is_of_atom(letter),
        };
        if !fits {
            return Some(EmailAddressError::Character { letter, place });
        }
        in_domain |= letter == '@';
    }
    None
}

fn is_of_atom(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter)
}

fn is_of_label(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

/// A dot-atom (RFC 5322, section 3.2.3).
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_of_atom);
    local.len() <= LONGEST_LOCAL && local.split('.').all(is_atom)
}

/// At least two host labels (RFC 1123, section 2.1), the last not a number.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(is_of_label)
    };
    domain.split('.').all(is_label)
        && domain
            .rsplit_once('.')
            .is_some_and(|(_, last)| !last.bytes().all(|b| b.is_ascii_digit()))
}

text_value!(EmailAddress, EmailAddressError);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::stable;
    use super::*;

    /// A staff address must be of the academy's domain, and an account is found by its address: both
    /// comparisons must not depend on the case somebody typed.
    #[test]
    fn an_email_address_has_a_domain_and_a_key() {
        let address = EmailAddress::parse(" Ce.0132572A@AC-Demo.test ").unwrap();
        assert_eq!(address.as_str(), "Ce.0132572A@ac-demo.test");
        assert_eq!(address.domain(), "ac-demo.test");
        assert_eq!(address.key(), "ce.0132572a@ac-demo.test");
    }

    /// An activation link sent to a mistyped address is lost without a word, so what cannot be an
    /// address is refused while the person is still there to correct it.
    #[test]
    fn what_cannot_receive_mail_is_refused() {
        for malformed in [
            "camille",
            "Zoé Martin",
            "camille@",
            "@demo.test",
            "camille@demo",
            "camille@@demo.test",
            "a@b@demo.test",
            ".camille@demo.test",
            "cam..ille@demo.test",
            "camille@-demo.test",
            "camille@demo..test",
            "camille@127.0.0.1",
        ] {
            assert_eq!(
                EmailAddress::parse(malformed),
                Err(EmailAddressError::Malformed),
                "{malformed}"
            );
        }
        assert_eq!(EmailAddress::parse("  "), Err(EmailAddressError::Empty));
        let long = format!("a@{}test", "demo.".repeat(51));
        assert_eq!(EmailAddress::parse(&long), Err(EmailAddressError::TooLong));
    }

    /// "Not complete" helps nobody who sees a whole address: the one sign to change is named, also where no
    /// screen shows it.
    #[test]
    fn a_character_that_no_address_has_is_named() {
        for (text, letter, place) in [
            (" e\u{301}lève@demo.test", 'é', 1),
            ("cam ille@demo.test", ' ', 4),
            ("camille,martin@demo.test", ',', 8),
            ("camille@demo,test", ',', 13),
            ("camille@demo_x.test", '_', 13),
            ("camille\u{200b}@demo.test", '\u{200b}', 8),
            ("camille@demo.test\r\nBcc: tous@demo.test", '\r', 18),
            ("Camille <camille@demo.test>", ' ', 8),
        ] {
            let wrong = EmailAddressError::Character { letter, place };
            assert_eq!(EmailAddress::parse(text), Err(wrong), "{text}");
        }
    }

    /// The limits are those of the mail servers: one character more, and the activation link comes back
    /// to nobody; one fewer, and somebody whose address works is turned away.
    #[test]
    fn an_email_address_is_as_long_as_mail_servers_take() {
        let address = |local: usize, labels: &[usize]| {
            let domain: String = labels
                .iter()
                .map(|length| "d".repeat(*length) + ".")
                .collect();
            EmailAddress::parse(&format!("{}@{domain}test", "c".repeat(local)))
        };
        assert!(address(64, &[63]).is_ok());
        assert_eq!(address(65, &[63]), Err(EmailAddressError::Malformed));
        assert_eq!(address(64, &[64]), Err(EmailAddressError::Malformed));
        assert!(address(64, &[63, 63, 56]).is_ok());
        assert_eq!(address(64, &[63, 63, 57]), Err(EmailAddressError::TooLong));
    }

    proptest! {
        /// Ordinary addresses pass, whatever their case.
        #[test]
        fn ordinary_addresses_pass(text in "[a-zA-Z0-9_+]{1,20}(\\.[a-z0-9]{1,8})?@[a-zA-Z][a-z0-9-]{0,5}[a-z0-9]\\.test") {
            let address = EmailAddress::parse(&text).unwrap();
            stable(&address);
            prop_assert_eq!(EmailAddress::parse(&address.key()).unwrap().key(), address.key());
        }
    }
}
