//! Events for the outside: whoever is interested hears of them.

use std::fmt::Debug;

use async_trait::async_trait;
use vitrine_core::{StoreId, Timestamp};

use crate::QueueError;

/// An event as it is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Names it; the same id is the same event, announced again.
    pub id: String,
    /// Whose.
    pub store: StoreId,
    /// What happened, in past tense: `order_placed`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// W3C `traceparent` of what led to it.
    pub trace: Option<String>,
    /// JSON, UTF-8.
    pub body: Vec<u8>,
}

impl Announcement {
    /// What listeners choose by: `<store>.<kind>`.
    pub fn routing_key(&self) -> String {
        format!("{}.{}", self.store, self.kind)
    }
}

/// Tells events to whoever listens, and keeps none for those who don't.
#[async_trait]
pub trait Exchange: Send + Sync + Debug {
    /// Returns once the broker has all of them, in their order; on an error it may have some, so announce all of them
    /// again.
    ///
    /// # Errors
    /// When the broker can't be reached or refuses; worth another try ([`QueueError::is_transient`]).
    async fn announce(&self, announcements: &[Announcement]) -> Result<(), QueueError>;
}
