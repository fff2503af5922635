//! The queues on the broker: one for messages, one for each delay, one for the dead.
//!
//! All are reached through the default exchange, which is always there. A delay is a queue of its own because
//! RabbitMQ looks only at the head of a queue for what is over: a short delay behind a long one would wait for it.

use std::time::Duration;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use vitrine_core::Priority;

use super::link::Link;
use crate::QueueError;

/// The delays RabbitMQ knows: a retry waits for the shortest that is not shorter than asked, or else the longest.
/// No delay is none.
pub const RETRY_STEPS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(300)];

/// Room for the suffixes within AMQP's 255 bytes.
const LONGEST_NAME: usize = 200;

/// The names of the queues.
#[derive(Debug)]
pub(super) struct Topology {
    pub(super) main: ShortString,
    pub(super) dead: ShortString,
    /// Shortest first.
    pub(super) delays: Vec<(Duration, ShortString)>,
}

impl Topology {
    pub(super) fn try_new(queue: &str) -> Result<Self, QueueError> {
        let name = |text: String| {
            ShortString::try_new(text).map_err(|_| QueueError::Name(queue.escape_debug().to_string()))
        };
        if !(1..=LONGEST_NAME).contains(&queue.len()) || queue.contains(char::is_control) {
            return Err(QueueError::Name(queue.escape_debug().to_string()));
        }
        let delay = |step: Duration| Ok((step, name(format!("{queue}.retry.{}s", step.as_secs()))?));
        Ok(Self {
            main: name(queue.to_owned())?,
            dead: name(format!("{queue}.dead"))?,
            delays: RETRY_STEPS.into_iter().map(delay).collect::<Result<_, QueueError>>()?,
        })
    }

    /// Where a message waits for so long.
    pub(super) fn delayed(&self, delay: Duration) -> &ShortString {
        if delay.is_zero() {
            return &self.main;
        }
        let step = self.delays.iter().find(|(step, _)| *step >= delay).or(self.delays.last());
        step.map_or(&self.main, |(_, queue)| queue)
    }

    /// Declares what is missing; what is there must be as declared.
    pub(super) async fn declare(&self, link: &Link, channel: &Channel) -> Result<(), QueueError> {
        let main = [
            ("x-queue-type", text("classic")),
            ("x-max-priority", AMQPValue::ShortShortUInt(Priority::HIGHEST.level())),
            // Rejected by hand or pushed out by a policy, a message is among the dead and not gone.
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-routing-key", text(self.dead.as_str())),
        ];
        declare(link, channel, &self.main, main).await?;
        for (delay, queue) in &self.delays {
            let ttl = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            let arguments = [
                // A classic queue removes what it moves before the other has it on disk: a killed broker lost some.
                ("x-queue-type", text("quorum")),
                ("x-dead-letter-strategy", text("at-least-once")),
                // The strategy asks for it; without a limit nothing overflows.
                ("x-overflow", text("reject-publish")),
                ("x-message-ttl", AMQPValue::LongLongInt(ttl)),
                ("x-dead-letter-exchange", text("")),
                ("x-dead-letter-routing-key", text(self.main.as_str())),
            ];
            declare(link, channel, queue, arguments).await?;
        }
        declare(link, channel, &self.dead, [("x-queue-type", text("classic"))]).await
    }
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text))
}

async fn declare<const N: usize>(
    link: &Link,
    channel: &Channel,
    queue: &ShortString,
    arguments: [(&str, AMQPValue); N],
) -> Result<(), QueueError> {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    let declare = channel.queue_declare(queue.clone(), QueueDeclareOptions::durable(), table);
    link.answered("declare a queue", declare).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_never_shorter_than_asked_unless_it_is_the_longest() {
        let topology = Topology::try_new("q").unwrap();
        let queue = |ms| topology.delayed(Duration::from_millis(ms)).as_str();
        assert_eq!(queue(0), "q");
        assert_eq!(queue(1), "q.retry.1s");
        assert_eq!(queue(1_000), "q.retry.1s");
        assert_eq!(queue(1_001), "q.retry.5s");
        assert_eq!(queue(20_000), "q.retry.30s");
        assert_eq!(queue(300_000), "q.retry.300s");
        assert_eq!(queue(86_400_000), "q.retry.300s");
    }

    #[test]
    fn a_name_leaves_room_for_its_suffixes() {
        assert!(Topology::try_new(&"q".repeat(200)).is_ok());
        for wrong in ["", "a\nb", &"q".repeat(201)] {
            assert!(matches!(Topology::try_new(wrong), Err(QueueError::Name(_))), "{wrong}");
        }
    }
}
