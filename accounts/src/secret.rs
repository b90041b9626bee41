//! Tokens: secrets that the program hands out and keeps only hashed.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use store::Clock;

/// What somebody holds to prove a session or an address: 256 random bits. `Debug` does not show it.
pub struct Token(String);

impl Token {
    pub(crate) fn random(clock: &dyn Clock) -> Self {
        let mut bytes = [0; 32];
        clock.random(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text that its holder sends back.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// What stands in the database for a token. Whoever reads the table cannot use it; 256 random bits
/// need no slow hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// Of what a client sent.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(format!("{:x}", Sha256::digest(token)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use store::SystemClock;

    use super::*;

    /// The table must be of no use to whoever steals it, and a token must not be guessed: 256 bits
    /// are 43 characters of base64url, hashed before they are stored.
    #[test]
    fn a_token_is_long_and_stored_hashed() {
        let (token, other) = (Token::random(&SystemClock), Token::random(&SystemClock));
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token.expose(), other.expose());
        assert_eq!(
            TokenHash::of("abc").0,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
