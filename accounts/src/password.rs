//! Passwords: the rules for new ones, and argon2id away from the threads that serve requests.

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell, fmt, num::NonZero, sync::LazyLock, thread::available_parallelism, time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString},
};
use domain::fold::{fold, plain};
use serde::Deserialize;
use store::Clock;
use tokio::{runtime::Runtime, sync::oneshot};
use zxcvbn::{Score, zxcvbn};

/// A password as somebody typed it. `Debug` does not show it.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// The text itself, for hashing and checking only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    /// Fewer than [`SHORTEST`] characters.
    #[error("a password has at least {SHORTEST} characters")]
    TooShort,
    /// More than [`LONGEST`] characters.
    #[error("a password has at most {LONGEST} characters")]
    TooLong,
    /// One that many people use, or that follows a plain pattern.
    #[error("a password is not one of the first that anybody would guess")]
    Common,
    /// Little more than the person's own name or address.
    #[error("a password is not made of its owner's name or address")]
    Personal,
}

impl PasswordRule {
    /// What is wrong and what to do, in French, for whoever chooses a password.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::TooShort => {
                "Ce mot de passe est trop court : il faut au moins 12 caractères, par exemple une \
                 petite phrase."
            }
            Self::TooLong => "Ce mot de passe est trop long : il faut au plus 128 caractères.",
            Self::Common => {
                "Ce mot de passe est trop courant, on le devinerait vite : choisissez-en un autre, \
                 par exemple une petite phrase."
            }
            Self::Personal => {
                "Ce mot de passe tient de votre nom ou de votre adresse, que d'autres \
                 connaissent : choisissez-en un autre, par exemple une petite phrase."
            }
        }
    }
}

/// The fewest characters of a password.
pub const SHORTEST: usize = 12;
/// The most characters of a password.
pub const LONGEST: usize = 128;

/// The shortest part of a name that says something about its owner.
const TELLING: usize = 3;
/// How many letters besides the person's own must remain.
const OWN: usize = 4;

/// How much of a password is looked at for what is common: what starts with as many characters of a
/// plain pattern is one. More would cost up to seconds, for a text that somebody makes up to that end.
const TELLING_START: usize = 24;

/// Long passwords that are common here, for an estimate that knows English ones, their usual
/// disguises, repetitions, dates, and the rows of a QWERTY keyboard.
static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let list = include_str!("common_passwords.txt").lines();
    AZERTY
        .into_iter()
        .chain(list.filter(|line| !line.starts_with('#')))
        .collect()
});

/// The rows of a French keyboard, in both directions.
const AZERTY: [&str; 7] = [
    "azertyuiop",
    "poiuytreza",
    "qsdfghjklm",
    "mlkjhgfdsq",
    "wxcvbn",
    "nbvcxw",
    "&e\"'(-e_ca",
];

/// Whether this may become somebody's password; `personal` is what others know about them (names,
/// address).
///
/// # Errors
///
/// The first rule that refuses it.
pub fn check_rules(password: &str, personal: &[&str]) -> Result<(), PasswordRule> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PasswordRule::TooShort);
    }
    if length > LONGEST {
        return Err(PasswordRule::TooLong);
    }
    let folded: String = fold(password).split_whitespace().collect();
    let mut rest = folded.clone();
    let mut words: Vec<String> = personal
        .iter()
        .flat_map(|text| fold(text).split(' ').map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.chars().count() >= TELLING)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    let letters = rest.chars().filter(|letter| letter.is_alphabetic()).count();
    if rest != folded && letters < OWN {
        return Err(PasswordRule::Personal);
    }
    if is_common(password) {
        return Err(PasswordRule::Common);
    }
    Ok(())
}

/// Whether it is among the first million that somebody would try, case and accents aside.
///
/// A list alone knows "motdepasse" and not "motdepasse2026": zxcvbn takes a password apart into what it
/// knows and counts the tries. Below a million, which is its own mark for what throttled sign-ins do not
/// stop, there is one common password or plain pattern, or two side by side. Whatever has three different
/// parts, as a phrase has, is estimated at a hundred million at least.
fn is_common(password: &str) -> bool {
    let start: String = plain(password).chars().take(TELLING_START).collect();
    zxcvbn(&start, &COMMON).score() < Score::Two
}

/// A password could not be hashed or checked: never the fault of who typed it.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is damaged, or the parameters are out of bounds.
    #[error("argon2: {0}")]
    Hash(password_hash::Error),
    /// The threads that hash cannot be started, or were stopped.
    #[error("the password thread stopped")]
    Stopped,
}

/// How many passwords are hashed at once: on every core but one, which is left to the other requests
/// and to a database beside. A lower priority on all cores does not replace it: a database is another
/// process, often in a group of its own, which it does not go before.
#[must_use]
pub fn hashers() -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    cores.saturating_sub(1).max(1)
}

/// The threads that hash: always the same ones, since each keeps its 19 MiB.
static HASHERS: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(hashers())
        .thread_keep_alive(Duration::from_hours(24))
        .thread_name("password")
        .build()
});

/// Hashes a new password, in PHC string format.
///
/// # Errors
///
/// Only when the program is stopping.
pub fn hash(
    password: &str,
    clock: &dyn Clock,
) -> impl Future<Output = Result<String, PasswordError>> + use<> {
    let password = password.to_owned();
    let mut salt = [0; 16];
    clock.random(&mut salt);
    on_a_core(move || {
        let salt = SaltString::encode_b64(&salt)?;
        let params = params()?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt.as_salt()),
            hash: Some(argon2id(&password, salt.as_salt(), params)?),
        };
        Ok(hash.to_string())
    })
}

/// The hash of nobody's password, made with the parameters of [`argon2id`].
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCE\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether this password is the one that was hashed. Without a hash, which is how an unknown
/// address ends here, it costs the same and is never right.
///
/// # Errors
///
/// [`PasswordError::Hash`] when the stored hash is damaged.
pub async fn verify(password: &str, hash: Option<&str>) -> Result<bool, PasswordError> {
    let known = hash.is_some();
    let hash = hash.unwrap_or(NOBODY).to_owned();
    let password = password.to_owned();
    let right = on_a_core(move || {
        let hash = PasswordHash::new(&hash)?;
        let (Some(salt), true) = (hash.salt, hash.algorithm == Algorithm::Argon2id.ident()) else {
            return Err(password_hash::Error::Algorithm);
        };
        // `Output` compares in constant time.
        Ok(hash.hash == Some(argon2id(&password, salt, Params::try_from(&hash)?)?))
    })
    .await?;
    Ok(known && right)
}

/// The first choice of the OWASP Password Storage Cheat Sheet for argon2id with 19 MiB.
fn params() -> Result<Params, password_hash::Error> {
    Ok(Params::new(19_456, 2, 1, None)?)
}

fn argon2id(
    password: &str,
    salt: Salt<'_>,
    params: Params,
) -> Result<Output, password_hash::Error> {
    thread_local! {
        /// Kept from one password to the next: giving 19 MiB back and asking for them again leaves
        /// the allocator with several times as much.
        static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
    }
    let mut salt_bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut salt_bytes)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(argon2.params().block_count(), Block::new());
        Output::init_with(Params::DEFAULT_OUTPUT_LEN, |output| {
            let password = password.as_bytes();
            argon2.hash_password_into_with_memory(password, salt, output, memory)?;
            Ok(())
        })
    })
}

async fn on_a_core<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
) -> Result<T, PasswordError> {
    let hashers = HASHERS.as_ref().map_err(|_| PasswordError::Stopped)?;
    let (answer, answered) = oneshot::channel();
    hashers.spawn_blocking(move || {
        // Whoever hung up while others were before them must not keep those behind waiting.
        if !answer.is_closed() {
            let _ = answer.send(work());
        }
    });
    answered
        .await
        .map_err(|_| PasswordError::Stopped)?
        .map_err(PasswordError::Hash)
}
