//! Looks at the files again and again.

use super::load::{Loaded, Texts};
use super::{Tls, TlsError, Trouble};
use crate::numbers;
use crate::world::Clock;
use std::sync::Arc;
use std::time::Duration;

impl Tls {
    /// Keeps what serves at what the files hold, as long as it is polled.
    pub(crate) async fn watch(
        self: Arc<Self>,
        clock: Clock,
        interval: Duration,
        now: Arc<dyn Fn() -> i64 + Send + Sync>,
    ) {
        loop {
            clock.pause(interval).await;
            self.look(&clock, interval.min(SETTLE), &*now).await;
        }
    }

    /// Files that are being written may not fit together yet: what is new must be the same after a while.
    async fn look(&self, clock: &Clock, settle: Duration, now: &(dyn Fn() -> i64 + Send + Sync)) {
        let mut texts = Texts::read(&self.files);
        if texts.as_ref().is_ok_and(|texts| self.is_known(texts)) {
            return;
        }
        for _ in 0..SETTLES {
            clock.pause(settle).await;
            let again = Texts::read(&self.files);
            let same = texts == again;
            texts = again;
            if same {
                break;
            }
        }
        match texts {
            Err(why) => self.keep(Trouble { digest: None, why }),
            Ok(texts) if self.book().digest == texts.digest() => self.restored(),
            Ok(texts) => match texts.load(&self.files, now()) {
                Ok(loaded) => self.swap(loaded, texts.digest()),
                Err(why) => self.keep(Trouble { digest: Some(texts.digest()), why }),
            },
        }
    }

    /// Whether these are the files that serve, or those of which it was told already that they do not.
    fn is_known(&self, texts: &Texts) -> bool {
        let (digest, book) = (texts.digest(), self.book());
        match &book.trouble {
            None => book.digest == digest,
            // A certificate that is not valid yet will be: that is no reason to look at it only once.
            Some(trouble) => trouble.digest == Some(digest) && !matches!(trouble.why, TlsError::File { .. }),
        }
    }

    fn swap(&self, loaded: Loaded, digest: [u8; 32]) {
        self.serving.store(loaded.config);
        let mut book = self.book();
        book.digest = digest;
        book.trouble = None;
        drop(book);
        numbers::tls_loaded(loaded.expiry);
        tracing::info!(expiry = loaded.expiry.as_secs(), "the certificate is replaced");
    }

    fn restored(&self) {
        if self.book().trouble.take().is_some() {
            numbers::tls_restored();
            tracing::info!("the certificate's files are again those that serve");
        }
    }

    fn keep(&self, trouble: Trouble) {
        let mut book = self.book();
        if book.trouble.as_ref() == Some(&trouble) {
            return;
        }
        let why = trouble.why.to_string();
        book.trouble = Some(trouble);
        drop(book);
        numbers::tls_kept();
        tracing::error!(error = why, "the new certificate is not used; the last good one goes on to serve");
    }
}

const SETTLE: Duration = Duration::from_millis(500);
/// So often files may change while they are being looked at.
const SETTLES: usize = 5;
