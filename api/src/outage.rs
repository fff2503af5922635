//! When the database is away: requests are refused at once instead of each waiting for it, until it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vitrine_db::Db;

/// Longest time the database may take to answer when it is asked for nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pause between two looks at a database that is away.
const PAUSE: Duration = Duration::from_millis(250);

/// Whether the database is away; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage {
    is_away: Arc<AtomicBool>,
}

impl Outage {
    /// As far as is known.
    pub(crate) fn is_known(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// Looks whether the database answers in time. If it does not, it is away from now on, until it answers again.
    pub(crate) async fn look(&self, db: &Db) -> bool {
        if answers(db).await {
            return false;
        }
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::error!("the database does not answer; requests are refused until it does");
            tokio::spawn(self.clone().until_back(db.clone()));
        }
        true
    }

    async fn until_back(self, db: Db) {
        while !answers(&db).await {
            tokio::time::sleep(PAUSE).await;
        }
        self.is_away.store(false, Ordering::Relaxed);
        tracing::info!("the database is back");
    }
}

async fn answers(db: &Db) -> bool {
    matches!(tokio::time::timeout(PATIENCE, db.ping()).await, Ok(Ok(())))
}
