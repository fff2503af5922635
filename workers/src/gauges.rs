//! Gauges: shows what waits and what was given up, as it stands in queue and database.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use vitrine_core::{Clock, Priority};
use vitrine_db::Db;
use vitrine_letters::Postman;
use vitrine_queue::Queue;
use vitrine_telemetry::record;

use crate::WorkerError;

/// As often as Prometheus asks by default.
const EVERY: Duration = Duration::from_secs(15);

/// Keeps the metrics of what waits and what was given up.
#[derive(Debug)]
pub struct Gauges {
    db: Db,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    /// Priorities of which something waited.
    seen: BTreeSet<Priority>,
}

impl Gauges {
    /// Gauges of a database and a queue.
    pub fn new(db: Db, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>) -> Self {
        Self { db, queue, clock, seen: BTreeSet::new() }
    }

    /// Looks from time to time until `stop` ends. A failure is logged.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let next = async {
                if let Err(error) = self.round().await {
                    tracing::warn!(%error, "what waits and what was given up can't be counted");
                }
                tokio::time::sleep(EVERY).await;
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = next => {}
            }
        }
    }

    /// Looks once.
    ///
    /// # Errors
    /// When queue or database fail.
    pub async fn round(&mut self) -> Result<(), WorkerError> {
        record::letters_dead(Postman::given_up(&self.db).await?);
        let depth = self.queue.depth().await?;
        record::queue_dead(depth.dead);
        let now = self.clock.now();
        for level in &depth.levels {
            let age = u64::try_from(now.ms() - level.oldest.ms()).unwrap_or_default();
            record::queue(level.priority, level.waiting, Some(Duration::from_millis(age)));
        }
        let waiting: BTreeSet<Priority> = depth.levels.iter().map(|level| level.priority).collect();
        for emptied in self.seen.difference(&waiting) {
            record::queue(*emptied, 0, None);
        }
        self.seen.extend(waiting);
        Ok(())
    }
}
