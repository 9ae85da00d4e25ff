//! Objects that have to be waited for: each is fetched once, and the token judged anew with it.

use super::objects::{Asked, Fetched, ObjectKind, ObjectLookup, ObjectMeta, Stale, TokenSecret};
use crate::{Authenticated, Error, Judging, OutOfReach};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Where `first` fails for want of objects that can be fetched, fetches them one after another, and judges by them.
pub(super) fn begin<'a>(
    first: Judging<'a>,
    objects: &'a dyn ObjectLookup,
    judge: impl Fn(&dyn ObjectLookup) -> Result<Authenticated, Error> + Send + 'a,
) -> Judging<'a> {
    match first {
        Judging::Done(Err(why)) if lacks_objects(&why) => Judging::waits(with_fetched(objects, judge)),
        done @ Judging::Done(_) => done,
        waits @ Judging::Waits(_) => Judging::waits(async move {
            match waits.finish().await {
                Err(why) if lacks_objects(&why) => with_fetched(objects, judge).await,
                outcome => outcome,
            }
        }),
    }
}

fn lacks_objects(why: &Error) -> bool {
    matches!(why, Error::Unavailable(why) if why.what == OutOfReach::Objects)
}

async fn with_fetched(
    objects: &dyn ObjectLookup,
    judge: impl Fn(&dyn ObjectLookup) -> Result<Authenticated, Error> + Send,
) -> Result<Authenticated, Error> {
    let mut known = Known { objects, fetched: HashMap::new(), wanted: Mutex::default() };
    loop {
        let outcome = judge(&known);
        let wanted = known.wanted.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // A token hangs on four objects at most.
        let Some(asked) = wanted.filter(|_| known.fetched.len() < MOST) else { return outcome };
        let fetched = match objects.fetch(&asked) {
            Some(fetching) => fetching.await,
            None => return outcome,
        };
        match fetched {
            Ok(fetched) => drop(known.fetched.insert(asked, fetched)),
            Err(Stale) => return outcome,
        }
    }
}

const MOST: usize = 4;

/// What a source tells at once, and what was fetched.
struct Known<'a> {
    objects: &'a dyn ObjectLookup,
    fetched: HashMap<Asked, Fetched>,
    /// The first that nobody knows.
    wanted: Mutex<Option<Asked>>,
}

impl Known<'_> {
    fn want<T>(&self, asked: Asked) -> Result<T, Stale> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(asked);
        Err(Stale)
    }
}

impl ObjectLookup for Known<'_> {
    fn get(&self, kind: ObjectKind, key: &str) -> Result<Option<ObjectMeta>, Stale> {
        let asked = Asked::Object(kind, key.to_owned());
        match self.fetched.get(&asked) {
            Some(Fetched::Object(found)) => Ok(found.clone()),
            _ => self.objects.get(kind, key).or_else(|Stale| self.want(asked)),
        }
    }

    fn token_secret(&self, key: &str) -> Result<Option<TokenSecret>, Stale> {
        let asked = Asked::TokenSecret(key.to_owned());
        match self.fetched.get(&asked) {
            Some(Fetched::TokenSecret(found)) => Ok(found.clone()),
            _ => self.objects.token_secret(key).or_else(|Stale| self.want(asked)),
        }
    }
}
