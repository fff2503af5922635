//! What can go wrong in a worker.

use thiserror::Error;
use vitrine_core::RequestError;
use vitrine_db::DbError;
use vitrine_generator::BuildError;
use vitrine_queue::QueueError;

/// A failure of relay, scheduler, consumer or drain.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// A message can't be written or read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// What an event says can't be told.
    #[error("an event can't be announced: {0}")]
    Announcement(#[from] serde_json::Error),
    /// Letters.
    #[error(transparent)]
    Letters(#[from] vitrine_letters::Error),
    /// The clockwork behind cron expressions does not start.
    #[error("the scheduler's clockwork does not run: {0}")]
    Clockwork(#[from] tokio_cron_scheduler::JobSchedulerError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The store module.
    #[error(transparent)]
    Store(#[from] vitrine_store::Error),
    /// The catalog.
    #[error(transparent)]
    Catalog(#[from] vitrine_catalog::Error),
    /// Stock.
    #[error(transparent)]
    Inventory(#[from] vitrine_inventory::Error),
    /// Promotions.
    #[error(transparent)]
    Promotion(#[from] vitrine_promotion::Error),
    /// Rules have no JSON form.
    #[error(transparent)]
    Hash(#[from] vitrine_core::HashError),
    /// The generator.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A CDN did not confirm.
    #[error(transparent)]
    Cdn(#[from] vitrine_cdn::CdnError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for WorkerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
