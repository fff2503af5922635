//! Keeps a connection: after any error a new one, with everything declared again.
//!
//! lapin's own recovery is not used: after the broker was killed it did not come back.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use lapin::types::ShortString;
use lapin::uri::AMQPUri;
use tokio::sync::watch;

use super::exchange;
use super::link::Link;
use super::topology::Topology;
use crate::QueueError;

/// The pause after the first failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A connection that lived so long was a good one, and the next pause is a first one.
const SETTLED: Duration = Duration::from_secs(5);

/// What a broker must have.
pub(super) enum Needs {
    /// Queues for messages.
    Queues(Arc<Topology>),
    /// An exchange for events.
    Exchange(ShortString),
}

/// The broker and what it must have.
pub(super) struct Broker {
    uri: AMQPUri,
    needs: Needs,
}

impl Broker {
    pub(super) fn try_new(url: &str, heartbeat: Duration, needs: Needs) -> Result<Self, QueueError> {
        let mut uri: AMQPUri = url.parse().map_err(|_| QueueError::Address)?;
        // lapin takes localhost for an address it does not understand.
        let authority = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
        if authority.is_none_or(|authority| authority.is_empty() || authority.ends_with('@'))
            || authority.is_some_and(|authority| authority.contains('['))
        {
            return Err(QueueError::Address);
        }
        let seconds = u16::try_from(heartbeat.as_secs()).unwrap_or(u16::MAX).max(1);
        uri.query.heartbeat.get_or_insert(seconds);
        Ok(Self { uri, needs })
    }

    async fn connect(&self) -> Result<Arc<Link>, QueueError> {
        let link = Link::open(&self.uri).await?;
        let lane = link.lane().await?;
        match &self.needs {
            Needs::Queues(topology) => topology.declare(&link, &lane).await?,
            Needs::Exchange(name) => exchange::declare(&link, &lane, name).await?,
        }
        link.give_back(lane);
        Ok(Arc::new(link))
    }
}

/// Connects, and keeps a connection as long as somebody has the receiver.
pub(super) async fn start(broker: Broker) -> Result<watch::Receiver<Option<Arc<Link>>>, QueueError> {
    let first = broker.connect().await?;
    let (links, receiver) = watch::channel(Some(first));
    tokio::spawn(async move {
        // Dropping the future in the middle of a connect closes that connection.
        tokio::select! {
            () = supervise(broker, &links) => {}
            () = links.closed() => {}
        }
    });
    Ok(receiver)
}

async fn supervise(broker: Broker, links: &watch::Sender<Option<Arc<Link>>>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let current = links.borrow().clone();
        if let Some(link) = current {
            let settled = tokio::time::timeout(SETTLED, link.watch()).await.is_err();
            if settled {
                pause = FIRST_PAUSE;
                link.watch().await;
            }
            tracing::warn!("the connection to RabbitMQ is lost");
            links.send_replace(None);
        }
        tokio::time::sleep(jittered(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match broker.connect().await {
            Ok(link) => {
                tracing::info!("connected to RabbitMQ again");
                links.send_replace(Some(link));
            }
            Err(error) => tracing::debug!(%error, "RabbitMQ can't be reached"),
        }
    }
}

/// Up to a half more, so that the processes of a deployment don't come back as one.
fn jittered(pause: Duration) -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let permille = u32::try_from(random % 500).unwrap_or_default();
    pause + pause * permille / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(url: &str) -> Result<Broker, QueueError> {
        let needs = Needs::Queues(Arc::new(Topology::try_new("q").unwrap()));
        Broker::try_new(url, Duration::from_secs(10), needs)
    }

    #[test]
    fn a_bad_address_is_refused_and_does_not_leak() {
        for wrong in
            ["", "amqp:", "amqp://", "amqp://u:secret@/v", "http://u:secret@h", "amqp://[::1]:5672/v"]
        {
            let error = broker(wrong).err().unwrap_or_else(|| panic!("{wrong} was taken"));
            assert!(matches!(error, QueueError::Address), "{wrong}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn the_heartbeat_of_the_address_goes_before_the_default() {
        assert_eq!(broker("amqp://127.0.0.1/%2f").unwrap().uri.query.heartbeat, Some(10));
        assert_eq!(broker("amqp://h:1/v?heartbeat=3").unwrap().uri.query.heartbeat, Some(3));
        assert_eq!(broker("amqp://127.0.0.1/%2f").unwrap().uri.authority.host, "127.0.0.1");
    }

    #[test]
    fn pauses_differ_and_stay_in_bounds() {
        let pauses: std::collections::BTreeSet<_> = (0..50).map(|_| jittered(LONGEST_PAUSE)).collect();
        assert!(pauses.len() > 10);
        assert!(pauses.iter().all(|pause| (LONGEST_PAUSE..LONGEST_PAUSE * 3 / 2).contains(pause)));
    }
}
