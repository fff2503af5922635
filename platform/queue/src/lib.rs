//! The queue: messages by priority, embedded in the database or on RabbitMQ.
//!
//! [`Queue`] is the door; [`EmbeddedQueue`] and [`RabbitQueue`] keep the same contract (`tests/contract.rs`). A message
//! is a wake-up that may come twice, late or in another order: what is to be done stands in the database. This crate
//! carries bytes and knows nothing of what they ask for; `docs/messages.md` describes both. [`Exchange`] tells events to
//! the outside; only RabbitMQ has one ([`RabbitExchange`], `docs/events.md`).

mod delivery;
mod embedded;
mod error;
mod exchange;
mod message;
mod rabbit;

use std::fmt::Debug;

use async_trait::async_trait;
use vitrine_db::Db;

pub use delivery::{Delivery, Retried};
pub use embedded::{EmbeddedQueue, MODULE};
pub use error::QueueError;
pub use exchange::{Announcement, Exchange};
pub use message::{Depth, Level, Listed, Message, State};
pub use rabbit::{ExchangeOptions, RETRY_STEPS, RabbitExchange, RabbitOptions, RabbitQueue};

/// How often a message is delivered before [`Delivery::retry_after`] puts it among the dead, unless said otherwise.
pub const ATTEMPTS: u32 = 8;

/// Carries messages from those who want something done to those who do it.
#[async_trait]
pub trait Queue: Send + Sync + Debug {
    /// Returns once every message is stored and confirmed; on an error some may be, so publish all of them again.
    ///
    /// # Errors
    /// [`QueueError::Message`] before anything is sent, when an id is none. Everything else is worth another try
    /// ([`QueueError::is_transient`]).
    async fn publish(&self, messages: &[Message]) -> Result<(), QueueError>;

    /// The queue itself where its messages are rows of `db`: then they can be published in a transaction there
    /// ([`EmbeddedQueue::publish_in`]).
    fn within(&self, db: &Db) -> Option<&EmbeddedQueue> {
        let _ = db;
        None
    }

    /// Waits for the most urgent message, the oldest among equals, and holds it for the caller until it is answered.
    ///
    /// Safe to drop: what was about to be delivered goes to another receiver. RabbitMQ gone means waiting until it is
    /// back.
    ///
    /// # Errors
    /// When the database fails, or the runtime is shutting down.
    async fn receive(&self) -> Result<Delivery, QueueError>;

    /// How much there is.
    ///
    /// # Errors
    /// When it can't be reached.
    async fn depth(&self) -> Result<Depth, QueueError>;

    /// Messages in a state, the next to be delivered first; dead ones in the order they died.
    ///
    /// RabbitMQ can only be asked by taking messages and putting them back: for some milliseconds those looked at are
    /// not delivered.
    ///
    /// # Errors
    /// When it can't be reached; [`QueueError::Unsupported`] for [`State::Running`] on RabbitMQ.
    async fn list(&self, state: State, limit: usize) -> Result<Vec<Listed>, QueueError>;

    /// Publishes dead messages anew, all or those with an id (in every store), and returns how many.
    ///
    /// # Errors
    /// When it can't be reached. What was published by then stays so, and may be dead as well.
    async fn retry_dead(&self, id: Option<&str>) -> Result<u64, QueueError>;

    /// Forgets dead messages, all or those with an id (in every store), and returns how many.
    ///
    /// # Errors
    /// When it can't be reached.
    async fn drop_dead(&self, id: Option<&str>) -> Result<u64, QueueError>;
}
