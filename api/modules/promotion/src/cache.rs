//! The rules of a store in memory, as long as they are the database's.
//!
//! A commit that changes rules wakes this process at once, and others through the server; whoever missed it compares
//! versions every second.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Mutex;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{Db, Wakeups};
use vitrine_pricing::{Promotion, PromotionId};

use crate::{Error, repo};

/// What a commit that changes rules calls out.
pub(crate) const TOPIC: &str = "promotion_rules";
/// How old the comparison of versions may get, ms: what a process may miss that shares a SQLite file.
const COMPARED_EVERY_MS: i64 = 1_000;

/// The rules of a store.
#[derive(Debug, Default)]
pub(crate) struct StoreRules {
    pub(crate) version: i64,
    pub(crate) automatic: Vec<Arc<Promotion>>,
    pub(crate) by_code: BTreeMap<PromotionId, Arc<Promotion>>,
}

/// The rules of all stores that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    wakeups: Option<Wakeups>,
    stores: BTreeMap<StoreId, Entry>,
}

#[derive(Debug)]
struct Entry {
    rules: Arc<StoreRules>,
    /// When the version was compared; never since the last wake-up, without.
    compared_at: Option<Timestamp>,
}

/// Whether a change was called out since the last question.
///
/// Asked once and never waited for: a wait of no time at all would still take the timer's next millisecond.
async fn was_woken(wakeups: &mut Wakeups) -> bool {
    let mut wait = pin!(wakeups.wait(Wakeups::POLL));
    poll_fn(|context| Poll::Ready(matches!(wait.as_mut().poll(context), Poll::Ready(true)))).await
}

impl Cache {
    pub(crate) async fn rules(
        &self,
        db: &Db,
        store: &StoreId,
        now: Timestamp,
    ) -> Result<Arc<StoreRules>, Error> {
        let mut state = self.0.lock().await;
        // Watched before anything is read, so that no change falls in between.
        let wakeups = state.wakeups.get_or_insert_with(|| db.wakeups(TOPIC));
        if was_woken(wakeups).await {
            state.stores.values_mut().for_each(|entry| entry.compared_at = None);
        }
        let entry = state.stores.get_mut(store);
        if let Some(entry) = entry {
            let age = entry.compared_at.map(|then| now.ms().saturating_sub(then.ms()));
            if age.is_some_and(|age| (0..COMPARED_EVERY_MS).contains(&age)) {
                return Ok(Arc::clone(&entry.rules));
            }
            if repo::version(db, store).await? == entry.rules.version {
                entry.compared_at = Some(now);
                return Ok(Arc::clone(&entry.rules));
            }
        }
        let rules = Arc::new(repo::load(db, store).await?);
        let entry = Entry { rules: Arc::clone(&rules), compared_at: Some(now) };
        state.stores.insert(store.clone(), entry);
        Ok(rules)
    }
}
