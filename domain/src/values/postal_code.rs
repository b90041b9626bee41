use super::text::text_value;

/// A French postal code: five digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostalCode(String);

/// The text is not made of five digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a postal code is five digits")]
pub struct PostalCodeError;

impl PostalCode {
    /// Reads a postal code, spaces aside. Four digits get their leading zero back: spreadsheets
    /// take "01000" for a number and write "1000".
    pub fn parse(text: &str) -> Result<Self, PostalCodeError> {
        let digits: String = text.split_whitespace().collect();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PostalCodeError);
        }
        match digits.len() {
            5 => Ok(Self(digits)),
            4 => Ok(Self(format!("0{digits}"))),
            _ => Err(PostalCodeError),
        }
    }
}

text_value!(PostalCode, PostalCodeError);

#[cfg(test)]
mod tests {
    use super::*;

    /// Spreadsheets drop the leading zero of nine departments' codes; without it back, a search for
    /// "01000" would not find Bourg-en-Bresse.
    #[test]
    fn a_postal_code_gets_its_zero_back() {
        assert_eq!(PostalCode::parse("1000").unwrap().as_str(), "01000");
        assert_eq!(PostalCode::parse("13 200").unwrap().as_str(), "13200");
        for malformed in ["", "100", "132000", "2A004", "１３２００"] {
            assert_eq!(
                PostalCode::parse(malformed),
                Err(PostalCodeError),
                "{malformed}"
            );
        }
    }
}
