//! What can go wrong with the queue.

use vitrine_db::DbError;

/// A failure of the queue or of what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// A message that no queue can carry.
    #[error("message `{id}`: an id has 1 to 255 bytes and no control characters")]
    Message {
        /// Its id.
        id: String,
    },
    /// The address names no broker; its text is left out, for it may hold a password.
    #[error(
        "queue address is not understood (allowed: amqp://user:password@host:5672/vhost, amqps://..; \
         a host is a name or an IPv4 address)"
    )]
    Address,
    /// A name that no queue can have.
    #[error("queue name `{0}` is not allowed (1 to 200 bytes, no control characters)")]
    Name(String),
    /// The held message is held no more: it was or will be delivered again.
    #[error("the message is not held any more and will be delivered again")]
    Lost,
    /// The broker has no such queue; it is declared again with the next connection.
    #[error("RabbitMQ has no queue `{queue}`, the message came back")]
    Unroutable {
        /// The queue.
        queue: String,
    },
    /// The broker could not store a message.
    #[error("RabbitMQ refused a message for queue `{queue}`")]
    Refused {
        /// The queue.
        queue: String,
    },
    /// The broker is there and does not answer.
    #[error("RabbitMQ did not answer in time ({what})")]
    TimedOut {
        /// What was asked.
        what: &'static str,
    },
    /// There is no connection at the moment.
    #[error("RabbitMQ is not connected")]
    Disconnected,
    /// The queue is being shut down.
    #[error("the queue is closed")]
    Closed,
    /// This kind of queue can't tell.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Anything else the broker or the connection reports.
    #[error("RabbitMQ: {0}")]
    Broker(#[from] Box<lapin::Error>),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl QueueError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Message { .. } | Self::Address | Self::Name(_) | Self::Unsupported(_) | Self::Closed => {
                false
            }
            Self::Db(error) => matches!(error, DbError::Sqlx(_)),
            Self::Lost
            | Self::Unroutable { .. }
            | Self::Refused { .. }
            | Self::TimedOut { .. }
            | Self::Disconnected
            | Self::Broker(_) => true,
        }
    }
}

impl From<lapin::Error> for QueueError {
    fn from(error: lapin::Error) -> Self {
        Self::Broker(Box::new(error))
    }
}

impl From<sqlx::Error> for QueueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_try_can_not_mend_says_so() {
        assert!(!QueueError::Message { id: String::new() }.is_transient());
        assert!(!QueueError::Db(DbError::Address).is_transient());
        assert!(QueueError::Db(DbError::Sqlx(sqlx::Error::PoolTimedOut)).is_transient());
        assert!(QueueError::Unroutable { queue: "q".to_owned() }.is_transient());
    }
}
