//! Live keys: what it means for a verdict that one is missing.

use crate::{Error, Judging, OutOfReach, Refusal, Unavailable};
use claimant_core::{Algorithm, KeySet, Refusal as TokenRefusal, SignedToken, UnverifiedToken};
use claimant_jwks::{Answer, Keys, Miss, Waiter};

/// What a verdict could wait for. Dropping it is not waiting.
#[derive(Default)]
pub(crate) struct Wait(Option<Waiter>);

/// Checks the signature with the keys of now. A key id that they lack may be new: whoever is to come with it is
/// told so, and `wait` is where to wait for word. An algorithm that is not allowed causes no fetch, nor does a
/// signature that does not hold.
pub(crate) fn verify<'t>(
    token: &'t UnverifiedToken<'_>,
    keys: &Keys,
    algorithms: &[Algorithm],
    issuer: &str,
    wait: &mut Wait,
) -> Result<SignedToken<'t>, Error> {
    let unavailable = || {
        let unavailable = Unavailable::new(issuer, OutOfReach::Keys);
        Err(unavailable.with_retry_after(keys.retry_after()).into())
    };
    let none = KeySet::default();
    // Once more where a key came in between.
    for _ in 0..2 {
        let loaded = keys.load();
        let known = loaded.keys();
        match token.verify(known.unwrap_or(&none), algorithms) {
            Ok(signed) => return Ok(signed),
            Err(TokenRefusal::UnknownKey) => {}
            Err(why) => return Err(Refusal::Token(why).into()),
        }
        let Some(kid) = token.header().kid.as_deref() else {
            return if known.is_some() { unknown() } else { unavailable() };
        };
        drop(loaded);
        match keys.miss(kid) {
            Miss::Present => {}
            Miss::Absent => return unknown(),
            Miss::Unavailable => return unavailable(),
            Miss::Wait(waiter) => {
                wait.0 = Some(waiter);
                return unavailable();
            }
        }
    }
    unknown()
}

/// Judges, and where a key is on its way waits for it once, no longer than the keys' policy allows, and judges
/// again.
pub(crate) fn begin<'a>(judge: impl Fn(&mut Wait) -> Judging<'a> + Send + 'a) -> Judging<'a> {
    let mut wait = Wait::default();
    match (judge(&mut wait), wait.0) {
        (Judging::Done(Err(why @ Error::Unavailable(_))), Some(waiter)) => Judging::waits(async move {
            match waiter.wait().await {
                Answer::Present => judge(&mut Wait::default()).finish().await,
                Answer::Absent => unknown(),
                Answer::Unavailable => Err(why),
            }
        }),
        (judging, _) => judging,
    }
}

/// As [`verify`], and waits as [`begin`] does.
pub(crate) async fn verify_async<'t>(
    token: &'t UnverifiedToken<'_>,
    keys: &Keys,
    algorithms: &[Algorithm],
    issuer: &str,
) -> Result<SignedToken<'t>, Error> {
    let mut wait = Wait::default();
    match (verify(token, keys, algorithms, issuer, &mut wait), wait.0) {
        (Err(why @ Error::Unavailable(_)), Some(waiter)) => match waiter.wait().await {
            Answer::Present => verify(token, keys, algorithms, issuer, &mut Wait::default()),
            Answer::Absent => unknown(),
            Answer::Unavailable => Err(why),
        },
        (outcome, _) => outcome,
    }
}

fn unknown<T>() -> Result<T, Error> {
    Err(Refusal::Token(TokenRefusal::UnknownKey).into())
}
