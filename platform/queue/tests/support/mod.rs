//! Queues to test on: each kind on fresh storage that is removed afterwards, also when the test panics.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod broker;

use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use lapin::options::QueueDeleteOptions;
use lapin::{Connection, ConnectionProperties};
use vitrine_core::{Clock, Priority, StoreId, SystemClock, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_queue::{
    Delivery, EmbeddedQueue, MODULE, Message, Queue, QueueError, RETRY_STEPS, RabbitOptions, RabbitQueue,
};

/// Where tests find RabbitMQ, unless `VITRINE_TEST_AMQP` says otherwise.
const AMQP: &str = "amqp://guest:guest@127.0.0.1:5672/%2f";
/// Attempts of the queues under test.
pub(crate) const ATTEMPTS: u32 = 3;
/// What a busy machine may take for something that happens at once.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Storage of one test.
#[async_trait]
pub(crate) trait Bench: Sync {
    /// Another process's view of the queue.
    async fn open(&self) -> Arc<dyn Queue>;
    /// The shortest delay there is, not counting none.
    fn shortest(&self) -> Duration;
}

struct Embedded(Db);

#[async_trait]
impl Bench for Embedded {
    async fn open(&self) -> Arc<dyn Queue> {
        Arc::new(EmbeddedQueue::new(self.0.clone(), Arc::new(SystemClock)).with_attempts(ATTEMPTS))
    }

    fn shortest(&self) -> Duration {
        Duration::from_millis(300)
    }
}

/// Runs a test on the embedded queue of both databases.
pub(crate) async fn on_embedded(test: impl AsyncFn(&dyn Bench)) {
    for_each_backend(&[&MODULE], async |db| test(&Embedded(db)).await).await;
}

/// A queue on RabbitMQ that only one test knows.
pub(crate) struct Rabbit {
    pub(crate) url: String,
    pub(crate) name: String,
}

impl Rabbit {
    pub(crate) fn new() -> Self {
        #[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
        let url = std::env::var("VITRINE_TEST_AMQP").unwrap_or_else(|_| AMQP.to_owned());
        Self { url, name: format!("vitrine-test-{:016x}", random()) }
    }

    pub(crate) fn options(&self) -> RabbitOptions {
        RabbitOptions { queue: self.name.clone(), attempts: ATTEMPTS, ..RabbitOptions::default() }
    }

    pub(crate) async fn try_connect(&self) -> Result<RabbitQueue, QueueError> {
        RabbitQueue::connect(&self.url, self.options(), Arc::new(SystemClock)).await
    }

    pub(crate) async fn connect(&self) -> RabbitQueue {
        self.try_connect().await.expect("a RabbitMQ broker; VITRINE_TEST_AMQP says where")
    }

    /// A plain connection, for what a queue does not do.
    pub(crate) async fn plain(&self) -> Connection {
        Connection::connect(&self.url, ConnectionProperties::default()).await.expect("a RabbitMQ broker")
    }

    /// The names of all its queues.
    pub(crate) fn queues(&self) -> Vec<String> {
        let delays = RETRY_STEPS.iter().map(|step| format!("{}.retry.{}s", self.name, step.as_secs()));
        delays.chain([self.name.clone(), format!("{}.dead", self.name)]).collect()
    }

    pub(crate) async fn delete(&self) {
        let connection = self.plain().await;
        let channel = connection.create_channel().await.unwrap();
        for queue in self.queues() {
            channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
        }
    }

    /// Runs a test and deletes the queues.
    pub(crate) async fn run(self, test: impl AsyncFn(&Self)) {
        let result = AssertUnwindSafe(test(&self)).catch_unwind().await;
        self.delete().await;
        result.unwrap_or_else(|panic| resume_unwind(panic));
    }
}

#[async_trait]
impl Bench for Rabbit {
    async fn open(&self) -> Arc<dyn Queue> {
        Arc::new(self.connect().await)
    }

    fn shortest(&self) -> Duration {
        RETRY_STEPS[0]
    }
}

/// Runs a test on RabbitMQ.
pub(crate) async fn on_rabbit(test: impl AsyncFn(&dyn Bench)) {
    Rabbit::new().run(async |rabbit| test(rabbit).await).await;
}

/// The hasher's keys are random in each process and differ from call to call.
pub(crate) fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

pub(crate) fn message(id: &str, level: u8) -> Message {
    Message::new(id, store("rest"), Priority::from_level(level), format!("body of {id}"))
}

/// What has to happen soon.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it took longer than 10 s")
}

pub(crate) async fn receive(queue: &dyn Queue) -> Delivery {
    soon(queue.receive()).await.unwrap()
}

/// Whether nothing is delivered within half a second.
pub(crate) async fn is_silent(queue: &dyn Queue) -> bool {
    tokio::time::timeout(Duration::from_millis(500), queue.receive()).await.is_err()
}

/// Receives and acknowledges so many messages, and returns their ids in order.
pub(crate) async fn drain(queue: &dyn Queue, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let delivery = receive(queue).await;
        ids.push(delivery.message.id.clone());
        delivery.ack().await.unwrap();
    }
    ids
}

/// Waits until something is so.
pub(crate) async fn until(mut so: impl AsyncFnMut() -> bool) {
    soon(async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}
