//! Requests that are carried out once, however often they come: programs name them by `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header), forms by a hidden field.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, header, request::Parts, uri::PathAndQuery},
};
use commands::Once;
use domain::ids::{CorrelationId, PersonId};
use serde::de::IgnoredAny;

use crate::{
    AppState,
    boundary::RequestId,
    caller::Caller,
    problem::{Code, Problem},
};

/// The header by which a program names a request.
pub const HEADER: &str = "idempotency-key";

/// The most characters of a key: four UUIDs.
const LONGEST: usize = 144;

/// The key that a program gave; none when it gave none.
///
/// # Errors
///
/// `malformed` for one that is no text of visible characters, in quotes or without, or that comes twice.
pub fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if headers.contains_key(HEADER) {
            Err(malformed())
        } else {
            Ok(None)
        };
    };
    let key = value.to_str().map_err(|_| malformed())?.trim();
    let quoted = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    let key = quoted.unwrap_or(key);
    let fits = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    if key.is_empty() || key.len() > LONGEST || !key.chars().all(fits) {
        return Err(malformed());
    }
    Ok(Some(key.to_owned()))
}

fn malformed() -> Problem {
    Problem::malformed(format!(
        "L'en-tête Idempotency-Key contient une clé de 1 à {LONGEST} caractères visibles (un UUID, par \
         exemple), une seule fois.",
    ))
}

/// A request that names itself, as handlers find it among the extensions.
#[derive(Clone, Copy, Debug)]
struct Named {
    once: Once,
    /// Whether its events are found by what it is named, and not by the number of the request: a page that is
    /// gone on to, however often, then tells the same.
    by_name: bool,
}

/// What a handler knows of a request that may come again.
#[derive(Clone, Copy, Debug)]
pub struct Repeatable {
    /// What its events are found by.
    pub correlation: CorrelationId,
    /// What it is carried out once as, where it says so.
    pub once: Option<Once>,
}

impl Repeatable {
    /// Of a request by an account, or by nobody in particular.
    pub(crate) fn of(parts: &Parts, caller: Option<PersonId>) -> Self {
        let named = parts.extensions.get::<Named>().copied();
        let once = named.map(|named| caller.map_or(named.once, |caller| named.once.by(caller)));
        let correlation = match (named, once) {
            (Some(Named { by_name: true, .. }), Some(once)) => once.correlation(),
            _ => CorrelationId::new(RequestId::of(&parts.extensions)),
        };
        Self { correlation, once }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Repeatable {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts, None))
    }
}

/// Names a request by the key that a program gave it: what else it says must be the same when it comes again.
pub fn name(parts: &mut Parts, key: &str, body: &[u8]) {
    let once = once(parts, key, body);
    parts.extensions.insert(Named {
        once,
        by_name: false,
    });
}

/// Names a request by the key of the form that it was typed into: with something else typed, it is another.
pub fn name_form(parts: &mut Parts, key: &str, body: &[u8]) {
    let once = once(parts, key, body).with_its_content();
    parts.extensions.insert(Named {
        once,
        by_name: true,
    });
}

fn once(parts: &Parts, key: &str, body: &[u8]) -> Once {
    let path = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    let condition = parts.headers.get(header::IF_MATCH);
    let condition = condition.map_or(&[][..], HeaderValue::as_bytes);
    let method = parts.method.as_str().as_bytes();
    Once::new(key, &[method, path.as_bytes(), condition, body])
}

/// Who sent a request that was refused, if it is one that they sent before and that was carried out then:
/// what it asks for can no longer be asked, because it was done.
pub async fn carried_out(state: &AppState, parts: &Parts) -> Option<Caller> {
    let mut parts = parts.clone();
    let caller = Caller::from_request_parts(&mut parts, state).await.ok()?;
    let done = state.commands.done::<IgnoredAny>(caller.by().once).await;
    done.ok().flatten().map(|_| caller)
}

/// Whether a request may be named, since it changes something.
#[must_use]
pub fn is_nameable(method: &Method) -> bool {
    matches!(
        *method,
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE
    )
}

/// A named request, and what its sender proves to be.
type Sent = (Once, Vec<u8>);

/// The named requests under way on this server.
#[derive(Clone, Default)]
pub struct UnderWay(Arc<Mutex<HashSet<Sent>>>);

/// Keeps the same request from being carried out beside it until it is dropped.
pub struct Turn {
    under_way: UnderWay,
    request: Sent,
}

impl UnderWay {
    /// Takes the turn of a named request.
    ///
    /// # Errors
    ///
    /// `idempotency_key_in_use` while somebody has it.
    pub fn enter(&self, parts: &Parts) -> Result<Option<Turn>, Problem> {
        let Some(named) = parts.extensions.get::<Named>() else {
            return Ok(None);
        };
        let proofs = [header::AUTHORIZATION, header::COOKIE];
        let proofs = proofs.iter().filter_map(|name| parts.headers.get(name));
        let proofs: Vec<u8> = proofs.flat_map(HeaderValue::as_bytes).copied().collect();
        let request = (named.once, proofs);
        if self.requests().insert(request.clone()) {
            let under_way = self.clone();
            return Ok(Some(Turn { under_way, request }));
        }
        Err(Problem::new(
            Code::IdempotencyKeyInUse,
            "La même demande est en cours : attendez sa réponse, ou renvoyez-la dans un instant.",
        ))
    }

    fn requests(&self) -> MutexGuard<'_, HashSet<Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.under_way.requests().remove(&self.request);
    }
}

/// What is told of a key that another request came under.
pub(crate) fn key_reused() -> Problem {
    Problem::new(
        Code::IdempotencyKeyReused,
        "Cette clé (Idempotency-Key) a servi à une autre demande : donnez-en une nouvelle à celle-ci.",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    /// Quotes are of the draft, and left out by most; what is no key at all is said, and not ignored: whoever
    /// sends one counts on it.
    #[test]
    fn a_key_is_read_with_its_quotes_and_without() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, value.parse().unwrap());
            }
            key_of(&headers)
        };
        let key = "8e03978e-40d5-43e8-bc93-6894a57f9324";
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[key]).unwrap().as_deref(), Some(key));
        let quoted = format!("\"{key}\"");
        assert_eq!(read(&[&quoted]).unwrap().as_deref(), Some(key));
        let long = "x".repeat(LONGEST + 1);
        for wrong in [
            &[""][..],
            &["\"\""],
            &["a b"],
            &["\"a"],
            &[&long],
            &[key, key],
        ] {
            assert_eq!(
                read(wrong).unwrap_err().code(),
                Code::Malformed,
                "{wrong:?}"
            );
        }
    }

    fn parts(uri: &str) -> Parts {
        Request::post(uri).body(()).unwrap().into_parts().0
    }

    /// A program is told that it used a key twice; a form that was sent, gone back to and changed is another.
    #[test]
    fn a_form_with_something_else_in_it_is_another_request() {
        let caller = PersonId::new(uuid::Uuid::from_u128(1));
        let of = |name: fn(&mut Parts, &str, &[u8]), uri, body: &[u8]| {
            let mut parts = parts(uri);
            name(&mut parts, "a-key", body);
            Repeatable::of(&parts, Some(caller))
        };
        for name in [name, name_form] {
            let [one, same] = [1, 2].map(|_| of(name, "/a", b"x"));
            assert_eq!(one.once, same.once);
            assert_ne!(one.once, of(name, "/a", b"y").once);
            assert_ne!(one.once, of(name, "/b", b"x").once);
        }
        let form = |body| of(name_form, "/a", body).correlation;
        assert_eq!(form(b"x"), form(b"x"));
        assert_ne!(form(b"x"), form(b"y"));
    }

    /// The second press of a button arrives while the first is under way.
    #[test]
    fn the_same_request_is_under_way_once() {
        let under_way = UnderWay::default();
        let mut parts = parts("/a");
        assert!(under_way.enter(&parts).unwrap().is_none());
        name(&mut parts, "a-key", b"x");
        let turn = under_way.enter(&parts).unwrap();
        assert!(turn.is_some());
        let refused = under_way.enter(&parts).err().unwrap();
        assert_eq!(refused.code(), Code::IdempotencyKeyInUse);
        let mut others = parts.clone();
        others
            .headers
            .insert(header::COOKIE, "x=y".parse().unwrap());
        assert!(under_way.enter(&others).unwrap().is_some());
        drop(turn);
        assert!(under_way.enter(&parts).unwrap().is_some());
    }
}
