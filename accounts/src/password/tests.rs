//! What may become a password, and what checking one costs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use argon2::PasswordVerifier;
use futures::poll;
use store::SystemClock;
use tokio::sync::RwLock;

use super::*;

/// Sign-in must not tell whether an address is known, and time would tell it: checking against
/// nobody has to take the parameters of a real hash, and never succeed.
#[tokio::test]
async fn nobody_costs_what_somebody_costs() {
    let real = hash("correct horse battery", &SystemClock).await.unwrap();
    let (real_hash, nobody) = (
        PasswordHash::new(&real).unwrap(),
        PasswordHash::new(NOBODY).unwrap(),
    );
    assert_eq!(real_hash.params, nobody.params);
    assert_eq!(real_hash.algorithm, nobody.algorithm);
    assert_eq!(real_hash.hash.unwrap().len(), nobody.hash.unwrap().len());
    // What any other argon2 implementation must accept too.
    let stock = Argon2::default().verify_password(b"correct horse battery", &real_hash);
    assert_eq!(stock, Ok(()));
    assert!(verify("correct horse battery", Some(&real)).await.unwrap());
    assert!(!verify("correct horse batterie", Some(&real)).await.unwrap());
    assert!(!verify("correct horse battery", None).await.unwrap());
}

/// When more people sign in than passwords can be checked, those who wait longest give up. Were they
/// checked all the same, those who came later would wait for nothing, until they give up too.
#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let gate = Arc::new(RwLock::new(()));
    let closed = gate.write().await;
    let mut busy: Vec<_> = (0..hashers())
        .map(|_| {
            let gate = Arc::clone(&gate);
            Box::pin(on_a_core(move || {
                drop(gate.blocking_read());
                Ok(())
            }))
        })
        .collect();
    for one in &mut busy {
        assert!(poll!(one).is_pending());
    }
    let begun = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&begun);
    let mut impatient = Box::pin(on_a_core(move || {
        flag.store(true, Ordering::Relaxed);
        Ok(())
    }));
    assert!(poll!(&mut impatient).is_pending());
    drop(impatient);
    drop(closed);

    for one in busy {
        one.await.unwrap();
    }
    hash("the next in the queue", &SystemClock).await.unwrap();
    assert!(!begun.load(Ordering::Relaxed));
}

/// A password ends up in a log by way of `{:?}` on a request. It must not be readable there.
#[test]
fn debug_hides_a_password() {
    let password: Password = serde_json::from_str("\"open sesame\"").unwrap();
    assert_eq!(password.expose(), "open sesame");
    assert!(!format!("{password:?}").contains("sesame"));
}

/// Staff sign in for years with what they choose here. Length is counted in characters, as
/// people count, and what everybody in the school knows about them is no secret.
#[test]
fn new_passwords_are_long_and_not_the_owners_name() {
    let owner = ["Éléonore", "Martin-Dubois", "eleonore.martin@ac-demo.test"];
    assert_eq!(check_rules("court", &owner), Err(PasswordRule::TooShort));
    assert_eq!(check_rules("éèàùôîéèàùô", &[]), Err(PasswordRule::TooShort));
    assert_eq!(
        check_rules(&"a b".repeat(43), &owner),
        Err(PasswordRule::TooLong)
    );
    for own in ["Martin-Dubois-1980", "eleonoremartin", "ELEONORE@ac-demo"] {
        assert_eq!(
            check_rules(own, &owner),
            Err(PasswordRule::Personal),
            "{own}"
        );
    }
    for good in ["demonstration-2026", "martin-pêcheur-bleu", "éèàùôîçâêûïë"] {
        assert_eq!(check_rules(good, &owner), Ok(()), "{good}");
    }
}

/// Length alone does not help against somebody who tries the usual ones first: passwords known from
/// leaks, with the usual additions, and what a hand slides over on a keyboard.
#[test]
fn new_passwords_are_not_the_first_that_anybody_would_try() {
    for common in [
        "lavieestbelle",
        "La Vie Est Belle".replace(' ', "").as_str(),
        "JÉTAIMEMAMAN",
        "motdepasse123",
        "MotDePasse2026",
        "password1234",
        "P@ssw0rd1234",
        "marseille2024",
        "iloveyouiloveyou",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "123412341234",
        "123456789012",
        "987654321012",
        "abcdefghijkl",
        "azertyuiopqs",
        "azertyuiop123",
        "qwertyuiopas",
        "poiuytrezaml",
        "qsdfghjklmwxcvbn",
        &"0123456789".repeat(12),
    ] {
        assert_eq!(
            check_rules(common, &[]),
            Err(PasswordRule::Common),
            "{common}"
        );
    }
}

/// There is no rule on what a password is made of: a phrase in small letters is a good one, and
/// being refused it teaches people to write passwords down.
#[test]
fn a_phrase_is_never_common() {
    for good in [
        "demonstration-2026",
        "mot de passe des essais",
        "encore un mot de passe",
        "le chat dort sur le lit",
        "lechatdortsurlelit",
        "il pleut à Brest",
        "a b c d e f g",
        "bonjour bonjour",
        "tortue marteau",
        "correct horse battery",
        "vélo-citron-gare",
        "🐢🐇🐢🐇 à midi pile",
        &"une phrase sans fin ".repeat(6),
    ] {
        assert_eq!(check_rules(good, &[]), Ok(()), "{good}");
    }
}

/// The estimate takes longer on some texts than on others, and whoever signs up chooses the text:
/// the worst must not cost more than the hash that follows anyway.
#[test]
fn no_text_takes_long_to_judge() {
    is_common("the lists are read once");
    for long in ["a@4b8c({[<d6g9i1!|l17o0s$5t+7x%z2", "@4831!0$57%2({[<6g9|+"] {
        let long: String = long.chars().cycle().take(LONGEST).collect();
        let started = std::time::Instant::now();
        assert!(!is_common(&long));
        // A hundred times what it takes in an optimised build.
        assert!(started.elapsed() < Duration::from_secs(2), "{long}");
    }
}
