//! Demands that no message reminds of any more.
//!
//! A broker gives a killed worker's message to another at once, who finds the storefront still leased, takes it that
//! somebody publishes there, and is done with the message. And a message dies after its last attempt, though the
//! trouble may pass later. What is desired stands in the database all the same.

use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_generator::{Demands, LEASE_MS, StorefrontStatus, bare_status};

use super::slot::LONGEST_RETRY;
use crate::WorkerError;

/// Storefronts that are asked for and that nobody publishes or is reminded of.
pub(super) async fn forgotten(db: &Db, now: Timestamp) -> Result<Vec<(StoreId, Country)>, WorkerError> {
    let mut all = Vec::new();
    for store in Demands::stores(db).await? {
        let status = bare_status(db, &store, now).await?;
        let here = status.iter().filter(|one| is_forgotten(one, now));
        all.extend(here.map(|one| (store.clone(), one.country)));
    }
    Ok(all)
}

/// What waits longer than a dead worker's lease lasts, is in nobody's hands, and failed so long ago that a retry would
/// have come.
fn is_forgotten(one: &StorefrontStatus, now: Timestamp) -> bool {
    let waits = one.waiting.as_ref().is_some_and(|demand| now.ms() - demand.requested_at.ms() > LEASE_MS);
    let pause = i64::try_from(LONGEST_RETRY.as_millis()).unwrap_or(i64::MAX);
    let retried = |(_, at): &(String, Timestamp)| now.ms() - at.ms() <= pause;
    waits && one.running.is_none() && !one.trouble.as_ref().is_some_and(retried)
}

#[cfg(test)]
mod tests {
    use vitrine_core::{Reason, Revision};
    use vitrine_generator::{Demand, Held};

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(10_000_000);

    fn waiting(since_ms: i64) -> StorefrontStatus {
        let country = Country::try_new("DE").unwrap();
        let demand = Demand {
            country,
            revision: Revision(1),
            reason: Reason::CatalogChanged,
            sweep: false,
            asked: 1,
            requested_at: NOW.plus_ms(-since_ms),
            trace: None,
        };
        StorefrontStatus {
            country,
            release: None,
            revision: None,
            behind: 1,
            as_of: None,
            running: None,
            waiting: Some(demand),
            trouble: None,
            held_at: None,
        }
    }

    #[test]
    fn what_waits_longer_than_a_lease_is_forgotten() {
        assert!(is_forgotten(&waiting(LEASE_MS + 1), NOW));
        assert!(!is_forgotten(&waiting(LEASE_MS), NOW));
        assert!(!is_forgotten(&StorefrontStatus { waiting: None, ..waiting(0) }, NOW));
    }

    #[test]
    fn what_somebody_publishes_or_tries_again_is_not() {
        let held = Held { owner: "w/1".into(), until: NOW.plus_ms(1), progress: None };
        assert!(!is_forgotten(&StorefrontStatus { running: Some(held), ..waiting(LEASE_MS + 1) }, NOW));
        let failed = |ms: i64| StorefrontStatus {
            trouble: Some(("no".into(), NOW.plus_ms(-ms))),
            ..waiting(LEASE_MS + 1)
        };
        assert!(!is_forgotten(&failed(300_000), NOW));
        assert!(is_forgotten(&failed(300_001), NOW));
    }
}
