use super::text::text_value;

const CHECK_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
const DIGITS: usize = 7;

/// The national number of a school ("unité administrative immatriculée"): seven digits, and a
/// letter that checks them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uai(String);

/// Why a text is no UAI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UaiError {
    /// It is not made of seven digits and a letter.
    #[error("a UAI is seven digits and a letter")]
    Malformed,
    /// Its letter is not the one its digits call for: most likely a mistyped digit.
    #[error("the letter {found} does not fit these digits, which call for {expected}")]
    CheckLetter { expected: char, found: char },
}

impl Uai {
    /// Reads a UAI as people write it: in either case, with spaces anywhere. The letter is the
    /// remainder of the seven digits divided by 23, counted in the alphabet without I, O and Q.
    pub fn parse(text: &str) -> Result<Self, UaiError> {
        let mut uai: String = text.split_whitespace().collect();
        uai.make_ascii_uppercase();
        let Some((digits, letter)) = uai.split_at_checked(DIGITS) else {
            return Err(UaiError::Malformed);
        };
        let &[found @ b'A'..=b'Z'] = letter.as_bytes() else {
            return Err(UaiError::Malformed);
        };
        let mut number = 0_usize;
        for digit in digits.bytes() {
            if !digit.is_ascii_digit() {
                return Err(UaiError::Malformed);
            }
            number = number * 10 + usize::from(digit - b'0');
        }
        let expected = CHECK_LETTERS[number % CHECK_LETTERS.len()];
        if found != expected {
            return Err(UaiError::CheckLetter {
                expected: char::from(expected),
                found: char::from(found),
            });
        }
        Ok(Self(uai))
    }
}

text_value!(Uai, UaiError);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::stable;
    use super::*;

    /// A UAI is copied by hand from a letterhead. The letter catches a mistyped digit, and saying
    /// which letter was expected lets people find it.
    #[test]
    fn a_uai_is_checked_by_its_letter() {
        assert_eq!(Uai::parse(" 013 2572a").unwrap().as_str(), "0132572A");
        assert_eq!(
            Uai::parse("0132573A"),
            Err(UaiError::CheckLetter {
                expected: 'B',
                found: 'A'
            })
        );
        for malformed in [
            "",
            "0132572",
            "132572A",
            "0132572AA",
            "013257éA",
            "A1325720",
        ] {
            assert_eq!(
                Uai::parse(malformed),
                Err(UaiError::Malformed),
                "{malformed}"
            );
        }
    }

    proptest! {
        /// Seven digits have exactly one letter, so that no school can be found under two numbers.
        #[test]
        fn seven_digits_take_exactly_one_letter(digits in "[ ]?[0-9]{3}[ ]{0,2}[0-9]{4}[ ]?") {
            let accepted: Vec<Uai> = ('A'..='Z')
                .filter_map(|letter| Uai::parse(&format!("{digits}{letter}")).ok())
                .collect();
            prop_assert_eq!(accepted.len(), 1);
            accepted.iter().for_each(stable);
        }
    }
}
