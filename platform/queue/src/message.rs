//! What a queue carries, and what it tells about itself.

use vitrine_core::{Priority, StoreId, Timestamp};

use crate::QueueError;

/// AMQP's limit of a message id.
const LONGEST_ID: usize = 255;
/// A `traceparent` has 55 bytes; more comes from elsewhere.
const LONGEST_TRACE: usize = 255;
/// In characters; enough for an error with its causes.
const LONGEST_REASON: usize = 1_000;

/// A message: bytes with a priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names it within its store: 1 to 255 bytes without control characters. While a message waits in the embedded
    /// queue, another with its id is the same one, and the higher priority counts.
    pub id: String,
    /// Whose it is.
    pub store: StoreId,
    /// How urgent it is.
    pub priority: Priority,
    /// What it says; the queue doesn't read it.
    pub body: Vec<u8>,
    /// W3C `traceparent` of what caused it. One that can't be (more than 255 bytes, not printable ASCII) is left out.
    pub trace: Option<String>,
}

impl Message {
    /// A message without a trace.
    pub fn new(id: impl Into<String>, store: StoreId, priority: Priority, body: impl Into<Vec<u8>>) -> Self {
        Self { id: id.into(), store, priority, body: body.into(), trace: None }
    }

    /// The same with a trace.
    #[must_use]
    pub fn with_trace(self, trace: Option<String>) -> Self {
        Self { trace, ..self }
    }

    /// The trace, if it is one that both queues can carry.
    pub(crate) fn valid_trace(&self) -> Option<&str> {
        let printable = |trace: &&str| trace.bytes().all(|byte| byte.is_ascii_graphic());
        self.trace.as_deref().filter(|trace| trace.len() <= LONGEST_TRACE).filter(printable)
    }
}

/// Whether all ids are ids.
pub(crate) fn check(messages: &[Message]) -> Result<(), QueueError> {
    let allowed = |id: &str| (1..=LONGEST_ID).contains(&id.len()) && !id.contains(char::is_control);
    match messages.iter().find(|message| !allowed(&message.id)) {
        Some(Message { id, .. }) => Err(QueueError::Message { id: id.escape_debug().to_string() }),
        None => Ok(()),
    }
}

/// A reason as it is kept: at most 1,000 characters on one line.
pub(crate) fn reason_text(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What a message is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is next as soon as somebody is free.
    Waiting,
    /// It failed and its time to try again has not come.
    Delayed,
    /// Somebody holds it.
    Running,
    /// It was given up and waits for an operator.
    Dead,
}

/// A message, seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id. A foreign message without one gets `unnamed-` and a hash of its bytes once it is dead.
    pub id: String,
    /// Whose it is; foreign messages may not say.
    pub store: Option<StoreId>,
    /// How urgent it is.
    pub priority: Priority,
    /// What it says.
    pub body: Vec<u8>,
    /// How often it was delivered.
    pub attempt: u32,
    /// Why the last attempt failed.
    pub reason: Option<String>,
    /// When it was published; foreign messages may not say.
    pub enqueued_at: Option<Timestamp>,
    /// Delayed: when it is tried again. Running: until when it is held unless that is prolonged. RabbitMQ doesn't say.
    pub until: Option<Timestamp>,
    /// When it died.
    pub dead_at: Option<Timestamp>,
}

/// How much there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Depth {
    /// Messages that are next as soon as somebody is free.
    pub waiting: u64,
    /// Messages whose time to try again has not come.
    pub delayed: u64,
    /// Messages that somebody holds; RabbitMQ doesn't say.
    pub running: Option<u64>,
    /// Messages that were given up.
    pub dead: u64,
    /// The waiting ones by priority, the most urgent first; none from RabbitMQ, which doesn't say.
    pub levels: Vec<Level>,
}

impl Depth {
    /// When the oldest waiting message was published; RabbitMQ doesn't say.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.levels.iter().map(|level| level.oldest).min()
    }
}

/// The waiting messages of a priority; there is at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The priority.
    pub priority: Priority,
    /// How many wait.
    pub waiting: u64,
    /// When the oldest of them was published.
    pub oldest: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Message {
        Message::new(id, StoreId::try_new("rest").unwrap(), Priority::MANUAL, *b"{}")
    }

    #[test]
    fn an_id_fits_both_queues() {
        assert!(check(&[message("e-1/DE"), message("ü 1"), message(&"x".repeat(255))]).is_ok());
        for wrong in ["", "a\0", "a\n", &"x".repeat(256)] {
            let error = check(&[message("fine"), message(wrong)]).unwrap_err();
            assert!(matches!(error, QueueError::Message { .. }), "{wrong}");
        }
        assert!(check(&[message("a\0b")]).unwrap_err().to_string().contains(r"`a\0b`"));
    }

    #[test]
    fn a_trace_that_can_not_be_is_left_out() {
        let with = |trace: &str| message("e").with_trace(Some(trace.to_owned()));
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(with(good).valid_trace(), Some(good));
        for wrong in ["a b", "a\0", "ü", &"0".repeat(256)] {
            assert_eq!(with(wrong).valid_trace(), None, "{wrong}");
        }
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        assert_eq!(reason_text("a\nb\0c"), "a b c");
        assert_eq!(reason_text(&"ü".repeat(5_000)).chars().count(), 1_000);
    }
}
