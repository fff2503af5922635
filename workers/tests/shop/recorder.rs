//! A queue that keeps what it is given, and can be told to fail.

#![allow(dead_code, reason = "each test program uses a part")]

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use vitrine_core::RenderRequest;
use vitrine_queue::{Delivery, Depth, Listed, Message, Queue, QueueError, State};

/// What happens to the messages of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They are stored.
    #[default]
    Stores,
    /// They are refused.
    Refuses,
    /// Nothing ever comes back, and they are lost.
    HangsBefore,
    /// They are stored, and nothing ever comes back.
    HangsAfter,
}

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    mode: Mutex<Mode>,
    messages: Mutex<Vec<Message>>,
}

impl Recorder {
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// The requests since the last call, as they came.
    pub(crate) fn take(&self) -> Vec<RenderRequest> {
        let messages = std::mem::take(&mut *self.messages.lock().unwrap());
        messages
            .iter()
            .map(|message| {
                let request = RenderRequest::decode(&message.body).unwrap();
                assert_eq!((&message.id, &message.store), (&request.id, &request.store));
                assert_eq!(message.priority, request.reason.priority());
                assert_eq!(message.trace, request.trace);
                request
            })
            .collect()
    }
}

#[async_trait]
impl Queue for Recorder {
    async fn publish(&self, messages: &[Message]) -> Result<(), QueueError> {
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::Refuses => return Err(QueueError::Disconnected),
            Mode::HangsBefore => std::future::pending::<()>().await,
            Mode::Stores | Mode::HangsAfter => self.messages.lock().unwrap().extend_from_slice(messages),
        }
        if mode == Mode::HangsAfter {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn receive(&self) -> Result<Delivery, QueueError> {
        Err(QueueError::Closed)
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        Err(QueueError::Closed)
    }

    async fn list(&self, _: State, _: usize) -> Result<Vec<Listed>, QueueError> {
        Err(QueueError::Closed)
    }

    async fn retry_dead(&self, _: Option<&str>) -> Result<u64, QueueError> {
        Err(QueueError::Closed)
    }

    async fn drop_dead(&self, _: Option<&str>) -> Result<u64, QueueError> {
        Err(QueueError::Closed)
    }
}
