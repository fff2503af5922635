//! A message held by this process: prolonged while it is worked on, let go when it is dropped.

use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use vitrine_core::Timestamp;

use super::rows::{self, Name};
use super::{EmbeddedQueue, ms};
use crate::QueueError;
use crate::delivery::{Attempt, Claim};

/// A claim is prolonged this often in its time, so that one attempt may fail.
const SIGNS_OF_LIFE: u32 = 3;

/// The claim of a message.
#[derive(Debug)]
pub(super) struct Held {
    queue: EmbeddedQueue,
    name: Name,
    keeper: AbortHandle,
    /// Whether there is nothing left to let go of.
    answered: bool,
}

impl Held {
    pub(super) fn new(queue: EmbeddedQueue, store: String, id: String, token: String) -> Self {
        let name = Name { store, id, token };
        let keeper = tokio::spawn(keep(queue.clone(), name.clone())).abort_handle();
        Self { queue, name, keeper, answered: false }
    }

    pub(super) fn id(&self) -> &str {
        &self.name.id
    }

    fn now(&self) -> Timestamp {
        self.queue.clock.now()
    }

    /// Puts it among the dead.
    pub(super) async fn bury(mut self, reason: &str) -> Result<(), QueueError> {
        let buried = rows::bury(&self.queue.db, &self.name, reason, self.now()).await;
        self.answer(buried)
    }

    /// What an answer that reached the database means: on an error the claim is still there, and dropping lets go.
    fn answer(&mut self, held: Result<bool, QueueError>) -> Result<(), QueueError> {
        let held = held?;
        self.answered = true;
        if held { Ok(()) } else { Err(QueueError::Lost) }
    }
}

#[async_trait]
impl Claim for Held {
    async fn ack(mut self: Box<Self>) -> Result<(), QueueError> {
        let acked = rows::ack(&self.queue.db, &self.name).await;
        self.answer(acked)
    }

    async fn put_back(mut self: Box<Self>) -> Result<(), QueueError> {
        let back = rows::put_back(&self.queue.db, &self.name).await;
        self.answer(back)
    }

    async fn retry(mut self: Box<Self>, attempt: &Attempt<'_>, delay: Duration) -> Result<(), QueueError> {
        let not_before = self.now().plus_ms(ms(delay));
        let later =
            rows::retry(&self.queue.db, &self.name, attempt.reason, not_before, delay.is_zero()).await;
        self.answer(later)
    }

    async fn bury(self: Box<Self>, attempt: &Attempt<'_>) -> Result<(), QueueError> {
        Held::bury(*self, attempt.reason).await
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keeper.abort();
        if self.answered {
            return;
        }
        // Without a runtime the process is ending, and the claim ends by its time.
        if let Ok(runtime) = Handle::try_current() {
            let (db, name) = (self.queue.db.clone(), self.name.clone());
            runtime.spawn(async move {
                if let Err(error) = rows::put_back(&db, &name).await {
                    tracing::warn!(id = name.id, %error, "a message could not be let go, it waits for its claim to end");
                }
            });
        }
    }
}

/// Prolongs a claim until it is gone.
async fn keep(queue: EmbeddedQueue, name: Name) {
    loop {
        tokio::time::sleep(queue.claim / SIGNS_OF_LIFE).await;
        match rows::keep(&queue.db, &name, queue.claim_end(queue.clock.now())).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(id = name.id, %error, "a claim could not be prolonged"),
        }
    }
}
