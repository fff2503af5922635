//! What is live, what runs and what waits, and telling those who watch.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use vitrine_core::{Country, Reason, Revision, StoreId, Timestamp};

/// Where a store's countries stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Status {
    /// The store.
    pub store: StoreId,
    /// Its newest revision.
    pub revision: Revision,
    /// Its countries, in order of their codes.
    pub countries: Vec<CountryStatus>,
}

/// Where one country stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountryStatus {
    /// Which.
    pub country: Country,
    /// Number of the latest release; none before the first.
    pub release: Option<i64>,
    /// The revision that shoppers see.
    pub revision: Option<Revision>,
    /// Revisions since that one.
    pub revisions_behind: i64,
    /// The build under way.
    pub running: Option<Running>,
    /// What was asked for and is not live yet.
    pub waiting: Option<Waiting>,
    /// Why the last build failed, if it did.
    pub last_error: Option<Trouble>,
    /// The release it was rolled back to and stays at.
    pub held_at: Option<i64>,
}

/// A build under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RunningBuild)]
pub struct Running {
    /// Since when, ms UTC.
    pub since: Timestamp,
    /// Pages looked at.
    pub pages_done: u64,
    /// Pages there are to look at, about; 0 where that is not known yet.
    pub pages_expected: u64,
    /// How much longer, ms, if it goes on as fast as so far.
    pub remaining_ms: Option<i64>,
}

impl Running {
    /// A build that looked at so many pages by now.
    pub fn at(now: Timestamp, since: Timestamp, pages_done: u64, pages_expected: u64) -> Self {
        let left = pages_expected.saturating_sub(pages_done);
        let took = i128::from(now.ms().saturating_sub(since.ms()).max(0));
        let remaining = (pages_done > 0 && pages_expected > 0)
            .then(|| took * i128::from(left) / i128::from(pages_done))
            .and_then(|ms| i64::try_from(ms).ok());
        Self { since, pages_done, pages_expected, remaining_ms: remaining }
    }
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WaitingBuild)]
pub struct Waiting {
    /// The most urgent reason.
    pub reason: Reason,
    /// The revision that should be live.
    pub revision: Revision,
    /// Since when, ms UTC.
    pub since: Timestamp,
}

/// A build that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BuildTrouble)]
pub struct Trouble {
    /// Why.
    pub why: String,
    /// When, ms UTC.
    pub at: Timestamp,
}

/// A status or why there is none.
pub type StatusResult = Result<Option<Status>, Box<dyn std::error::Error + Send + Sync>>;

/// Asks for a store's status; `None` if there is no such store.
pub type StatusSource =
    Arc<dyn Fn(StoreId) -> Pin<Box<dyn Future<Output = StatusResult> + Send>> + Send + Sync>;

/// A status as JSON; empty until it was looked at for the first time.
pub(crate) type Shown = Arc<str>;

/// Looks at the status of each store that somebody watches: once for all who do, and not at all when nobody does.
#[derive(Clone)]
pub(crate) struct Watched {
    source: StatusSource,
    every: Duration,
    stores: Arc<Mutex<BTreeMap<StoreId, watch::Receiver<Shown>>>>,
}

impl Watched {
    pub(crate) fn new(source: StatusSource, every: Duration) -> Self {
        Self { source, every, stores: Arc::default() }
    }

    /// The status from now on.
    pub(crate) fn subscribe(&self, store: &StoreId) -> watch::Receiver<Shown> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = stores.get(store) {
            return watched.clone();
        }
        let (sender, receiver) = watch::channel(Shown::from(""));
        stores.insert(store.clone(), receiver.clone());
        tokio::spawn(self.clone().look(store.clone(), sender));
        receiver
    }

    async fn look(self, store: StoreId, sender: watch::Sender<Shown>) {
        loop {
            match (self.source)(store.clone()).await {
                Ok(status) => tell(&sender, status.as_ref()),
                Err(error) => tracing::warn!(%error, %store, "the status can't be read"),
            }
            tokio::time::sleep(self.every).await;
            // Under the lock that `subscribe` takes, so nobody comes between looking and leaving.
            let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
            if sender.receiver_count() <= 1 {
                stores.remove(&store);
                return;
            }
        }
    }
}

/// Tells those who watch, if it differs from what they were told.
fn tell(sender: &watch::Sender<Shown>, status: Option<&Status>) {
    let Ok(text) = serde_json::to_string(&status) else { return };
    sender.send_if_modified(|shown| {
        let differs = **shown != text;
        if differs {
            *shown = text.into();
        }
        differs
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const EVERY: Duration = Duration::from_millis(5);

    fn status(revision: i64) -> Status {
        Status { store: StoreId::try_new("tiny").unwrap(), revision: Revision(revision), countries: vec![] }
    }

    /// A source that counts its calls and shows what the second number says.
    fn source() -> (StatusSource, Arc<(AtomicI64, AtomicI64)>) {
        let numbers = Arc::new((AtomicI64::new(0), AtomicI64::new(1)));
        let counted = numbers.clone();
        let source: StatusSource = Arc::new(move |_| {
            counted.0.fetch_add(1, Ordering::SeqCst);
            let shown = counted.1.load(Ordering::SeqCst);
            Box::pin(async move { Ok(Some(status(shown))) })
        });
        (source, numbers)
    }

    #[test]
    fn an_estimate_goes_on_as_fast_as_so_far() {
        let at = Timestamp::from_ms;
        let remaining = |now, done, expected| Running::at(at(now), at(1_000), done, expected).remaining_ms;
        assert_eq!(remaining(2_000, 100, 400), Some(3_000));
        assert_eq!(remaining(2_000, 400, 400), Some(0));
        assert_eq!(remaining(2_000, 500, 400), Some(0), "more than was thought");
        assert_eq!(remaining(2_000, 0, 400), None);
        assert_eq!(remaining(2_000, 100, 0), None);
        assert_eq!(remaining(0, 100, 400), Some(0), "a clock that was put back");
        assert_eq!(remaining(i64::MAX, 1, u64::MAX), None);
    }

    #[tokio::test]
    async fn those_who_watch_share_one_look_and_hear_of_changes_only() {
        let (source, numbers) = source();
        let watched = Watched::new(source, EVERY);
        let store = StoreId::try_new("tiny").unwrap();
        let (mut one, mut two) = (watched.subscribe(&store), watched.subscribe(&store));
        one.changed().await.unwrap();
        two.changed().await.unwrap();
        assert!(one.borrow_and_update().contains(r#""revision":1"#));
        while numbers.0.load(Ordering::SeqCst) < 5 {
            tokio::time::sleep(EVERY).await;
        }
        assert!(!one.has_changed().unwrap() && !two.has_changed().unwrap(), "nothing changed");
        numbers.1.store(2, Ordering::SeqCst);
        one.changed().await.unwrap();
        assert!(one.borrow().contains(r#""revision":2"#));
    }

    #[tokio::test]
    async fn nobody_looks_when_nobody_watches() {
        let (source, numbers) = source();
        let watched = Watched::new(source, EVERY);
        let store = StoreId::try_new("tiny").unwrap();
        let mut one = watched.subscribe(&store);
        one.changed().await.unwrap();
        drop(one);
        while watched.stores.lock().unwrap().contains_key(&store) {
            tokio::time::sleep(EVERY).await;
        }
        let calls = numbers.0.load(Ordering::SeqCst);
        tokio::time::sleep(EVERY * 20).await;
        assert_eq!(numbers.0.load(Ordering::SeqCst), calls);
        let mut again = watched.subscribe(&store);
        again.changed().await.unwrap();
        assert_eq!(numbers.0.load(Ordering::SeqCst), calls + 1);
    }
}
